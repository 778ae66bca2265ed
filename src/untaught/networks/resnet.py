"""The residual network of the 2018 authors' comparison of architectures: one scale, no up-sampling."""

from dataclasses import dataclass

from torch import Tensor, nn

from untaught.core import Input, Network
from untaught.networks.inputs import Uniform
from untaught.networks.layers import Activation, Padding, activation, conv


@dataclass(frozen=True, kw_only=True)
class ResNet(Network):
    """z `[1, cin, H, W]` to an image of the same size, in (0, 1) with `sigmoid`. Any H and W from 2 on.

    Source: Ulyanov et al. 2018, inpainting, figure 8; the authors' `models/resnet.py`, with the 8 blocks of 32 channels
    of their `inpainting.ipynb` (which gives it one channel of noise). As there, the convolutions between the first and
    the last pad with zeros, whatever `padding` says.
    Departs: `sigmoid=False` leaves the sigmoid out; theirs always has it.
    """

    input: Input = Uniform(32)
    blocks: int = 8
    width: int = 32
    activation: Activation = "leaky"
    padding: Padding = "reflect"  # of the first and the last convolution
    sigmoid: bool = True

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        # reflection needs a neighbour, batch norm more than one value
        return max(2, height), max(2, width)

    def build(self, channels: int, height: int, width: int) -> nn.Module:
        del height, width
        layers = [
            conv(self.input.channels(), self.width, padding=self.padding),
            activation(self.activation),
            *[Residual(self) for _ in range(self.blocks)],
            conv(self.width, self.width),
            nn.BatchNorm2d(self.width),
            conv(self.width, channels, padding=self.padding),
        ]
        return nn.Sequential(*layers, nn.Sigmoid()) if self.sigmoid else nn.Sequential(*layers)


class Residual(nn.Module):
    """Two convolutions whose result is added to what came in; nothing after the sum."""

    def __init__(self, spec: ResNet) -> None:
        super().__init__()
        self.change = nn.Sequential(
            conv(spec.width, spec.width, bias=False),
            nn.BatchNorm2d(spec.width),
            activation(spec.activation),
            conv(spec.width, spec.width, bias=False),
            nn.BatchNorm2d(spec.width),
        )

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.change(x)
        return x + change
