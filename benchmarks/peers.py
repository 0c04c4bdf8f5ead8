"""Public small detectors on the recipe's dev set, each with its own weights and its own preparation.

Run: python benchmarks/peers.py RECIPE [--ferretnet FOLDER] [--ladeda FOLDER] [--bundle NAME|FOLDER] [--keep FOLDER]
FOLDER is a checkout of github.com/xigua7105/FerretNet and of
github.com/barcavia/RealTime-DeepfakeDetection-in-the-RealWorld; their code and weights stay there. Prints a Markdown
table; --keep writes the scores as CSV and reads what is there already.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from brushwork.forensics.bundle import load_bundle
from brushwork.forensics.scorer import open_session
from brushwork.lab.datasets import AI, HUMAN, Row
from brushwork.lab.evaluate import (
    WEATHERS,
    Look,
    Scored,
    logits_of,
    look_with,
    positive_of,
    read_scores,
    score,
    under,
    write_scores,
)
from brushwork.lab.gather import gather
from brushwork.lab.metrics import Rate, auc, bootstrap, recall_at_fpr
from brushwork.lab.plan import read_plan
from brushwork.lab.tables import Table
from brushwork.lab.weather import Weather
from machine import described

CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
FERRET_SIDE, LADEDA_SIDE = 256, 256
LADEDA_FEATURES = 8


class Peer(NamedTuple):
    """A detector: its name, how it looks at a picture, and the logit from which it says AI."""

    name: str
    look: Look
    threshold: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("--ferretnet", type=Path)
    parser.add_argument("--ladeda", type=Path)
    parser.add_argument("--bundle", action="append", default=[])
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--weather", nargs="+", choices=WEATHERS, default=list(WEATHERS))
    args = parser.parse_args()
    torch.set_num_threads(1)
    plan = read_plan(args.recipe)
    rows = gather(plan).dev
    print(described("torch", "onnxruntime", "brushwork", seed=plan.seed), end="\n\n")
    peers = [*ferretnet(args.ferretnet), *ladeda(args.ladeda), *(bundle(name) for name in args.bundle)]
    lines = [line(peer, *scores(peer, rows, args.weather, plan.seed, args.keep)) for peer in peers]
    head = ("detector", *(f"AUC, {w}" for w in WEATHERS), "recall at 1 % FPR, clean", "FPR at its own threshold",
            "recall there", "ms a view")  # fmt: skip
    print(Table(head, tuple(lines)).markdown)


def scores(
    peer: Peer, rows: Sequence[Row], weathers: Sequence[Weather], seed: int, keep: Path | None
) -> tuple[list[Scored], float]:
    """Scores under the weathers, and the milliseconds of processor time per view (NaN where they were read)."""
    kept = keep / f"{''.join(c if c.isalnum() else '-' for c in peer.name)}.csv" if keep else None
    if kept and kept.is_file():
        return read_scores(kept), float("nan")
    spent = 0.0

    def timed(rgb: np.ndarray) -> float:
        nonlocal spent
        start = time.process_time()
        logit = peer.look(rgb)
        spent += time.process_time() - start
        return logit

    found = score(rows, timed, weathers, seed)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_scores(found, kept)
    return found, 1000 * spent / len(found)


def line(peer: Peer, found: Sequence[Scored], milliseconds: float) -> tuple[object, ...]:
    measured = {s.weather for s in found}
    parts = [under(found, weather) if weather in measured else [] for weather in WEATHERS]
    aucs = [bootstrap(auc, logits_of(p), positive_of(p), [s.source for s in p]) if p else "" for p in parts]
    clean = parts[0]
    above = {label: [s.logit >= peer.threshold for s in clean if s.label == label] for label in (HUMAN, AI)}
    recall = recall_at_fpr(logits_of(clean), positive_of(clean), 0.01)
    rates = (Rate(sum(flags), len(flags)) for flags in above.values())
    return (peer.name, *aucs, f"{recall:.3f}", *rates, f"{milliseconds:.0f}")


def ferretnet(folder: Path | None) -> Iterator[Peer]:
    """FerretNet-S, trained on four classes of ProGAN: the centre 256 x 256 pixels, mirrored nowhere, padded black."""
    if folder is None:
        return
    layers = loaded(folder / "src/model/lpd.py")
    settings = {"in_channels": 3, "num_classes": 1, "dim": 32, "depths": [2, 2], "lpd_func": "median", "window_size": 3}
    net = loaded(folder / "src/model/ferretnet.py").Ferret(**settings, lpd_dict=layers.get_lpd_dict())
    state = torch.load(folder / "checkpoints/4cls_ckpt/ferretnet-s-median-3.pth", map_location="cpu", weights_only=True)
    net.load_state_dict(state.get("model", state))
    yield Peer("FerretNet-S", partial(of_network, net.eval(), centre, CLIP), 0.0)


def ladeda(folder: Path | None) -> Iterator[Peer]:
    """Tiny-LaDeDa, both published weights: the whole picture pressed to 256 x 256, diagonal gradients, mean over
    patches of 9 x 9 pixels."""
    if folder is None:
        return
    made = loaded(folder / "networks/Tiny_LaDeDa.py")
    for name in ("WildRF", "ForenSynth"):
        net = made.tiny_ladeda("right_diag")
        net.fc = torch.nn.Linear(LADEDA_FEATURES, 1)  # as the project's own test does
        state = torch.load(
            folder / f"weights/Tiny_LaDeDa/{name}_Tiny_LaDeDa.pth", map_location="cpu", weights_only=True
        )
        net.load_state_dict(state.get("model", state))
        yield Peer(f"Tiny-LaDeDa, {name}", partial(of_network, net.eval(), pressed, IMAGENET), 0.0)


def bundle(name: str) -> Peer:
    """A bundle of Brushwork; its own threshold is the strict one."""
    found = load_bundle(name)
    fit, limit = found.recipe.calibration, found.recipe.thresholds.strict.probability
    logit = (np.log(limit / (1 - limit)) - fit.offset) / fit.scale
    return Peer(found.recipe.name, look_with(open_session(found.model_path), found.recipe.patches), float(logit))


def loaded(path: Path) -> ModuleType:
    """A module of a peer by its file."""
    spec = importlib.util.spec_from_file_location(f"peer_{path.stem}", path)
    assert spec is not None and spec.loader is not None, path
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@torch.inference_mode()
def of_network(net: torch.nn.Module, prepare: object, norm: tuple, rgb: np.ndarray) -> float:
    """The logit of one picture."""
    mean, deviation = (torch.tensor(v).view(3, 1, 1) for v in norm)
    pixels = torch.from_numpy(np.array(prepare(rgb))).permute(2, 0, 1).float() / 255
    return float(net(((pixels - mean) / deviation)[None]).double().mean())


def centre(rgb: np.ndarray) -> np.ndarray:
    """The centre of FERRET_SIDE pixels, with black around a smaller picture."""
    missing = [max(0, FERRET_SIDE - side) for side in rgb.shape[:2]]
    rgb = np.pad(rgb, (*((m // 2, m - m // 2) for m in missing), (0, 0)))
    top, left = (round((side - FERRET_SIDE) / 2) for side in rgb.shape[:2])
    return rgb[top : top + FERRET_SIDE, left : left + FERRET_SIDE]


def pressed(rgb: np.ndarray) -> np.ndarray:
    """The whole picture at LADEDA_SIDE pixels a side, as torchvision's Resize does it to a PIL image."""
    return np.asarray(Image.fromarray(rgb).resize((LADEDA_SIDE, LADEDA_SIDE), Image.Resampling.BILINEAR))


if __name__ == "__main__":
    main()
