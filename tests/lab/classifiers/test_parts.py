"""The parts of training: how batches are drawn, pictures changed, losses made and rates set."""

from __future__ import annotations

import numpy as np
import pytest

from .. import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

torch = pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.lab.classifiers.augment import augment, mix_up  # noqa: E402
from brushwork.lab.classifiers.batches import Draws, Share, TrainBatches, epoch_order, limited  # noqa: E402
from brushwork.lab.classifiers.figures import judged_figures  # noqa: E402
from brushwork.lab.classifiers.optimising import loss_of, rate_share, targets_of  # noqa: E402
from brushwork.lab.classifiers.plan import AugmentPlan, ClassifierPlan  # noqa: E402


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    "change",
    [{"resize": 0.5}, {"crop": 0.1}, {"flip": 1.0}, {"rotate": 20}, {"zoom": 0.3}, {"shear": 15}, {"translate": 0.2},
     {"brightness": 0.3}, {"colour": 0.5}, {"blur": 0.8}],
    ids=lambda c: next(iter(c)),
)  # fmt: skip
def test_each_change_changes_pictures_and_the_seed_alone_says_how(change):
    pictures = torch.rand(6, 3, 24, 24, generator=rng(1))
    plan = AugmentPlan(**change)
    once, again = augment(pictures, plan, rng()), augment(pictures, plan, rng())
    other = augment(pictures, plan, rng(5))
    assert once.shape == pictures.shape
    assert torch.equal(once, again)
    assert not torch.allclose(once, pictures, atol=1e-3)
    assert "flip" in change or not torch.equal(once, other)
    assert 0 <= float(once.min()) <= float(once.max()) <= 1
    assert torch.equal(augment(pictures, AugmentPlan(), rng()), pictures)


def test_pairs_are_mixed_with_their_labels():
    pictures, targets = torch.eye(4).view(4, 1, 2, 2).repeat(1, 3, 1, 1), torch.eye(4)
    mixed, soft = mix_up(pictures, targets, AugmentPlan(mixup=1.0), rng())
    assert torch.allclose(mixed[:, 0].reshape(4, 4), soft)
    assert torch.allclose(soft.sum(1), torch.ones(4))


def test_an_epoch_has_every_picture_and_a_balanced_one_the_classes_alike():
    labels = np.array([0] * 30 + [1] * 10)
    plain = epoch_order(labels, Draws(4, balanced=False), 0)
    assert sorted(plain) == list(range(40))
    even = epoch_order(labels, Draws(4), 0)
    assert (labels[even] == 1).sum() == 20
    assert len(set(even[labels[even] == 1])) == 10, "every picture of the small class before any comes again"
    assert list(even) != list(epoch_order(labels, Draws(4), 1))
    few = limited(np.arange(40), labels, 12, 0)
    assert len(set(few)) == 12
    assert abs(int(labels[few].sum()) - 6) <= 3


def test_processes_share_an_epoch_and_a_run_goes_on_within_one(drawn32):
    rows = drawn32.indices("train")
    whole = [draw for *_, draw in TrainBatches(drawn32, rows, "ai", Draws(8, 1))]
    late = [draw for *_, draw in TrainBatches(drawn32, rows, "ai", Draws(8, 1, skipped=5))]
    assert late == whole[5:]
    sides = [TrainBatches(drawn32, rows, "ai", Draws(8, 1), Share(rank, 2)) for rank in (0, 1)]
    seen = [np.concatenate([pixels.numpy() for pixels, *_ in side]) for side in sides]
    together = {p.tobytes() for side in seen for p in side}
    assert len(together) == sum(map(len, seen)) == len(rows)


def test_the_fairness_term_is_off_by_default_and_pulls_the_mean_to_beta():
    logits, targets = torch.tensor([[0.0, 2.0], [0.0, 2.0]]), targets_of(torch.tensor([1, 0]), 2, 0.0)
    plain = loss_of(logits, targets, ClassifierPlan(model="x"))
    binary = torch.nn.functional.binary_cross_entropy_with_logits(logits[:, 1], targets[:, 1])
    assert torch.isclose(plain, binary)
    fair = loss_of(logits, targets, ClassifierPlan(model="x", fairness_alpha=3.0, fairness_beta=0.5))
    share = torch.sigmoid(torch.tensor(2.0))
    assert torch.isclose(fair, plain + 3 * (share - 0.5) ** 2)


def test_rates_follow_the_recipe():
    steps = ClassifierPlan(model="x", schedule="steps", epochs=27, unfreeze_after=15)
    shares = [rate_share(steps, epoch * 4, 4) for epoch in range(27)]
    assert shares[:7] == [1.0] * 7
    assert shares[7:14] == [0.1] * 7
    assert shares[15:22] == [1.0] * 7, "the schedule begins anew where the backbone is let go"
    cycle = ClassifierPlan(model="x", schedule="one_cycle", epochs=10, warmup=0.3)
    found = [rate_share(cycle, step, 10) for step in range(100)]
    assert max(found) == found[30] == 1.0
    assert found[0] < 0.05
    assert found[-1] < 0.02


def test_figures_of_two_and_of_three_classes():
    labels = np.array([0, 0, 1, 1])
    logits = np.array([[2.0, 0], [0, 1], [0, 3], [0, 2]])
    found = judged_figures(logits, labels, "fpr")
    assert (found.accuracy, found.auc) == (0.75, 1.0)
    assert found.score == pytest.approx(0.5, abs=1e-5)
    assert judged_figures(logits, labels, "precision").score == pytest.approx(2 / 3, abs=1e-5)
    three = judged_figures(np.eye(3) * 5, np.arange(3), "macro_f1")
    assert three.score == pytest.approx(1.0, abs=1e-5)
    assert three.auc == 1.0
