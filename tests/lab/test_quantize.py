"""int8: the same network, smaller, near enough on the patches that its ranges come from."""

from __future__ import annotations

import numpy as np
import pytest

from brushwork.errors import LabError

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.forensics.scorer import open_session, run_session  # noqa: E402
from brushwork.lab import quantize  # noqa: E402

from .conftest import draw  # noqa: E402


def test_int8_follows_fp32_and_takes_a_third_of_the_room(exported, tmp_path):
    _, fp32 = exported
    int8 = tmp_path / "int8.onnx"
    patches = np.stack([np.asarray(draw(i % 2, i, 64)) for i in range(24)])
    quantize.quantize(fp32, [patches[i : i + 8] for i in range(0, 24, 8)], int8)
    assert int8.stat().st_size < 0.4 * fp32.stat().st_size
    exact, near = (run_session(open_session(path), patches) for path in (fp32, int8))
    assert np.corrcoef(exact, near)[0, 1] > 0.6  # an untrained network on drawn strokes; shuffled, it is near 0
    assert not np.array_equal(exact, near)


def test_without_patches_there_are_no_ranges(tmp_path):
    with pytest.raises(LabError, match="needs patches"):
        quantize.quantize(tmp_path / "model.onnx", [], tmp_path / "int8.onnx")
