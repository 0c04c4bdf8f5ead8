"""A study in a SQLite file: it survives a kill, refuses another's settings, and never tries a point twice."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, Literal

from ...errors import LabError
from ..weather import stream
from ..writing import alone
from .grid import GRID, Choice, choice_of, choices, refuse_others

Pruner = Literal["median", "hyperband", "none"]
SETTINGS: Final = "settings"
CHOICE: Final = "choice"
STARTUP: Final = 3
"""Trials that run to their end before any is pruned."""
Report = Callable[[int, float], None]
"""Takes the figure after an epoch; raises Pruned where the trial is not worth going on."""
Try = Callable[[Choice, Report], float]
"""Trains at a point and gives the figure; calls the report after every epoch."""


class Pruned(Exception):
    """The trial is not worth going on with, or could not; what it holds says why."""


@contextmanager
def study_in(path: Path, name: str, settings: str, pruner: Pruner, epochs: int, seed: int) -> Iterator[Any]:
    """The study `name` in the file `path`, for this process alone; more is better.

    Raises LabError where the file is no database, is in use, or has a study of that name with other settings.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    path.parent.mkdir(parents=True, exist_ok=True)
    with alone(path):
        _refuse_broken(path)
        study = optuna.create_study(
            storage=f"sqlite:///{path.resolve()}", study_name=name, direction="maximize", load_if_exists=True,
            pruner=_pruner(optuna, pruner, epochs),
        )  # fmt: skip
        refuse_others(name, study.user_attrs.get(SETTINGS), settings)
        # Another seed for each start: a sampler that begins anew would suggest what it suggested before.
        study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.trials), n_startup_trials=5)
        study.set_user_attr(SETTINGS, settings)
        _take_up(study)
        yield study


def _pruner(optuna: Any, name: Pruner, epochs: int) -> Any:
    if name == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=1, max_resource=epochs, reduction_factor=3)
    return optuna.pruners.MedianPruner(STARTUP, 0) if name == "median" else optuna.pruners.NopPruner()


def _refuse_broken(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as opened:
            opened.execute("pragma user_version")
    except sqlite3.Error as error:
        raise LabError(
            f"{path} is no study: {error}.", "Give a new file, or one that `brushwork tune` made."
        ) from error


def _take_up(study: Any) -> None:
    """Queue what a killed run left unfinished: the same points again, whose trainings go on from their checkpoints."""
    from optuna.trial import TrialState

    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        if set(trial.params) == set(GRID):
            study.enqueue_trial(trial.params)


def tried(study: Any) -> dict[Choice, Any]:
    """The points that were trained to the end or pruned, with their trials."""
    from optuna.trial import TrialState

    done = study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))
    return {choice_of(trial.params): trial for trial in done}


def search(study: Any, trials: int, attempt: Try, seed: int, say: Callable[[str], None]) -> None:
    """Go on until `trials` different points were tried, or all of the grid."""
    from optuna.trial import TrialState

    wanted = min(trials, len(choices()))
    while len(seen := tried(study)) < wanted:
        trial = study.ask()
        choice = choice_of({name: trial.suggest_categorical(name, values) for name, values in GRID.items()})
        if choice in seen:
            study.tell(trial, state=TrialState.FAIL)
            rest = [c for c in choices() if c not in seen]
            study.enqueue_trial(dict(rest[int(stream("unseen", seed, len(seen)).integers(len(rest)))]))
            continue
        try:
            value = attempt(choice, _reporter(trial))
        except Pruned as why:
            study.tell(trial, state=TrialState.PRUNED)
            words = f"pruned: {why}" if str(why) else "pruned"
            say(f"trial {len(seen) + 1} of {wanted}: {in_words(dict(choice))}: {words}")
            continue
        study.tell(trial, value)
        say(f"trial {len(seen) + 1} of {wanted}: {in_words(dict(choice))}: {value:.4f}")


def _reporter(trial: Any) -> Report:
    def report(epoch: int, value: float) -> None:
        trial.report(value, epoch)
        if trial.should_prune():
            raise Pruned

    return report


def in_words(choice: Mapping[str, Any]) -> str:
    """A point on one line."""
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" if isinstance(value, float) else f"{name} {value}"
                     for name, value in choice.items())  # fmt: skip
