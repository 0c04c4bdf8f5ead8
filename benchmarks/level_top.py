"""The last block of the backbone trained on whole pictures, or left as it is, behind a head of its own.

Run: python -m benchmarks.level_top RECIPE RUN VIEWS MIDDLES [--rates 0 2e-4] [--steps 400]
VIEWS is what `benchmarks.level_views apart` wrote, MIDDLES what `middles` of it wrote. With a rate of 0 only the head
learns. Prints AUC and recall on the set kept apart, of a running mean of the weights.
"""

from __future__ import annotations

import argparse
import copy
from pathlib import Path

import numpy as np
import torch
from benchmarks.level_heads import Head, Set, chances, told, trained
from benchmarks.level_views import CUT
from torch import Tensor, nn

from brushwork.lab.datasets import read_manifest
from brushwork.lab.levels import load_trunk
from brushwork.lab.plan import LabPlan, read_plan
from brushwork.lab.weather import stream

MIDDLE, LAST, LOWER, BATCH, WARM, EMA, HEAD_RATE, DECAY = (80, 14, 14), 6, 928, 64, 100, 0.995, 1e-3, 0.05


class Top(nn.Module):
    """From what stands before the last block, and the levels up to there, to all features of a whole."""

    def __init__(self, plan: LabPlan) -> None:
        super().__init__()
        assert plan.levels is not None
        net = load_trunk(plan.levels.backbone).net
        self.middle, self.last = net.blocks[CUT:LAST], net.blocks[LAST:]
        self.conv, self.norm = net.conv_head, net.bn2

    @torch.no_grad()
    def before(self, middles: np.ndarray) -> np.ndarray:
        """What the blocks between CUT and the last make of flat middles (n, 15680), in half precision."""
        given = (torch.from_numpy(middles[i : i + BATCH].astype(np.float32)) for i in range(0, len(middles), BATCH))
        return np.concatenate([self.middle(x.reshape(-1, *MIDDLE)).half().numpy() for x in given])

    def forward(self, x: Tensor, lower: Tensor) -> Tensor:
        """Features (n, d)."""
        x = self.last(x)
        flat = x.flatten(2)
        mean = flat.mean(2)
        spread = ((flat - mean.unsqueeze(2)).square().mean(2) + 1e-8).sqrt()
        return torch.cat([lower, mean, spread, self.norm(self.conv(x)).mean((2, 3))], 1)


class Whole(nn.Module):
    """A top and the head behind it."""

    def __init__(self, top: Top, head: Head) -> None:
        super().__init__()
        self.top, self.head = top, head

    def forward(self, x: Tensor, lower: Tensor) -> Tensor:
        """Logits (n,)."""
        return self.head(self.head.fitted(self.top(x, lower)))  # type: ignore[no-any-return]


def learn(net: Whole, seen: Set, before: np.ndarray, plan: LabPlan, rate: float, steps: int) -> Whole:
    """A running mean of the network's weights while it learns; batch norms keep their statistics."""
    odds, rng, labels = chances(seen.rows, plan, True, 0.5), stream("top"), seen.labels.astype(np.float32)
    groups = [{"params": net.top.parameters()}, {"params": net.head.parameters()}]
    optimizer, slow = torch.optim.AdamW(groups, weight_decay=DECAY), copy.deepcopy(net).eval()
    net.head.train()
    for step in range(steps):
        share = min(1.0, (step + 1) / 50) * 0.5 * (1 + np.cos(np.pi * step / steps))
        for group, full in zip(optimizer.param_groups, (rate if step >= WARM else 0.0, HEAD_RATE), strict=True):
            group["lr"] = full * share
        chosen, draw = rng.choice(len(odds), BATCH, p=odds), rng.integers(0, before.shape[1], BATCH)
        x = torch.from_numpy(before[chosen, draw].astype(np.float32))
        lower = torch.from_numpy(seen.whole[chosen, draw, :LOWER].astype(np.float32))
        target = torch.from_numpy(labels[chosen]) * 0.96 + 0.02
        part, other = float(max(0.5, rng.beta(0.2, 0.2))), torch.from_numpy(rng.permutation(BATCH))
        x, lower, target = (part * v + (1 - part) * v[other] for v in (x, lower, target))
        loss = nn.functional.binary_cross_entropy_with_logits(net(x, lower), target)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        with torch.no_grad():
            keep = min(EMA, (step + 1) / (step + 10))
            for old, new in zip(slow.parameters(), net.parameters(), strict=True):
                old.lerp_(new, 1 - keep)
    return slow


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    for name in ("run", "views", "middles"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--rates", type=float, nargs="+", default=[0.0, 2e-4])
    parser.add_argument("--steps", type=int, default=400)
    args = parser.parse_args()
    torch.set_num_threads(1)
    plan = read_plan(args.recipe)
    seen, top = trained(plan, args.run), Top(plan)
    width = seen.whole.shape[2]
    files = sorted(args.middles.glob("middle-*.npy"))
    before = np.concatenate([top.before(np.load(path, mmap_mode="r")[:, width:]) for path in files])
    before = before.reshape(*seen.whole.shape[:2], *before.shape[1:])
    views = np.concatenate([np.load(path)[:, -1] for path in sorted(args.views.glob("clean-*.npy"))])
    apart = Set(read_manifest(plan.data.dev), views[:, None, :width], views[:, None, :width])
    judged, lower = top.before(views[:, width:]), torch.from_numpy(views[:, :LOWER].astype(np.float32))
    print("| top | steps | AUC | recall at 1 % | at 5 % |\n|---|---|---|---|---|")
    for rate in args.rates:
        torch.manual_seed(1)
        head = Head(width, 128, 0.2)
        first = torch.from_numpy(seen.whole[::2, 0].astype(np.float32))
        head.centre.copy_(first.mean(0))
        head.spread.copy_(first.std(0) + 1e-3)
        net = learn(Whole(copy.deepcopy(top), head), seen, before, plan, rate, args.steps)
        with torch.no_grad():
            scores = net(torch.from_numpy(judged.astype(np.float32)), lower).numpy().astype(np.float64)
        told(f"rate {rate:g}", scores, apart, str(args.steps))


if __name__ == "__main__":
    main()
