"""Line integrals of the image under some angles: tomography with a parallel beam."""

import math
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

AT_ONCE = 16  # angles whose turned images are in memory together


@dataclass(frozen=True, eq=False)
class Radon:
    """`[B, C, H, W] -> [B, C, N, angles]`: the image is turned by each angle, and its columns are summed.

    `angles` in degrees; N bins one pixel wide. Turned about pixel (H // 2, W // 2), bilinearly, 0 outside: the angles,
    sizes and values of `skimage.transform.radon`. N is the diagonal, `ceil(sqrt(2) * max(H, W))`; with `circle`, which
    is for an image that is 0 outside its inscribed circle, it is `min(H, W)`, and only the middle square is seen.
    Source: Kak and Slaney 1988, "Principles of Computerized Tomographic Imaging", chapter 3.
    Raises: ValueError for no angles, or an image of another size.
    """

    angles: tuple[float, ...]
    height: int
    width: int
    circle: bool = False
    _grids: dict[tuple[torch.device, torch.dtype], Tensor] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.angles or min(self.height, self.width) < 1:
            size = f"{len(self.angles)} angles, {self.height}x{self.width} pixels"
            raise ValueError(f"{size}; wanted one angle or more and an image that is not empty")

    @property
    def bins(self) -> int:
        """N."""
        sides = (self.height, self.width)
        return min(sides) if self.circle else math.ceil(math.sqrt(2) * max(sides))

    def __call__(self, x: Tensor) -> Tensor:
        if x.shape[-2:] != (self.height, self.width):
            size = "x".join(map(str, x.shape[-2:]))
            raise ValueError(f"the image is {size}; wanted {self.height}x{self.width} (height x width)")
        square = F.pad(x, self._margins())
        made = project(square.flatten(0, 1)[None], self._grid(x))
        return made.view(*x.shape[:2], *made.shape[-2:])

    def adjoint(self, y: Tensor) -> Tensor:
        """`[B, C, N, angles] -> [B, C, H, W]`: every bin is spread over its line."""
        made = back_project(y.flatten(0, 1)[None], self._grid(y))
        left, right, top, bottom = self._margins()
        return F.pad(made.view(*y.shape[:2], *made.shape[-2:]), (-left, -right, -top, -bottom))

    def filtered_back_projection(self, y: Tensor) -> Tensor:
        """`[B, C, N, angles] -> [B, C, H, W]`: the classical inverse, right for many angles evenly over 180 degrees.

        The ramp filter, in the band-limited form of Kak and Slaney (equation 61), then the adjoint; with `circle`, 0
        outside it.
        """
        length = 2 ** math.ceil(math.log2(max(64, 2 * self.bins)))
        lags = torch.fft.fftfreq(length, 1 / length, dtype=torch.float64)
        odd = lags.remainder(2) == 1
        kernel = torch.where(odd, -1 / (math.pi * lags.where(odd, 1.0)).square(), 0.0)
        kernel[0] = 0.25
        ramp = torch.fft.rfft(kernel).real.to(y)
        filtered = torch.fft.irfft(torch.fft.rfft(y, n=length, dim=-2) * ramp[:, None], n=length, dim=-2)
        image = self.adjoint(filtered[..., : self.bins, :].contiguous()) * (math.pi / len(self.angles))
        return image * self._disc().to(image) if self.circle else image

    def _disc(self) -> Tensor:
        """`[H, W]`, true inside the inscribed circle."""
        row, column = (torch.arange(side) - side // 2 for side in (self.height, self.width))
        return row[:, None].square() + column.square() <= (self.bins // 2) ** 2

    def _margins(self) -> tuple[int, int, int, int]:
        """Left, right, top, bottom: what makes the image a square of N, its turning point at (N // 2, N // 2)."""
        if self.circle:
            (top, bottom), (left, right) = (
                (-(-e // 2), e // 2) for e in (self.height - self.bins, self.width - self.bins)
            )
            return -left, -right, -top, -bottom
        before = [self.bins // 2 - side // 2 for side in (self.height, self.width)]
        (top, bottom), (left, right) = (
            (first, self.bins - side - first) for first, side in zip(before, (self.height, self.width), strict=True)
        )
        return left, right, top, bottom

    def _grid(self, like: Tensor) -> Tensor:
        """`[1, angles, N, N, 2]`: where in the square each pixel of the turned one comes from, for grid_sample."""
        key = (like.device, like.dtype)
        if key not in self._grids:
            turn = torch.tensor(self.angles, dtype=torch.float64).deg2rad()[:, None, None]
            middle = self.bins // 2
            offset = torch.arange(self.bins, dtype=torch.float64) - middle
            down, right = offset[:, None], offset[None, :]
            column = turn.cos() * right + turn.sin() * down + middle
            row = turn.cos() * down - turn.sin() * right + middle
            self._grids[key] = ((2 * torch.stack([column, row], dim=-1) + 1) / self.bins - 1).to(*key)[None]
        return self._grids[key]


def turned(square: Tensor, grid: Tensor) -> Tensor:
    """`[1, images, N, N]` to `[1, images, angles, N, N]`."""
    _, angles, size, _, _ = grid.shape
    flat = F.grid_sample(square, grid.flatten(1, 2), mode="bilinear", padding_mode="zeros", align_corners=False)
    return flat.view(*square.shape[:2], angles, size, size)


class Projections(torch.autograd.Function):
    """`[1, images, N, N] -> [1, images, N, angles]`. Its derivative is `BackProjection`, and the other way round.

    A few angles at a time, and nothing is kept: the turned images of all angles would not fit.
    """

    @staticmethod
    def forward(context: Any, square: Tensor, grid: Tensor) -> Tensor:
        context.save_for_backward(grid)
        return torch.cat([turned(square, some).sum(-2) for some in grid.split(AT_ONCE, dim=1)], dim=2).mT

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        (grid,) = context.saved_tensors
        return back_project(slopes[0], grid), None


class BackProjection(torch.autograd.Function):
    """`[1, images, N, angles] -> [1, images, N, N]`, the transpose of `Projections`, to rounding."""

    @staticmethod
    def forward(context: Any, sinogram: Tensor, grid: Tensor) -> Tensor:
        context.save_for_backward(grid)
        size = sinogram.shape[-2]
        total = sinogram.new_zeros(*sinogram.shape[:2], size, size)
        for some, bins in zip(grid.split(AT_ONCE, dim=1), sinogram.split(AT_ONCE, dim=-1), strict=True):
            with torch.enable_grad():
                square = torch.zeros_like(total, requires_grad=True)
                sums = turned(square, some).sum(-2)
            (part,) = torch.autograd.grad(sums, square, grad_outputs=bins.mT)
            total += part
        return total

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        (grid,) = context.saved_tensors
        return project(slopes[0], grid), None


def project(square: Tensor, grid: Tensor) -> Tensor:
    """`[1, images, N, N] -> [1, images, N, angles]`, differentiable as often as you like."""
    made: Tensor = Projections.apply(square, grid)  # type: ignore[no-untyped-call]
    return made


def back_project(sinogram: Tensor, grid: Tensor) -> Tensor:
    """`[1, images, N, angles] -> [1, images, N, N]`, the same."""
    made: Tensor = BackProjection.apply(sinogram, grid)  # type: ignore[no-untyped-call]
    return made
