"""The error tree: every error says what happened and what to do next, and survives the way back from a worker."""

from __future__ import annotations

import pickle

import pytest

from brushwork import errors
from brushwork.errors import BrushworkError


def _tree(root: type[BrushworkError]) -> list[type[BrushworkError]]:
    return [root, *(e for child in root.__subclasses__() for e in _tree(child))]


@pytest.mark.parametrize("kind", _tree(BrushworkError), ids=lambda k: k.__name__)
def test_an_error_crosses_processes_unchanged(kind: type[BrushworkError]) -> None:
    again = pickle.loads(pickle.dumps(kind("a.png is damaged.", "Get it again.")))
    assert type(again) is kind
    assert (again.detail, again.advice) == ("a.png is damaged.", "Get it again.")
    assert str(again) == "a.png is damaged. Get it again."


def test_the_drawn_tree_names_every_error() -> None:
    drawn = errors.__doc__ or ""
    assert [k.__name__ for k in _tree(BrushworkError) if k.__name__ not in drawn] == []


@pytest.mark.parametrize("kind", _tree(BrushworkError), ids=lambda k: k.__name__)
def test_statuses_are_errors_and_slugs_fit_a_url(kind: type[BrushworkError]) -> None:
    assert 400 <= kind.status < 600
    assert kind.slug.replace("-", "").isalnum()
    assert kind.slug == kind.slug.lower()
