"""Recipes of classifiers: every key known, what contradicts itself refused, and the shipped ones as they are told."""

from __future__ import annotations

import pytest

from brushwork.errors import LabError
from brushwork.lab.classifiers.plan import (
    AugmentPlan,
    is_classifier,
    model_plan_from,
    read_model_plan,
    with_changes,
)

pytestmark = pytest.mark.needs_lab

RAW = {"name": "x", "data": {"prepared": "p"}, "classifier": {"model": "resnet18"}}


def test_an_unknown_key_is_refused_with_the_nearest_spelling():
    assert is_classifier(RAW)
    with pytest.raises(LabError, match=r"x.toml has an unknown key classifier.epoch\. Did you mean epochs\?"):
        model_plan_from(with_changes(RAW, {"classifier.epoch": 3}), "x.toml")
    with pytest.raises(LabError, match=r"classifier.augment.flipp\. Did you mean flip\?"):
        model_plan_from(with_changes(RAW, {"classifier.augment.flipp": 3}), "x.toml")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"classifier.unfreeze_after": 5}, "unfreeze_after must be below epochs"),
        ({"classifier.model": "ensemble"}, r"a table \[ensemble\] with its members"),
        ({"classifier.task": "generator", "classifier.fairness_alpha": 1.0}, 'fairness_alpha is for task = "ai"'),
        ({"classifier.unfreeze_after": 1, "classifier.devices": 2}, "unfreeze_after needs devices = 1"),
        ({"classifier.precision": "8"}, "classifier.precision: Input should be"),
    ],
)
def test_what_contradicts_itself_is_refused(changes, told):
    with pytest.raises(LabError, match=told):
        model_plan_from(with_changes(RAW, changes), "x.toml")


def test_changes_leave_the_recipe_as_it_was_and_none_changes_nothing():
    changed = with_changes(RAW, {"classifier.epochs": 2, "classifier.batch": None, "seed": 9})
    plan = model_plan_from(changed, "x")
    assert (plan.classifier.epochs, plan.classifier.batch, plan.seed) == (2, 32, 9)
    assert RAW["classifier"] == {"model": "resnet18"}


@pytest.mark.parametrize(
    ("name", "epochs", "frozen", "step", "gamma"),
    [("transfer-1", 10, 10, 7, 0.1), ("transfer-2", 25, 25, 8, 0.1), ("transfer-3", 27, 15, 7, 0.1),
     ("transfer-4", 15, 10, 7, 0.2)],
)  # fmt: skip
def test_the_four_recipes_of_transfer_learning(name, epochs, frozen, step, gamma):
    found = read_model_plan(name).classifier
    assert (found.epochs, found.frozen_epochs, found.step_size, found.gamma) == (epochs, frozen, step, gamma)
    assert (found.batch, found.learning_rate, found.schedule) == (10, 0.001, "steps")


def test_the_recipe_of_the_nine_augmentations_turns_every_one_on():
    on = read_model_plan("augmented").classifier.augment.model_dump()
    assert {name for name, value in on.items() if not value} == {"mixup"}
    assert not any(AugmentPlan().model_dump().values())
