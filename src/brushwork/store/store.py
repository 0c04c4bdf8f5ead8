"""Everything that is kept, one attribute per subject."""

from __future__ import annotations

from .activations import Activations
from .audit import Audit
from .batch_queue import BatchQueue
from .batch_upkeep import BatchUpkeep
from .batches import Batches
from .database import Database
from .deliveries import Deliveries
from .idempotency import Idempotency
from .keys import Keys
from .verdicts import Verdicts


class Store:
    """What one database keeps."""

    def __init__(self, url: str) -> None:
        """Open `url` without connecting. Raises SettingsError where it cannot be used."""
        self.database = Database(url)
        self.verdicts = Verdicts(self.database)
        self.keys = Keys(self.database)
        self.audit = Audit(self.database)
        self.idempotency = Idempotency(self.database)
        self.activations = Activations(self.database)
        self.batches = Batches(self.database)
        self.batch_queue = BatchQueue(self.database)
        self.batch_upkeep = BatchUpkeep(self.database)
        self.deliveries = Deliveries(self.database)

    def close(self) -> None:
        """Give the connections back."""
        self.database.close()
