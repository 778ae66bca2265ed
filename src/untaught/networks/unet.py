"""The U-Net of the 2018 authors' comparison of architectures."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from untaught.core import Input, Network
from untaught.networks.inputs import Uniform
from untaught.networks.layers import Padding, Upsampling, conv, doubling, linear, up_to_multiple

Norm = Literal["batch", "instance", "none"]
NORMS = {"batch": nn.BatchNorm2d, "instance": nn.InstanceNorm2d}


@dataclass(frozen=True, kw_only=True)
class UNet(Network):
    """z `[1, cin, H, W]` to an image of the same size, in (0, 1) with `sigmoid`. H, W: multiples of 2^(scales - 1).

    Source: Ulyanov et al. 2018, inpainting, figure 8; the authors' `models/unet.py`, whose way up has no normalisation.
    The defaults are those of its class (`feature_scale=4`, deconvolution, instance norm without scale and shift, zero
    padding). Figure 8's notebook has widths (8, 16, 32, 64, 128, 128) (`feature_scale=8, more_layers=1`) and one
    channel of noise; the authors' `get_net` has batch norm.
    Departs: `concat_x` (z, averaged down, joined to every scale) is left out, they never switch it on.
    """

    input: Input = Uniform(32)
    widths: tuple[int, ...] = (16, 32, 64, 128, 256)  # finest scale first
    upsampling: Upsampling | Literal["deconv"] = "deconv"
    norm: Norm = "instance"  # on the way down only
    padding: Padding = "zeros"
    sigmoid: bool = True

    def __post_init__(self) -> None:
        if not self.widths:
            raise ValueError("widths must name at least one scale; got none")

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        # two pixels at the deepest scale: reflection needs a neighbour, a norm more than one value
        least = 1 if self.norm == "none" and self.padding != "reflect" else 2
        multiple = 2 ** (len(self.widths) - 1)
        return up_to_multiple(height, multiple, least), up_to_multiple(width, multiple, least)

    def build(self, channels: int, height: int, width: int) -> nn.Module:
        del height, width
        body: Level | None = None
        for level in reversed(range(len(self.widths))):
            cin = self.input.channels() if level == 0 else self.widths[level - 1]
            body = Level(self, level, cin, body)
        assert body is not None
        head: list[nn.Module] = [body, linear(self.widths[0], channels)]
        return nn.Sequential(*head, nn.Sigmoid()) if self.sigmoid else nn.Sequential(*head)


class Level(nn.Module):
    """Convolve twice; if there is a deeper level: halve, go there, double, join, convolve twice again."""

    def __init__(self, spec: UNet, level: int, cin: int, inner: "Level | None") -> None:
        super().__init__()
        width = spec.widths[level]
        self.before = twice(cin, width, spec.norm, spec.padding)
        self.deeper: nn.Module | None = None
        if inner is not None:
            up = doubling(spec.widths[level + 1], width, spec.upsampling, padding=spec.padding)
            self.deeper = nn.Sequential(nn.MaxPool2d(2), inner, up)
            self.after = twice(2 * width, width, "none", spec.padding)

    def forward(self, x: Tensor) -> Tensor:
        x = self.before(x)
        if self.deeper is not None:
            x = self.after(torch.cat([self.deeper(x), x], dim=1))
        return x


def twice(cin: int, cout: int, norm: Norm, padding: Padding) -> nn.Sequential:
    """Convolution, normalisation and ReLU, two times."""
    layers: list[nn.Module] = []
    for c in (cin, cout):
        layers.append(conv(c, cout, padding=padding))
        if norm != "none":
            layers.append(NORMS[norm](cout))
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)
