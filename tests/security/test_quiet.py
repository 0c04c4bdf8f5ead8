"""SECURITY.md 40: nothing that we run reports to anybody, and nothing writes where nobody asked it to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.made.drawings import drawn, encoded

EXAMINE = """
import sys
from pathlib import Path
from brushwork import Examiner
print(Examiner.from_bundle("default").examine(Path(sys.argv[1])).answer.value)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the folders are those of Linux; run the tests on Linux")
def test_sec_40_an_examination_leaves_no_trace_in_the_home_of_its_user(tmp_path: Path) -> None:
    """ONNX Runtime would keep an id of the machine there, for its reports to its maker."""
    home, picture = tmp_path / "home", tmp_path / "a.png"
    home.mkdir()
    picture.write_bytes(encoded(drawn("painterly", (96, 64), 1)))
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ORT_"))}
    command = [sys.executable, "-c", EXAMINE, str(picture)]
    done = subprocess.run(
        command, check=False, env=clean | {"HOME": str(home)}, cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert [str(path) for path in home.rglob("*")] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "home"]
