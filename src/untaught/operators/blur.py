"""A blur that is the same everywhere: out of focus, camera shake."""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from scipy.fft import next_fast_len
from torch import Tensor

from untaught.core import Operator, Recordable

DIRECT = 9  # taps up to which sums are quicker than Fourier transforms


@dataclass(frozen=True, eq=False)
class Blur(Recordable):
    """Convolve with `kernel` `[kh, kw]`, both odd: `[B, C, H + kh - 1, W + kw - 1] -> [B, C, H, W]`.

    A true convolution, `y(p) = sum over q of kernel(q) x(p - q)` with q counted from the kernel's middle (SciPy's
    `convolve2d`, mode "valid"; what deep learning calls a convolution would turn the kernel round). Honest at the
    borders: what was measured there was made from pixels beyond them, so the image looked for is larger than the
    measured one by the kernel's half-width on each side, and nothing is assumed about what lies there.
    Raises: ValueError for a kernel that is not of two axes or has an even side, and for an image smaller than it.
    """

    kernel: Tensor = field(repr=False)
    _held: dict[tuple[torch.device, torch.dtype], Tensor] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kernel.ndim != 2 or any(side % 2 == 0 for side in self.kernel.shape):
            raise ValueError(f"the kernel is {list(self.kernel.shape)}; wanted two odd sides")

    @classmethod
    def gaussian(cls, sigma: float) -> "Blur":
        """A Gaussian of standard deviation `sigma` pixels, sampled at whole pixels, cut off after 3 sigma, of mass one.

        Raises: ValueError for a sigma that is not positive.
        """
        if not 0 < sigma < math.inf:
            raise ValueError(f"sigma is {sigma}; wanted a positive number of pixels")
        reach = math.ceil(3 * sigma)
        row = (-torch.arange(-reach, reach + 1, dtype=torch.float64).square() / (2 * sigma**2)).exp()
        return cls(torch.outer(row, row) / row.sum() ** 2)

    @classmethod
    def motion(cls, length: float, angle: float) -> "Blur":
        """An even motion along a line of `length` pixels, `angle` degrees anticlockwise from the right; of mass one.

        The line is sampled at 16 points a pixel, each shared out among the four pixels around it.
        Raises: ValueError for a length that is not positive or an angle that is not finite.
        """
        if not (0 < length < math.inf and math.isfinite(angle)):
            raise ValueError(f"length is {length}, angle {angle}; wanted a positive length and a finite angle")
        reach = math.ceil(length / 2)
        along = torch.linspace(-length / 2, length / 2, 16 * math.ceil(length) + 1, dtype=torch.float64)
        turn = math.radians(angle)
        row, column = reach - along * math.sin(turn), reach + along * math.cos(turn)
        pixel = torch.arange(2 * reach + 1, dtype=torch.float64)
        down, right = ((1 - (place[:, None] - pixel).abs()).clamp(min=0) for place in (row, column))
        return cls(down.t() @ right / len(along))

    def __call__(self, x: Tensor) -> Tensor:
        return convolved(x, self.on(x))

    def adjoint(self, y: Tensor) -> Tensor:
        """`[B, C, H, W] -> [B, C, H + kh - 1, W + kw - 1]`."""
        rows, columns = (side - 1 for side in self.kernel.shape)
        return convolved(F.pad(y, (columns, columns, rows, rows)), self.on(y).flip(0, 1))

    def asked(self, x: Tensor) -> Tensor:
        """Of x, the part that lies where the measurements do: the middle, `[B, C, H, W]`."""
        rows, columns = (side // 2 for side in self.kernel.shape)
        return x[..., rows : x.shape[-2] - rows, columns : x.shape[-1] - columns]

    def balanced(self, y: Tensor, epsilon: float) -> tuple[Operator, Tensor]:
        """The blur and y `[B, C, H, W]`, both seen through `(A A^T + epsilon)^(-1/2)`: see `methods/back_projected.py`.

        The filter works round about: what lies across the border from a pixel stands for what was not measured.
        """
        size = y.shape[-2:]
        inverse = 1 / (torch.fft.fft2(self.on(y), s=size).abs().square() + epsilon)
        seen = Seen(self, (inverse / inverse.mean()).sqrt()[:, : size[1] // 2 + 1])
        return seen, seen.through(y)

    def on(self, x: Tensor) -> Tensor:
        """The kernel as x is, copied once, so that no step waits for it."""
        key = (x.device, x.dtype)
        if key not in self._held:
            self._held[key] = self.kernel.to(*key)
        return self._held[key]


@dataclass(frozen=True, eq=False)
class Seen(Recordable):
    """A blur whose measurements are seen through a filter."""

    blur: Operator
    filter: Tensor = field(repr=False)  # [H, W // 2 + 1], on a spectrum

    def __call__(self, x: Tensor) -> Tensor:
        return self.through(self.blur(x))

    def through(self, y: Tensor) -> Tensor:
        """`[B, C, H, W]`, filtered."""
        out: Tensor = torch.fft.irfft2(torch.fft.rfft2(y) * self.filter, s=y.shape[-2:])
        return out


def convolved(x: Tensor, kernel: Tensor) -> Tensor:
    """`[B, C, H, W]` with `[kh, kw]`, only where the kernel lies within the image: `[B, C, H - kh + 1, W - kw + 1]`."""
    (height, width), (rows, columns) = x.shape[-2:], kernel.shape
    if height < rows or width < columns:
        raise ValueError(f"the kernel is {rows}x{columns} but the image {height}x{width} (height x width)")
    if kernel.numel() <= DIRECT:
        each = F.conv2d(x.flatten(0, 1)[:, None], kernel.flip(0, 1)[None, None])
        return each.view(*x.shape[:2], *each.shape[-2:])
    size = [next_fast_len(side, real=True) for side in (height, width)]  # round about: what wraps falls outside
    product = torch.fft.rfft2(x, s=size) * torch.fft.rfft2(kernel, s=size)
    out: Tensor = torch.fft.irfft2(product, s=size)
    return out[..., rows - 1 : height, columns - 1 : width]
