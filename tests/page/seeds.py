"""Saved results to look at, made over HTTP as any client would: answers, notes, feedback, decisions, a link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from tests.made.drawings import drawn, encoded

HOSTILE = '"><img src=x onerror=alert(1)>'
PLACE = httpx.Timeout(120)


@dataclass(frozen=True)
class Seeded:
    """Ids of three saved results, the first of which was put up for review, and the token of a link to it."""

    ids: tuple[str, str, str]
    token: str


def seed(url: str) -> Seeded:
    """Empty the history, then fill it."""
    with httpx.Client(base_url=url, timeout=PLACE) as client:
        client.delete("/v1/everything", params={"confirm": "everything"}).raise_for_status()
        ids = tuple(_saved(client, number) for number in (1, 2, 3))
        first = f"/v1/verdicts/{ids[0]}"
        client.patch(first, json={"note": f"sent in by the artist {HOSTILE}", "for_review": True}).raise_for_status()
        for one, label, note in ((ids[0], "human", f"I painted this. {HOSTILE}"), (ids[1], "ai", "seen on a stream")):
            wish = {"label": label, "basis": "saw_it_made", "note": note}
            client.post(f"/v1/verdicts/{one}/feedback", json=wish).raise_for_status()
        for who, decision in (("Ada", "refuse"), ("Grace", "accept")):
            wish = {"decision": decision, "reviewer": who, "note": HOSTILE}
            client.post(f"{first}/decisions", json=wish).raise_for_status()
        key = _json(client.post("/v1/keys", json={"label": f"a juror {HOSTILE}", "scopes": ["read"]}))
        client.delete(f"/v1/keys/{key['id']}").raise_for_status()  # two acts for the record
        token = _json(client.post(f"{first}/share", json={"days": 7}))["token"]
    return Seeded((ids[0], ids[1], ids[2]), token)


def many(url: str, count: int) -> None:
    """Fill the history with `count` results on small pictures."""
    with httpx.Client(base_url=url, timeout=PLACE) as client:
        for number in range(count):
            _saved(client, 100 + number, (16, 16))


def _saved(client: httpx.Client, number: int, size: tuple[int, int] = (320, 240)) -> str:
    files = {"image": (f"{number}.png", encoded(drawn("painterly", size, number)))}
    keep = {"save": "true", "save_picture": "true" if number == 2 else "false"}
    return str(_json(client.post("/v1/verdicts", params=keep, files=files))["id"])


def _json(answer: httpx.Response) -> Any:
    answer.raise_for_status()
    return answer.json()
