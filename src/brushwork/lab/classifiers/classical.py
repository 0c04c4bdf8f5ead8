"""SVM, decision tree, random forest and nearest neighbours: fitted with scikit-learn, kept and run as ONNX.

Pictures are read in blocks, so that only their features stand in memory; pixels are reduced to principal components
block by block. What data and model take at most is reckoned before anything is read, and refused where it is above the
recipe's `memory_mb` (memory.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import LabError
from ...forensics.scorer import Session, open_session
from ..metrics import Floats
from ..writing import written_whole
from .batches import limited
from .callbacks import NOT_LOGGED, write_history
from .components import principal_components
from .descriptors import Features, describe
from .figures import judged_figures
from .memory import LEAF, SVM_CACHE, block_of, refuse_beyond, width_of
from .outcome import Outcome
from .plan import ClassicalPlan, ModelPlan
from .prepared import Indices, Pixels, PreparedSet
from .runs import HISTORY_FILE, ONNX_FILE, Epoch
from .sets import open_set

INPUT: Final = "features"
TREE_DEPTH: Final = 12
FOLDS: Final = 5
LEAST: Final = 1e-9


@dataclass(frozen=True, eq=False)
class ClassicalPredictor:
    """A classical model of features, run by ONNX Runtime."""

    classes: tuple[str, ...]
    side: int
    plan: ClassicalPlan
    session: Session

    @classmethod
    def read(cls, path: Path, classes: tuple[str, ...], side: int, plan: ClassicalPlan) -> ClassicalPredictor:
        """Load the model.onnx of a run. Raises LabError where it is missing or damaged."""
        if not path.is_file():
            raise LabError(f"There is no model {path}.", "Train again with --fresh.")
        return cls(classes, side, plan, open_session(path))

    def probabilities(self, pixels: Pixels) -> Floats:
        """Features, then the model, a block of pictures at a time."""
        size = block_of(self.plan, self.side)
        parts = [self._block(pixels[i : i + size]) for i in range(0, len(pixels), size)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.classes)))

    def _block(self, pixels: Pixels) -> Floats:
        said = self.session.run(["probabilities"], {INPUT: features_of(pixels, self.plan)})[0]
        kept = np.clip(np.asarray(said, dtype=np.float64), 0, None)
        return np.asarray(kept / np.maximum(kept.sum(1, keepdims=True), LEAST))


def features_of(pixels: Pixels, plan: ClassicalPlan) -> Features:
    """What a model looks at: forensic features, or pixels shrunk to at most `side` and laid out in a row (0 to 1)."""
    if plan.features == "forensic":
        return describe(pixels)
    step = min(plan.side, pixels.shape[1])
    small = np.stack([_shrunk(p, step) for p in pixels]) if step < pixels.shape[1] else np.asarray(pixels)
    laid = small.reshape(len(small), -1).astype(np.float32)
    laid /= 255
    return laid


def _shrunk(picture: Pixels, side: int) -> Pixels:
    from PIL import Image

    return np.asarray(Image.fromarray(np.asarray(picture)).resize((side, side), Image.Resampling.BOX))


def fit_classical(plan: ModelPlan, out: Path, say: Callable[[str], None]) -> Outcome:
    """Fit the model on the training split, and write it as ONNX. Raises LabError where memory would not do."""
    start = time.monotonic()
    prepared = open_set(plan)
    task = plan.classifier.task
    labels = prepared.labels(task)
    rows = limited(prepared.indices("train", task), labels, plan.data.limit, plan.seed)
    need = refuse_beyond(plan.classifier.model, plan.classical, len(rows), prepared.side)
    say(f"{plan.classifier.model}: {len(rows):,} pictures, at most {need:.0f} MB of {plan.classical.memory_mb} MB")
    first, table = _table(plan.classical, prepared, rows, plan.seed)
    model = _estimator(plan, labels[rows])
    model.fit(table, labels[rows])
    _write_onnx(first, model, width_of(plan.classical, prepared.side), out / ONNX_FILE)
    row = _judged(plan, prepared, labels, out, time.monotonic() - start)
    write_history(out / HISTORY_FILE, [row])
    facts = {"epochs": 1, "best_epoch": 0, "best_score": row.val_auc, "trained_on": len(rows), "memory_need_mb": need}
    return Outcome(prepared, out / ONNX_FILE, 0, row.seconds, facts)


def _blocks(plan: ClassicalPlan, prepared: PreparedSet, rows: Indices) -> Iterator[Features]:
    size = block_of(plan, prepared.side)
    for start in range(0, len(rows), size):
        yield features_of(prepared.pixels[rows[start : start + size]], plan)


def _table(plan: ClassicalPlan, prepared: PreparedSet, rows: Indices, seed: int) -> tuple[Any, NDArray[Any]]:
    """The fitted first step (scaling, or principal components), and the table float32 (n, d) that comes out of it."""
    from sklearn.preprocessing import StandardScaler

    order = np.random.default_rng(seed).permutation(rows)  # blocks of one class would bend the components
    if plan.features == "pixels":
        first = principal_components(_blocks(plan, prepared, order), min(plan.components, len(rows) // 2))
    else:
        first = StandardScaler()
        for block in _blocks(plan, prepared, order):
            first.partial_fit(block)
    parts = [first.transform(block).astype(np.float32) for block in _blocks(plan, prepared, rows)]
    return first, np.concatenate(parts)


def _estimator(plan: ModelPlan, labels: Indices) -> Any:
    """The scikit-learn model that the recipe names. Classes weigh alike where `balanced` says so."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeClassifier

    settings, seed = plan.classical, plan.seed
    weights = "balanced" if plan.classifier.balanced else None
    jobs, depth = plan.classifier.threads, settings.depth or None
    if plan.classifier.model == "svm":
        machine = SVC(C=settings.cost, class_weight=weights, cache_size=SVM_CACHE, random_state=seed)
        return CalibratedClassifierCV(machine, cv=_folds(labels), ensemble=False)  # margins by fold; one SVM of all
    if plan.classifier.model == "knn":
        return KNeighborsClassifier(settings.neighbours, n_jobs=jobs)
    if plan.classifier.model == "decision_tree":
        return DecisionTreeClassifier(
            max_depth=depth or TREE_DEPTH, min_samples_leaf=LEAF, class_weight=weights, random_state=seed
        )
    return RandomForestClassifier(
        settings.trees, max_depth=depth, min_samples_leaf=LEAF, class_weight=weights, n_jobs=jobs, random_state=seed
    )


