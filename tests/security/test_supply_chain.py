"""SECURITY.md 30 and 32: Gradio stays outside, and nothing that is shipped or run is unpickled."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

from brushwork.forensics.bundle import SHIPPED

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "brushwork"
UNSAFE = {"pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal", "torch"}


def test_sec_30_gradio_is_no_part_of_the_package_and_pinned_where_it_is_used() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    every = [*asked["dependencies"], *(one for extra in asked["optional-dependencies"].values() for one in extra)]
    assert not [one for one in every if re.match(r"(gradio|streamlit)\b", one)]
    assert not [
        path for path in PACKAGE.rglob("*.py") if re.search(r"^\s*(import|from) gradio", path.read_text(), re.M)
    ]
    for file in (ROOT / "deploy").rglob("requirements*.txt"):
        for line in file.read_text().splitlines():
            if line.startswith("gradio"):
                assert int(re.findall(r">=(\d+)", line)[0]) >= 5 and "<" in line, line


def test_sec_32_nothing_that_runs_is_unpickled_and_bundles_hold_no_pickle() -> None:
    """The lab reads checkpoints that it wrote itself; whoever only runs a model never gets there."""
    for path in PACKAGE.rglob("*.py"):
        if "lab" in path.relative_to(PACKAGE).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert not {name.split(".")[0] for name in names} & UNSAFE, path
    kinds = {path.suffix or path.name for path in SHIPPED.rglob("*") if path.is_file()}
    assert kinds <= {".onnx", ".json", ".md", "NOTICE"}, kinds
