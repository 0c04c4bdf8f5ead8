"""How much one caller may ask, what it is told about it, and that counting itself costs little."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from brushwork.errors import PictureCorrupt, TooOften
from brushwork.service import limits
from brushwork.service.desk import Desk, OnStage, Wishes
from brushwork.service.limits import Limiter, Limits, Policy, headers_of, outlasts, peer_of
from brushwork.service.stages import MEDIA_TYPE as LINES
from brushwork.service.uploads import Upload
from brushwork.verdict import Verdict

from .batches import files, picture, until
from .door import image, opened, settings_for
from .keyed import keyed


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_fills_again_and_never_overflows() -> None:
    clock = Clock()
    limiter = Limiter(Policy("p", quota=3, window_s=60), clock)
    assert [limiter.take("a").remaining for _ in range(3)] == [2, 1, 0]
    refused = limiter.take("a")
    assert (refused.wait_s, refused.remaining, refused.reset_s) == (20, 0, 60)
    assert limiter.take("b").wait_s == 0
    clock.now += 20
    assert limiter.take("a").wait_s == 0
    assert limiter.take("a", 2).wait_s == 40
    clock.now += 10_000
    assert limiter.take("a", 0).remaining == 3
    clock.now -= 5_000  # a clock set back gives nothing and takes nothing
    assert limiter.take("a", 0).remaining == 3


def test_a_crowd_of_addresses_costs_a_bounded_amount_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_CALLERS", 100)
    limiter = Limiter(Policy("p", 10))
    for number in range(1000):
        limiter.take(str(number))
    assert len(limiter._buckets) == 100


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3::4", "2001:db8:1:2::"), ("2001:db8:1:2:ffff::", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "::ffff:c000:207"), ("testclient", "testclient"),
    ],
)  # fmt: skip
def test_addresses_are_told_apart_by_what_one_home_has(given: str, told: str) -> None:
    assert peer_of({"client": (given, 1)}) == told
    assert peer_of({}) == "unknown"


def test_places_at_once_are_counted_and_given_back(tmp_path: Path) -> None:
    counted = Limits(settings_for(tmp_path, concurrency=2))
    scope: dict[str, Any] = {"state": {}, "client": ("192.0.2.1", 1)}
    other: dict[str, Any] = {"state": {}, "client": ("192.0.2.2", 1)}
    held = counted.running(scope), counted.running(scope), counted.running(other)
    with held[0], held[1], held[2], pytest.raises(TooOften, match="2 requests"), counted.running(scope):
        pytest.fail("it was let in")
    with counted.running(scope):
        assert len(counted._running) == 1


def test_work_that_its_caller_left_keeps_the_place_until_it_is_done(tmp_path: Path) -> None:
    counted = Limits(settings_for(tmp_path, concurrency=1))

    async def leave() -> None:
        request = Request({"type": "http", "state": {}, "client": ("192.0.2.1", 1)})
        over = asyncio.Event()
        with counted.running(request.scope):
            work = asyncio.create_task(over.wait())
            outlasts(request, work)
        with pytest.raises(TooOften), counted.running(request.scope):
            pytest.fail("it was let in")
        over.set()
        await work
        await asyncio.sleep(0)
        with counted.running(request.scope):
            pass
        assert not counted._running

    asyncio.run(leave())


def test_a_caller_of_lines_who_leaves_holds_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, over = threading.Event(), threading.Event()

    async def examine(self: Desk, upload: Upload, wishes: Wishes, on_stage: OnStage) -> Verdict:
        on_stage("decode")
        begun.set()
        while not over.is_set():
            await asyncio.sleep(0.01)
        raise PictureCorrupt("It is damaged.")

    monkeypatch.setattr(Desk, "examine", examine)
    with opened(tmp_path, concurrency=1) as client:
        head = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http"}
        given = [("host", "127.0.0.1"), ("accept", LINES), ("content-type", "multipart/form-data; boundary=x")]
        form = b'--x\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\nb\r\n--x--\r\n'
        headers = [(name.encode(), value.encode()) for name, value in (*given, ("content-length", str(len(form))))]
        scope = head | {"path": "/v1/verdicts", "query_string": b"", "headers": headers, "client": ("testclient", 1)}
        scope["state"] = {}

        async def left() -> None:
            messages = iter([{"type": "http.request", "body": form, "more_body": False}])

            async def receive() -> Any:
                return next(messages, {"type": "http.disconnect"})

            async def send(message: Any) -> None:
                pass

            await client.app(scope, receive, send)

        assert client.portal is not None
        client.portal.call(left)
        assert begun.is_set()
        busy = client.get("/v1/verdicts")
        assert (busy.status_code, busy.json()["type"]) == (429, "/problems/rate-limited")
        over.set()
        until(lambda: client.get("/v1/verdicts").status_code, lambda status: status == 200)


def test_pictures_that_are_added_to_a_batch_under_changes_are_counted_each(tmp_path: Path) -> None:
    with opened(tmp_path, stability_rate_limit=4) as client:
        batch = client.post("/v1/batches?open=true&stability=true").json()["status_url"]
        client.post(f"{batch}/pause")
        two = files(("a.png", picture(1)), ("b.png", picture(2)))
        assert client.post(f"{batch}/items", files=two).status_code == 202
        refused = client.post(f"{batch}/items", files=two)
        assert (refused.status_code, refused.json()["type"]) == (429, "/problems/rate-limited")
        assert client.get(batch).json()["items"] == 2
        assert client.delete(batch, params={"purge": True}).status_code == 204


def test_headers_are_those_of_the_draft() -> None:
    limiter = Limiter(Policy("default", 60), Clock())
    assert headers_of([limiter.take("a")]) == {
        "RateLimit-Policy": '"default";q=60;w=60',
        "RateLimit": '"default";r=59;t=1',
    }
    assert headers_of([]) == {}


def test_every_answer_of_the_interface_tells_where_the_caller_stands(tmp_path: Path) -> None:
    with keyed(tmp_path, rate_limit=4, stability_rate_limit=1) as service:
        one, two = service.key("read", "write"), service.key("read")
        first = service.ask(one, "GET", "/v1/verdicts")
        assert first.headers["ratelimit-policy"] == '"default";q=4;w=60'
        assert first.headers["ratelimit"].startswith('"default";r=3;t=')
        probe = service.ask(one, "POST", "/v1/verdicts?stability=true", files=image(b"t"))
        assert probe.status_code == 415
        assert '"stability";q=1;w=60' in probe.headers["ratelimit-policy"]
        again = service.ask(one, "POST", "/v1/verdicts?stability=true", files=image(b"t"))
        assert (again.status_code, again.json()["type"]) == (429, "/problems/rate-limited")
        assert "(stability)" in again.json()["detail"]
        assert service.ask(one, "GET", "/v1/session").status_code == 200
        refused = service.ask(one, "GET", "/v1/verdicts")
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 15
        assert refused.headers["ratelimit"].startswith('"default";r=0;')
        assert service.ask(two, "GET", "/v1/verdicts").status_code == 200  # another key is another caller
        for status in (401, 401, 401, 401, 429):  # without a key the address counts
            assert service.ask(None, "GET", "/v1/verdicts").status_code == status
        assert service.client.get("/livez").status_code == 200
        assert "ratelimit" not in service.client.get("/livez").headers


def test_a_proxy_is_believed_only_where_it_is_listed(tmp_path: Path) -> None:
    forwarded = {"x-forwarded-for": "198.51.100.9", "x-forwarded-proto": "https"}
    with opened(tmp_path) as client:
        assert "strict-transport-security" not in client.get("/livez", headers=forwarded).headers
    with opened(tmp_path, trusted_proxies=("192.0.2.0/24",)) as client:
        client._transport.client = ("192.0.2.5", 1)  # type: ignore[attr-defined]
        assert "strict-transport-security" in client.get("/livez", headers=forwarded).headers
        client._transport.client = ("203.0.113.5", 1)  # type: ignore[attr-defined]
        assert "strict-transport-security" not in client.get("/livez", headers=forwarded).headers
