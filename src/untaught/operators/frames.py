"""Several frames of one scene, each a little elsewhere, in fewer pixels."""

import math

import torch
from torch import Tensor, nn

from untaught.classical.sampling import looked_at, sampled, smoothed
from untaught.operators.downsample import REACH, Kernel, value
from untaught.operators.warp import transposed


class Frames(nn.Module):
    """`[B, C, factor h, factor w] -> [B, K, C, h, w]`: what K frames see of a scene that lies as the first one does.

    Frame k's pixel p is the scene's weighted mean around where p looks (`classical.sampling.looked_at`). The weights
    are those of `Downsample`, which the first frame agrees with but near the border, where the nearest pixels go on.
    The mean is taken before the motion: for shifts the order is all one, and of a turned frame the kernel stays
    upright, which for the few degrees that are between frames of one series is a small fault, and a sixteenth of the
    places to look at when the factor is 4.

    motions: `[K, 3]` or `[K, 6]` in pixels of the scene, the first all zero. `motions` without the first is a
        parameter: registration is fitted together with the image.
    weights: `[K]` in [0, 1], how much each frame counts; measurements are multiplied by their roots. Where a frame
        looks beyond the scene, by the motions given, it counts nothing: there both sides are 0. `pack` makes y.
    Raises: ValueError for what can't be meant.
    """

    known: Tensor

    def __init__(
        self, motions: Tensor, size: tuple[int, int], factor: int, kernel: Kernel = "box", weights: Tensor | None = None
    ) -> None:
        super().__init__()
        if motions.ndim != 2 or motions.shape[1] not in (3, 6) or bool(motions[0].any()):
            raise ValueError(f"motions are {list(motions.shape)}; wanted [K, 3] or [K, 6], the first all 0")
        if factor < 1 or (weights is not None and weights.shape != motions.shape[:1]):
            raise ValueError(f"factor is {factor}; wanted 1 or more, and a weight for each of {len(motions)} frames")
        self.size, self.factor, self.kernel = size, factor, kernel
        self.taps = footprint(factor, kernel)
        self.offset = 0.0 if len(self.taps) % 2 else 0.5
        self.rest = nn.Parameter(motions[1:].clone())
        weights = motions.new_ones(len(motions)) if weights is None else weights
        seen = self.within(looked_at(motions, *size, factor))
        self.register_buffer("known", weights.sqrt()[:, None, None, None] * seen[:, None])

    def within(self, places: Tensor) -> Tensor:
        """`[K, h, w]` bool: is a pixel's area within the scene, to a quarter of it on each side?"""
        edge = self.factor / 4 - 0.5
        rows, columns = places.unbind(-1)
        bottom, right = (self.factor * side - 1 - edge for side in self.size)
        return (rows >= edge) & (rows <= bottom) & (columns >= edge) & (columns <= right)

    @property
    def motions(self) -> Tensor:
        """`[K, 3]` or `[K, 6]` as they stand."""
        return torch.cat([torch.zeros_like(self.rest[:1]), self.rest]) if len(self.rest) else self.first()

    def first(self) -> Tensor:
        """The only motion of one frame."""
        return self.rest.new_zeros(1, self.rest.shape[1])

    def averaged(self, x: Tensor) -> Tensor:
        """The scene as pixels of the frames' size see it, `offset` pixels up and left."""
        return smoothed(x, self.taps)

    def unweighted(self, x: Tensor) -> Tensor:
        """`[B, K, C, h, w]`: the frames as they would be, those that count little and pixels beyond the scene too."""
        places = looked_at(self.motions.to(x.dtype), *self.size, self.factor)
        return sampled(self.averaged(x), places + self.offset)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-2:] != (self.factor * self.size[0], self.factor * self.size[1]):
            (height, width), (h, w) = x.shape[-2:], self.size
            raise ValueError(f"image is {height}x{width} (height x width); wanted {self.factor * h}x{self.factor * w}")
        return self.known.to(x.dtype) * self.unweighted(x)

    def pack(self, frames: Tensor) -> Tensor:
        """`[K, C, h, w]`, the frames measured, as this operator gives them."""
        return (self.known.to(frames.dtype) * frames)[None]

    def adjoint(self, y: Tensor) -> Tensor:
        """`[B, K, C, h, w]` to an image, for the motions as they stand."""
        batch, _, channels, height, width = y.shape
        return transposed(self, y, (batch, channels, self.factor * height, self.factor * width))


def footprint(factor: int, kernel: Kernel) -> Tensor:
    """The weights along an axis of a small pixel's neighbours: as many as are within reach, float64, summing to one."""
    sides = REACH[kernel] * factor
    count = round(2 * sides) if factor % 2 == 0 else 2 * (math.ceil(sides) - 1) + 1
    places = torch.arange(count, dtype=torch.float64) - (count - 1) / 2
    taps = value(kernel, places / factor)
    return taps / taps.sum()
