"""A backbone that is trained end to end on patches: AI works, human works, and human works through an autoencoder.

Run: python -m benchmarks.level_traces make RECIPE CLONE ENCODER DECODER PAIRS [--count 2000]
     python -m benchmarks.level_traces learn RECIPE PAIRS OUT [--minutes 30] [--threads 2] [--share 0.25]
`make` writes patches of human works (n, 2, side, side, 3), as the autoencoder gives them back and as they are; CLONE,
ENCODER and DECODER are as in `benchmarks.level_aligned`. `learn` trains the whole backbone of the recipe for so many
minutes on patches of its cache, classes alike, of which SHARE are such pairs in one weather, without the first fold of
the sources; OUT is a running mean of the weights, a file that `levels.backbone` takes. What it is worth is told by
`benchmarks.level_trunks`, with `--fold 0` for the sources that were held out.
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.level_aligned import SIDE, autoencoder, chosen, given_back
from benchmarks.level_heads import FOLDS, Head
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from brushwork.forensics.patches import through_jpeg
from brushwork.lab.crops import RegionCache
from brushwork.lab.folds import deal
from brushwork.lab.gather import cache_of, gather
from brushwork.lab.levels import load_trunk
from brushwork.lab.loading import prepared, shares
from brushwork.lab.metrics import auc
from brushwork.lab.plan import LabPlan, read_plan
from brushwork.lab.weather import Pixels, stream

BATCH, WARM, FIRST, EMA, RATE, HEAD_RATE, DECAY, SMOOTHING = 32, 50, 16, 0.998, 3e-4, 1e-3, 0.02, 0.02


def fold_of_regions(cache: RegionCache) -> np.ndarray:
    """The fold of each region's source, dealt as `benchmarks.level_trunks` deals them."""
    numbers = sorted({region.row for region in cache.regions})
    fold_of = deal(((cache.rows[n].label, cache.rows[n].source) for n in numbers), FOLDS)
    return np.array([fold_of[cache.rows[region.row].source] for region in cache.regions])


def make(plan: LabPlan, network: Any, out: Path, count: int) -> None:
    """Write the pairs, and the numbers of their regions."""
    cache = cache_of(plan, gather(plan))
    numbers = chosen(cache, count)
    pairs = np.lib.format.open_memmap(out, mode="w+", dtype=np.uint8, shape=(len(numbers), 2, SIDE, SIDE, 3))
    for start in range(0, len(numbers), 8):
        real = np.stack([cache.read(cache.regions[n])[:SIDE, :SIDE] for n in numbers[start : start + 8]])
        pairs[start : start + len(real)] = np.stack([given_back(network, real), real], 1)
        print(start + len(real), "of", len(numbers), end="\r", flush=True)
    pairs.flush()
    out.with_suffix(".json").write_text(json.dumps(numbers))


class Batches(IterableDataset[tuple[Tensor, Tensor]]):
    """Batches without end: patches uint8 (n, size, size, 3) and what they are; pairs stand at the end of each."""

    def __init__(self, plan: LabPlan, pairs: Path, share: float) -> None:
        self.plan, self.cache = plan, cache_of(plan, gather(plan))
        held = fold_of_regions(self.cache) == 0
        odds = np.where(held, 0.0, shares([self.cache], plan.train.weights))
        self.odds, self.pairs = odds / odds.sum(), np.load(pairs, mmap_mode="r")
        self.of_pairs = np.flatnonzero(~held[json.loads(pairs.with_suffix(".json").read_text())])
        self.couples = round(BATCH * share / 2)

    def view(self, region: Pixels, draw: int) -> Pixels:
        """A patch after weather, as it is brought to the network."""
        patch = prepared(region, self.plan.train.size, 11, draw)
        return through_jpeg(patch, self.plan.bundle.jpeg_quality or 90)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        rng, cache = stream("traces", self.plan.seed), self.cache
        while True:
            asked = rng.choice(len(self.odds), BATCH - 2 * self.couples, p=self.odds)
            regions = [cache.regions[n] for n in asked]
            seeds = rng.integers(0, 1 << 30, BATCH)
            views = [self.view(cache.read(r), int(s)) for r, s in zip(regions, seeds, strict=False)]
            labels = [float(cache.rows[r.row].label) for r in regions]
            for number, seed in zip(rng.choice(self.of_pairs, self.couples), seeds[::-1], strict=False):
                views += [self.view(np.array(patch), int(seed)) for patch in self.pairs[number]]
                labels += [1.0, 0.0]
            yield torch.from_numpy(np.stack(views)), torch.tensor(labels)


