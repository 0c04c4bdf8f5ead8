"""SECURITY.md for batches: archives of strangers, workers with limits, names, tables, webhooks."""

from __future__ import annotations

import csv
import io
import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from brushwork.errors import ArchiveRefused, SpoolFull
from brushwork.service.spool import Spool
from brushwork.service.url_fetch import Network
from brushwork.service.zips import FREE_BYTES, Bounds, unpack
from tests.made.drawings import drawn, encoded
from tests.service.batches import done, files, picture, until, zipped
from tests.service.door import opened

BOUNDS = Bounds(entries=50, entry_bytes=1_000_000, total_bytes=500_000_000)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Path]]:
    folder = tmp_path_factory.mktemp("batches")
    with opened(folder, max_batch_items=50) as running:
        yield running, folder


def linked(name: str, target: bytes) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info, target


def encrypted() -> bytes:
    """A zip whose entry has the flag of encryption, in its own head and in the list."""
    data = bytearray(zipped([("a.png", picture())]))
    listed = data.index(b"PK\x01\x02")
    for place in (6, listed + 8):
        data[place] |= 1
    return bytes(data)


def endless_list() -> bytes:
    """An archive whose list of entries is said to be as large as the rest of it, which is large."""
    body = b"PK\x03\x04" + b"\0" * 3_000_000
    return body + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, len(body), 0, 0)


def bomb() -> bytes:
    """Zeros: a thousand times larger unpacked than packed."""
    return zipped([(f"{n}.png", b"\0" * FREE_BYTES) for n in range(3)])


def overlapping() -> bytes:
    """Thirty entries that all lie at the same place: each is small, together they are not."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.png", b"\0" * 2_000_000)
        first = archive.infolist()[0]
        for number in range(1, 30):
            twin = zipfile.ZipInfo("0.png")
            for part in ("header_offset", "compress_size", "file_size", "CRC", "compress_type", "flag_bits"):
                setattr(twin, part, getattr(first, part))
            twin.comment = str(number).encode()
            archive.filelist.append(twin)
    return out.getvalue()


def cut() -> bytes:
    return zipped([("a.png", picture())])[:-30]


def wrong_sum() -> bytes:
    data = bytearray(zipped([("a.png", picture())], zipfile.ZIP_STORED))
    data[200] ^= 0xFF
    return bytes(data)


ATTACKS = {
    "absolute": zipped([("/etc/cron.d/x", picture())]),
    "drive": zipped([("C:\\x.png", picture())]),
    "upwards": zipped([("a/../../x.png", picture())]),
    "upwards in the other way": zipped([("a\\..\\..\\x.png", picture())]),
    "link": zipped([linked("x.png", b"/etc/passwd")]),
    "zip in a zip": zipped([("inner.png", zipped([("a.png", picture())]))]),
    "empty zip in a zip": zipped([("inner.png", zipped([]))]),
    "encrypted": encrypted(),
    "another method": zipped([("a.png", picture())], zipfile.ZIP_LZMA),
    "too many": zipped([(f"{n}.png", b"x") for n in range(51)]),
    "none": zipped([]),
    "only folders": zipped([("a/", b"")]),
    "endless list": endless_list(),
    "bomb": bomb(),
    "overlapping": overlapping(),
    "cut": cut(),
    "wrong checksum": wrong_sum(),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_sec_11_an_archive_made_to_do_harm_is_refused_whole(service: tuple[TestClient, Path], attack: str) -> None:
    client, folder = service
    outside = sorted(path for path in folder.parent.iterdir())
    answer = client.post("/v1/batches", files=files(("good.png", picture()), ("x.zip", ATTACKS[attack])))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/archive-refused"), answer.text
    assert [path.name for path in (folder / "spool").iterdir()] == ["spool-id"], "nothing of it stays"
    assert sorted(path for path in folder.parent.iterdir()) == outside
    assert client.get("/v1/batches").json()["batches"] == []
    assert str(folder) not in answer.text


def test_sec_11_what_unpacks_to_more_than_is_allowed_is_stopped_on_the_way(tmp_path: Path) -> None:
    """The sizes that an archive tells of itself are not believed: bytes are counted as they come out."""
    spool = Spool(tmp_path / "spool")
    spool.prepare()
    archive = tmp_path / "a.zip"
    archive.write_bytes(zipped([(f"{n}.png", bytes(range(256)) * 2000) for n in range(10)]))
    taken: list[str] = []
    with pytest.raises(ArchiveRefused, match="more than is allowed"):
        unpack(archive, spool, Bounds(50, 10**6, 1_100_000), taken.append)
    assert len(taken) == 3
    found = unpack(archive, spool, Bounds(50, 1000, 10**8), taken.append)
    assert [spool.path(one.id).stat().st_size for one in found] == [1000] * 10, "no more than one picture may have"


def test_sec_11_all_zips_of_a_request_share_one_bound(tmp_path: Path) -> None:
    archive = zipped([(f"{n}.png", bytes(range(256)) * 1000) for n in range(2)])
    with opened(tmp_path, max_zip_bytes=900_000) as client:
        assert client.post("/v1/batches", files=files(("a.zip", archive))).status_code == 202
        refused = client.post("/v1/batches", files=files(("a.zip", archive), ("b.zip", archive)))
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/archive-refused")


def test_sec_11_the_disk_is_looked_at_with_every_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body may come without its length, and a zip holds more than it says."""
    spool = Spool(tmp_path / "spool")
    spool.prepare()
    monkeypatch.setattr("brushwork.service.spool.MIN_FREE_BYTES", 2**62)
    with pytest.raises(SpoolFull):
        spool.append("a", b"x")


