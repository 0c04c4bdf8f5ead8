"""Export a run: write the form, open it again, compare it with the network, and measure its size and time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import numpy as np

from ...errors import LabError
from ..datasets import AI
from ..metrics import Floats, auc
from ..quantize import MOST_LOST
from ..tables import Table
from .board import MIB
from .forms.of_keras import KERAS_FORMS
from .forms.of_onnx import ONNX_FORMS
from .forms.of_tflite import TFLITE_FORMS
from .forms.of_torch import TORCH_FORMS
from .forms.subject import Form, Look, Subject
from .latency import Latency, example, measure

FORMS: Final[tuple[Form, ...]] = (*TORCH_FORMS, *ONNX_FORMS, *KERAS_FORMS, *TFLITE_FORMS)
TABLE_FILE: Final = "exports.md"
PARITY: Final = 1e-4
"""Difference of logits that an exact form may have, times the largest logit where that is above 1."""
BATCHES: Final = (2, 1, 9)
"""Sizes of batches on which a form is compared: more than one, one, and one that nothing was traced with."""
COMPARED: Final = 64
"""Real pictures on which a form is compared beside drawn ones; int8 on all that the subject has."""


@dataclass(frozen=True)
class Exported:
    """A form that was written: its file, what it costs, and how far it is from the network."""

    form: str
    path: Path
    bytes: int
    difference: float
    allowed: float | None
    changed: float
    auc_lost: float | None
    latency: Latency | None = None

    @property
    def row(self) -> tuple[object, ...]:
        """Its line in the table."""
        time = self.latency.words if self.latency else "not measured"
        lost = "-" if self.auc_lost is None else f"{self.auc_lost:+.4f}"
        allowed = "-" if self.allowed is None else f"{self.allowed:.1e}"
        size = f"{self.bytes / MIB:.2f}"
        return (self.form, self.path.name, size, time, f"{self.difference:.1e}", allowed, f"{self.changed:.2%}", lost)


HEAD: Final = (
    "form", "file", "MiB", "ms a picture", "largest difference of logits", "allowed", "answers changed", "AUC lost",
)  # fmt: skip


def form_named(name: str) -> Form:
    """The form of that name. Raises LabError with the nearest one."""
    found = next((form for form in FORMS if form.name == name), None)
    if found is None:
        known = [form.name for form in FORMS]
        near = get_close_matches(name, known, n=1)
        raise LabError(
            f"There is no form {name}.", f"Did you mean {near[0]}?" if near else f"Forms: {', '.join(known)}."
        )
    return found


def export(subject: Subject, forms: Sequence[Form], out: Path) -> list[Exported]:
    """Write `subject` in each of `forms` into `out`, compare each, measure all in turn, keep the table.

    Raises LabError where a form does not exist for the network, or an exact one computes something else; that file is
    taken away again.
    """
    out.mkdir(parents=True, exist_ok=True)
    written: list[Exported] = []
    looks: dict[str, Look] = {"torch": subject.look_with(subject.module.eval())}
    for form in forms:
        path = out / f"{subject.name}{form.suffix}"
        form.write(subject, path)
        looks[form.name] = form.open(subject, path)
        written.append(_compared(subject, form, path, looks["torch"], looks[form.name]))
    clocks = {form.name: form.clock for form in forms}
    timed = {name: (look, subject.side, name) for name, look in looks.items() if clocks.get(name) is None}
    times = measure(timed)
    for one in written:
        clock = clocks[one.form]
        if clock is not None:
            times[one.form] = clock(subject, one.path)
    done = [replace(one, latency=times[one.form]) for one in written]
    (out / TABLE_FILE).write_text(table(subject, done, times["torch"]).markdown + "\n", encoding="utf-8")
    return done


def table(subject: Subject, written: Sequence[Exported], torch: Latency) -> Table:
    """What was written, the network itself first."""
    size = sum(v.numel() * v.element_size() for v in subject.module.state_dict().values())
    first = ("torch", "the network", f"{size / MIB:.2f}", torch.words, "0", "-", "0.00%", "-")
    return Table(HEAD, (first, *(one.row for one in written)))


def _compared(subject: Subject, form: Form, path: Path, wanted: Look, found: Look) -> Exported:
    real = subject.pictures[:COMPARED] if form.exact else subject.pictures
    pairs = [(wanted(p), found(p)) for p in _batches(subject.side)]
    truth, said = _in_batches(wanted, real), _in_batches(found, real)
    pairs.append((truth, said))
    difference = max(float(np.abs(a - b).max()) for a, b in pairs)
    allowed = allowed_beside(a for a, _ in pairs) if form.exact else None
    if allowed is not None and not difference <= allowed:
        path.unlink(missing_ok=True)
        raise LabError(
            f"{form.name} of {subject.name} differs from the network by {difference:.2g}, more than {allowed:.2g}.",
            "The file was taken away; export another form.",
        )
    changed = float(np.mean(_answers(truth) != _answers(said)))
    return Exported(form.name, path, _size(path), difference, allowed, changed, _lost(subject, truth, said))


def allowed_beside(logits: Iterable[Floats]) -> float:
    """How far an exact form may be from these logits of the network."""
    return PARITY * max(1.0, *(float(np.abs(part).max()) for part in logits))


def _batches(side: int) -> list[np.ndarray]:
    return [example(side, count) for count in BATCHES]


def _in_batches(look: Look, pixels: np.ndarray, size: int = 32) -> Floats:
    return np.concatenate([look(pixels[i : i + size]) for i in range(0, len(pixels), size)])


def _answers(logits: Floats) -> np.ndarray:
    return np.asarray(logits >= 0 if logits.ndim == 1 else logits.argmax(axis=1))


def _size(path: Path) -> int:
    """Bytes of a file, or of all files of a folder."""
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file()) if path.is_dir() else path.stat().st_size


def _lost(subject: Subject, truth: Floats, said: Floats) -> float | None:
    """How much AUC the form has less than the network, on the pictures compared; None without both classes."""
    if subject.task != "ai":
        return None
    positive = subject.labels[: len(truth)] == AI
    before, after = auc(truth, positive), auc(said, positive)
    return None if np.isnan(before) else before - after


def refuse_lossy(one: Exported) -> None:
    """Raise LabError where a form lost more AUC than a bundle may."""
    if one.auc_lost is not None and one.auc_lost > MOST_LOST:
        raise LabError(
            f"{one.form} loses {one.auc_lost:.4f} of AUC on the validation split, more than {MOST_LOST}.",
            "Make the bundle of the form onnx.",
        )
