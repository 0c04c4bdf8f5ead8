"""The worst of what lies in real folders: every bad file has a clear error of its own, and the others are done."""

from __future__ import annotations

import ctypes
import io
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from brushwork.cli.exits import ExitCode
from brushwork.errors import PictureNotFound
from brushwork.intake import Limits, read_source
from tests.made.drawings import drawn, encoded
from tests.made.signed import action, signed
from tests.unit.cli.conftest import COMMAND, Run

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2  # linux/capability.h
PR_CAPBSET_DROP = 24  # linux/prctl.h


def _png_with_chunk(kind: bytes, content: bytes) -> bytes:
    """A good PNG with one more chunk behind its header."""
    data = encoded(drawn())
    header = 8 + 25  # signature and IHDR
    chunk = len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
    return data[:header] + chunk + data[header:]


def _long_gif(frames: int) -> bytes:
    """An animated GIF: one frame of Pillow, repeated."""
    data = encoded(Image.effect_noise((48, 48), 90).convert("P", palette=Image.Palette.ADAPTIVE, colors=4), "GIF")
    start = 13 + 3 * 2 ** ((data[10] & 7) + 1)  # header and global palette
    control = b"\x21\xf9\x04\x00\x05\x00\x00\x00"
    return data[:start] + (control + data[data.index(b"\x2c", start) : -1]) * frames + b";"


def _broken_manifest() -> bytes:
    """A signed JPEG whose manifest store was overwritten in the middle."""
    data = bytearray(signed(encoded(drawn(), "JPEG"), "JPEG", actions=(action(source_type="digitalCapture"),)))
    start = data.index(b"jumb")
    data[start + 60 : start + 400] = bytes(340)
    return bytes(data)


def _bomb() -> bytes:
    """169 megapixels in a few kilobytes."""
    return encoded(Image.new("1", (13_000, 13_000)))


BAD: tuple[tuple[str, Callable[[], bytes], str, str], ...] = (
    ("truncated.jpg", lambda: encoded(drawn(), "JPEG")[:9000], "image-corrupt", "damaged"),
    ("truncated.png", lambda: encoded(drawn())[:9000], "image-corrupt", "damaged"),
    ("empty.png", lambda: b"", "image-corrupt", "has no bytes"),
    ("words.png", lambda: b"not a picture at all\n", "unsupported-media-type", "not a picture"),
    ("bomb.png", _bomb, "too-many-pixels", "far too many pixels"),
    ("text_chunk.png", lambda: _png_with_chunk(b"tEXt", b"Comment\0" + b"x" * 50_000_000), "image-too-large", "bytes"),
    (
        "compressed_chunk.png",
        lambda: _png_with_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 50_000_000)),
        "image-too-large",
        "too much text",
    ),
)

GOOD: tuple[tuple[str, Callable[[], bytes]], ...] = (
    ("really_a.png.jpg", lambda: encoded(drawn(), "PNG")),
    ("animated.gif", lambda: _long_gif(10_000)),
    ("broken_manifest.jpg", _broken_manifest),
    ("new\nline\x1b[2J.png", lambda: encoded(drawn())),
)


