"""Everything that can go wrong, in one tree.

    BrushworkError
    ├── PictureError                one picture cannot be examined; the next one can
    │   ├── PictureNotFound         no such file, or no right to read it
    │   ├── PictureEmpty            zero bytes
    │   ├── UnsupportedFormat       not a picture, or a format that is not read here
    │   ├── PictureTooLarge         more bytes than the limit
    │   ├── TooManyPixels           more pixels, or a longer side, than the limit
    │   ├── PictureCorrupt          the file ends early or does not decode
    │   ├── ExaminationTimeout      it took longer than the time limit and was stopped
    │   ├── WorkerLost              the process that examined it died (memory limit, kill)
    │   ├── UrlBlocked              its address may not be called, or nothing answers there
    │   ├── UrlFetchFailed          what its address gave is no picture
    │   └── UrlTimeout              its address did not answer in full in time
    ├── BundleError                 the forensic model cannot be used
    │   ├── BundleNotFound
    │   ├── BundleDamaged           a file does not match its recorded hash
    │   └── BundleUnsupported       made for another version of the format
    ├── SettingsError               a setting is wrong or unsafe
    ├── StoreError                  the database cannot be used
    │   ├── VerdictNotFound
    │   └── BatchNotFound           no such batch, item or delivery of this caller
    ├── ReportError                 a case file cannot be made or read
    │   ├── SigningError            no key to sign with
    │   ├── FormNotInstalled        PDF without the package that writes it
    │   └── ReportUnusable          not a case file
    ├── ServiceError                the service cannot take this request
    │   ├── RequestRefused          the request itself is not acceptable
    │   ├── ForeignRequest          another site's page sent it
    │   ├── Unauthenticated         no key, or none that is good
    │   ├── NotAllowed              the key lacks the scope
    │   ├── NotFound                nothing has that id, or it is somebody else's
    │   ├── IdempotencyConflict     the same idempotency key came with another request
    │   │   └── IdempotencyInFlight the first request with that idempotency key is not done yet
    │   ├── TooOften                more requests than the caller's limit
    │   ├── RequestTooSlow          its body did not arrive in time
    │   ├── ArchiveRefused          a zip is damaged, or made to do harm
    │   ├── RecordConflict          what was asked for is there already, or waits for something else
    │   ├── BatchConflict           the batch or item is in a state that does not allow it
    │   ├── SpoolFull               there is no room for what would have to wait
    │   └── QueueFull               as many pictures wait as may wait
    ├── WebhookInvalid              a message is not from the service that it says, or not fresh
    ├── ServiceUnreachable          a client got no answer from the service
    └── LabError                    training, measuring or exporting cannot go on

Every message says what happened to which input and what to do next. A library never prints and never exits:
the command line turns these into exit codes, the service into RFC 9457 problem documents.
"""

from .base import BrushworkError
from .parts import (
    BatchNotFound,
    BundleDamaged,
    BundleError,
    BundleNotFound,
    BundleUnsupported,
    FormNotInstalled,
    LabError,
    ReportError,
    ReportUnusable,
    SettingsError,
    SigningError,
    StoreError,
    VerdictNotFound,
)
from .pictures import (
    ExaminationTimeout,
    PictureCorrupt,
    PictureEmpty,
    PictureError,
    PictureNotFound,
    PictureTooLarge,
    TooManyPixels,
    UnsupportedFormat,
    UrlBlocked,
    UrlFetchFailed,
    UrlTimeout,
    WorkerLost,
)
from .requests import (
    ArchiveRefused,
    BatchConflict,
    ForeignRequest,
    IdempotencyConflict,
    IdempotencyInFlight,
    NotAllowed,
    NotFound,
    QueueFull,
    RecordConflict,
    RequestRefused,
    RequestTooSlow,
    ServiceError,
    ServiceUnreachable,
    SpoolFull,
    TooOften,
    Unauthenticated,
    WebhookInvalid,
)

__all__ = [
    "ArchiveRefused",
    "BatchConflict",
    "BatchNotFound",
    "BrushworkError",
    "BundleDamaged",
    "BundleError",
    "BundleNotFound",
    "BundleUnsupported",
    "ExaminationTimeout",
    "ForeignRequest",
    "IdempotencyConflict",
    "IdempotencyInFlight",
    "LabError",
    "NotAllowed",
    "NotFound",
    "PictureCorrupt",
    "PictureEmpty",
    "PictureError",
    "PictureNotFound",
    "PictureTooLarge",
    "QueueFull",
    "RecordConflict",
    "ReportError",
    "ReportUnusable",
    "RequestRefused",
    "RequestTooSlow",
    "ServiceError",
    "ServiceUnreachable",
    "SettingsError",
    "SigningError",
    "FormNotInstalled",
    "SpoolFull",
    "StoreError",
    "TooManyPixels",
    "TooOften",
    "Unauthenticated",
    "UnsupportedFormat",
    "UrlBlocked",
    "UrlFetchFailed",
    "UrlTimeout",
    "VerdictNotFound",
    "WebhookInvalid",
    "WorkerLost",
]
