"""A U-Net without normalisation, for networks that look at an image and say what to change in it."""

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from untaught.core import Input, Network
from untaught.networks.convolutions import SLOPE, Silent
from untaught.networks.fast import twice
from untaught.networks.inputs import Uniform
from untaught.networks.layers import BARE, conv, linear, undrawn, up_to_multiple


@dataclass(frozen=True, kw_only=True)
class SmallUNet(Network):
    """z `[B, cin, H, W]` to `[B, C, H, W]`, which is zero before the first step. H, W: multiples of 2^(scales - 1).

    Two 3x3 convolutions a scale on the way down and two on the way up, leaky ReLUs, averages of 2x2 pixels downwards,
    repeated pixels upwards, zeros beyond the edges. The mean brightness passes: nothing is normalised.
    Source: Ronneberger et al. 2015; without its norms, and as wide as one image can teach (docs/decisions/0010).
    """

    input: Input = Uniform(3)
    widths: tuple[int, ...] = (32, 64, 96)  # finest scale first
    joined: bool = True  # on the way up both scales' channels side by side; False: their sum, at half the price

    def __post_init__(self) -> None:
        if not self.widths or min(self.widths) < 1:
            raise ValueError(f"widths are {self.widths}; wanted one or more channels for one or more scales")

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        multiple = 2 ** (len(self.widths) - 1)
        return up_to_multiple(height, multiple), up_to_multiple(width, multiple)

    def build(self, channels: int, height: int, width: int) -> nn.Module:
        del height, width
        return Scales(self.input.channels(), self.widths, channels, joined=self.joined)


class Scales(nn.Module):
    """`SmallUNet`, built."""

    def __init__(self, cin: int, widths: tuple[int, ...], channels: int, *, joined: bool) -> None:
        super().__init__()
        before = (cin, *widths[:-1])
        self.down = nn.ModuleList(block(a, b) for a, b in zip(before, widths, strict=True))
        below = list(pairwise(widths))[::-1]
        self.up = nn.ModuleList(block(fine + coarse if joined else fine, fine) for fine, coarse in below)
        self.across = nn.ModuleList() if joined else nn.ModuleList(linear(coarse, fine) for fine, coarse in below)
        self.head = undrawn(Silent(widths[0], channels, 3, padding=1, device=BARE))

    def forward(self, z: Tensor) -> Tensor:
        kept: list[Tensor] = []
        for number, down in enumerate(self.down):
            z = down(z if number == 0 else F.avg_pool2d(z, 2))
            kept.append(z)
        z = kept.pop()
        for number, up in enumerate(self.up):
            fine = kept.pop()
            if self.across:
                z = up(twice(self.across[number](z), "nearest") + fine)
            else:
                z = up(torch.cat([twice(z, "nearest"), fine], dim=1))
        made: Tensor = self.head(z)
        return made


def block(cin: int, cout: int) -> nn.Sequential:
    """Two convolutions, each with its activation."""
    layers: list[nn.Module] = []
    for c in (cin, cout):
        layers += [conv(c, cout), nn.LeakyReLU(SLOPE, inplace=True)]
    return nn.Sequential(*layers)
