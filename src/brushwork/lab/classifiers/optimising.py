"""Loss, optimiser and learning rate of a recipe."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..datasets import AI
from .plan import ClassifierPlan

FLOOR = 0.01
"""Share of the learning rate that a cosine ends with."""
RISE = 0.04
"""Share of the learning rate that one cycle begins with."""


def loss_of(logits: Tensor, targets: Tensor, settings: ClassifierPlan) -> Tensor:
    """Cross-entropy of logits (n, classes) against targets (n, classes) that add up to one; of two classes it is the
    binary one. With `fairness_alpha` the loss grows by alpha * (mean(p) - beta)^2, p being the probability of AI."""
    loss = nn.functional.cross_entropy(logits, targets)
    if settings.fairness_alpha:
        share = torch.softmax(logits, 1)[:, AI].mean()
        loss = loss + settings.fairness_alpha * (share - settings.fairness_beta) ** 2
    return loss


def targets_of(labels: Tensor, classes: int, smoothing: float) -> Tensor:
    """Labels (n,) as rows (n, classes), a share of each spread over all classes."""
    return nn.functional.one_hot(labels, classes).float() * (1 - smoothing) + smoothing / classes


def optimiser_of(net: nn.Module, settings: ClassifierPlan) -> torch.optim.Optimizer:
    """The recipe's optimiser, without decay on biases and norms. Frozen weights are in it, and get no gradient."""
    weights = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim <= 1]
    groups = [{"params": weights, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}]
    if settings.optimiser == "sgd":
        momentum = settings.momentum
        return torch.optim.SGD(groups, lr=settings.learning_rate, momentum=momentum, nesterov=momentum > 0)
    form = torch.optim.AdamW if settings.optimiser == "adamw" else torch.optim.Adam
    return form(groups, lr=settings.learning_rate)


def rate_share(settings: ClassifierPlan, step: int, steps_per_epoch: int) -> float:
    """The share of the learning rate at an optimiser step. `steps` begins anew where the backbone is unfrozen."""
    total = settings.epochs * steps_per_epoch
    if settings.schedule == "constant":
        return 1.0
    if settings.schedule == "steps":
        epoch = step // steps_per_epoch
        if settings.unfreeze_after is not None and epoch >= settings.unfreeze_after:
            epoch -= settings.unfreeze_after
        return float(settings.gamma ** (epoch // settings.step_size))
    rise = max(1, round(total * settings.warmup))
    if step < rise:
        return RISE + (1 - RISE) * step / rise if settings.schedule == "one_cycle" else (step + 1) / rise
    left = 1 - min(1.0, (step - rise) / max(1, total - rise))
    if settings.schedule == "one_cycle":
        return max(left, 1e-3)
    return FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * (1 - left)))
