"""An image that was a JPEG, compressed again on all other grids of blocks: what the first grid did is averaged out."""

from itertools import product

import torch.nn.functional as F
from torch import Tensor

from untaught.core import Operator

SIDE = 8  # pixels of a block


def reapplied(jpeg: Operator, y: Tensor, every: int = 1) -> Tensor:
    """The mean of the JPEGs of y `[B, C, H, W]`, its blocks beginning at each `every`-th pixel across and down.

    A block of halved chroma is 16 pixels wide: half of the grids are 8 pixels further on, for chroma to see those too.
    Source: Nosratinia 2001, "Denoising of JPEG images by re-application of JPEG".
    """
    height, width = y.shape[-2:]
    room = 2 * SIDE
    beyond = F.pad(y, (room,) * 4, mode="replicate")
    total = y.new_zeros(())
    shifts = range(0, SIDE, every)
    for across, along in product(shifts, shifts):
        down, right = across + SIDE * (along // every % 2), along + SIDE * (across // every % 2)
        top, left = room - down, room - right
        again = jpeg(beyond[..., top : top + height + room, left : left + width + room])
        total = total + again[..., down : down + height, right : right + width]
    return total / len(shifts) ** 2
