"""Regularisation by denoising: an image is likely if a denoiser leaves it as it is."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(frozen=True)
class RED:
    """`R(x) = x^T (x - D(x)) / 2`, with the gradient `x - D(x)`: the denoiser D is never differentiated.

    D takes and gives an image `[B, C, H, W]`, and may be anything that keeps its shape: a filter, a classical method on
    NumPy arrays, another network. That is the true gradient where D's Jacobian is symmetric and `D(c x) = c D(x)` for c
    near 1; else it is the fixed points that count.
    Source: Romano, Elad and Milanfar 2017 (SIAM), "The Little Engine That Could", equations 5 and 8; Mataev, Elad and
    Milanfar 2019, "DeepRED", for its use beside a deep image prior. Departs: D runs at every step, theirs every few.
    Raises: ValueError if D gives another shape than it was given.
    """

    denoiser: Callable[[Tensor], Tensor] = field(repr=False)

    def __call__(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            denoised = self.denoiser(x.detach())
            if denoised.shape != x.shape:
                raise ValueError(f"the denoiser made {list(denoised.shape)} of {list(x.shape)}; wanted the same shape")
            rest = x - denoised.to(x)
        slope = (rest * x).sum()  # its gradient is `rest`; its value is twice R
        return slope - slope.detach() / 2