def _folds(labels: Indices) -> int:
    """In how many parts the margins of an SVM are taken that its probabilities are fitted to: each has every class."""
    counts: list[int] = np.unique(labels, return_counts=True)[1].tolist()
    if len(counts) < 2 or min(counts) < 2:
        raise LabError(
            f"An SVM needs two training pictures of each class; of {len(labels)} that were drawn a class has fewer.",
            "Raise [data] limit, or prepare more pictures.",
        )
    return min(FOLDS, *counts)


def _write_onnx(first: Any, model: Any, width: int, path: Path) -> None:
    """Both steps as one ONNX graph: input "features" float32 (n, width), output "probabilities" (n, classes)."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.pipeline import make_pipeline

    whole = make_pipeline(first, model)
    options = {id(whole): {"zipmap": False}}
    program = convert_sklearn(whole, initial_types=[(INPUT, FloatTensorType([None, width]))], options=options)
    written_whole(path, lambda part: part.write_bytes(program.SerializeToString()))


def _judged(plan: ModelPlan, prepared: PreparedSet, labels: Indices, out: Path, fitted: float) -> Epoch:
    """The figures of the written model on both splits: of at most 2,000 training pictures, and of all of val."""
    start = time.monotonic()
    task = plan.classifier.task
    predictor = ClassicalPredictor.read(out / ONNX_FILE, prepared.classes(task), prepared.side, plan.classical)
    seen = limited(prepared.indices("train", task), labels, 2000, plan.seed)
    held = prepared.indices("val", task)
    found = [
        judged_figures(np.log(predictor.probabilities(prepared.pixels[r]) + LEAST), labels[r], plan.classifier.metric)
        for r in (seen, held)
    ]
    seconds = fitted + time.monotonic() - start
    return Epoch(0, NOT_LOGGED, *found[0][:2], *found[1][:3], seconds)
