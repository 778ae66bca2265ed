"""The deep decoder: no convolution wider than a pixel, fewer weights than the image has pixels."""

from dataclasses import dataclass

from torch import nn

from untaught.core import Input, Network
from untaught.networks.inputs import Uniform
from untaught.networks.layers import Upsample, linear


@dataclass(frozen=True, kw_only=True)
class DeepDecoder(Network):
    """z `[1, cin, h, w]` to an image `[1, C, h 2^(layers - 1), w 2^(layers - 1)]`, in (0, 1) with `sigmoid`.

    Every layer mixes the channels of each pixel (no bias), doubles the size, applies ReLU, then batch norm; the last
    one does not double. Defaults: the authors' denoiser, 100,224 weights for a colour image of 512 x 512 (z 16 x 16).
    Bilinear doubling has `align_corners` as PyTorch has it, False, because the authors' code leaves it unset (before
    PyTorch 0.4 that meant True).
    Source: Heckel and Hand, "Deep Decoder", ICLR 2019; the authors' `include/decoder.py` (`decodernw`),
    `include/fit.py` (z from U(0, 0.1)) and `denoising.ipynb` (width and depth).
    Departs: z may have another number of channels than `width`. z is at least 2 x 2 pixels, and the rest cropped: from
    a single pixel only a constant image can come, which batch norm turns into zero.
    """

    input: Input = Uniform(128)
    width: int = 128
    layers: int = 6
    sigmoid: bool = True

    def __post_init__(self) -> None:
        if self.layers < 1:
            raise ValueError(f"a deep decoder has at least one layer; got {self.layers}")

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        factor = 2 ** (self.layers - 1)
        return max(2, -(-height // factor)), max(2, -(-width // factor))

    def build(self, channels: int, height: int, width: int) -> nn.Module:
        del height, width
        layers: list[nn.Module] = []
        for layer in range(self.layers):
            layers.append(linear(self.width if layer else self.input.channels(), self.width, bias=False))
            if layer < self.layers - 1:
                layers.append(Upsample("bilinear"))
            layers += [nn.ReLU(inplace=True), nn.BatchNorm2d(self.width)]
        layers.append(linear(self.width, channels, bias=False))
        return nn.Sequential(*layers, nn.Sigmoid()) if self.sigmoid else nn.Sequential(*layers)
