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
from untaught.networks.layers import BARE, conv, undrawn, up_to_multiple


@dataclass(frozen=True, kw_only=True)
class SmallUNet(Network):
    """z `[B, cin, H, W]` to `[B, C, H, W]`, which is zero before the first step. H, W: multiples of 2^(scales - 1).

    Two 3x3 convolutions a scale on the way down and two on the way up, leaky ReLUs, zeros beyond the edges; averages of
    2x2 pixels downwards, repeated pixels upwards, both scales' channels side by side. The mean brightness passes:
    nothing is normalised. Not `joined`: one convolution a scale on the way down after the first, learnt steps of 2x2
    pixels from scale to scale, the sum of both scales' channels. What lies on a grid of 2 pixels these can tell.
    Source: Ronneberger et al. 2015; without its norms, and as wide as one image can teach (docs/decisions/0010).
    """

    input: Input = Uniform(3)
    widths: tuple[int, ...] = (32, 64, 96)  # finest scale first
    joined: bool = True  # False: cheaper, see below

    def __post_init__(self) -> None:
        if not self.widths or min(self.widths) < 1:
            raise ValueError(f"widths are {self.widths}; wanted one or more channels for one or more scales")

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        multiple = 2 ** (len(self.widths) - 1)
        return up_to_multiple(height, multiple), up_to_multiple(width, multiple)

    def build(self, channels: int, height: int, width: int) -> nn.Module:
        del height, width
        kind = Joined if self.joined else Summed
        return kind(self.input.channels(), self.widths, channels)


class Joined(nn.Module):
    """`SmallUNet` with both scales' channels side by side, built."""

    def __init__(self, cin: int, widths: tuple[int, ...], channels: int) -> None:
        super().__init__()
        before = (cin, *widths[:-1])
        self.down = nn.ModuleList(block(a, b) for a, b in zip(before, widths, strict=True))
        self.up = nn.ModuleList(block(fine + coarse, fine) for fine, coarse in upwards(widths))
        self.head = undrawn(Silent(widths[0], channels, 3, padding=1, device=BARE))

    def forward(self, z: Tensor) -> Tensor:
        kept: list[Tensor] = []
        for number, down in enumerate(self.down):
            z = down(z if number == 0 else F.avg_pool2d(z, 2))
            kept.append(z)
        z = kept.pop()
        for up in self.up:
            z = up(torch.cat([twice(z, "nearest"), kept.pop()], dim=1))
        made: Tensor = self.head(z)
        return made


class Summed(nn.Module):
    """`SmallUNet` with learnt steps from scale to scale and sums of both scales, built."""

    def __init__(self, cin: int, widths: tuple[int, ...], channels: int) -> None:
        super().__init__()
        self.first = block(cin, widths[0])
        self.down = nn.ModuleList(
            nn.Sequential(undrawn(nn.Conv2d(fine, coarse, 2, 2, device=BARE)), leaky(), conv(coarse, coarse), leaky())
            for fine, coarse in pairwise(widths)
        )
        self.across = nn.ModuleList(
            undrawn(nn.ConvTranspose2d(coarse, fine, 2, 2, device=BARE)) for fine, coarse in upwards(widths)
        )
        self.up = nn.ModuleList(block(fine, fine) for fine, _ in upwards(widths))
        self.head = undrawn(Silent(widths[0], channels, 3, padding=1, device=BARE))

    def forward(self, z: Tensor) -> Tensor:
        kept = [self.first(z)]
        for down in self.down:
            kept.append(down(kept[-1]))
        z = kept.pop()
        for across, up in zip(self.across, self.up, strict=True):
            z = up(across(z) + kept.pop())
        made: Tensor = self.head(z)
        return made


def upwards(widths: tuple[int, ...]) -> list[tuple[int, int]]:
    """The widths of a scale and the next coarser one, coarsest first."""
    return list(pairwise(widths))[::-1]


def block(cin: int, cout: int) -> nn.Sequential:
    """Two convolutions, each with its activation."""
    layers: list[nn.Module] = []
    for c in (cin, cout):
        layers += [conv(c, cout), leaky()]
    return nn.Sequential(*layers)


def leaky() -> nn.Module:
    """The activation, which writes over what comes in."""
    return nn.LeakyReLU(SLOPE, inplace=True)
