"""The root of the tree."""

from __future__ import annotations

from typing import ClassVar


class BrushworkError(Exception):
    """The root. `detail` says what happened to which input, `advice` what to do next.

    `slug` names the kind in URLs and JSON, `title` in words, `status` is the HTTP status that fits it.
    """

    slug: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Something went wrong"
    status: ClassVar[int] = 500

    def __init__(self, detail: str, advice: str = "") -> None:
        self.detail = detail
        self.advice = advice
        super().__init__(f"{detail} {advice}".strip())

    def __reduce__(self) -> tuple[type[BrushworkError], tuple[str, str]]:
        """Pickle by both parts, so that an error crosses from a worker process unchanged."""
        return (type(self), (self.detail, self.advice))
