"""Everything that is kept, one attribute per subject."""

from __future__ import annotations

from ..buckets import S3Access
from ..settings import Settings
from .activations import Activations
from .audit import Audit
from .batch_queue import BatchQueue
from .batch_upkeep import BatchUpkeep
from .batches import Batches
from .blobs import Blobs, open_blobs
from .database import Database
from .decisions import Decisions
from .deliveries import Deliveries
from .engine import POSTGRES_STATEMENT_S
from .feedback import Feedbacks
from .idempotency import Idempotency
from .keys import Keys
from .pictures import Pictures
from .removal import Removal
from .retention import Retention
from .shares import Shares
from .verdicts import Verdicts


class Store:
    """What one database keeps."""

    def __init__(self, url: str, blobs: Blobs | None = None, statement_s: float = POSTGRES_STATEMENT_S) -> None:
        """Open `url` without connecting; `blobs` holds kept pictures, `statement_s` is as `open_engine` has it.

        Raises SettingsError where it cannot be used.
        """
        self.database = Database(url, statement_s)
        self.verdicts = Verdicts(self.database)
        self.keys = Keys(self.database)
        self.audit = Audit(self.database)
        self.idempotency = Idempotency(self.database)
        self.activations = Activations(self.database)
        self.batches = Batches(self.database)
        self.batch_queue = BatchQueue(self.database)
        self.batch_upkeep = BatchUpkeep(self.database)
        self.deliveries = Deliveries(self.database)
        self.shares = Shares(self.database)
        self.feedback = Feedbacks(self.database)
        self.decisions = Decisions(self.database)
        self.pictures = Pictures(self.database, blobs)
        self.removal = Removal(self.database, self.pictures)
        self.retention = Retention(self.database, self.removal, self.pictures, self.batch_upkeep)

    def close(self) -> None:
        """Give the connections back."""
        self.database.close()


def open_store(settings: Settings) -> Store:
    """The store that the settings name, with its place for pictures. Raises SettingsError where one cannot be used."""
    return Store(settings.database_url, open_blobs(settings.pictures, S3Access.of(settings)), settings.database_timeout)
