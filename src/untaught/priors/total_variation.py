"""Total variation: natural images change seldom."""

from dataclasses import dataclass

from torch import Tensor

from untaught.core import Recordable


@dataclass(frozen=True)
class TotalVariation(Recordable):
    """Sum over pixels of the gradient's length. Source: Rudin, Osher and Fatemi 1992.

    `anisotropic`: of the changes down and to the right each on its own, which favours edges along the pixels' rows.
    `flat` above 0: a length l below it counts `l^2 / 2 flat`, others `l - flat / 2`, so that a slope is not broken up
    into steps (Huber total variation: Werlberger et al. 2009).
    Departs: a length of 1e-6 is added under the root, so that a flat image has a gradient. Total generalised variation
    is left out: it minimises over a second variable, which the loop does not know.
    Raises: ValueError for a `flat` below 0.
    """

    anisotropic: bool = False
    flat: float = 0.0  # in the image's units

    def __post_init__(self) -> None:
        if not self.flat >= 0:
            raise ValueError(f"flat is {self.flat}; wanted 0 or more")

    def __call__(self, x: Tensor) -> Tensor:
        down = x[..., 1:, :-1] - x[..., :-1, :-1]
        right = x[..., :-1, 1:] - x[..., :-1, :-1]
        squares = (down.square(), right.square()) if self.anisotropic else (down.square() + right.square(),)
        return sum((self.counted((square + 1e-12).sqrt()).sum() for square in squares), x.new_zeros(()))

    def counted(self, length: Tensor) -> Tensor:
        """What a length costs."""
        if self.flat == 0:
            return length
        short = length.clamp(max=self.flat)
        return short * (length - short / 2) / self.flat
