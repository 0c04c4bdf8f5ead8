"""What the fairness term does: BCE + alpha * (mean(p) - beta)^2 on a frozen backbone, for several alpha and beta.

Run: python -m benchmarks.fairness data/art-224 mobilenetv2_100_in1k.npz [--seeds 3] [--features features.npz]
The features of the frozen network are computed once; a linear layer is trained on them anew for each row, by AdamW on
balanced batches, with the loss of `brushwork train`. `mean(p)` is taken over the batch as in training, or, in the rows
"test pictures", over a batch of the TEST pictures without their labels, as the term was first meant: that looks at what
is to be judged, and is shown for comparison only. Figures are those of the split `test` at 0.5, means over the seeds.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from benchmarks.machine import described

from brushwork.lab.classifiers.batches import Draws, epoch_order
from brushwork.lab.classifiers.optimising import loss_of, targets_of
from brushwork.lab.classifiers.plan import ClassifierPlan
from brushwork.lab.classifiers.prepared import PreparedSet, open_prepared
from brushwork.lab.classifiers.zoo import build
from brushwork.lab.metrics import auc

ROWS = ((0.0, 0.5), (1.0, 0.5), (10.0, 0.5), (100.0, 0.5), (10.0, 0.3), (100.0, 0.3), (10.0, 0.7), (100.0, 0.7))
EPOCHS, BATCH, RATE = 8, 64, 1e-3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prepared", type=Path)
    parser.add_argument("backbone", type=Path)
    parser.add_argument("--model", default="mobilenetv2_100")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--features", type=Path, help="keep the features in this .npz, and read them from it")
    args = parser.parse_args()
    torch.set_num_threads(1)
    prepared = open_prepared(args.prepared)
    features = features_of(prepared, args.model, args.backbone, args.features)
    labels = prepared.labels()
    parts = {split: prepared.indices(split) for split in ("train", "test")}
    shares = {split: labels[rows].mean() for split, rows in parts.items()}
    print(
        described("torch", "timm"),
        f"share of AI works: train {shares['train']:.2f}, test {shares['test']:.2f}\n",
        sep="\n",
    )
    print(
        "| alpha | beta | mean(p) of | accuracy | AUC | false positives | missed AI | mean(p) on test |\n"
        + "|---" * 8
        + "|"
    )
    for seen in ("the batch", "test pictures"):
        for alpha, beta in ROWS:
            if seen == "the batch" or alpha:
                found = np.mean([one(features, labels, parts, alpha, beta, seen, s) for s in range(args.seeds)], axis=0)
                cells = " | ".join(f"{v:.3f}" for v in found)
                print(f"| {alpha:g} | {beta if alpha else ''} | {seen} | {cells} |", flush=True)


def features_of(prepared: PreparedSet, model: str, backbone: Path, kept: Path | None) -> torch.Tensor:
    """What the last layer takes in, float32 (n, d), standardised by the training pictures."""
    if kept is not None and kept.is_file():
        found = np.load(kept)["features"]
    else:
        net = build(ClassifierPlan(model=model, backbone=backbone), 2, prepared.side).eval()
        parts = []
        with torch.inference_mode():
            for start in range(0, len(prepared.pixels), 32):
                scaled = torch.from_numpy(prepared.pixels[start : start + 32].copy()).permute(0, 3, 1, 2).float() / 255
                maps = net.trunk.forward_features((scaled - net.mean) / net.std)
                parts.append(net.trunk.forward_head(maps, pre_logits=True).numpy())
        found = np.concatenate(parts)
        if kept is not None:
            np.savez(kept, features=found)
    train = found[prepared.indices("train")]
    return torch.from_numpy(((found - train.mean(0)) / (train.std(0) + 1e-6)).astype(np.float32))


def one(
    features: torch.Tensor,
    labels: np.ndarray,
    parts: dict[str, np.ndarray],
    alpha: float,
    beta: float,
    seen: str,
    seed: int,
) -> tuple[float, ...]:
    """Accuracy, AUC, false-positive rate, share of missed AI and mean(p) on test of one trained layer."""
    torch.manual_seed(seed)
    settings = ClassifierPlan(model="linear", fairness_alpha=alpha, fairness_beta=beta)
    layer = torch.nn.Linear(features.shape[1], 2)
    optimiser = torch.optim.AdamW(layer.parameters(), lr=RATE, weight_decay=0.1)
    train, test = parts["train"], parts["test"]
    draw = np.random.default_rng(seed)
    for epoch in range(EPOCHS):
        order = train[epoch_order(labels[train], Draws(BATCH, seed), epoch)]
        for start in range(0, len(order) - BATCH + 1, BATCH):
            rows = order[start : start + BATCH]
            targets = targets_of(torch.from_numpy(labels[rows]), 2, 0.0)
            logits = layer(features[rows])
            if seen == "the batch":
                loss = loss_of(logits, targets, settings)
            else:
                looked_at = torch.softmax(layer(features[draw.choice(test, BATCH)]), 1)[:, 1].mean()
                loss = torch.nn.functional.cross_entropy(logits, targets) + alpha * (looked_at - beta) ** 2
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    with torch.inference_mode():
        p = torch.softmax(layer(features[test]).double(), 1)[:, 1].numpy()
    positive = labels[test] == 1
    called = p > 0.5
    return (
        float((called == positive).mean()), auc(p, positive), float(called[~positive].mean()),
        float((~called[positive]).mean()), float(p.mean()),
    )  # fmt: skip


if __name__ == "__main__":
    main()
