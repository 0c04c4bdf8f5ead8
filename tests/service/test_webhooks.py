"""Webhooks of batches: signed, tried again, noted; a receiver can tell a genuine one from any other (S3-31)."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from brushwork.errors import WebhookInvalid
from brushwork.webhooks import signed_headers, verify_webhook
from tests.made.elsewhere import elsewhere, gives

from .batches import done, files, picture, until
from .door import opened

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
BODY = b'{"test": 2432232314}'


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of the Standard Webhooks specification."""
    headers = signed_headers(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, BODY)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_genuine_message_is_known_also_among_several_signatures() -> None:
    headers = signed_headers(SECRET, "msg_1", 1000, BODY)
    headers["Webhook-Signature"] = f"v2,x v1,AAAA {headers.pop('webhook-signature')}"
    assert verify_webhook(SECRET, headers, BODY, now=1000) == "msg_1"


@pytest.mark.parametrize(
    ("secret", "changed", "body", "now"),
    [
        (OTHER, {}, BODY, 1000),
        (SECRET, {}, BODY + b" ", 1000),
        (SECRET, {"webhook-id": "msg_2"}, BODY, 1000),
        (SECRET, {"webhook-timestamp": "1001"}, BODY, 1000),
        (SECRET, {"webhook-timestamp": "soon"}, BODY, 1000),
        (SECRET, {"webhook-signature": "v1,é"}, BODY, 1000),
        (SECRET, {"webhook-signature": ""}, BODY, 1000),
        (SECRET, {}, BODY, 1301),
        (SECRET, {}, BODY, 699),
        ("whsec_é", {}, BODY, 1000),
    ],
)
def test_any_other_message_is_refused(secret: str, changed: dict[str, str], body: bytes, now: float) -> None:
    headers = signed_headers(SECRET, "msg_1", 1000, BODY) | changed
    with pytest.raises(WebhookInvalid):
        verify_webhook(secret, headers, body, now=now)


def test_a_message_without_its_headers_is_refused() -> None:
    with pytest.raises(WebhookInvalid):
        verify_webhook(SECRET, {}, BODY)


def test_a_receiver_that_fails_twice_gets_the_message_a_third_time(tmp_path: Path) -> None:
    with elsewhere() as receiver:
        tries = []

        def answer(handler: BaseHTTPRequestHandler) -> None:
            tries.append(1)
            gives(b"ok", "text/plain", 500 if len(tries) < 3 else 204)(handler)

        receiver.replies["/hook"] = answer
        with opened(tmp_path, url_fetch_allow=(receiver.here,), webhook_backoff=0.01) as client:
            form = {"webhook_url": receiver.url("/hook"), "name": "sunday"}
            taken = client.post("/v1/batches", files=files(("a.png", picture())), data=form).json()
            secret, batch = taken["webhook_secret"], taken["status_url"]
            done(client, batch)
            url = f"{batch}/deliveries"
            (told,) = until(
                lambda: client.get(url).json()["deliveries"], lambda found: found and found[0]["state"] != "pending"
            )
            assert secret not in client.get(batch).text, "the secret was shown once"
    assert told["state"] == "delivered" and told["next_at"] is None
    assert [one["status"] for one in told["tries"]] == [500, 500, 204]
    ids = {
        verify_webhook(secret, headers, body) for (_, headers), body in zip(receiver.seen, receiver.bodies, strict=True)
    }
    assert ids == {told["id"]}, "every try is the same message, and genuine"
    said = json.loads(receiver.bodies[-1])
    assert said["type"] == "batch.completed"
    assert (said["data"]["name"], said["data"]["counts"]) == ("sunday", {"done": 1})


def test_a_message_outlives_the_service_that_made_it(tmp_path: Path) -> None:
    with elsewhere() as receiver:
        receiver.replies["/hook"] = gives(b"", "text/plain", 503)
        opening = {"url_fetch_allow": (receiver.here,), "webhook_backoff": 0.01}
        with opened(tmp_path, **opening) as client:
            batch = client.post("/v1/batches?open=true", json={"webhook_url": receiver.url("/hook")}).json()[
                "status_url"
            ]
            client.delete(batch)
            until(lambda: len(receiver.seen), lambda seen: seen > 0)
        receiver.replies["/hook"] = gives(b"", "text/plain", 200)
        with opened(tmp_path, **opening) as client:
            said = until(
                lambda: client.get(f"{batch}/deliveries").json()["deliveries"], lambda d: d[0]["state"] == "delivered"
            )
    assert said[0]["event"] == "batch.cancelled"
    assert json.loads(receiver.bodies[-1])["type"] == "batch.cancelled"
