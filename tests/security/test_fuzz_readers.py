"""Mutated files through `open_picture` and every reader: an answer or a PictureError, never anything else, and never
more memory than a picture of the largest allowed size may take.

Memory is measured in a process of its own, for a peak never falls: in the process of the tests it would be that of
whatever ran before.
"""

from __future__ import annotations

import multiprocessing
import random
import struct
import sys
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brushwork.errors import PictureError
from brushwork.picture import Limits, open_picture
from brushwork.provenance import READERS, exif, read_all
from brushwork.provenance.generator_text import marks_in
from brushwork.settings import Settings
from tests.made.drawings import drawn, encoded
from tests.made.mutations import mutated, seeds

LIMITS = Limits(max_pixels=4_000_000)
HANG = 2.0
"""Seconds after which a reading counts as a hang. A hundred times what one takes: no statement about speed."""
MEMORY = 32 * LIMITS.max_pixels
"""Bytes by which reading may raise the peak: of each pixel, the file's own four bytes, the copies in RGBA that flatten
it (three), the picture in RGB twice, alpha, and eight bytes for the readers. 128 MB here; no file may take more."""
PASSES = 60
QUICK = settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@lru_cache(maxsize=1)
def made() -> dict[str, bytes]:
    return seeds()


def survive(data: bytes) -> None:
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Pillow warns of damaged EXIF, which is the point here
        try:
            evidence = read_all(open_picture(data, LIMITS))
        except PictureError as error:
            assert error.detail
            assert not isinstance(error.__cause__, MemoryError), "the memory limit was reached"
        else:
            assert len(evidence) >= len(READERS)
    assert time.perf_counter() - start < HANG


@QUICK
@given(name=st.sampled_from(sorted(made())), seed=st.integers(0, 2**32))
def test_mutated_made_files(name: str, seed: int) -> None:
    survive(mutated(made()[name], seed))


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def with_damaged_metadata(data: bytes, seed: int) -> bytes:
    """A PNG whose pixels are whole and of which one chunk of metadata is damaged, so that it passes the decoder: of
    those that are damaged anywhere, 19 in 20 do not, and no reader sees them."""
    chunks = list(png_chunks(data))
    kinds = [n for n, (kind, _) in enumerate(chunks) if kind not in (b"IHDR", b"IDAT", b"IEND")]
    chosen = random.Random(seed).choice(kinds)
    chunks[chosen] = (chunks[chosen][0], mutated(chunks[chosen][1], seed))
    parts = (
        struct.pack(">I", len(body)) + kind + body + zlib.crc32(kind + body).to_bytes(4, "big") for kind, body in chunks
    )
    return data[:8] + b"".join(parts)


def made_pngs() -> list[str]:
    return sorted(name for name, data in made().items() if data[:4] == b"\x89PNG")


@QUICK
@given(name=st.sampled_from(made_pngs()), seed=st.integers(0, 2**32))
def test_mutated_metadata_behind_whole_pixels(name: str, seed: int) -> None:
    survive(with_damaged_metadata(made()[name], seed))


@QUICK
@given(data=st.binary(max_size=600))
def test_any_bytes(data: bytes) -> None:
    survive(data)


@QUICK
@given(block=st.binary(max_size=600), order=st.sampled_from([b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"]))
def test_any_exif(block: bytes, order: bytes) -> None:
    parsed = exif.parse_exif(order + block)
    assert all(isinstance(parsed.text(name), str) for name in parsed.values)
    assert isinstance(parsed.comment(), str)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["class_type", "inputs", "nodes", "links", "prompt", "model", "uc", "sampler", "image", "1"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@QUICK
@given(
    value=_JSON, key=st.sampled_from(["prompt", "workflow", "parameters", "Comment", "sd-metadata", "EXIF UserComment"])
)
def test_any_json(value: object, key: str) -> None:
    import json

    assert all(mark.tool for mark in marks_in({key: json.dumps(value)}))


def peak() -> int:
    """The most memory that this process ever held, in bytes. Not `ru_maxrss`: that begins with the parent's."""
    line = next(n for n in Path("/proc/self/status").read_text().splitlines() if n.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def growth_of(work: Callable[..., None], *given: object) -> int:
    """Bytes by which `work` raises the peak of this process, beyond what reading every made file whole took. The
    address space has the limit of a worker, so that a hostile file stops this process and not the machine."""
    import resource

    limit = Settings.model_fields["memory_limit"].default
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for data in made().values():
        survive(data)
    before = peak()
    work(*given)
    return peak() - before


def elsewhere(work: Callable[..., None], *given: object) -> int:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as child:
        return child.submit(growth_of, work, *given).result()


def read_mutations() -> None:
    for data in made().values():
        for seed in range(PASSES):
            survive(mutated(data, seed))
    for name in made_pngs():
        for seed in range(PASSES):
            survive(with_damaged_metadata(made()[name], seed))


def read_the_largest() -> None:
    size = (LIMITS.max_pixels // 2000, 2000)
    for mode in ("RGB", "RGBA", "L", "LA"):
        survive(encoded(drawn("flat", size).convert(mode)))


def read_mutated_files(folder: Path) -> None:
    for path in real_files(folder):
        for seed in range(5):
            survive(mutated(path.read_bytes(), seed))


def waste() -> None:
    read_mutations()
    bytearray(b"x") * (MEMORY + 1)


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc; run on Linux")


@on_linux
@pytest.mark.parametrize("work", [read_mutations, read_the_largest])
def test_no_memory_over_the_limit(work: Callable[[], None]) -> None:
    assert elsewhere(work) < MEMORY


@on_linux
def test_memory_over_the_limit_would_be_seen() -> None:
    assert elsewhere(waste) > MEMORY


def real_files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix != ".csv" and p.stat().st_size < 800_000)


@on_linux
@pytest.mark.slow
def test_no_memory_over_the_limit_for_real_files(shared_data: Path) -> None:
    assert elsewhere(read_mutated_files, shared_data / "provenance") < MEMORY


@pytest.mark.slow
@settings(QUICK, max_examples=300)
@given(number=st.integers(0, 42), seed=st.integers(0, 2**32))
def test_mutated_real_files(shared_data: Path, number: int, seed: int) -> None:
    files = real_files(shared_data / "provenance")
    survive(mutated(files[number % len(files)].read_bytes(), seed))
