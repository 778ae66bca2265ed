"""Pixels that somebody chose to label: of one kind more readily than of the other."""

from dataclasses import dataclass

from torch import Tensor

from untaught.core import Recordable


@dataclass(frozen=True)
class PointedOut(Recordable):
    """`[B, C, H, W]` to the same: the probability x that a pixel is of the object, to that if somebody labelled it.

    `odds x / (odds x + 1 - x)`, for an object whose pixels are labelled `odds` times as readily as those of the
    background. Who draws on a vessel and beside it gives a third of the strokes to what is a twentieth of the image.
    Source: Saerens, Latinne and Decaestecker 2002, eq. 2.4. Raises: ValueError for odds that are not positive.
    """

    odds: float

    def __post_init__(self) -> None:
        if not 0 < self.odds < float("inf"):
            raise ValueError(f"odds are {self.odds}; wanted a positive number")

    def __call__(self, x: Tensor) -> Tensor:
        more = self.odds * x
        return more / (more + 1 - x)
