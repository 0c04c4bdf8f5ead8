"""Networks of an ensemble as one network, so that it can be exported and served like any other."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class Together(nn.Module):
    """Takes uint8 pictures as its members do; gives the logarithm of their common probabilities (n, classes).

    Those are the mean, or with `vote` the share of votes with half a vote for the mean: see `predictors.combined`.
    """

    def __init__(self, members: Sequence[nn.Module], vote: bool) -> None:
        super().__init__()
        self.members, self.vote = nn.ModuleList(members), vote

    def forward(self, pictures: Tensor) -> Tensor:
        """Log-probabilities, which serve as logits."""
        each = torch.stack([functional.log_softmax(member(pictures).float(), 1) for member in self.members])
        mean = torch.logsumexp(each, 0) - torch.log(torch.tensor(float(len(self.members))))
        if not self.vote:
            return mean
        votes = functional.one_hot(each.argmax(2), each.shape[2]).sum(0)
        return torch.log((votes + 0.5 * mean.exp()) / (len(self.members) + 0.5))
