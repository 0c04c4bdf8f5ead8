"""Signatures of webhooks, as the service makes them and as a receiver checks them.

HMAC-SHA256 over `id.timestamp.body` with the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`, which
is the form of the Standard Webhooks specification: its libraries check these messages too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from typing import Final

from .errors import WebhookInvalid

PREFIX: Final = "whsec_"
TOLERANCE_S: Final = 300.0
"""How far the clock of a receiver may be from that of the sender; older messages may be somebody's repetition."""


def new_secret() -> str:
    """A secret of 32 random bytes, to be shown once."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed_headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a message; `timestamp` in seconds since 1970."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{_signature(secret, message_id, str(timestamp), body)}",
    }


def verify_webhook(
    secret: str, headers: Mapping[str, str], body: bytes, *, tolerance: float = TOLERANCE_S, now: float | None = None
) -> str:
    """Return the id of a message that is genuine and fresh; the same id again is the same message, sent again.

    `headers` in any case, `body` as it came, before any parsing. Raises WebhookInvalid.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, timestamp, signatures = (given[f"webhook-{part}"] for part in ("id", "timestamp", "signature"))
        age = (time.time() if now is None else now) - int(timestamp)
        expected = _signature(secret, message_id, timestamp, body)
    except (KeyError, ValueError, binascii.Error) as error:
        raise WebhookInvalid("The message or the secret is not in the form of a webhook.", _MEND) from error
    offered = [value for version, _, value in (one.partition(",") for one in signatures.split()) if version == "v1"]
    if not any(hmac.compare_digest(expected.encode(), value.encode()) for value in offered):
        raise WebhookInvalid("The signature of the webhook is not that of this body.", _MEND)
    if abs(age) > tolerance:
        raise WebhookInvalid("The webhook is not fresh.", "Set the clock, or drop the message: it may be a repetition.")
    return message_id


def _signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    signed = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


_MEND: Final = "Give the secret of the batch, the headers and the body as it came; drop the message if it stays so."
