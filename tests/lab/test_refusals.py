"""Options that a command would not heed are refused, so that nobody waits for what was not asked of it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from brushwork.cli.app import build
from brushwork.lab.classifiers.prepared import SET_FILE

pytestmark = pytest.mark.needs_lab

FORENSIC = "art-0"


def refused(*words: object) -> str:
    """What the command says, on one line, once it has ended with a usage error."""
    done = CliRunner().invoke(build(), [str(word) for word in words], env={"COLUMNS": "1000"})
    assert done.exit_code == 2, (done.exit_code, done.output, done.exception)
    return " ".join(done.output.replace("│", " ").split())


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    """The recipe of a classifier: nothing of it is read before the options are."""
    path = tmp_path_factory.mktemp("recipes") / "mine.toml"
    path.write_text('name = "mine"\n[data]\nprepared = "nowhere"\n[classifier]\nmodel = "small_cnn"\n')
    return path


@pytest.mark.parametrize("option", ["--folds", "--seeds", "--epochs", "--pictures"])
def test_evaluate_refuses_a_budget_that_nothing_is_spent_of(classifier, tmp_path, option):
    for judged in (classifier, tmp_path):
        told = refused("evaluate", judged, "--leave-out", "generators", option, "3")
        assert f"{option} does nothing here: a classifier" in told
    assert "nothing is trained without --leave-out" in refused("evaluate", FORENSIC, option, "3")


def test_other_options_of_the_other_kind_are_refused(classifier, tmp_path):
    file = tmp_path / "some.file"
    assert "--split does nothing" in refused("evaluate", FORENSIC, "--split", "val")
    assert "--ablate does nothing" in refused("train", classifier, "--ablate", file)
    assert "--fresh does nothing" in refused("train", FORENSIC, "--ablate", file, "--fresh")
    assert "--form does nothing" in refused("export", FORENSIC, "--form", "keras")
    assert "--bundle does nothing" in refused("export", FORENSIC, "--bundle", tmp_path / "bundle")
    assert "--checkpoint does nothing" in refused("export", tmp_path, "--checkpoint", file)


def test_a_prepared_set_is_not_inspected_in_part(tmp_path):
    (tmp_path / SET_FILE).write_text("{}")
    assert "--limit does nothing" in refused("data", "inspect", tmp_path, "--limit", "5")
    assert not (tmp_path / "inspection").exists()


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
