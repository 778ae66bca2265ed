"""Downhill, as steep as it is."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class GradientDescent:
    """`theta - lr * gradient`, of an objective that is a mean over measurements. For what lives on small steps.

    With `momentum` mu the gradient is added to mu times what was taken last (Polyak 1964), and moves are that large.
    """

    lr: float
    momentum: float = 0.0

    def start(
        self, weights: list[Tensor], others: list[Tensor], *, stacked: bool = False
    ) -> list[torch.optim.Optimizer]:
        del stacked  # every number moves on its own
        return [torch.optim.SGD([*weights, *others], lr=self.lr, momentum=self.momentum)]
