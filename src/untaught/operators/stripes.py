"""Every detector of a line scanner has its own sensitivity: stripes."""

from typing import Literal

import torch
from torch import Tensor, nn

STEP = 0.1  # what an optimiser's step of 1 changes a gain or an offset by: they move slower than weights


class Stripes(nn.Module):
    """`A(x) = gain * x + offset`, one of each for every column (or row): `[B, C, H, W] -> [B, C, H, W]`.

    They are unknown and are fitted together with the weights, from 1 and 0. Gains have mean 1 and offsets mean 0 in
    each channel, so that the image keeps its brightness. With `channels` each has its own detectors; with 1, all share.
    Dead lines are no stripes but missing pixels: `Composed(Stripes(width), Mask(alive))`.
    Raises: ValueError for an image that is not as many columns (rows) long.
    """

    def __init__(self, length: int, *, along: Literal["columns", "rows"] = "columns", channels: int = 1) -> None:
        super().__init__()
        if length < 1 or channels < 1 or along not in ("columns", "rows"):
            raise ValueError(
                f"{length} {along}, {channels} channels; wanted 1 or more of columns or rows, and channels"
            )
        self.along = along
        shape = (1, channels, 1, length) if along == "columns" else (1, channels, length, 1)
        self.gains = nn.Parameter(torch.zeros(shape))
        self.offsets = nn.Parameter(torch.zeros(shape))

    @property
    def gain(self) -> Tensor:
        """`[1, channels, 1, W]` (or `H, 1`), as it stands; mean 1."""
        return 1 + centred(self.gains)

    @property
    def offset(self) -> Tensor:
        """`[1, channels, 1, W]` (or `H, 1`), as it stands; mean 0."""
        return centred(self.offsets)

    def forward(self, x: Tensor) -> Tensor:
        length, wanted = x.shape[-1 if self.along == "columns" else -2], self.gains.numel() // self.gains.shape[1]
        if length != wanted:
            raise ValueError(f"the image has {length} {self.along}; wanted {wanted}")
        return self.gain * x + self.offset


def centred(values: Tensor) -> Tensor:
    """Steps to changes of mean 0 in each channel."""
    return STEP * (values - values.mean((-2, -1), keepdim=True))
