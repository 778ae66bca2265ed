"""Total variation: natural images change seldom."""

from dataclasses import dataclass

from torch import Tensor

from untaught.core import Recordable


@dataclass(frozen=True)
class TotalVariation(Recordable):
    """Sum over pixels of the gradient's length, anisotropy 0. Source: Rudin, Osher and Fatemi 1992.

    Departs: a length of 1e-6 is added under the root, so that a flat image has a gradient.
    """

    def __call__(self, x: Tensor) -> Tensor:
        down = x[..., 1:, :-1] - x[..., :-1, :-1]
        right = x[..., :-1, 1:] - x[..., :-1, :-1]
        return (down.square() + right.square() + 1e-12).sqrt().sum()
