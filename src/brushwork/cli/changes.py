"""Two models on the same pictures: whose answers change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import PictureError
from ..examine import Examiner
from ..settings import load_settings
from ..verdict import Answer
from .inputs import choose
from .progress import Progress


@dataclass(frozen=True)
class Change:
    """What both said of a picture: their answers and probabilities, or the `problem` that it has."""

    name: str
    answers: tuple[Answer, Answer] | None = None
    probabilities: tuple[float, float] = (0.0, 0.0)
    problem: PictureError | None = None

    @property
    def changed(self) -> bool:
        """True where the answers differ."""
        return self.answers is not None and self.answers[0] is not self.answers[1]

    @property
    def line(self) -> str:
        """One line for people."""
        assert self.answers is not None, "only pictures with answers are shown"
        (a, b), (p, q) = self.answers, self.probabilities
        return f"{self.name}: {a.value} ({p:.2f}) -> {b.value} ({q:.2f})"

    def as_dict(self) -> dict[str, Any]:
        """The same for programs."""
        assert self.answers is not None, "only pictures with answers are shown"
        sides = [{"answer": a.value, "probability": p} for a, p in zip(self.answers, self.probabilities, strict=True)]
        return {"input": self.name, "before": sides[0], "after": sides[1]}


def changes(before: str, after: str, names: Sequence[str], recursive: bool) -> Iterator[Change]:
    """Examine every picture with both models. Raises BundleError where one of them cannot be used."""
    settings = load_settings()
    pair = [
        Examiner.from_settings(settings.model_copy(update={"model": model, "model_sha256": None}))
        for model in (before, after)
    ]
    selection = choose(names, recursive=recursive)
    with Progress(len(selection.items)) as bar:
        for item in selection.items:
            try:
                if item.problem is not None:
                    raise item.problem
                first, second = (examiner.examine(item.path) for examiner in pair)
            except PictureError as error:
                yield Change(item.name, problem=error)
            else:
                assert first.answer and second.answer, "a verdict without an error has an answer"
                said = (first.probability or 0.0, second.probability or 0.0)
                yield Change(item.name, (first.answer, second.answer), said)
            bar.advance()
