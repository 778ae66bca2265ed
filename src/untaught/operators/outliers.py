"""Some measurements are broken, nobody knows which: what they are off by is fitted beside the image."""

import torch
from torch import Tensor, nn

from untaught.core import Operator


class WithOutliers(nn.Module):
    """`A(x) + g^2 - h^2`, g and h as many numbers as there are measurements, fitted together with the weights.

    They start next to nothing, where gradient descent moves them slowly, and the slower the smaller they are: what is
    far off for long grows, the rest stays near 0. That is a prior for few outliers, of any size, though no term of the
    objective says so; their number need not be known. It hangs on the rate: the optimiser is to be
    `Apart(weights=..., others=GradientDescent(lr=...))`, as Adam gives all numbers the same pace. With the mean squared
    error of N measurements an outlier of size r grows like `exp(4 lr r t / N)` in t steps.
    Source: You, Zhu, Qu and Ma 2020 (NeurIPS), "Robust Recovery via Implicit Bias of Discrepant Learning Rates for
    Double Over-parameterization", equation 5; the authors' denoising.py (rates 1 and 500 for 3x512x512, 150000 steps).
    Departs: g and h start at the same number, theirs are drawn from N(0, 1e-5).
    Raises: ValueError for a start that is not positive.
    """

    def __init__(self, operator: Operator, shape: tuple[int, ...], *, start: float = 1e-3) -> None:
        super().__init__()
        if not start > 0:
            raise ValueError(f"start is {start}; it must be positive, as 0 never moves")
        self.operator = operator
        self.g = nn.Parameter(torch.full(shape, start))  # shape of the measurements, [1, ...]
        self.h = nn.Parameter(torch.full(shape, start))

    def outliers(self) -> Tensor:
        """How far each measurement is off, in its own units; the shape of the measurements."""
        return self.g.square() - self.h.square()

    def forward(self, x: Tensor) -> Tensor:
        """Image `[1, C, H, W]` to the measurements as they are, broken ones included."""
        return self.operator(x) + self.outliers()
