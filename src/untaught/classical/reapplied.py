"""An image that was a JPEG, compressed again on all other grids of blocks: what the first grid did is averaged out."""

from itertools import product

import torch.nn.functional as F
from torch import Tensor

from untaught.core import Operator

SIDE = 8  # pixels of a block
LUMA = (0.299, 0.587, 0.114)
STEADY = (0.1 / 255) ** 2  # a mean square difference from which nothing can be told


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


def shares(jpeg: Operator, sharp: Tensor) -> tuple[float, float]:
    """How much of the way from an image's JPEG to that re-applied is best, in [0, 1]: for luma, for chroma.

    By least squares on a sharp image `[1, C, h, w]` that is compressed for it; so text, which re-application blurs, is
    told from photographs.
    """
    stored = jpeg(sharp)
    way, whole = reapplied(jpeg, stored, 2) - stored, sharp - stored
    pairs = (luma(way), luma(whole)), (way - luma(way), whole - luma(whole))
    best = [float((a * b).mean() / (a.square().mean() + STEADY)) for a, b in pairs]
    return min(max(best[0], 0.0), 1.0), min(max(best[1], 0.0), 1.0)


def partly(y: Tensor, again: Tensor, of_luma: float, of_chroma: float) -> Tensor:
    """So much of the way from y to that re-applied, `[B, C, H, W]`."""
    way = again - y
    grey = luma(way)
    return y + of_luma * grey + of_chroma * (way - grey)


def luma(x: Tensor) -> Tensor:
    """`[B, C, H, W]` to `[B, 1, H, W]`; what is grey stays as it is."""
    return x if x.shape[1] == 1 else (x * x.new_tensor(LUMA).view(3, 1, 1)).sum(1, keepdim=True)
