"""The tables, one file per subject. Migrations build them; a test holds that both say the same."""

from .base import Base, Moment
from .verdicts import SavedVerdict

__all__ = ["Base", "Moment", "SavedVerdict"]