@pytest.fixture
def rows(brushwork: Run, tmp_path: Path) -> tuple[dict[str, dict[str, Any]], str]:
    """One scan over everything, good and bad: rows by path, and what was said on stderr."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name, make, *_ in (*BAD, *GOOD):
        (tmp_path / "in" / name).write_bytes(make())
    done = brushwork("scan", "in", "in/deep/../../in/missing.png", "--format", "jsonl")
    assert done.returncode == ExitCode.SOME_FAILED
    assert "Traceback" not in done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(BAD) + len(GOOD) + 1
    return {row["path"]: row for row in found}, done.stderr


def test_every_bad_file_has_its_error_and_every_good_one_its_answer(
    rows: tuple[dict[str, dict[str, Any]], str],
) -> None:
    by_path, messages = rows
    for name, _, kind, words in BAD:
        error = by_path[f"in/{name}"]["error"]
        assert (name, error["type"]) == (name, kind)
        assert f"in/{name}" in error["detail"]
        assert words in error["detail"]
        assert error["advice"]
        assert f"error: {error['detail']} {error['advice']}" in messages.splitlines()
    for name, _ in GOOD:
        assert by_path[f"in/{name}"]["answer"], name
        assert by_path[f"in/{name}"]["error"] is None
    missing = by_path["in/deep/../../in/missing.png"]["error"]
    assert missing["detail"] == "in/deep/../../in/missing.png: no such file."
    assert len(messages.splitlines()) == len(BAD) + 3  # the folder passed over, each error, the missing one, the sum

    assert by_path["in/really_a.png.jpg"]["input"]["format"] == "PNG"
    assert [w["code"] for w in by_path["in/animated.gif"]["warnings"]] == ["first_frame_only"]
    codes = {w["code"] for w in by_path["in/broken_manifest.jpg"]["warnings"]}
    assert codes & {"provenance_unreadable", "altered_after_signing"}


def test_a_picture_that_takes_too_long_is_stopped_and_the_next_one_is_done(brushwork: Run, tmp_path: Path) -> None:
    (tmp_path / "slow.png").write_bytes(encoded(Image.effect_noise((6000, 6000), 90), compress_level=1))
    (tmp_path / "small.png").write_bytes(encoded(drawn(size=(40, 40))))
    limits = {"BRUSHWORK_TIME_LIMIT": "2", "BRUSHWORK_MAX_BYTES": "100000000"}  # eight re-encodings take far longer
    done = brushwork("scan", "slow.png", "small.png", "--stability", "--format", "jsonl", **limits)
    slow, small = (json.loads(line) for line in done.stdout.splitlines())
    assert slow["error"]["type"] == "examination-timeout"
    assert "slow.png took longer than 2 s" in slow["error"]["detail"]
    assert small["answer"] == "cannot_tell"
    assert done.returncode == ExitCode.SOME_FAILED


@pytest.mark.skipif(sys.platform == "win32", reason="needs the rights of POSIX; run the tests on Linux or macOS")
@pytest.mark.skipif(
    sys.platform != "linux" and hasattr(os, "geteuid") and os.geteuid() == 0,
    reason="root may read everything here; run the tests as another user",
)
def test_folders_and_files_without_rights_are_reported(tmp_path: Path, art: Path) -> None:
    (art / "closed").mkdir(mode=0o000)
    (art / "tiny.jpg").chmod(0o000)
    try:
        done = subprocess.run(
            [*COMMAND, "scan", "-r", "art", "--format", "jsonl"],
            cwd=tmp_path,
            capture_output=True,
            timeout=120,
            check=False,
            preexec_fn=_without_privileges if os.geteuid() == 0 else None,
        )
    finally:
        (art / "closed").chmod(0o700)
    assert done.returncode == ExitCode.SOME_FAILED, done.stderr
    rows = {row["path"]: row for row in map(json.loads, io.BytesIO(done.stdout))}
    assert rows["art/declared.png"]["answer"] == "made_with_ai"
    assert rows["art/tiny.jpg"]["error"]["detail"] == "art/tiny.jpg cannot be read: Permission denied."
    assert rows["art/closed"]["error"]["detail"] == "The folder art/closed cannot be read: Permission denied."


def _without_privileges() -> None:
    """Root, but bound by the rights of files like everyone else, from the next program on."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes; run the tests on Linux or macOS")
def test_pipes_and_devices_are_refused_without_waiting_for_a_writer(brushwork: Run, art: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    os.mkfifo(art / "queue.png")
    (art / "to_pipe.png").symlink_to(tmp_path / "pipe.png")
    (tmp_path / "list").write_text("pipe.png\n")
    names = ("pipe.png", "/dev/null", "art", "--files-from", "list")
    done = brushwork("scan", *names, "--format", "jsonl")
    assert done.returncode == ExitCode.SOME_FAILED
    errors = {row["path"]: row["error"] for row in map(json.loads, done.stdout.splitlines())}
    for name in ("pipe.png", "/dev/null", "art/queue.png", "art/to_pipe.png"):
        assert errors.pop(name)["detail"] == f"{name} is a pipe or a device, not a file."
    assert "brushwork scan -" in done.stderr
    assert set(errors.values()) == {None}
    with pytest.raises(PictureNotFound, match=r"pipe or a device.*brushwork scan -"):  # the library has the same rule
        read_source(tmp_path / "pipe.png", Limits())


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="needs /dev/fd; run the tests on Linux or macOS")
def test_what_a_shell_substitutes_is_called_a_pipe(art: Path) -> None:
    command = f"{sys.executable} -m brushwork.cli scan <(cat art/flat.png)"
    done = subprocess.run(
        ["bash", "-c", command], cwd=art.parent, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == ExitCode.SOME_FAILED
    assert "is a pipe or a device, not a file. Give it on standard input" in done.stderr
