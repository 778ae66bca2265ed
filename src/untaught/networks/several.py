"""The same network several times over, each with weights of its own."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from untaught.networks.around import Around


@dataclass(frozen=True, kw_only=True)
class Several(Around):
    """z `[1, cin, H, W]` to `count` images `[count, C, H, W]`. One z, and nothing else in common.

    Fitted side by side they are independent fits: each has its own share of the loss, and its own of the gradient. They
    err in different places, so their mean (`Plain` shows it) is nearer the truth than any of them.
    """

    count: int = 2

    def build(self, channels: int, height: int, width: int) -> nn.Module:
        return SideBySide([self.network.build(channels, height, width) for _ in range(self.count)])


class SideBySide(nn.ModuleList):
    """`Several`, built."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.cat([member(z) for member in self])
