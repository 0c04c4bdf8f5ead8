"""The shipped head on other views, and trained on with new pictures: is anything gained without a new training?

Run: python -m benchmarks.source_tuning FOLDER [--bundle NAME] [--rate 2e-5]
FOLDER holds what source_features.py wrote for training and, with --weather clean, for the set kept apart. Prints a
Markdown table.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from benchmarks.source_heads import APART, LEVELS, VIEWS, auc, read, weights
from onnx import numpy_helper
from torch import Tensor, nn

from brushwork.forensics.bundle import load_bundle
from brushwork.lab.levels import LevelHead
from brushwork.lab.metrics import recall_at_fpr
from brushwork.lab.weather import stream

BATCH, MIXUP, SMOOTHING, SHOWN = 256, 0.4, 0.02, (10, 25, 50, 100)


def shipped_head(bundle: str) -> LevelHead:
    """The head of a shipped levels network, ready to be trained on."""
    graph = onnx.load(str(load_bundle(bundle).model_path)).graph
    held = {t.name.removesuffix("_half"): numpy_helper.to_array(t).astype(np.float32) for t in graph.initializer}
    head = LevelHead(LEVELS, len(held["head.inner.bias"]), dropout=0.2)
    head.load_state_dict({name: torch.from_numpy(held[f"head.{name}"].copy()) for name in head.state_dict()})
    return head.eval()


def scaled(head: LevelHead, seen: np.ndarray, patch: int, whole: int) -> Tensor:
    """One view beside one whole, scaled, in half precision to save memory."""
    views = [torch.from_numpy(seen[:, view, :LEVELS].astype(np.float32)) for view in (patch, whole)]
    return head.scaled(*views).half()


def answers(head: LevelHead, apart: np.ndarray, spots: tuple[int, ...]) -> np.ndarray:
    """Logits (spots, pictures) of the views at `spots`, each beside the whole."""
    head.eval()
    with torch.no_grad():
        return np.stack([head(scaled(head, apart, spot, 0).float()).numpy() for spot in spots])


def train_on(head: LevelHead, seen: np.ndarray, rows: list[dict], rate: float):
    """Train `head` on, and stop after each count of SHOWN."""
    labels = np.array([row["label"] for row in rows], np.float32)
    chances = weights(rows, np.arange(len(rows)))
    views = [scaled(head, seen, patch, whole) for patch in VIEWS["patch"] for whole in VIEWS["whole"]]
    optimizer, rng = torch.optim.AdamW(head.parameters(), lr=rate, weight_decay=0), stream("tuning")
    torch.manual_seed(0)
    for step in range(1, SHOWN[-1] + 1):
        head.train()
        chosen = rng.choice(len(labels), BATCH, p=chances)
        drawn = torch.stack(
            [views[v][i] for v, i in zip(rng.integers(0, len(views), BATCH), chosen, strict=True)]
        ).float()
        target = torch.from_numpy(labels[chosen]) * (1 - 2 * SMOOTHING) + SMOOTHING
        share = torch.from_numpy(rng.beta(MIXUP, MIXUP, BATCH).astype(np.float32))
        other = torch.from_numpy(rng.permutation(BATCH))
        drawn = share[:, None] * drawn + (1 - share[:, None]) * drawn[other]
        loss = nn.functional.binary_cross_entropy_with_logits(head(drawn), share * target + (1 - share) * target[other])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step in SHOWN:
            yield step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bundle", default="art-1")
    parser.add_argument("--rate", type=float, default=2e-5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    apart, about = read(args.folder, "clean", 8)
    truth = np.array([row["label"] == 1 for row in about])
    print(
        f"{len(truth)} files kept apart, {truth.sum()} of them by AI\n\n| change | AUC | recall at 1 % |\n|---|---|---|"
    )

    def show(what: str, logits: np.ndarray) -> None:
        print(f"| {what} | {auc(truth, logits):.3f} | {recall_at_fpr(logits, truth, 0.01):.2f} |", flush=True)

    head = shipped_head(args.bundle)
    native, middle = (answers(head, apart, APART[name]) for name in ("patch", "middle"))
    show(f"{args.bundle} as it ships", native.mean(0))
    show("crops at 448 in place of native patches", middle.mean(0))
    show("both, averaged", (native.mean(0) + middle.mean(0)) / 2)
    show("the least of its patches in place of the mean", native.min(0))
    show("the greatest of them", native.max(0))
    seen, rows = read(args.folder, "train", 5)
    kept = np.array(["style transfer" not in row["kind"] for row in rows])
    chosen = [row for row, keep in zip(rows, kept, strict=True) if keep]
    for step in train_on(head, seen[kept], chosen, args.rate):
        show(f"trained on with {len(chosen):,} pictures, {step} steps", answers(head, apart, APART["patch"]).mean(0))


if __name__ == "__main__":
    main()
