"""Aligned fakes: patches of human works through a published autoencoder, beside the AI works of a levels recipe.

Run: python -m benchmarks.level_aligned make RECIPE CLONE ENCODER DECODER OUT [--count 2000]
     python -m benchmarks.level_aligned ask RECIPE RUN VIEWS OUT
CLONE is a folder with the taesd.py of madebyollin/taesd, ENCODER and DECODER two files of weights that go with it.
`make` takes one patch of a human work after another, a source at a time, and keeps it as it is and as the autoencoder
gives it back, both in the same weather; it needs half a second for each. `ask` trains heads with the fakes as AI works
(the whole beside such a patch is that of the human work, so that nothing but the patch tells) and without them, on
the set kept apart and on folds of the training sources, and says how well each tells fakes from their originals.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.level_heads import FOLDS, SEEDS, Set, apart, held_out, joined, says, shipped_head, told, train, trained

from brushwork.forensics.patches import through_jpeg
from brushwork.forensics.scorer import open_session
from brushwork.lab.crops import RegionCache
from brushwork.lab.export import write_onnx
from brushwork.lab.folds import deal
from brushwork.lab.gather import cache_of, gather
from brushwork.lab.levels import fold_norms, load_trunk
from brushwork.lab.loading import prepared
from brushwork.lab.metrics import auc
from brushwork.lab.plan import LabPlan, read_plan
from brushwork.lab.weather import Pixels, stream

SIDE, BATCH, SPOTS = 256, 8, 3


def autoencoder(clone: Path, encoder: Path, decoder: Path) -> Any:
    """The published autoencoder, by the code and the weights that are given."""
    found = importlib.util.spec_from_file_location("taesd", clone / "taesd.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module.TAESD(str(encoder), str(decoder)).eval().to(memory_format=torch.channels_last)


def chosen(cache: RegionCache, count: int) -> list[int]:
    """Numbers of regions of human works, large enough, one a picture, taking turns among the sources."""
    first: dict[int, int] = {}
    for number, region in enumerate(cache.regions):
        if cache.rows[region.row].label == 0 and min(region.height, region.width) >= SIDE:
            first.setdefault(region.row, number)
    turns: dict[str, int] = {}
    ranked = []
    for row, number in first.items():
        source = cache.rows[row].source
        turns[source] = turns.get(source, 0) + 1
        ranked.append((turns[source], source, number))
    return [number for _, _, number in sorted(ranked)[:count]]


@torch.inference_mode()
def given_back(network: Any, views: Pixels) -> Pixels:
    """Pictures uint8 (n, side, side, 3) after the autoencoder."""
    x = torch.from_numpy(views).permute(0, 3, 1, 2).float().div(255).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        back = network.decoder(network.encoder(x)).float().clamp(0, 1)
    return np.asarray((back.permute(0, 2, 3, 1).numpy() * 255).round().astype(np.uint8))


def make(plan: LabPlan, network: Any, out: Path, count: int) -> None:
    """Write the features (n, 2, d) of fakes and originals, and the regions that they are of."""
    cache, rng = cache_of(plan, gather(plan)), stream("aligned", plan.seed)
    assert plan.levels is not None
    trunk = load_trunk(plan.levels.backbone)
    fold_norms(trunk)
    with tempfile.TemporaryDirectory() as folder:
        write_onnx(trunk, plan.train.size, Path(folder, "trunk.onnx"))
        session = open_session(Path(folder, "trunk.onnx"))
    numbers, found = chosen(cache, count), []
    quality = plan.bundle.jpeg_quality or 90
    for start in range(0, len(numbers), BATCH):
        real = np.stack([cache.read(cache.regions[n])[:SIDE, :SIDE] for n in numbers[start : start + BATCH]])
        pairs = np.stack([given_back(network, real), real], 1)
        draws = rng.integers(0, 1 << 30, len(pairs))
        views = [
            through_jpeg(prepared(view, plan.train.size, 7, int(draw)), quality)
            for pair, draw in zip(pairs, draws, strict=True)
            for view in pair
        ]
        seen = session.run(None, {"patches": np.stack(views)})[0]
        found.append(seen.reshape(len(pairs), 2, -1).astype(np.float16))
        print(start + len(pairs), "of", len(numbers), end="\r", flush=True)
    np.save(out.with_suffix(".npy"), np.concatenate(found))
    out.with_suffix(".json").write_text(json.dumps(numbers))


def fakes_of(seen: Set, at: np.ndarray, found: np.ndarray, fake: bool) -> Set:
    """The kept patches beside the wholes of their works: as AI works where `fake`, else as what they are."""
    rows = tuple(replace(seen.rows[i], label=int(fake)) for i in at)
    return Set(rows, np.repeat(found[:, 1 - int(fake), None], SPOTS, 1), seen.whole[at])


def tells(head: Any, fakes: Set, real: Set) -> float:
    """AUC of fakes against their originals."""
    return auc(np.concatenate([says(head, fakes), says(head, real)]), np.repeat([True, False], len(real.rows)))


def ask_sources(name: str, scores: np.ndarray, judged: Set) -> None:
    """The set kept apart with the shipped bundle beside, and all of it without the source of most AI works."""
    shipped = says(shipped_head("default"), judged)
    both = scores / scores.std() + shipped / shipped.std()
    counts = Counter(judged.sources[judged.labels])
    [(largest, count)] = counts.most_common(1)
    rest = np.flatnonzero(judged.sources != largest)
    told(f"{name}, averaged with the shipped bundle", both, judged)
    for what, found in {name: scores, "the shipped bundle": shipped, f"{name}, averaged with it": both}.items():
        told(f"{what}, without {largest}", found[rest], judged.part(rest))
    print(f"{count} AI works of {largest} against all human works: {_against(scores, judged, largest):.3f}")


def _against(scores: np.ndarray, judged: Set, source: str) -> float:
    asked = (judged.sources == source) | ~judged.labels
    return auc(scores[asked], judged.labels[asked])


def ask(plan: LabPlan, run: Path, views: Path, out: Path) -> None:
    """The rows without and with fakes."""
    seen, cache = trained(plan, run), cache_of(plan, gather(plan))
    judged = apart(plan, views, "clean", seen.patch.shape[2])
    place = {number: i for i, number in enumerate(sorted({region.row for region in cache.regions}))}
    regions = json.loads(out.with_suffix(".json").read_text())
    at = np.array([place[cache.regions[n].row] for n in regions])
    found = np.load(out.with_suffix(".npy"))
    fakes, real = (fakes_of(seen, at, found, fake) for fake in (True, False))
    more = joined(seen, fakes)
    fold_of = deal(((row.label, row.source) for row in seen.rows), FOLDS)
    print("| head | single, AUC apart | AUC | recall at 1 % | at 5 % |\n|---|---|---|---|---|")
    for name, part in {"without fakes": seen, f"{len(at):,} fakes as AI works": more}.items():
        heads = [train(part, plan, seed) for seed in SEEDS]
        each = [says(head, judged) for head in heads]
        areas = [auc(scores, judged.labels) for scores in each]
        told(f"{name}: kept apart", np.mean(each, axis=0), judged, f"{np.mean(areas):.3f} ± {np.std(areas):.3f}")
        ask_sources(name, np.mean(each, axis=0), judged)
        fold = np.array([fold_of[source] for source in part.sources])
        scores = held_out(plan, part, fold, np.arange(len(part.rows)))[: len(seen.rows)]
        told(f"{name}: folds of training sources", scores, seen)
        print(f"| {name}: fakes against their originals, all trained on | | {tells(heads[0], fakes, real):.3f} | | |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)
    for name, given in {"make": ("clone", "encoder", "decoder", "out"), "ask": ("run", "views", "out")}.items():
        command = commands.add_parser(name)
        command.add_argument("recipe")
        for argument in given:
            command.add_argument(argument, type=Path)
        if name == "make":
            command.add_argument("--count", type=int, default=2000)
    args = parser.parse_args()
    torch.set_num_threads(1)
    plan = read_plan(args.recipe)
    if args.what == "make":
        make(plan, autoencoder(args.clone, args.encoder, args.decoder), args.out, args.count)
    else:
        ask(plan, args.run, args.views, args.out)


if __name__ == "__main__":
    main()
