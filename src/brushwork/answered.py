"""What a service answers a client with: the shapes that the client reads, of which it ignores what it does not know."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from .verdict import Verdict


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Batch(_Given):
    """A batch as the service has it: `counts` by state of its pictures, `state` done once each has its result."""

    id: str
    state: str = "waiting"
    items: int = 0
    counts: dict[str, int] = Field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ("done", "cancelled")


class Model(_Given):
    """A bundle that the service has; verdicts come from the active one."""

    name: str
    version: str
    sha256: str
    active: bool


class Page(_Given):
    """Some saved verdicts, newest first, and the cursor of the next page."""

    verdicts: tuple[Verdict, ...]
    after: str | None


class Item(_Given):
    """One picture of a batch."""

    position: int
    verdict: Verdict | None


class ItemPage(_Given):
    """Some pictures of a batch, in their order, and the cursor of the next page."""

    items: tuple[Item, ...]
    after: int | None


class Models(_Given):
    """All bundles."""

    models: tuple[Model, ...]
