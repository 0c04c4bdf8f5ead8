"""The tables, one file per subject. Migrations build them; a test holds that both say the same."""

from .activations import Activation
from .audit import AuditEntry
from .base import Base, Moment
from .batches import Batch, BatchItem, Delivery
from .idempotency import IdempotencyRecord
from .keys import ApiKey, BrowserSession
from .pictures import Blob, KeptPicture
from .reviews import Chore, Decision, Feedback
from .verdicts import SavedVerdict, Share

__all__ = [
    "Activation",
    "ApiKey",
    "AuditEntry",
    "Base",
    "Batch",
    "BatchItem",
    "Blob",
    "BrowserSession",
    "Chore",
    "Decision",
    "Delivery",
    "Feedback",
    "IdempotencyRecord",
    "KeptPicture",
    "Moment",
    "SavedVerdict",
    "Share",
]
