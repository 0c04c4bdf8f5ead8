"""The examples of docs/batches.md run as they stand, against a real service."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from brushwork.webhooks import new_secret, signed_headers
from tests.made.ports import free_port

from .batches import picture, zipped
from .test_batch_processes import progress, serving, wait_for

PAGE = Path(__file__).resolve().parents[2] / "docs" / "batches.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl; run `apt-get install curl`")
def test_the_shell_examples_run_one_after_the_other(tmp_path: Path) -> None:
    for name, data in (("a.png", picture(1)), ("b.jpg", picture(2)), ("more.zip", zipped([("c.png", picture(3))]))):
        (tmp_path / name).write_bytes(data)
    port = free_port()
    with serving(tmp_path, f"sqlite:///{tmp_path / 'store.sqlite3'}", port, BRUSHWORK_URL_FETCH="true"):
        shell = "\n".join(text for language, text in BLOCKS if language == "sh").replace(":8000/", f":{port}/")
        shell = shell.replace("curl ", "curl --fail-with-body ").replace("https://example.org/", "http://127.0.0.1/")
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        command = ["bash", "-euo", "pipefail", "-c", shell]
        ran = subprocess.run(
            command, cwd=tmp_path, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        (ordered,) = [json.loads(line) for line in re.findall(r'\{"id":[^{}]*"webhook_secret":null\}', ran.stdout)]
        batch = f"http://127.0.0.1:{port}{ordered['status_url']}"
        wait_for(batch, 2)
        assert progress(batch)["counts"]["failed"] == 2, "nothing answers there"
    assert (tmp_path / "results.csv").read_text().startswith("external_id,answer,")
    assert '"added":0' in ran.stdout, "the repeated upload was harmless"


def test_the_python_example_knows_a_genuine_message() -> None:
    (code,) = [text for language, text in BLOCKS if language == "python"]
    room: dict[str, object] = {"SECRET": (secret := new_secret())}
    exec(code, room)
    headers = signed_headers(secret, "msg_1", int(time.time()), b"{}")
    assert room["receive"](headers, b"{}") == "msg_1"  # type: ignore[operator]
