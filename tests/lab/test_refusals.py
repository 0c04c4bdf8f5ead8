"""Options that a command would not heed are refused, so that nobody waits for what was not asked of it."""

from __future__ import annotations

import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)

from typer.testing import CliRunner  # noqa: E402

from brushwork.cli.app import build  # noqa: E402


def refused(*words: object) -> str:
    """What the command says, on one line, once it has ended with a usage error."""
    done = CliRunner().invoke(build(), [str(word) for word in words], env={"COLUMNS": "1000"})
    assert done.exit_code == 2, (done.exit_code, done.output, done.exception)
    return " ".join(done.output.replace("│", " ").split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cifake", "--config", "small"), "cifake is no set of Hugging Face."),
        (("urls", "--label", "ai", "--ai", "fake"), "urls is no set of Hugging Face."),
        (("cifake", "--label", "human"), "leave --label away"),
        (("hf:a/b", "--generator", "flux"), "--generator-column"),
        (("urls", "--label", "human", "--generator", "flux"), "Human works have no generator"),
    ],
)
def test_data_get_refuses_what_the_set_would_not_heed(tmp_path, words, said):
    assert said in refused("data", "get", *words, "--from", tmp_path, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()
