"""Exports and bundles of a run, as the command line asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ...errors import LabError
from ..tables import Table
from ..tracking import tracking
from .bundling import Tick, Wrapped, make_bundle
from .contenders import set_of
from .exporting import HEAD, TABLE_FILE, Exported, export, form_named, refuse_lossy
from .runs import BUNDLE, EVALUATION, EXPORTS, Run
from .subjects import model_in_words, subject_of

BUNDLED: Final = ("onnx", "onnx-int8")
"""Forms that a bundle can hold, the preferred one first."""


def export_run(run: Run, forms: Sequence[str], out: Path | None = None) -> tuple[list[Exported], Table]:
    """Write `run` in `forms` into `out` (default: `exports` in its folder) and keep the table; what was written.

    Raises LabError for an unknown form, a run without a network, or a form that it cannot have.
    """
    chosen = [form_named(name) for name in dict.fromkeys(forms)]
    into = out or run.folder / EXPORTS
    written = export(subject_of(run), chosen, into)
    with tracking(run.folder, run.plan.name) as told:
        for one in written:
            told.metrics({f"export.{one.form}.bytes": one.bytes, f"export.{one.form}.difference": one.difference})
        told.artifact(into / TABLE_FILE)
    return written, Table(HEAD, tuple(one.row for one in written))


def refuse_unbundled(run: Run) -> None:
    """Raise LabError for a run that tells generators apart: said before anything is exported."""
    if run.plan.classifier.task != "ai":
        raise LabError(
            f"{run.folder} tells generators apart, and a bundle answers whether AI made a picture.",
            'Export it without --bundle: its ONNX file names the classes inside. For a bundle train task = "ai".',
        )


def bundle_run(run: Run, written: Sequence[Exported], out: Path | None = None, tick: Tick = iter) -> Path:
    """Make a bundle of what was exported of a run (default: bundle in the run); its folder.

    Raises LabError where no ONNX file was exported, where int8 lost too much, and for the task `generator`.
    """
    refuse_unbundled(run)
    found = {one.form: one for one in written}
    form = next((found[name] for name in BUNDLED if name in found), None)
    if form is None:
        raise LabError("A bundle needs an ONNX file.", f"Export {' or '.join(BUNDLED)} as well.")
    refuse_lossy(form)
    about = Wrapped(
        run.plan.name, run.plan.version, run.plan.seed, model_in_words(run), form.path, set_of(run),
        _sections(run, form),
    )  # fmt: skip
    return make_bundle(about, out or run.folder / BUNDLE, tick)


def _sections(run: Run, form: Exported) -> tuple[tuple[str, str], ...]:
    """What was measured of the run, for the card."""
    parts = [("Exported as", Table(HEAD, (form.row,)).markdown)]
    report = run.folder / EVALUATION / "report.md"
    if report.is_file():
        text = report.read_text(encoding="utf-8")
        tables = [
            part for part in text.split("\n## ") if part.startswith(("Runs, by", "At thresholds", "By generator"))
        ]
        parts += [("Measured on the test split: " + t.partition("\n")[0], t.partition("\n")[2].strip()) for t in tables]
    return tuple(parts)
