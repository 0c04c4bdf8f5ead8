"""The Python client against the real service, and against one behind a proxy that drops, loses and delays."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from brushwork import AsyncClient, Client
from brushwork.errors import (
    BrushworkError,
    NotFound,
    PictureError,
    PictureNotFound,
    ServiceUnreachable,
    TooManyPixels,
    UnsupportedFormat,
    UrlBlocked,
)
from brushwork.remote import Patience
from brushwork.verdict import Verdict
from tests.made.drawings import drawn, encoded
from tests.made.elsewhere import Elsewhere, elsewhere, gives
from tests.made.flaky import Flaky, flaky
from tests.made.ports import free_port

from .process import Served, served

QUICK = Patience(tries=4, seconds=30, first_pause=0.01)


@pytest.fixture(scope="module")
def other(painting: bytes) -> Iterator[Elsewhere]:
    with elsewhere() as place:
        place.replies["/a.png"] = gives(painting)
        yield place


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, other: Elsewhere) -> Iterator[Served]:
    opened = json.dumps([other.here])
    with served(tmp_path_factory.mktemp("client"), url_fetch_allow=opened, max_pixels=1_000_000) as running:
        yield running


@pytest.fixture(scope="module")
def ask(service: Served) -> Iterator[Client]:
    with Client(service.url, patience=QUICK) as client:
        yield client


@pytest.fixture
def proxy(service: Served) -> Iterator[Flaky]:
    with flaky(service.port) as running:
        yield running


def test_a_path_bytes_and_an_address_get_the_same_answer(
    ask: Client, other: Elsewhere, painting: bytes, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(painting)
    found = [ask.examine(tmp_path / "a.png"), ask.examine(str(tmp_path / "a.png")), ask.examine(painting)]
    found.append(ask.examine(other.url("/a.png"), explain=True))
    assert all(isinstance(one, Verdict) for one in found)
    assert len({(one.answer, one.probability, one.input and one.input.sha256) for one in found}) == 1
    assert [one.regions is not None for one in found] == [False, False, False, True]


def test_errors_are_those_of_an_examination_without_a_service(ask: Client, tmp_path: Path) -> None:
    cases: list[tuple[type[BrushworkError], str, object, str]] = [
        (UnsupportedFormat, "415", b"text", "notes.txt"),
        (TooManyPixels, "422", encoded(drawn("gradient", (1200, 1200), 1)), "large.png"),
        (PictureError, "422", b"", "empty.png"),
        (UrlBlocked, "422", "http://127.0.0.1/a.png", "http://127.0.0.1/a.png"),
    ]
    for kind, status, source, named in cases:
        with pytest.raises(kind, match=named) as caught:
            ask.examine(source, name=named)  # type: ignore[arg-type]
        (note,) = caught.value.__notes__
        assert f"status {status}, request id " in note
    with pytest.raises(PictureNotFound, match="nothing-here"):
        ask.examine(tmp_path / "nothing-here.png")
    with pytest.raises(NotFound):
        ask.verdict("nothing-here")


def test_history_goes_page_after_page_and_a_deletion_is_one(
    ask: Client, painting: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from brushwork import client

    monkeypatch.setattr(client, "PAGE", 2)
    made = [ask.examine(painting, save=True).id for _ in range(5)]
    assert [one.id for one in ask.history()][:5] == made[::-1]
    answer = ask.verdict(made[0]).answer
    assert answer is not None
    assert {one.id for one in ask.history(answer)} >= set(made)
    ask.delete(made[2])
    with pytest.raises(NotFound):
        ask.verdict(made[2])
    with pytest.raises(ValueError, match="perhaps"):
        list(ask.history("perhaps"))


def test_a_batch_is_handed_over_in_pieces_and_waited_for(
    ask: Client, other: Elsewhere, painting: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from brushwork import client, remote

    monkeypatch.setattr(remote, "CHUNK_FILES", 2)
    monkeypatch.setattr(client, "PAGE", 2)
    (tmp_path / "b.png").write_bytes(painting)
    sources = [painting, tmp_path / "b.png", b"no picture", other.url("/a.png"), other.url("/gone.png"), painting]
    batch = ask.wait(ask.batch(sources, name="a contest"), timeout=120)
    assert (batch.state, batch.items) == ("done", 6)
    results = list(ask.results(batch))
    assert [one.error.type if one.error else "" for one in results] == [
        "", "", "unsupported-media-type", "", "url-fetch-failed", "",
    ]  # fmt: skip
    assert list(ask.results(batch.id)) == results


def test_a_batch_that_cannot_be_handed_over_is_not_left_open(proxy: Flaky, painting: bytes, tmp_path: Path) -> None:
    with Client(proxy.url, patience=QUICK) as client:
        before = httpx.get(f"{proxy.url}/v1/batches").json()["batches"]
        with pytest.raises(PictureNotFound):
            client.batch([painting, tmp_path / "gone.png"])
    assert any(request == "POST /v1/batches" for request, _ in proxy.seen)
    newest, *others = httpx.get(f"{proxy.url}/v1/batches").json()["batches"]
    assert (newest["state"], others) == ("cancelled", before)


def test_feedback_is_said_once_and_with_a_reason(ask: Client, painting: bytes) -> None:
    verdict = ask.examine(painting, save=True)
    ask.feedback(verdict.id, "human", "saw_it_made", note="at the easel", consent_training=True)
    with pytest.raises(BrushworkError, match="basis"):
        ask.feedback(ask.examine(painting, save=True).id, "human", "a feeling")


def test_models_are_listed(ask: Client) -> None:
    assert [one.active for one in ask.models()].count(True) == 1


@pytest.mark.parametrize("fates", [["drop"], ["lose"], ["busy", "drop"], ["late", "gone", "lose"]])
def test_what_passes_is_tried_again_under_the_same_key(proxy: Flaky, painting: bytes, fates: list[str]) -> None:
    proxy.fates.extend(fates)  # type: ignore[arg-type]
    with Client(proxy.url, patience=QUICK) as client:
        verdict = client.examine(painting, save=True)
        saved = [one.id for one in client.history()]
    posts = [key for request, key in proxy.seen if request == "POST /v1/verdicts"]
    assert len(posts) == len(fates) + 1
    assert len(set(posts)) == 1 and posts[0]
    assert saved.count(verdict.id) == 1
    with Client(proxy.url, patience=QUICK) as client:
        client.examine(painting)
    assert proxy.seen[-1][1] not in posts


def test_a_lost_answer_is_not_done_twice(proxy: Flaky, painting: bytes) -> None:
    with Client(proxy.url, patience=QUICK) as client:
        before = len(list(client.history()))
        proxy.fates.extend(["lose", "lose"])
        client.examine(painting, save=True)
        assert len(list(client.history())) == before + 1


def test_a_deletion_whose_answer_was_lost_is_done_and_another_is_told(proxy: Flaky, painting: bytes) -> None:
    with Client(proxy.url, patience=QUICK) as client:
        verdict = client.examine(painting, save=True)
        proxy.fates.append("lose")
        client.delete(verdict.id)
        with pytest.raises(NotFound):
            client.delete(verdict.id)


def test_what_does_not_pass_is_told_at_once_or_after_the_last_try(proxy: Flaky, painting: bytes) -> None:
    with Client(proxy.url, patience=QUICK) as client:
        with pytest.raises(UnsupportedFormat):
            client.examine(b"text")
        assert len(proxy.seen) == 1
        proxy.fates.extend(["gone"] * 4)
        with pytest.raises(BrushworkError) as caught:
            client.examine(painting)
        assert "502" in str(caught.value) and "<p>" not in str(caught.value)
        assert len(proxy.seen) == 5
    with (
        Client(f"http://127.0.0.1:{free_port()}", patience=QUICK) as nowhere,
        pytest.raises(ServiceUnreachable, match="GET /livez"),
    ):
        nowhere.models()


def test_the_pause_that_the_service_asks_for_is_kept_or_not_begun(painting: bytes) -> None:
    with elsewhere() as busy:
        busy.replies["/v1/models"] = gives(b"{}", "application/json", 429, Retry_After="3600")
        with Client(busy.url(""), patience=QUICK) as client, pytest.raises(BrushworkError, match="429"):
            client.models()
        assert len(busy.seen) == 1  # an hour is more than the patience


def test_the_key_goes_into_its_header_and_nowhere_else(painting: bytes) -> None:
    with elsewhere() as place:
        place.replies["/v1/models"] = gives(b'{"models": []}', "application/json")
        with Client(place.url(""), "bw_secret", patience=QUICK) as client:
            assert client.models() == ()
        ((path, headers),) = place.seen
    assert headers["Authorization"] == "Bearer bw_secret"
    assert "bw_secret" not in path


def test_the_async_twin_does_the_same(proxy: Flaky, other: Elsewhere, painting: bytes) -> None:
    proxy.fates.extend(["drop", "busy"])

    async def run() -> None:
        async with AsyncClient(proxy.url, patience=QUICK) as client:
            one, two = await asyncio.gather(client.examine(painting, save=True), client.examine(other.url("/a.png")))
            assert one.answer == two.answer
            assert one.id in [v.id async for v in client.history()]
            assert (await client.verdict(one.id)).id == one.id
            await client.delete(one.id)
            with pytest.raises(NotFound):
                await client.verdict(one.id)
            batch = await client.wait(await client.batch([painting, b"no picture"]), timeout=120)
            assert [v.error is None async for v in client.results(batch)] == [True, False]
            assert len(await client.models()) >= 1

    asyncio.run(run())
    assert len(proxy.seen) > 8


def test_the_loop_goes_on_while_the_async_twin_reads_files(proxy: Flaky, painting: bytes) -> None:
    """The picture comes only once the loop has turned; were it read on the loop, it would never come."""
    begun, turned = threading.Event(), threading.Event()

    def pictures() -> Iterator[bytes]:
        begun.set()
        assert turned.wait(30)
        yield painting

    async def turns() -> None:
        while not begun.is_set():
            await asyncio.sleep(0.01)
        turned.set()

    async def run() -> None:
        async with AsyncClient(proxy.url, patience=QUICK) as client:
            batch, _ = await asyncio.gather(client.batch(pictures()), turns())
            assert (await client.wait(batch, timeout=120)).items == 1

    asyncio.run(run())


def test_both_twins_have_the_same_methods() -> None:
    def public(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert public(Client) == public(AsyncClient)


def test_no_redirect_is_followed_with_the_key(painting: bytes) -> None:
    with elsewhere() as place:
        place.replies["/v1/models"] = gives(b"", "text/html", 302, Location="/elsewhere")
        with Client(place.url(""), "bw_secret", patience=QUICK) as client, pytest.raises(BrushworkError, match="302"):
            client.models()
        assert place.paths == ["/v1/models"]
    assert httpx.codes.is_redirect(302)
