"""Verdicts to save, and saved ones of several owners, for the tests of what is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from brushwork.examine import Examiner
from brushwork.failures import new_id
from brushwork.store.store import Store
from brushwork.store.verdicts import options_key
from brushwork.verdict import Verdict
from tests.made.drawings import drawn, encoded

OPTIONS = options_key(explain=False, stability=False, version="1", trust_list="none")
LOCAL, ANNA, BERT = "local", "key-of-anna", "key-of-bert"


def examined() -> Verdict:
    """A verdict to make others of."""
    return Examiner.from_bundle("default").examine(encoded(drawn("painterly", (300, 200), 1)), explain=True)


def another(verdict: Verdict, days: float = 0, **changed: object) -> Verdict:
    """The same under a new id, `days` ago, with changed fields; `sha256` and `phash` are those of its input."""
    assert verdict.input is not None
    facts = {name: changed.pop(name) for name in ("sha256", "phash") if name in changed}
    fresh = {"id": new_id(), "created_at": datetime.now(UTC) - timedelta(days=days)}
    return verdict.model_copy(update={**fresh, "input": verdict.input.model_copy(update=facts), **changed})


def saved(store: Store, verdict: Verdict, owner: str = ANNA, **changed: object) -> Verdict:
    """Another one, which `owner` has saved."""
    made = another(verdict, **changed)  # type: ignore[arg-type]
    store.verdicts.save(owner, made, OPTIONS)
    return made
