"""What a classical model takes of memory: reckoned, held in a process of its own, and refused with what would do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.made.drawn_sets import drawn_set

from .. import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.errors import LabError  # noqa: E402
from brushwork.lab.classifiers.memory import MEGA, memory_need, refuse_beyond  # noqa: E402
from brushwork.lab.classifiers.plan import ClassicalPlan  # noqa: E402

PIXELS = ClassicalPlan(features="pixels")
TRAIN = """
import sys
from pathlib import Path
import onnxruntime, skl2onnx, sklearn.calibration, sklearn.decomposition, sklearn.ensemble, sklearn.svm
from brushwork.lab.classifiers.classical import fit_classical
from tests.lab.classifiers.conftest import recipe

def highest():
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024

prepared, model, out = sys.argv[1:]
plan = recipe(Path(prepared), model=model, classical={"features": "pixels", "trees": 20})
before = highest()
done = fit_classical(plan, Path(out), lambda words: None)
print(highest() - before, done.more["memory_need_mb"])
"""


@pytest.fixture(scope="module")
def drawn240(tmp_path_factory):
    """As many pictures of 240 px as 64 components need."""
    return drawn_set(tmp_path_factory.mktemp("sets") / "drawn240", side=240, count=220)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is read from /proc")
@pytest.mark.parametrize("model", ["svm", "random_forest"])
def test_pixels_of_240_px_are_trained_on_within_the_memory_that_was_reckoned(drawn240, tmp_path, model):
    """The peak is that of the process itself: ru_maxrss begins with that of the process that started it."""
    words = [sys.executable, "-c", TRAIN, str(drawn240.folder), model, str(tmp_path)]
    root = Path(__file__).resolve().parents[3]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(root / "src"), str(root))), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    peak, need = map(float, done.stdout.split())
    mapped = drawn240.pixels.nbytes / MEGA  # of the file, which the system may take back
    assert peak - mapped <= need <= PIXELS.memory_mb
    assert need < 3 * peak, "a bound that says something"


@pytest.mark.parametrize("model", ["svm", "knn", "decision_tree", "random_forest"])
def test_thousands_of_pictures_of_240_px_fit_into_the_default(model):
    assert refuse_beyond(model, PIXELS, 3000, 240) == memory_need(model, PIXELS, 3000, 240) <= PIXELS.memory_mb
    assert memory_need(model, PIXELS, 3000, 240) < memory_need(model, PIXELS, 6000, 240)


def told(model: str, plan: ClassicalPlan, rows: int) -> dict[str, int]:
    """The settings that a refusal names, at 240 px."""
    with pytest.raises(LabError, match=rf"{rows:,} pictures would need [\d]+ MB") as refused:
        refuse_beyond(model, plan, rows, 240)
    return {name: int(value) for name, value in re.findall(r"(\w+) to (\d+)", refused.value.advice)}


def test_each_way_out_that_a_refusal_names_is_one():
    ways = told("random_forest", PIXELS, 20_000)
    assert set(ways) == {"limit", "trees", "memory_mb"}, "a smaller side alone would not do"
    refuse_beyond("random_forest", PIXELS, ways.pop("limit"), 240)
    for name, value in ways.items():
        refuse_beyond("random_forest", PIXELS.model_copy(update={name: value}), 20_000, 240)


def test_where_fewer_pictures_would_not_help_a_smaller_side_is_told():
    small = ClassicalPlan(features="pixels", memory_mb=600)
    ways = told("svm", small, 2000)
    assert set(ways) == {"side", "memory_mb"}
    assert 100 < ways["side"] < 240
    refuse_beyond("svm", small.model_copy(update={"side": ways["side"]}), 2000, 240)
    with pytest.raises(LabError):
        refuse_beyond("svm", small.model_copy(update={"side": ways["side"] + 1}), 2000, 240)
