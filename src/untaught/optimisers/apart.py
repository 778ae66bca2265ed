"""One optimiser for the network's weights, another for all else."""

from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Optimiser


@dataclass(frozen=True, kw_only=True)
class Apart:
    """The weights by one rule; z and the operator's own parameters, where they are fitted, by another."""

    weights: Optimiser
    others: Optimiser

    def start(
        self, weights: list[Tensor], others: list[Tensor], *, stacked: bool = False
    ) -> list[torch.optim.Optimizer]:
        theirs = self.others.start(others, [], stacked=stacked) if others else []
        return self.weights.start(weights, [], stacked=stacked) + theirs
