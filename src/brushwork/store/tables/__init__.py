"""The tables, one file per subject. Migrations build them; a test holds that both say the same."""

from .base import Base, Moment
from .batches import Batch, BatchItem, Delivery
from .verdicts import SavedVerdict

__all__ = ["Base", "Batch", "BatchItem", "Delivery", "Moment", "SavedVerdict"]
