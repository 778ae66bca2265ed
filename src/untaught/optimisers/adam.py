"""Adam, the field's habit."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Adam:
    """One Adam over the weights and all else. Source: Kingma and Ba 2015; the 2018 code's rate for images is 0.01."""

    lr: float = 0.01

    def start(self, weights: list[Tensor], others: list[Tensor]) -> list[torch.optim.Optimizer]:
        return [torch.optim.Adam([*weights, *others], lr=self.lr, fused=True)]
