"""The notebooks run from the first to the last, one after another, on drawn pictures; they are kept without outputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.made import sets

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab
pytest.importorskip("torch", reason=NEEDS_LAB)
nbclient = pytest.importorskip("nbclient", reason="needs nbclient; run `make test`")
nbformat = pytest.importorskip("nbformat", reason="needs nbformat; run `make test`")

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NAMES = ("01_data_exploration", "02_preprocessing", "03_model_training", "04_model_comparison")


def test_there_are_four_and_none_holds_an_output():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == sorted(NAMES)
    for name in NAMES:
        cells = json.loads((FOLDER / f"{name}.ipynb").read_text())["cells"]
        assert all(not c["outputs"] and c["execution_count"] is None for c in cells if c["cell_type"] == "code")


@pytest.mark.slow
def test_they_run_one_after_another_on_small_data(tmp_path, monkeypatch):
    settings = {
        "BRUSHWORK_GENIMAGE": sets.genimage(tmp_path / "raw", train=5, val=3), "BRUSHWORK_NOTEBOOKS": tmp_path / "work",
        "BRUSHWORK_SIDE": "32", "BRUSHWORK_EPOCHS": "2", "PYTHONWARNINGS": "ignore",
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.chdir(tmp_path)
    said = {}
    for name in NAMES:
        book = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
        nbclient.NotebookClient(book, timeout=300, kernel_name="python3").execute()
        said[name] = _printed(book)
    assert "a shortcut" in said["01_data_exploration"]
    assert "the same picture in two splits: 0" in said["02_preprocessing"]
    assert "parameters" in said["03_model_training"]
    assert "drifted: accuracy" in said["04_model_comparison"]
    assert (tmp_path / "work" / "runs" / "comparison" / "report.html").is_file()


def _printed(book) -> str:
    """All that the cells of a notebook printed or showed as text."""
    outputs = [out for cell in book.cells if cell.cell_type == "code" for out in cell.outputs]
    texts = [out.get("text") or _shown(out) for out in outputs]
    return "\n".join(texts)


def _shown(out) -> str:
    data = out.get("data", {})
    return str(data.get("text/markdown") or data.get("text/plain") or "")
