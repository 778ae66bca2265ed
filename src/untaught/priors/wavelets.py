"""Few wavelets: natural images are sums of a few edges, at all scales and places."""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from untaught.core import Recordable


@dataclass(frozen=True)
class Wavelets(Recordable):
    """Sum of the absolute details of the undecimated Haar transform, of `levels` scales.

    At scale s the image is averaged with, and taken from, itself moved by 2^s pixels, down and across: three kinds of
    details and the next, coarser image. Nothing is decimated, so that the penalty is the same wherever an edge lies.
    With 1/2 before each sum and difference it is a Parseval frame, but for the borders, beyond which the image repeats
    its last pixels.
    Source: Coifman and Donoho 1995, "Translation-invariant de-noising"; the filters, Nason and Silverman 1995.
    Raises: ValueError for no levels.
    """

    levels: int = 3

    def __post_init__(self) -> None:
        if self.levels < 1:
            raise ValueError(f"levels is {self.levels}; wanted 1 or more")

    def __call__(self, x: Tensor) -> Tensor:
        total, image = x.new_zeros(()), x
        for level in range(self.levels):
            mean, change = halves(image, 2**level, axis=-2)
            image, across = halves(mean, 2**level, axis=-1)
            down, diagonal = halves(change, 2**level, axis=-1)
            total = total + across.abs().sum() + down.abs().sum() + diagonal.abs().sum()
        return total


def halves(image: Tensor, far: int, *, axis: int) -> tuple[Tensor, Tensor]:
    """Half of the sum and half of the difference of the image `[B, C, H, W]` and itself `far` pixels on."""
    room = (0, 0, 0, far) if axis == -2 else (0, far, 0, 0)
    moved = F.pad(image, room, mode="replicate").narrow(axis, far, image.shape[axis])
    return (image + moved) / 2, (moved - image) / 2
