"""Downhill, as steep as it is."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class GradientDescent:
    """`theta - lr * gradient`, of an objective that is a mean over measurements. For what lives on small steps."""

    lr: float

    def start(
        self, weights: list[Tensor], others: list[Tensor], *, stacked: bool = False
    ) -> list[torch.optim.Optimizer]:
        del stacked  # every number moves on its own
        return [torch.optim.SGD([*weights, *others], lr=self.lr)]
