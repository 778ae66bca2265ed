"""Adam, the field's habit."""

from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Recordable


@dataclass(frozen=True, kw_only=True)
class Adam(Recordable):
    """One Adam over the weights and all else. Source: Kingma and Ba 2015; the 2018 code's rate for images is 0.01."""

    lr: float = 0.01

    def start(
        self, weights: list[Tensor], others: list[Tensor], *, stacked: bool = False
    ) -> list[torch.optim.Optimizer]:
        del stacked  # every number moves on its own
        return [torch.optim.Adam([*weights, *others], lr=self.lr, fused=True)]
