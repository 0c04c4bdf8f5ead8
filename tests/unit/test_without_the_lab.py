"""`make test` needs no lab: where its packages are not installed, its tests are skipped, and none fails to be read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

ABSENT = (
    "torch", "torchvision", "timm", "lightning", "torchmetrics", "sklearn", "scipy", "onnx", "onnxscript", "skl2onnx",
    "mlflow", "optuna", "matplotlib", "safetensors", "datasets", "huggingface_hub",
)  # fmt: skip


def test_the_tests_of_the_lab_can_be_read_where_it_is_not_installed(tmp_path: Path) -> None:
    for name in ABSENT:
        (tmp_path / f"{name}.py").write_text(f"raise ModuleNotFoundError('No module named {name}', name='{name}')\n")
    # Nor may the inner run take this one's place among runners: it would drop the database that this one uses.
    own = ("BRUSHWORK_REQUIRE_ALL", "BRUSHWORK_TEST_POSTGRES_URL", "PYTEST_XDIST_WORKER")
    environment = {name: value for name, value in os.environ.items() if name not in own}
    words = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests/lab"]
    done = subprocess.run(
        words, cwd=ROOT, env={**environment, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "tests/lab/test_splits.py::" in done.stdout