class Traces(nn.Module):
    """The backbone and a head on all of its levels. Its first convolution stays in single precision."""

    def __init__(self, plan: LabPlan) -> None:
        super().__init__()
        assert plan.levels is not None
        self.trunk = load_trunk(plan.levels.backbone)
        stem = self.trunk.net.conv_stem
        stem.forward = torch.autocast("cpu", enabled=False)(stem.forward)
        self.head = Head(self.trunk.width, 128, 0.2)

    def forward(self, patches: Tensor) -> Tensor:
        """Logits (n,)."""
        return self.head(self.head.fitted(self.trunk(patches).float()))  # type: ignore[no-any-return]


@torch.no_grad()
def scaled(net: Traces, loaded: Iterator[tuple[Tensor, Tensor]]) -> None:
    """Bring the features of the first batches to one scale."""
    seen = torch.cat([net.trunk(next(loaded)[0]) for _ in range(FIRST)]).float()
    net.head.centre.copy_(seen.mean(0))
    net.head.spread.copy_(seen.std(0) + 1e-3)


def learn(net: Traces, loaded: Iterator[tuple[Tensor, Tensor]], minutes: float, couples: int) -> Traces:
    """A running mean of the weights; the rate falls with the time that is left. Batch norms keep their statistics."""
    groups = [{"params": net.trunk.parameters()}, {"params": net.head.parameters()}]
    optimizer = torch.optim.AdamW(groups, weight_decay=DECAY)
    slow = copy.deepcopy(net)  # for its weights alone: its first convolution still calls that of `net`
    start, step, losses = time.monotonic(), 0, list[float]()
    said: list[tuple[np.ndarray, np.ndarray]] = []
    while (spent := (time.monotonic() - start) / 60 / minutes) < 1:
        patches, labels = next(loaded)
        for group, full in zip(optimizer.param_groups, (RATE, HEAD_RATE), strict=True):
            group["lr"] = full * min(1.0, (step + 1) / WARM) * 0.5 * (1 + np.cos(np.pi * spent))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = net.eval()(patches)
        loss = nn.functional.binary_cross_entropy_with_logits(logits, labels * (1 - 2 * SMOOTHING) + SMOOTHING)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        step += 1
        with torch.no_grad():
            for old, new in zip(slow.parameters(), net.parameters(), strict=True):
                old.lerp_(new, 1 - min(EMA, step / (step + 9)))
        losses.append(float(loss.detach()))
        said.append((logits.detach().float().numpy().astype(np.float64), labels.numpy() > 0.5))
        if step % 100 == 0:
            told(step, losses[-100:], said[-100:], couples)
    return slow


def told(step: int, losses: list[float], said: list[tuple[np.ndarray, np.ndarray]], couples: int) -> None:
    """The loss and the order of works, and of pairs, in the batches before they were learned from."""
    scores, labels = (np.stack(part) for part in zip(*said, strict=True))
    cut = BATCH - 2 * couples
    works = auc(scores[:, :cut].ravel(), labels[:, :cut].ravel())
    pairs = f"{auc(scores[:, cut:].ravel(), labels[:, cut:].ravel()):.3f}" if couples else "-"
    print(f"step {step}: loss {np.mean(losses):.3f}, AUC of works {works:.3f}, of pairs {pairs}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)
    for name, given in {"make": ("clone", "encoder", "decoder", "pairs"), "learn": ("pairs", "out")}.items():
        command = commands.add_parser(name)
        command.add_argument("recipe")
        for argument in given:
            command.add_argument(argument, type=Path)
    commands.choices["make"].add_argument("--count", type=int, default=2000)
    commands.choices["learn"].add_argument("--minutes", type=float, default=30.0)
    commands.choices["learn"].add_argument("--threads", type=int, default=2)
    commands.choices["learn"].add_argument("--share", type=float, default=0.25)
    args = parser.parse_args()
    plan = read_plan(args.recipe)
    if args.what == "make":
        torch.set_num_threads(1)
        make(plan, autoencoder(args.clone, args.encoder, args.decoder), args.pairs, args.count)
        return
    torch.set_num_threads(args.threads)
    torch.manual_seed(plan.seed)
    batches = Batches(plan, args.pairs, args.share)
    loaded = iter(DataLoader(batches, batch_size=None, num_workers=1, prefetch_factor=4))
    net = Traces(plan)
    scaled(net, loaded)
    slow = learn(net, loaded, args.minutes, batches.couples)
    torch.save(slow.trunk.net.state_dict(), args.out)


if __name__ == "__main__":
    main()
