"""Heads on the features of `source_features.py`: which views, which pictures, how strong, beside the shipped head.

Run: python -m benchmarks.source_heads FOLDER [--bundle NAME]
FOLDER holds what source_features.py wrote for training and, with --weather clean, for the set kept apart. Ridge
regression on the components of each view (whitened by half), half human, half AI, a source weighing the square root of
its pictures. Held-out: five folds of sources, three ways of dealing them. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from brushwork.forensics.bundle import load_bundle
from brushwork.lab.weather import stream

LEVELS, LOOSE, KEPT, FOLDS, DEALS = 2848, 39, 256, 5, 3
VIEWS = {"whole": (0, 1), "middle": (2,), "patch": (3, 4), "residual": (3, 4)}
APART = {"whole": (0,), "middle": (1, 2, 3), "patch": (4, 5, 6, 7), "residual": (4, 5, 6, 7)}
SHARES = (0.1, 0.2, 0.3, 0.5)


def read(folder: Path, name: str, views: int) -> tuple[np.ndarray, list[dict]]:
    """Features (pictures, views, LEVELS + LOOSE) of all parts, and what is known of each picture."""
    found, rows = [], []
    for log in sorted(folder.glob(f"{name}-*.jsonl")):
        told = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        values = np.fromfile(log.with_suffix(".f16"), dtype=np.float16)
        values = values[: len(values) // (views * (LEVELS + LOOSE)) * views * (LEVELS + LOOSE)]
        part = values.reshape(-1, views, LEVELS + LOOSE)
        kept = [row for row in told if row["ok"]][: len(part)]
        found.append(part[: len(kept)])
        rows += kept
    return np.concatenate(found), rows


class Components:
    """The first components of one kind of view, on a scale of its own."""

    def __init__(self, seen: np.ndarray, columns: slice) -> None:
        self.columns = columns
        values = seen[:, columns].astype(np.float32)
        self.mean, self.spread = values.mean(0), values.std(0) + 1e-3
        scaled = self._scaled(seen)
        self.middle = scaled.mean(0)
        torch.manual_seed(0)
        count = min(KEPT, scaled.shape[1])
        _, lengths, axes = torch.svd_lowrank(torch.from_numpy(scaled - self.middle), q=min(count + 8, scaled.shape[1]))
        variance = lengths.numpy()[:count] ** 2 / len(scaled)
        self.axes = axes.numpy()[:, :count] * variance**-0.25
        self.scale = ((scaled - self.middle) @ self.axes).std()

    def _scaled(self, seen: np.ndarray) -> np.ndarray:
        return np.clip((seen[:, self.columns].astype(np.float32) - self.mean) / self.spread, -8, 8)

    def __call__(self, seen: np.ndarray) -> np.ndarray:
        """Components (n, KEPT or fewer) of features (n, LEVELS + LOOSE)."""
        return (self._scaled(seen) - self.middle) @ self.axes / self.scale


def auc(positive: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(positive, scores))


def weights(rows: list[dict], chosen: np.ndarray) -> np.ndarray:
    """Half for each class, a source weighing the square root of its pictures."""
    counts = Counter((rows[i]["repo"], rows[i]["label"]) for i in chosen)
    raw = np.array([counts[rows[i]["repo"], rows[i]["label"]] ** -0.5 for i in chosen])
    labels = np.array([rows[i]["label"] for i in chosen])
    for label in (0, 1):
        raw[labels == label] /= 2 * raw[labels == label].sum()
    return raw


def combinations(parts: dict[str, list[np.ndarray]]) -> list[np.ndarray]:
    """Every whole beside every patch; views of another kind are averaged."""
    spots = max((len(parts[name]) for name in ("patch", "residual") if name in parts), default=1)
    wholes = parts.get("whole", [np.zeros((len(next(iter(parts.values()))[0]), 0), np.float32)])
    out = []
    for whole in wholes:
        for spot in range(spots):
            joined = [whole]
            joined += [parts[name][spot] for name in ("patch", "residual") if name in parts]
            joined += [np.mean(parts["middle"], 0)] if "middle" in parts else []
            out.append(np.concatenate(joined, 1))
    return out


def ridge(views: list[np.ndarray], rows: list[dict], chosen: np.ndarray, strength: float):
    """A linear head fitted on `chosen` pictures under all their views: maps views to mean scores."""
    share = weights(rows, chosen)[:, None]
    target = np.array([2 * rows[i]["label"] - 1 for i in chosen])
    one = [np.concatenate([view[chosen], np.ones((len(chosen), 1), np.float32)], 1) for view in views]
    left = sum((x * share).T @ x for x in one) / len(one)
    left[np.diag_indices(len(left) - 1)] += strength
    left[-1, -1] += 1e-6
    found = np.linalg.solve(left, sum((x * share).T @ target for x in one) / len(one))
    return lambda seen: np.mean([x @ found[:-1] + found[-1] for x in seen], 0)


def shipped(apart: np.ndarray, bundle: str) -> np.ndarray:
    """What the head of a bundle says of the set kept apart."""
    import onnx
    from onnx import numpy_helper
    from scipy.special import erf

    graph = onnx.load(str(load_bundle(bundle).model_path)).graph
    held = {t.name.removesuffix("_half"): numpy_helper.to_array(t).astype(np.float32) for t in graph.initializer}
    out = []
    for spot in APART["patch"]:
        joined = np.concatenate([apart[:, spot, :LEVELS], apart[:, 0, :LEVELS]], 1).astype(np.float32)
        scaled = np.clip((joined - held["head.centre"]) / held["head.spread"], -8, 8)
        inner = scaled @ held["head.inner.weight"].T + held["head.inner.bias"]
        inner *= 0.5 * (1 + erf(inner / np.sqrt(2)))
        out.append(inner @ held["head.outer.weight"][0] + held["head.outer.bias"][0])
    return np.mean(out, 0)


class Question:
    """All features, in components; asks what a head of some views and some pictures is worth."""

    def __init__(self, folder: Path, bundle: str) -> None:
        seen, rows = read(folder, "train", 5)
        kept = np.array(["style transfer" not in row["kind"] for row in rows])
        self.seen, self.rows = seen[kept], [row for row, keep in zip(rows, kept, strict=True) if keep]
        self.apart, self.apart_rows = read(folder, "clean", 8)
        self.labels = np.array([row["label"] for row in self.rows])
        self.truth = np.array([row["label"] for row in self.apart_rows])
        self.beside = shipped(self.apart, bundle)
        self.train: dict[str, list[np.ndarray]] = {}
        self.dev: dict[str, list[np.ndarray]] = {}
        for name, views in VIEWS.items():
            columns = slice(LEVELS, None) if name == "residual" else slice(0, LEVELS)
            found = Components(np.concatenate([self.seen[:, view] for view in views]), columns)
            self.train[name] = [found(self.seen[:, view]) for view in views]
            self.dev[name] = [found(self.apart[:, view]) for view in APART[name]]

    def ask(self, what: str, names: tuple[str, ...], strength: float = 0.1, keep: np.ndarray | None = None) -> str:
        """One row of the table."""
        views = combinations({name: self.train[name] for name in names})
        chosen = np.arange(len(self.rows)) if keep is None else np.flatnonzero(keep)
        held = [self._held(views, chosen, strength, deal) for deal in range(DEALS)]
        apart = ridge(views, self.rows, chosen, strength)(combinations({name: self.dev[name] for name in names}))
        best = max(
            (auc(self.truth, s * apart / apart.std() + (1 - s) * self.beside / self.beside.std()), s) for s in SHARES
        )
        png = np.array([row["fmt"] == "PNG" for row in self.apart_rows])
        only = [auc(self.truth[part], apart[part]) for part in (~png, png)]
        return (
            f"| {what} | {len(chosen):,} | {np.mean(held):.3f} ± {np.std(held):.3f} | {auc(self.truth, apart):.3f} "
            f"| {only[0]:.3f} / {only[1]:.3f} | {best[0]:.3f} at {best[1]} |"
        )

    def _held(self, views: list[np.ndarray], chosen: np.ndarray, strength: float, deal: int) -> float:
        sources = sorted({row["repo"] for row in self.rows})
        order = stream("deal", deal).permutation(len(sources))
        fold_of = {sources[int(index)]: number % FOLDS for number, index in enumerate(order)}
        fold = np.array([fold_of[row["repo"]] for row in self.rows])
        scores = np.zeros(len(self.rows))
        for number in range(FOLDS):
            held = np.flatnonzero(fold == number)
            scores[held] = ridge(views, self.rows, chosen[fold[chosen] != number], strength)([v[held] for v in views])
        return auc(self.labels, scores)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bundle", default="art-1")
    args = parser.parse_args()
    asked = Question(args.folder, args.bundle)
    sources = {row["repo"] for row in asked.rows}
    print(
        f"{len(asked.rows):,} pictures of {len(sources)} sources; {len(asked.truth)} kept apart, on which the shipped"
    )
    print(f"head has {auc(asked.truth, asked.beside):.3f}\n")
    print("| head | pictures | held-out sources | kept apart | JPEG and WebP / PNG alone | with the shipped head |")
    print("|---|---|---|---|---|---|")
    both = ("whole", "patch")
    for strength in (0.02, 0.1, 0.5, 2.0):
        print(asked.ask(f"whole and patch, strength {strength}", both, strength), flush=True)
    for names in (
        ("patch",),
        ("whole",),
        ("middle",),
        ("residual",),
        ("whole", "middle"),
        (*both, "middle"),
        (*both, "residual"),
    ):
        print(asked.ask(" + ".join(names), names), flush=True)
    anime = np.array(["anime" in row["kind"] for row in asked.rows])
    human = asked.labels == 0
    parity = np.array([sum(map(ord, row["repo"])) % 2 == 0 for row in asked.rows])
    half = stream("half").random(len(anime)) < 0.5
    for what, keep in (
        ("without human anime", ~(anime & human)), ("without any anime", ~anime), ("half of the sources", parity),
        ("half of the pictures of all sources", half),
    ):  # fmt: skip
        print(asked.ask(what, both, keep=keep), flush=True)


if __name__ == "__main__":
    main()