def test_sec_11_names_are_text_and_never_a_path(service: tuple[TestClient, Path]) -> None:
    client, folder = service
    evil = ['"><img src=x onerror=alert(1)>.png', "a/b/\x1b[31m\u202egnp.exe", "n" * 400, "con.png"]
    answer = client.post("/v1/batches", files=files(("x.zip", zipped([(name, picture()) for name in evil]))))
    batch = answer.json()["status_url"]
    done(client, batch)
    names = [item["external_id"] for item in client.get(f"{batch}/items").json()["items"]]
    assert names[0] == evil[0] and names[1] == "a/b/ [31m gnp.exe" and len(names[2]) == 240
    assert [path.name for path in (folder / "spool").iterdir()] == ["spool-id"]
    client.delete(f"{batch}?purge=true")


def test_sec_06_a_picture_that_needs_more_memory_than_a_worker_may_have_costs_itself_only(tmp_path: Path) -> None:
    """RLIMIT_AS holds in the workers that batches use: the rest of the batch goes on in new ones."""
    large = encoded(drawn("gradient", (6000, 6000), 1), "JPEG", quality=20)
    with opened(tmp_path, memory_limit=512 * 1024 * 1024) as client:
        named = [("small.png", picture()), ("large.jpg", large), ("last.png", picture(2))]
        batch = client.post("/v1/batches?stability=true", files=files(*named)).json()["status_url"]
        done(client, batch)
        found = [item["verdict"]["error"] for item in client.get(f"{batch}/items").json()["items"]]
    assert found[0] is None and found[2] is None
    assert found[1] is not None and "more memory" in found[1]["detail"]


def test_sec_06_a_picture_that_takes_too_long_is_stopped_and_may_be_tried_again(tmp_path: Path) -> None:
    large = encoded(drawn("gradient", (3000, 2000), 1), "JPEG", quality=20)
    with opened(tmp_path, time_limit=0.2) as client:
        query = "?stability=true&explain=true"
        batch = client.post(f"/v1/batches{query}", files=files(("large.jpg", large))).json()["status_url"]
        done(client, batch)
        (item,) = client.get(f"{batch}/items").json()["items"]
        assert item["verdict"]["error"]["type"] == "examination-timeout"
        assert client.post(f"{batch}/items/{item['id']}/retry").json()["attempts"] == 0
        assert done(client, batch)["counts"]["failed"] == 1


def test_sec_21_uploads_wait_under_ids_where_only_this_user_reads_them(tmp_path: Path) -> None:
    with opened(tmp_path) as client:
        batch = client.post("/v1/batches?open=true").json()["status_url"]
        client.post(f"{batch}/pause")
        client.post(f"{batch}/items", files=files(("private name.png", picture())))
        (upload,) = [path for path in (tmp_path / "spool").iterdir() if path.name != "spool-id"]
        assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o700
        assert stat.S_IMODE(upload.stat().st_mode) == 0o600
        assert "private" not in upload.name
        client.delete(batch)
        assert not upload.exists()


def test_sec_28_the_csv_of_a_batch_has_no_cell_that_a_spreadsheet_would_run(tmp_path: Path) -> None:
    with opened(tmp_path) as client:
        named = [("=1+cmd|' /C calc'!A1", picture()), ("@b", b"no picture"), ("+c,d", picture(2)), ("-2", picture(3))]
        batch = client.post("/v1/batches", files=files(*named)).json()["status_url"]
        done(client, batch)
        answer = client.get(f"{batch}/results?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["external_id"] for row in rows] == ["'=1+cmd|'/C calc'!A1", "'@b", "'+c,d", "'-2"]
    assert [bool(row["error"]) for row in rows] == [False, True, False, False]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_sec_20_a_webhook_is_behind_the_guard_of_fetched_addresses(tmp_path: Path) -> None:
    names: dict[str, tuple[str, ...]] = {"hook.example.org": ("10.0.0.7",)}

    async def resolve(host: str, _: int) -> tuple[str, ...]:
        return names.get(host, ())

    never = ("file:///etc/passwd", "http://user:pass@example.org/", "http://example.org:8080/", "http://127.0.0.1/h",
             "http://10.1.2.3/", "https://[::1]/", "http://[::ffff:192.168.0.1]/", "http://2130706433/", "http://0x7f.1/",
             "http://127.1/", "http://169.254.169.254/latest", "http://localhost/", "http://a.localhost./")  # fmt: skip
    with opened(tmp_path, webhook_tries=1) as client:
        for url in never:
            answer = client.post("/v1/batches?open=true", json={"webhook_url": url})
            assert (answer.status_code, answer.json()["type"]) == (422, "/problems/url-blocked"), url
            assert "public machine" in answer.json()["detail"]
        client.app.state.desk.outside._network = Network(resolve)  # type: ignore[attr-defined]
        ordered = {"webhook_url": "http://hook.example.org/hook"}
        batch = client.post("/v1/batches?open=true", json=ordered).json()["status_url"]
        client.post(f"{batch}/close")
        said = until(lambda: client.get(f"{batch}/deliveries").json()["deliveries"], lambda d: d[0]["tries"])
    assert [(one["outcome"], one["status"]) for one in said[0]["tries"]] == [("blocked", None)]
    assert said[0]["state"] == "given_up"
