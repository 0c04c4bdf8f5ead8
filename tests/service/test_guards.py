"""The limits hold while the body still arrives: driven on bare ASGI, so that every piece can be counted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from brushwork.service import guards
from brushwork.service.guards import HELD_REQUESTS, Guards
from brushwork.service.problems import answer

from .door import opened, settings_for

LIMIT = 10_000
PIECE = 1_000


async def reader(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that reads everything, and answers as the service does where that fails."""
    response: Response
    try:
        body = await Request(scope, receive).body()
        response = PlainTextResponse(str(len(body)))
    except Exception as error:  # noqa: BLE001  as the service does
        response = answer(scope, error)
    await response(scope, receive, send)


async def deaf(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers without reading anything."""
    await PlainTextResponse("no")(scope, receive, send)


class Client:
    """Sends `pieces` one after the other, then nothing; counts those that were taken, and keeps the answer."""

    def __init__(self, pieces: Iterator[bytes], headers: dict[str, str], *, ends: bool = True) -> None:
        self.taken = 0
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self._pieces = pieces
        self._ends = ends
        self._scope = {
            "type": "http", "method": "POST", "path": "/v1/verdicts", "query_string": b"", "state": {"request_id": "1"},
            "headers": [(k.encode(), v.encode()) for k, v in ({"host": "localhost"} | headers).items()],
        }  # fmt: skip

    async def receive(self) -> Message:
        piece = next(self._pieces, None)
        if piece is None and not self._ends:
            await asyncio.sleep(3600)
        self.taken += len(piece or b"")
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {k.decode(): v.decode() for k, v in message["headers"]}
        else:
            self.body += message.get("body", b"")

    def ask(self, app: Callable[..., Any], folder: Path) -> None:
        asyncio.run(Guards(app, settings_for(folder, max_request_bytes=LIMIT))(self._scope, self.receive, self.send))

    @property
    def problem(self) -> str:
        return str(json.loads(self.body)["type"])


def pieces(total: int) -> Iterator[bytes]:
    return iter([b"x" * PIECE] * (total // PIECE))


def endless() -> Iterator[bytes]:
    while True:
        yield b"x" * PIECE


def test_sec_04_a_body_within_the_limit_passes(tmp_path: Path) -> None:
    client = Client(pieces(LIMIT), {"content-length": str(LIMIT)})
    client.ask(reader, tmp_path)
    assert (client.status, client.body) == (200, b"10000")
    assert "connection" not in client.headers


def test_sec_04_an_endless_body_is_cut_off_just_over_the_limit(tmp_path: Path) -> None:
    client = Client(endless(), {"transfer-encoding": "chunked"})
    client.ask(reader, tmp_path)
    assert (client.status, client.problem) == (413, "/problems/image-too-large")
    assert client.taken <= LIMIT + PIECE
    assert client.headers["connection"] == "close"


def test_sec_04_a_length_that_lies_does_not_help(tmp_path: Path) -> None:
    client = Client(endless(), {"content-length": "10"})
    client.ask(reader, tmp_path)
    assert client.status == 413
    assert client.taken <= LIMIT + PIECE


@pytest.mark.parametrize(
    ("length", "status"), [("10001", 413), ("9" * 30, 413), ("-1", 400), ("ten", 400), ("\u0661", 400)]
)
def test_sec_04_an_announced_length_is_refused_before_anything_is_read(
    tmp_path: Path, length: str, status: int
) -> None:
    client = Client(endless(), {"content-length": length})
    client.ask(reader, tmp_path)
    assert client.status == status
    assert client.headers["connection"] == "close"
    assert client.taken == 0 if status == 413 else client.taken <= LIMIT + PIECE


def test_what_still_arrives_is_taken_before_an_early_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "GRACE_S", 60)  # a busy machine is no reason to stop
    client = Client(pieces(LIMIT), {"content-length": str(LIMIT)})
    client.ask(deaf, tmp_path)
    assert (client.body, client.taken) == (b"no", LIMIT)
    assert "connection" not in client.headers


def test_an_early_answer_does_not_wait_for_what_still_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(pieces(2 * PIECE), {"content-length": str(LIMIT)}, ends=False)

    async def run() -> None:
        door = Guards(deaf, settings_for(tmp_path, max_request_bytes=LIMIT))
        answering = asyncio.create_task(door(client._scope, client.receive, client.send))
        while client.body != b"no":
            assert not answering.done()
            await asyncio.sleep(0.001)
        assert client.headers["connection"] == "close"
        assert not answering.done()  # the rest is still taken, so that the answer is not lost on the way
        await answering

    monkeypatch.setattr(guards, "GRACE_S", 0.3)
    asyncio.run(run())


def test_one_that_waits_for_leave_to_send_is_not_made_to_send(tmp_path: Path) -> None:
    client = Client(pieces(LIMIT), {"content-length": str(LIMIT), "expect": "100-continue"})
    client.ask(deaf, tmp_path)
    assert (client.body, client.taken) == (b"no", 0)
    assert client.headers["connection"] == "close"


@pytest.mark.parametrize("app", [reader, deaf])
def test_a_body_that_stops_arriving_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: Callable[..., Any]
) -> None:
    monkeypatch.setattr(guards, "GRACE_S", 0.05)
    client = Client(pieces(2 * PIECE), {"content-length": str(LIMIT)}, ends=False)
    client.ask(app, tmp_path)
    assert client.headers["connection"] == "close"
    if app is reader:
        assert (client.status, client.problem) == (408, "/problems/request-timeout")


def test_a_body_that_is_there_is_taken_however_late_the_service_comes_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def late(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.05)
        await reader(scope, receive, send)

    monkeypatch.setattr(guards, "GRACE_S", 0.01)
    client = Client(pieces(2 * PIECE), {"content-length": str(2 * PIECE)})
    client.ask(late, tmp_path)
    assert client.status == 200


def test_sec_04_bodies_held_at_once_are_bounded_over_all_requests(tmp_path: Path) -> None:
    waiting: list[asyncio.Event] = []

    async def holder(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await Request(scope, receive).body()
        except Exception as error:  # noqa: BLE001  as the service does
            await answer(scope, error)(scope, receive, send)
            return
        waiting.append(asyncio.Event())
        await waiting[-1].wait()
        await PlainTextResponse("held")(scope, receive, send)

    async def run() -> None:
        door = Guards(holder, settings_for(tmp_path, max_request_bytes=LIMIT))
        clients = [Client(pieces(LIMIT), {"content-length": str(LIMIT)}) for _ in range(HELD_REQUESTS + 2)]
        held = [asyncio.create_task(door(c._scope, c.receive, c.send)) for c in clients[:HELD_REQUESTS]]
        while len(waiting) < HELD_REQUESTS:
            await asyncio.sleep(0)
        one_more, later = clients[HELD_REQUESTS:]
        await door(one_more._scope, one_more.receive, one_more.send)
        assert (one_more.status, one_more.problem) == (429, "/problems/rate-limited")
        for event in waiting:
            event.set()
        await asyncio.gather(*held)
        last = asyncio.create_task(door(later._scope, later.receive, later.send))
        while len(waiting) == HELD_REQUESTS:
            await asyncio.sleep(0)
        waiting[-1].set()
        await last
        assert later.body == b"held"  # what was let go is free again

    asyncio.run(run())


def test_sec_04_a_request_over_the_limit_is_refused_before_its_form_is_parsed(tmp_path: Path) -> None:
    assert settings_for(tmp_path).max_request_bytes == 200 * 1024 * 1024
    no_form = {"content-type": "multipart/form-data; boundary=x"}  # of a body that is none: parsing it would give 400
    with opened(tmp_path, max_request_bytes=LIMIT) as client:
        small = client.post("/v1/verdicts", content=b"y" * LIMIT, headers=no_form)
        large = client.post("/v1/verdicts", content=b"y" * (LIMIT + 1), headers=no_form)
    assert (small.status_code, small.json()["type"]) == (400, "/problems/bad-request")
    assert (large.status_code, large.json()["type"]) == (413, "/problems/image-too-large")


def test_two_host_headers_are_refused(tmp_path: Path) -> None:
    client = Client(pieces(0), {"content-length": "0"})
    client._scope["headers"].append((b"host", b"evil.example"))
    client.ask(reader, tmp_path)
    assert client.status == 400
