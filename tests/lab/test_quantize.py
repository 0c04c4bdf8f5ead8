"""int8: the same network, smaller, near enough on the patches that its ranges come from; when it ships."""

from __future__ import annotations

import numpy as np
import pytest

from brushwork.errors import LabError

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.forensics.scorer import open_session, run_session  # noqa: E402
from brushwork.lab import int8, quantize  # noqa: E402
from brushwork.lab.evaluate import WEATHERS, Scored  # noqa: E402

from .conftest import draw  # noqa: E402


def test_int8_follows_fp32_and_takes_a_third_of_the_room(exported, tmp_path):
    _, fp32 = exported
    near_file = tmp_path / "int8.onnx"
    patches = np.stack([np.asarray(draw(i % 2, i, 64)) for i in range(24)])
    quantize.quantize(fp32, [patches[i : i + 8] for i in range(0, 24, 8)], near_file)
    assert near_file.stat().st_size < 0.4 * fp32.stat().st_size
    exact, near = (run_session(open_session(path), patches) for path in (fp32, near_file))
    assert np.corrcoef(exact, near)[0, 1] > 0.6  # an untrained network on drawn strokes; shuffled, it is near 0
    assert not np.array_equal(exact, near)
    assert quantize.is_int8(near_file)
    assert not quantize.is_int8(fp32)


def test_without_patches_there_are_no_ranges(tmp_path):
    with pytest.raises(LabError, match="needs patches"):
        quantize.quantize(tmp_path / "model.onnx", [], tmp_path / "int8.onnx")


def of_logits(change=lambda logit: logit) -> list[Scored]:
    """Scores of 120 pictures under each weather, human works lower than AI ones, each logit changed."""
    rng = np.random.default_rng(0)
    drawn = [(i, i % 2, float(rng.normal(2 * (i % 2) - 1, 1))) for i in range(120)]
    return [
        Scored(f"{i}", label, f"{label}-{i % 10}", "", "", "", weather, change(logit))
        for weather in WEATHERS
        for i, label, logit in drawn
    ]


@pytest.mark.parametrize(
    ("change", "ships"),
    [
        (lambda logit: logit, True),
        (lambda logit: logit + 0.001, True),
        (lambda logit: logit if abs(logit) > 0.6 else -logit, False),
        (lambda logit: logit**3, False),
    ],
    ids=["the same", "nearly the same", "worse", "as good, with other thresholds"],
)
def test_int8_ships_where_neither_auc_nor_a_threshold_moves(change, ships):
    """int8 is shipped only if it loses less than 0.003 of AUC and no threshold moves."""
    found = int8.compared(of_logits(), of_logits(change), (2000, 1000))
    assert found.ships is ships
    assert found.words.startswith("int8 ships." if ships else "fp32 ships.")
    assert "| bytes | 2,000 | 1,000 |" in found.words
    assert (found.lost > quantize.MOST_LOST) is (change(0.5) < 0), "only what turns scores round loses AUC"
