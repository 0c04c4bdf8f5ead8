"""Mutated files through `open_picture` and every reader: an answer or a PictureError, never anything else."""

from __future__ import annotations

import time
import warnings
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brushwork.errors import PictureError
from brushwork.picture import Limits, open_picture
from brushwork.provenance import READERS, exif, read_all
from brushwork.provenance.generator_text import marks_in
from tests.made.mutations import mutated, seeds

LIMITS = Limits(max_pixels=4_000_000)
HANG = 2.0
"""Seconds after which a reading counts as a hang. A hundred times what one takes: no statement about speed."""
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
        else:
            assert len(evidence) >= len(READERS)
    assert time.perf_counter() - start < HANG


@QUICK
@given(name=st.sampled_from(sorted(made())), seed=st.integers(0, 2**32))
def test_mutated_made_files(name: str, seed: int) -> None:
    survive(mutated(made()[name], seed))


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


@pytest.mark.slow
@settings(QUICK, max_examples=300)
@given(number=st.integers(0, 42), seed=st.integers(0, 2**32))
def test_mutated_real_files(shared_data: Path, number: int, seed: int) -> None:
    files = sorted(
        p for p in (shared_data / "provenance").iterdir() if p.suffix != ".csv" and p.stat().st_size < 800_000
    )
    survive(mutated(files[number % len(files)].read_bytes(), seed))
