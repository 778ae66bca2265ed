"""The parts that several networks are made of. None draws a random number: `initialise` does, later."""

from typing import Literal, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from untaught.networks.fast import Conv2d, twice

Padding = Literal["zeros", "reflect", "replicate"]
Upsampling = Literal["nearest", "bilinear"]
Downsampling = Literal["stride", "avg", "max", "lanczos2", "lanczos3"]
Activation = Literal["leaky", "relu", "swish", "elu", "none"]

Layer = TypeVar("Layer", bound=nn.Module)
BARE = torch.device("meta")  # where a layer is made whose weights shall not be drawn yet


def undrawn(layer: Layer) -> Layer:
    """A layer made on `BARE`, on the CPU, its weights whatever lay in memory: as `nn.utils.skip_init`, but typed."""
    return layer.to_empty(device="cpu")


def conv(
    cin: int, cout: int, size: int = 3, *, stride: int = 1, bias: bool = True, padding: Padding = "zeros"
) -> nn.Conv2d:
    """A convolution that keeps H and W, up to its stride. `size` is odd."""
    mode = padding if size > 1 else "zeros"
    layer = Conv2d(cin, cout, size, stride, size // 2, bias=bias, padding_mode=mode, device=BARE)
    return undrawn(layer)


def linear(cin: int, cout: int, *, bias: bool = True) -> nn.Conv2d:
    """A convolution of one pixel."""
    return conv(cin, cout, 1, bias=bias)


def activation(kind: Activation) -> nn.Module:
    """Leaky means slope 0.2, as in the 2018 code."""
    match kind:
        case "leaky":
            return nn.LeakyReLU(0.2, inplace=True)
        case "relu":
            return nn.ReLU(inplace=True)
        case "swish":
            return nn.SiLU(inplace=True)
        case "elu":
            return nn.ELU(inplace=True)
        case "none":
            return nn.Identity()


class Upsample(nn.Module):
    """Twice the size."""

    def __init__(self, mode: Upsampling) -> None:
        super().__init__()
        self.mode = mode

    def forward(self, x: Tensor) -> Tensor:
        return twice(x, self.mode)


class Lanczos(nn.Module):
    """Half the size, each new pixel a Lanczos-weighted mean, sampled midway between pixels; edges repeated.

    Source: Turkowski, "Filters for common resampling tasks" (1990); the 2018 code's Downsampler(factor=2, phase=0.5).
    Departs: the weights are fixed, and no channel sees another. There, inside a network, they are a full convolution
    with a bias, which starts as this and is learned with the rest.
    """

    kernel: Tensor

    def __init__(self, lobes: int) -> None:
        super().__init__()
        t = (torch.arange(4 * lobes, dtype=torch.float64) - 2 * lobes + 0.5) / 2  # in new pixels
        row = torch.sinc(t) * torch.sinc(t / lobes)
        row /= row.sum()
        self.register_buffer("kernel", torch.outer(row, row).float()[None, None], persistent=False)
        self.margin = 2 * lobes - 1

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, (self.margin,) * 4, mode="replicate")
        return F.conv2d(x, self.kernel.expand(x.shape[1], -1, -1, -1), stride=2, groups=x.shape[1])


def halving(cin: int, cout: int, size: int, how: Downsampling, *, bias: bool, padding: Padding) -> nn.Module:
    """A convolution and a halving of H and W: in one, or one after the other."""
    if how == "stride":
        return conv(cin, cout, size, stride=2, bias=bias, padding=padding)
    pools = {"avg": nn.AvgPool2d(2), "max": nn.MaxPool2d(2), "lanczos2": Lanczos(2), "lanczos3": Lanczos(3)}
    return nn.Sequential(conv(cin, cout, size, bias=bias, padding=padding), pools[how])


def doubling(cin: int, cout: int, how: Upsampling | Literal["deconv"], *, padding: Padding) -> nn.Module:
    """A doubling of H and W and a convolution: in one, or one after the other."""
    if how == "deconv":
        return undrawn(nn.ConvTranspose2d(cin, cout, 4, stride=2, padding=1, device=BARE))
    return nn.Sequential(Upsample(how), conv(cin, cout, padding=padding))


def up_to_multiple(size: int, multiple: int, least: int = 1) -> int:
    """The smallest multiple of `multiple` that is at least `size` and at least `least` multiples."""
    return multiple * max(least, -(-size // multiple))
