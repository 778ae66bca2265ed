"""One satellite, two cameras: sharp without colour, and coloured without sharpness."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from untaught.core import Recordable
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


@dataclass(frozen=True)
class Binned(Recordable):
    """The mean of each square of `ratio` pixels: `[B, C, H, W] -> [B, C, ceil(H / ratio), ceil(W / ratio)]`.

    `height` and `width` are the image's; if they are no multiples, the last squares hold fewer pixels.
    """

    ratio: int
    height: int
    width: int

    def __call__(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, self.ratio, ceil_mode=True)

    def adjoint(self, y: Tensor) -> Tensor:
        """A mean's share for each of its pixels: `[B, C, h, w] -> [B, C, H, W]`."""
        ones = torch.ones(1, 1, self.height, self.width, dtype=y.dtype, device=y.device)
        pixels = self.ratio**2 * F.avg_pool2d(F.pad(ones, self._room()), self.ratio)
        spread = F.interpolate(y / pixels, scale_factor=self.ratio, mode="nearest")
        return spread[..., : self.height, : self.width]

    def _room(self) -> tuple[int, int, int, int]:
        return 0, -self.width % self.ratio, 0, -self.height % self.ratio


class Pansharpening(Stacked):
    """`A(x) = [weighted sum of the bands / s_1, means of ratio x ratio pixels / s_2]`: `[B, C, H, W] -> [B, M]`.

    `weights`: how much of each of the C bands the panchromatic camera sees. `sigmas`: the noise of the panchromatic
    and of the multispectral image. y is `pack(panchromatic [B, 1, H, W], multispectral [B, C, h, w])`, where
    `h = ceil(H / ratio)`.
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
        if not weights or ratio < 1 or min(height, width) < 1:
            raise ValueError(
                f"{len(weights)} weights, ratio {ratio}, {height}x{width} pixels; wanted a weight for each band, a "
                "ratio of 1 or more and an image that is not empty"
            )
        parts = Panchromatic(tuple(weights)), Binned(ratio, height, width)
        super().__init__(*parts, shape=(len(weights), height, width), sigmas=sigmas)
        self.ratio = ratio

    def injected(self, y: Tensor) -> Tensor:
        """`[B, M] -> [B, C, H, W]`, a classical estimate: bands enlarged bicubically, the sharp one's detail added.

        Source: high-pass injection, as in Vivone et al. 2015, "A critical comparison among pansharpening algorithms".
        """
        sharp, bands = self.unpack(y)
        _, height, width = self.shape
        return self._enlarged(bands) + sharp - self._enlarged(Binned(self.ratio, height, width)(sharp))

    def _enlarged(self, coarse: Tensor) -> Tensor:
        """To the image's size; squares beyond its edge are cut off."""
        whole = F.interpolate(coarse, scale_factor=self.ratio, mode="bicubic", align_corners=False)
        return whole[..., : self.shape[1], : self.shape[2]]
