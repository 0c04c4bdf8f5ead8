"""The figures of finished runs on the whole test split of a prepared set, with intervals, as a Markdown table.

Run: python -m benchmarks.cifake.table data/cifake-32 runs/cifake-resnet9 runs/cifake-forest --curves benchmarks/cifake
Accuracy and false positives (human works called AI) are taken at a probability of 0.5; nothing is tuned on test.
Intervals: exact ones of Clopper and Pearson for rates, 200 bootstrap draws of pictures for AUC.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from benchmarks.machine import described

from brushwork.lab.classifiers.predictors import load_predictor, predict, read_predictions, write_predictions
from brushwork.lab.classifiers.prepared import CLASSES, PreparedSet, open_prepared
from brushwork.lab.classifiers.runs import Run, load_run
from brushwork.lab.metrics import Rate, auc, bootstrap

HEAD = "| run | parameters | epochs | trained in | accuracy | AUC | false positives | missed AI |\n" + "|---" * 8 + "|"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prepared", type=Path)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--split", default="test")
    parser.add_argument("--curves", type=Path, help="folder for the curves of each run, as SVG")
    args = parser.parse_args()
    prepared = open_prepared(args.prepared)
    print(described("torch", "timm", "scikit-learn"), end="\n\n")
    print(HEAD)
    for folder in args.runs:
        run = load_run(folder)
        print(row(run, prepared, args.split), flush=True)
        if args.curves and len(run.history) > 1:
            draw(run, args.curves / f"{run.plan.name}.svg")


def said_of(run: Run, prepared: PreparedSet, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of AI and true labels; kept in the run's folder, and read from there."""
    path = run.folder / f"predictions-{split}.csv"
    if not path.is_file():
        rows = prepared.indices(split)
        parts = list(predict(load_predictor(run), prepared, rows))
        write_predictions(path, prepared, rows, run.classes, np.concatenate(parts))
    classes, found = read_predictions(path)
    column = classes.index("ai")
    return np.array([p.probabilities[column] for p in found]), np.array([p.label == CLASSES[1] for p in found])


def row(run: Run, prepared: PreparedSet, split: str) -> str:
    scores, positive = said_of(run, prepared, split)
    called = scores > 0.5
    accuracy = Rate(int((called == positive).sum()), len(positive)).interval
    accused = Rate(int(called[~positive].sum()), int((~positive).sum())).interval
    missed = Rate(int((~called[positive]).sum()), int(positive.sum())).interval
    area = bootstrap(auc, scores, positive, [str(i) for i in range(len(scores))], rounds=200)
    rates = " | ".join(f"{100 * r.value:.2f} % ({100 * r.low:.2f} to {100 * r.high:.2f})" for r in (accuracy,))
    errors = " | ".join(f"{100 * r.value:.2f} % ({100 * r.low:.2f} to {100 * r.high:.2f})" for r in (accused, missed))
    minutes = f"{run.facts['seconds'] / 60:.0f} min"
    about = f"{run.plan.name} | {run.facts['parameters']:,} | {run.facts.get('epochs', '')} | {minutes}"
    return f"| {about} | {rates} | {area.value:.4f} ({area.low:.4f} to {area.high:.4f}) | {errors} |"


def draw(run: Run, path: Path) -> None:
    """Loss and accuracy by epoch, of training (augmented, smoothed labels) and of validation."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = run.plan.name
    from matplotlib import pyplot as plt

    epochs = [r.epoch + 1 for r in run.history]
    figure, both = plt.subplots(1, 2, figsize=(7, 2.6), layout="constrained")
    for axis, name in zip(both, ("loss", "accuracy"), strict=True):
        for split in ("train", "val"):
            axis.plot(epochs, [getattr(r, f"{split}_{name}") for r in run.history], marker=".", label=split)
        axis.set_xlabel("epoch")
        axis.set_ylabel(name)
        axis.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
