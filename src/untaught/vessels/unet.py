"""The U-Net that learns what the descriptors leave: small, normed, its scales added and not put side by side."""

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from untaught.networks.convolutions import Silent
from untaught.networks.fast import twice
from untaught.networks.layers import BARE, conv, linear, undrawn

GROUPS = 8
SLOPE = 0.1


class UNet(nn.Module):
    """`[B, cin, H, W]` to `[B, channels, H, W]`, zero before the first step. H, W: multiples of 2^(scales - 1).

    Many descriptors are mixed to few channels first. Two convolutions a scale on the way down, one on the way up, onto
    the sum of what comes from below and what was kept: half of what it costs to put them side by side.
    Source: Ronneberger et al. 2015; group norm (Wu and He 2018), because batches are small.
    """

    def __init__(self, cin: int, widths: tuple[int, ...], channels: int) -> None:
        super().__init__()
        self.mix = linear(cin, widths[0])
        before = (widths[0], *widths[:-1])
        self.down = nn.ModuleList(
            nn.Sequential(*normed(a, b), *normed(b, b)) for a, b in zip(before, widths, strict=True)
        )
        upwards = list(pairwise(widths))[::-1]
        self.across = nn.ModuleList(linear(coarse, fine) for fine, coarse in upwards)
        self.up = nn.ModuleList(nn.Sequential(*normed(fine, fine)) for fine, _ in upwards)
        self.head = undrawn(Silent(widths[0], channels, 1, device=BARE))

    def forward(self, z: Tensor) -> Tensor:
        z = self.mix(z)
        kept: list[Tensor] = []
        for number, down in enumerate(self.down):
            z = down(z if number == 0 else F.avg_pool2d(z, 2))
            kept.append(z)
        z = kept.pop()
        for across, up in zip(self.across, self.up, strict=True):
            z = up(twice(across(z), "nearest") + kept.pop())
        made: Tensor = self.head(z)
        return made


def normed(cin: int, cout: int) -> list[nn.Module]:
    """A convolution, a norm, an activation."""
    return [conv(cin, cout, bias=False), nn.GroupNorm(GROUPS, cout), nn.LeakyReLU(SLOPE, inplace=True)]
