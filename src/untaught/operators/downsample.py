"""Fewer pixels, each a weighted mean of those around it: super-resolution."""

from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

Kernel = Literal["box", "bicubic", "lanczos2", "lanczos3"]
KERNELS: tuple[Kernel, ...] = ("box", "bicubic", "lanczos2", "lanczos3")
REACH = {"box": 0.5, "bicubic": 2.0, "lanczos2": 2.0, "lanczos3": 3.0}  # of each kernel, in small pixels to a side
ROUNDS = 20  # between the limits and what agrees
WORST = 1e6  # condition of the Gram matrix, above which the nearest image that agrees would be rounding errors

Matrices = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Downsample:
    """`[B, C, H, W] -> [B, C, H / factor, W / factor]`; H and W are multiples of `factor`.

    Pixels are squares, and both images cover the same area: the centre of small pixel i lies at
    `(i + 1/2) factor - 1/2` on the large one's axis. A small pixel is the mean of the large ones around it, weighted by
    the kernel stretched `factor` times (so that it is antialiased) at their distance. Beyond the border there is
    nothing: the weights of what is left are made to sum to one again. These are the conventions of Pillow's
    `Image.resize`, whose BOX, BICUBIC and LANCZOS are "box", "bicubic" and "lanczos3" here; "lanczos2" has two lobes.

    Rows and columns are weighted one after the other, by a matrix for each. `project` is exact up to rounding: in
    float32 what it returns is measured as y to about 1e-6 of y's range. With `limits`, what it returns hardly leaves
    them, and is measured as y still: it goes to and fro between the images within them and the images that agree (von
    Neumann's alternating projections), so it is one near x, not the nearest. Where y can't be had within the limits
    what is beyond them remains.
    Source: Keys 1981 (bicubic, a = -1/2); Turkowski 1990, "Filters for common resampling tasks" (Lanczos).
    Raises: ValueError for an image whose sides are no multiples of the factor.
    """

    factor: int
    kernel: Kernel = "bicubic"
    limits: tuple[float, float] | None = None  # the least and the greatest value that an image can have
    _held: dict[tuple[object, ...], Matrices] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.factor < 1 or self.kernel not in KERNELS:
            raise ValueError(
                f"factor {self.factor}, kernel {self.kernel!r}; wanted 1 or more, and one of {', '.join(KERNELS)}"
            )

    def __call__(self, x: Tensor) -> Tensor:
        self._check_size(x)
        rows, columns = (self._matrices(side // self.factor, x)[0] for side in x.shape[-2:])
        return rows @ x @ columns.mT

    def adjoint(self, y: Tensor) -> Tensor:
        """`[B, C, h, w] -> [B, C, factor h, factor w]`: every small pixel spread by its weights."""
        rows, columns = (self._matrices(side, y)[0] for side in y.shape[-2:])
        return rows.mT @ y @ columns

    def inverse(self, y: Tensor) -> Tensor:
        """`[B, C, h, w] -> [B, C, factor h, factor w]`: of all images that are measured as y, the least in squares."""
        rows, columns = (self._matrices(side, y)[1] for side in y.shape[-2:])
        return rows @ y @ columns.mT

    def project(self, x: Tensor, y: Tensor) -> Tensor:
        """The image nearest to x `[B, C, H, W]` that is measured as y, `[B, C, h, w]` or `[1, C, h, w]`.

        With `limits`, one that is near.
        """
        near = x + self.inverse(y - self(x))
        if self.limits is not None:
            low, high = self.limits
            for _ in range(ROUNDS):
                x = near.clamp(low, high)
                near = x + self.inverse(y - self(x))
        return near

    def _check_size(self, x: Tensor) -> None:
        if any(side % self.factor or not side for side in x.shape[-2:]):
            height, width = x.shape[-2:]
            raise ValueError(f"image is {height}x{width} (height x width); wanted multiples of {self.factor}")

    def _matrices(self, small: int, like: Tensor) -> Matrices:
        """For an axis of so many small pixels: the weights `[small, large]`, their pseudo-inverse `[large, small]`."""
        key = (small, like.dtype, like.device)
        if key not in self._held:  # once, so that no step waits for it
            weights = weights_of(small, self.factor, self.kernel)
            self._held[key] = (weights.to(like), pseudo_inverse(weights).to(like))
        return self._held[key]


def weights_of(small: int, factor: int, kernel: Kernel) -> Tensor:
    """`[small, small * factor]` float64: the weights of every large pixel in every small one; rows sum to one."""
    large = torch.arange(small * factor, dtype=torch.float64)
    centres = (torch.arange(small, dtype=torch.float64) + 0.5) * factor - 0.5
    weights = value(kernel, (large - centres[:, None]) / factor)
    return weights / weights.sum(1, keepdim=True)


def value(kernel: Kernel, t: Tensor) -> Tensor:
    """The kernel at a distance in small pixels."""
    t = t.abs()
    if kernel == "box":
        return (t < REACH[kernel]).to(t)
    if kernel == "bicubic":
        near, far = (1.5 * t - 2.5) * t * t + 1, ((2.5 - 0.5 * t) * t - 4) * t + 2
        return torch.where(t < 1, near, far) * (t < REACH[kernel])
    return torch.sinc(t) * torch.sinc(t / REACH[kernel]) * (t < REACH[kernel])


def pseudo_inverse(weights: Tensor) -> Tensor:
    """`D^T (D D^T)^-1`, of weights D `[small, large]` in float64.

    Raises: ValueError if D D^T can't be inverted.
    """
    gram = weights @ weights.mT
    spread = torch.linalg.eigvalsh(gram)
    if not spread[0] * WORST > spread[-1]:
        raise ValueError(f"the down-sampling can't be undone: condition {float(spread[-1] / spread[0]):.1e}")
    return torch.cholesky_solve(weights, torch.linalg.cholesky(gram)).mT
