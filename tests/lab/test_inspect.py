"""The report on a set: what is in it, where a shortcut lies, and that it opens without a network."""

from __future__ import annotations

import re

import numpy as np
import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab
pytest.importorskip("sklearn", reason=NEEDS_LAB)

from typer.testing import CliRunner  # noqa: E402

from brushwork.cli.app import build  # noqa: E402
from brushwork.errors import LabError  # noqa: E402
from brushwork.lab.adapters.layouts import read_classes  # noqa: E402
from brushwork.lab.adapters.listing import write_list  # noqa: E402
from brushwork.lab.classifiers.prepared import PreparedRow, write_prepared  # noqa: E402
from brushwork.lab.looking import giveaways, look  # noqa: E402
from brushwork.lab.prepared_audit import audit_prepared, shortcut  # noqa: E402
from tests.made import sets  # noqa: E402


def run(*words):
    return CliRunner().invoke(build(), ["data", *map(str, words)])


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    """AI as PNG, human as JPEG: a shortcut; one copy, one damaged file, one picture in both splits."""
    folder = tmp_path_factory.mktemp("mine")
    for split, count in (("train", 12), ("test", 4)):
        for n in range(count):
            sets.put(folder / "p" / split / "human" / f"artist{n % 4}" / f"{n}.jpg", 0, n + 100 * count)
            sets.put(folder / "p" / split / "ai" / ("alpha", "beta")[n % 2] / f"{n}.png", 1, n + 100 * count)
    sets.put(folder / "p" / "train" / "human" / "artist0" / "again.jpg", 0, 1200)
    sets.put(folder / "p" / "test" / "ai" / "alpha" / "again.png", 1, 1202)
    (folder / "p" / "train" / "human" / "artist1" / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 not much")
    write_list(read_classes(folder / "p", list).rows, folder)
    return folder


@pytest.fixture(scope="module")
def report(mine):
    done = run("inspect", mine)
    assert done.exit_code == 0, done.exception
    page = (mine / "inspection" / "report.html").read_text()
    return done.stdout, page, (mine / "inspection" / "report.md").read_text()


def test_classes_generators_and_damage_are_counted(report):
    told, _, markdown = report
    assert "| train | 14 | 12 | 46.2% |" in told
    assert "| alpha | 3 | 6 | 9 |" in markdown
    assert "| The picture is damaged | 1 |" in markdown
    assert "| the same file more than once | 2 |" in markdown
    assert "| the same file in two splits | 1 |" in markdown


def test_the_shortcut_is_named(report):
    _, _, markdown = report
    assert re.search(r"\| format \| 1\.000 \| a shortcut \|", markdown)
    assert re.search(r"\| width \| 0\.500 \|  \|", markdown)
    assert "A model could answer by format" in markdown
    assert "--equalise" in markdown


def test_the_page_needs_no_network_and_has_both_classes_as_they_are_and_changed(report):
    _, page, _ = report
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    assert page.count("data:image/png;base64,") == 4
    assert page.count("<svg") == 2
    for words in ("human: whole", "AI: whole", "human: cropped, mirrored", "AI: cropped, mirrored"):
        assert words in page


def test_a_fact_that_both_classes_share_gives_nothing_away(tmp_path):
    for n in range(16):
        sets.put(tmp_path / "p" / ("human", "ai")[n % 2] / f"{n}.png", 0, n)
    seen, broken = look(read_classes(tmp_path / "p", list).rows, workers=1)
    assert not broken
    found = dict(giveaways(seen))
    assert found["format"] == found["width"] == 0.5


def prepared(folder, noisy=0.0, shared_ids=0, count=80):
    """A set of plain gradients; `noisy` adds grain to the AI ones, so that they pack worse."""

    def items():
        for n in range(count):
            label = n % 2
            rng = np.random.default_rng(n)
            square = np.linspace(0, 255, 32 * 32 * 3).reshape(32, 32, 3) * rng.uniform(0.3, 1) + rng.normal(
                0, 6, (32, 32, 3)
            )
            square = np.roll(square, n, axis=1) + label * rng.normal(0, 1, (32, 32, 3)) * noisy
            split = ("train", "train", "test")[n // 2 % 3]
            name = f"{n % shared_ids if shared_ids and split == 'test' else n:04}"
            row = PreparedRow(name, label, "x" if label else "", f"s{n}", f"s{n % 20}", "", split)
            yield row, np.clip(square, 0, 255).astype(np.uint8)

    return write_prepared(folder, 32, items(), {}, expected=count)


def test_the_audit_of_a_prepared_set_finds_copies_groups_and_grain(tmp_path):
    clean, grainy = prepared(tmp_path / "clean"), prepared(tmp_path / "grainy", noisy=40.0)
    assert shortcut(clean).auc < 0.75 < 0.95 < shortcut(grainy).auc
    found = audit_prepared(clean)
    assert found.same == 0
    assert set(found.groups) == {("train", "test")}
    with pytest.raises(LabError, match="stand in two splits"):
        audit_prepared(prepared(tmp_path / "copied", shared_ids=2)).refuse()


def test_the_commands_take_a_prepared_set(tmp_path):
    prepared(tmp_path / "set")
    done = run("audit", tmp_path / "set")
    assert done.exit_code == 0, done.exception
    assert "shortcut probe, AUC" in done.stdout
    done = run("inspect", tmp_path / "set", "--out", tmp_path / "report")
    assert done.exit_code == 0, done.exception
    assert "as a model sees them" in (tmp_path / "report" / "report.html").read_text()
