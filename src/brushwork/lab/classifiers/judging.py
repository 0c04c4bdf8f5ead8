"""The steps of judging as the command line calls them: evaluate one run, compare several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ...errors import LabError
from ..metrics import Interval
from ..report import Section
from ..tracking import tracking
from .board import Contender, ranking
from .comparing import Compared, comparable, write_comparison
from .contenders import Tick, contender_of, predict_split, predictions_file, set_of, timed
from .plan import ModelPlan
from .prepared import PreparedSet
from .ranking import metrics_of
from .runs import EVALUATION, LEFT_OUT_FILE, Run, load_run
from .sheets import galleries


def evaluate_run(plan: ModelPlan, out: Path, split: str = "test", tick: Tick = iter, time: bool = True) -> Compared:
    """Ask the run in `out` about the split (and the validation split, for thresholds) and write its report.

    Raises LabError where `out` is no finished run, or one of another recipe, and for a split without rows.
    """
    run = load_run(out)
    _refuse_other(run, plan)
    prepared = set_of(run)
    prepared.indices(split, plan.classifier.task)  # said before minutes of work
    for wanted in dict.fromkeys((split, "val")):
        predict_split(run, prepared, wanted, tick)
    found = contender_of(run, split)
    (judged,) = timed([found]) if time else [found]
    more = galleries(judged, prepared, split, out / EVALUATION)
    title = f"{plan.name} {plan.version} on {prepared.folder.name}, {split}"
    done = write_comparison(title, [judged], plan.classifier.metric, out / EVALUATION, more)
    _tell(run, judged, split, done.page)
    return done


def _refuse_other(run: Run, plan: ModelPlan) -> None:
    """Raise LabError where the run was made by another recipe than the one that it is judged under."""
    mine, theirs = (p.model_dump(mode="json", exclude={"name", "version"}) for p in (plan, run.plan))
    changed = sorted(key for key in mine if mine[key] != theirs[key])
    if changed:
        raise LabError(
            f"{run.folder} was trained by another recipe ({run.plan.name}): {', '.join(changed)} differ.",
            "Give the recipe and the --out of the same run.",
        )


def _tell(run: Run, judged: Contender, split: str, page: Path) -> None:
    """The figures to MLflow, under the id of the run."""
    with tracking(run.folder, run.plan.name) as told:
        task = judged.judgement.task
        values = {m.name: judged.figures.interval(m.name) for m in metrics_of(task)}
        told.metrics({f"{split}.{name}": found.value for name, found in values.items()})
        told.metrics({f"{split}.{name}.{end}": getattr(found, end) for name, found in values.items() for end in _ENDS})
        if judged.latency is not None:
            told.metrics({"latency_ms": judged.latency.ms})
        told.artifact(page)


_ENDS: Final = Interval._fields[1:]


def compare_runs(
    folders: Sequence[Path], out: Path, *, metric: str | None = None, common: bool = False, time: bool = True,
    split: str = "test", tick: Tick = iter,
) -> Compared:  # fmt: skip
    """Compare finished runs on a split and write the report into `out`. Runs that were not asked yet are asked.

    Raises LabError where there are fewer than two, where one is unknown, is of another task, or judged other pictures.
    """
    if len(folders) < 2:
        raise LabError("One run cannot be compared with itself.", "Name two or more, or use `brushwork evaluate`.")
    runs = [load_run(folder) for folder in folders]
    for run in runs:
        for wanted in dict.fromkeys((split, "val")):
            if not predictions_file(run, wanted).is_file():
                predict_split(run, set_of(run), wanted, tick)
    found = [contender_of(run, split, name) for run, name in zip(runs, names_of(folders), strict=True)]
    alike = comparable(found, common)
    judged = timed(alike) if time else alike
    wanted_metric = metric or runs[0].plan.classifier.metric
    best = ranking(judged, wanted_metric)[0]
    sets = {run.folder: run for run in runs}
    more = [*_left_out(folders), *_shown(best, sets, split, out)]
    done = write_comparison(_title(runs, split), judged, wanted_metric, out, more)
    with tracking(out, "comparison") as told:
        taken = done.advice.run or "none"
        told.params({"runs": [str(folder) for folder in folders], "take": taken, "metric": wanted_metric})
        told.artifact(done.page)
    return done


def _title(runs: Sequence[Run], split: str) -> str:
    sets = sorted({run.plan.data.prepared.name for run in runs})
    return f"{len(runs)} runs on {', '.join(sets)}, {split}"


def names_of(folders: Sequence[Path]) -> list[str]:
    """A name for each run: that of its folder, with its parent's where two are called alike."""
    plain = [folder.resolve().name for folder in folders]
    if len(set(plain)) == len(plain):
        return plain
    longer = [f"{folder.resolve().parent.name}/{folder.resolve().name}" for folder in folders]
    if len(set(longer)) < len(longer):
        raise LabError("The same run was named twice.", "Name each run once.")
    return longer


def _shown(best: Contender, runs: dict[Path, Run], split: str, out: Path) -> Sequence[Section]:
    """Sheets of the best run, where its set is still there."""
    assert best.folder is not None, "made from a folder"
    prepared: PreparedSet = set_of(runs[best.folder])
    return galleries(best, prepared, split, out)


def _left_out(folders: Sequence[Path]) -> list[Section]:
    """What `evaluate --leave-out generators` left beside the runs."""
    from .leaveout import read_table

    return [
        Section(f"{folder.name}: generators left out of training", (read_table(folder / LEFT_OUT_FILE),))
        for folder in folders
        if (folder / LEFT_OUT_FILE).is_file()
    ]
