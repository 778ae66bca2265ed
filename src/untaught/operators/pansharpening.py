"""One satellite, two cameras: sharp without colour, and coloured without sharpness."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from untaught.core import Recordable
from untaught.operators.downsample import Downsample
from untaught.operators.stacked import Stacked


@dataclass(frozen=True)
class Panchromatic(Recordable):
    """`sum_c weights[c] x_c`: `[B, C, H, W] -> [B, 1, H, W]`, what a camera sees whose band holds all the others'."""

    weights: tuple[float, ...]

    def __call__(self, x: Tensor) -> Tensor:
        return (x * self._column(x)).sum(1, keepdim=True)

    def adjoint(self, y: Tensor) -> Tensor:
        """`[B, 1, H, W] -> [B, C, H, W]`."""
        return y * self._column(y)

    def _column(self, like: Tensor) -> Tensor:
        return torch.stack([like.new_full((1, 1), weight) for weight in self.weights])[None]


class Pansharpening(Stacked):
    """`A(x) = [weighted sum of the bands / s_1, means of ratio x ratio pixels / s_2]`: `[B, C, H, W] -> [B, M]`.

    `weights`: how much of each of the C bands the panchromatic camera sees. `sigmas`: the noise of the panchromatic
    and of the multispectral image. y is `pack(panchromatic [B, 1, H, W], multispectral [B, C, H / ratio, W / ratio])`.
    Source: Wald et al. 1997, for the model (its test: the sharpened image, degraded, gives the multispectral one back).
    Departs: pixels are averaged over squares, not by the camera's own transfer function.
    """

    def __init__(
        self,
        weights: tuple[float, ...],
        ratio: int,
        *,
        height: int,
        width: int,
        sigmas: tuple[float, float] | None = None,
    ) -> None:
        if not weights or ratio < 1 or min(height, width) < 1 or height % ratio or width % ratio:
            raise ValueError(
                f"{len(weights)} weights, ratio {ratio}, {height}x{width} pixels; wanted a weight for each band "
                "and sides that are multiples of the ratio"
            )
        parts = Panchromatic(tuple(weights)), Downsample(ratio, "box")
        super().__init__(*parts, shape=(len(weights), height, width), sigmas=sigmas)
        self.ratio = ratio

    def injected(self, y: Tensor) -> Tensor:
        """`[B, M] -> [B, C, H, W]`, a classical estimate: bands enlarged bicubically, the sharp one's detail added.

        Source: high-pass injection, as in Vivone et al. 2015, "A critical comparison among pansharpening algorithms".
        """
        sharp, bands = self.unpack(y)
        return self._enlarged(bands) + sharp - self._enlarged(Downsample(self.ratio, "box")(sharp))

    def _enlarged(self, coarse: Tensor) -> Tensor:
        """To the image's size."""
        return F.interpolate(coarse, scale_factor=self.ratio, mode="bicubic", align_corners=False)
