"""Recipes: every key is known, or nothing starts."""

from __future__ import annotations

import pytest

from brushwork.errors import LabError
from brushwork.lab.classifiers.plan import is_classifier, model_plan_from
from brushwork.lab.plan import SHIPPED, plan_from, read_plan, read_recipe

pytestmark = pytest.mark.needs_lab


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_recipes_are_valid_and_found_by_name(path):
    raw, name = read_recipe(path.stem)
    plan = model_plan_from(raw, name) if is_classifier(raw) else plan_from(raw, name)
    assert plan.name == path.stem


def test_an_unknown_key_is_refused_with_the_nearest_spelling(tiny_recipe):
    path = tiny_recipe()
    path.write_text(path.read_text().replace("batch = 8", "batches = 8"))
    with pytest.raises(LabError, match=r"unknown key train.batches\. Did you mean batch\?"):
        read_plan(path)


def test_a_wrong_value_is_refused_with_its_key(tiny_recipe):
    path = tiny_recipe()
    path.write_text(path.read_text().replace("batch = 8", 'batch = "many"'))
    with pytest.raises(LabError, match=r"train\.batch: "):
        read_plan(path)


def test_what_is_no_toml_and_what_is_not_there_are_refused(tmp_path):
    (tmp_path / "r.toml").write_text("name = ")
    with pytest.raises(LabError, match="cannot be read"):
        read_plan(tmp_path / "r.toml")
    with pytest.raises(LabError, match=r"no recipe art-9\. .*art-0"):
        read_plan("art-9")
