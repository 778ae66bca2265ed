"""The image was stored as a JPEG."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 8  # pixels of a block
LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
CHROMA = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *(((99,) * 8,) * 4),
)
TO_YCC = ((0.299, 0.587, 0.114), (-0.168735892, -0.331264108, 0.5), (0.5, -0.418687589, -0.081312411))
TO_RGB = ((1.0, 0.0, 1.402), (1.0, -0.344136286, -0.714136286), (1.0, 1.772, 0.0))
NARROW = 2  # chroma no wider than this is doubled by repetition, in libjpeg too
MARGIN = 0.001  # of a quantisation step: a projected coefficient is rounded to the same number, in float32 too

Table = tuple[tuple[int, ...], ...]
Rounding = Callable[[Tensor], Tensor]


def as_it_is(x: Tensor) -> Tensor:
    """Not rounded."""
    return x


def straight_through(x: Tensor) -> Tensor:
    """Rounded, with the gradient of x itself. Source: Bengio, Leonard and Courville 2013, arXiv 1308.3432."""
    return x + (x.round() - x).detach()


def cubic(x: Tensor) -> Tensor:
    """`round(x) + (x - round(x))^3`, with its own gradient.

    Source: Shin and Song 2017, "JPEG-resistant adversarial images".
    """
    return x.round() + (x - x.round()) ** 3


def tables(quality: int) -> tuple[Table, Table]:
    """Quantisation tables for luma and chroma, 8x8 in natural order, of a quality of 1 to 100 as libjpeg scales it.

    Source: ITU-T T.81 annex K; libjpeg, `jpeg_quality_scaling`.
    """
    if not 1 <= quality <= 100:
        raise ValueError(f"quality is {quality}; wanted 1 to 100")
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    luma, chroma = (
        tuple(tuple(min(max((step * percent + 50) // 100, 1), 255) for step in row) for row in table)
        for table in (LUMA, CHROMA)
    )
    return luma, chroma


@dataclass(frozen=True, kw_only=True)
class Jpeg:
    """What comes out of a JPEG of x: `[B, C, H, W] -> [B, C, H, W]` in [0, 1]; C is 1 (grey) or 3 (RGB).

    RGB to YCbCr (JFIF), rounded to 8 bits; chroma halved by means of 2x2 pixels with "4:2:0", and doubled again
    bilinearly as libjpeg's "fancy upsampling" does; DCT of 8x8 blocks, sides that are no multiples going on with their
    last pixel; division by the `steps` (luma, chroma; `tables(quality)` are libjpeg's) and rounding; and all the way
    back, clipped to [0, 1]. `rounding` is what makes it differentiable: `straight_through` gives the values of a real
    codec, `cubic` smooth ones nearby, `torch.round` no gradient.
    Source: ITU-T T.81. Departs: nothing is rounded to 8 bits on the way back, and no codec's fixed point is imitated.
    Raises: ValueError for other channels or subsampling, or tables that are not 8x8 of positive numbers.
    """

    steps: tuple[Table, Table]
    subsampling: Literal["4:4:4", "4:2:0"] = "4:2:0"
    rounding: Rounding = straight_through

    def __post_init__(self) -> None:
        if self.subsampling not in ("4:4:4", "4:2:0"):
            raise ValueError(f"subsampling is {self.subsampling!r}; wanted '4:4:4' or '4:2:0'")
        sound = [len(table) == SIDE and all(len(row) == SIDE and min(row) > 0 for row in table) for table in self.steps]
        if sound != [True, True]:
            raise ValueError("wanted two tables, of luma and of chroma, 8x8 of positive numbers")

    def __call__(self, x: Tensor) -> Tensor:
        planes = [
            from_blocks(self._quantised(blocks, which), size) for blocks, which, size in self._blocks(x, self.rounding)
        ]
        return self._joined(planes, x).clamp(0, 1)

    def project(self, x: Tensor, y: Tensor) -> Tensor:
        """x with its DCT coefficients moved into the cells that y's were rounded from, no further than needed.

        Exact for grey images whose sides are multiples of 8: the nearest image whose JPEG is y. For "4:4:4" it is
        nearest in YCbCr, not in RGB, and a grey value inside the cells, or the rounding of YCbCr to 8 bits would tip
        coefficients over their edges. With "4:2:0" chroma stays as it is: y's was interpolated, and its coefficients
        can't be read off. Blocks that go beyond the image agree only nearly. y must hardly be clipped: which
        coefficients black and white blocks had can't be seen in it.
        """
        planes = []
        for (blocks, which, size), (seen, _, _) in zip(
            self._blocks(x, as_it_is), self._blocks(y, as_it_is), strict=True
        ):
            step = self._step(which, x)
            middle = (coefficients(seen) / step).round()
            reach = 0.5 - (MARGIN if x.shape[1] == 1 else (1 / step).clamp(max=0.25))
            moved = torch.clamp(coefficients(blocks) / step, middle - reach, middle + reach)
            chroma = which == 1 and self.subsampling == "4:2:0"
            planes.append(from_blocks(blocks if chroma else from_coefficients(moved * step), size))
        if self.subsampling == "4:4:4" or len(planes) == 1:
            return self._joined(planes, x)
        luma = planes[0] - ycc(x)[:, :1]
        return x + luma / 255  # the same for red, green and blue: chroma is not changed

    def _quantised(self, blocks: Tensor, which: int) -> Tensor:
        step = self._step(which, blocks)
        return from_coefficients(self.rounding(coefficients(blocks) / step) * step)

    def _step(self, which: int, like: Tensor) -> Tensor:
        return torch.tensor(self.steps[which], dtype=like.dtype, device=like.device)

    def _blocks(self, x: Tensor, rounding: Rounding) -> list[tuple[Tensor, int, tuple[int, int]]]:
        """Of each plane or pair of planes: blocks, which table, height and width."""
        if x.shape[1] not in (1, 3):
            raise ValueError(f"the image has {x.shape[1]} channels; a JPEG has 1 or 3")
        planes, size = ycc(x), (x.shape[-2], x.shape[-1])
        if x.shape[1] == 1:
            return [(to_blocks(planes), 0, size)]
        planes = rounding(planes)
        chroma = planes[:, 1:]
        if self.subsampling == "4:2:0":
            chroma = rounding(F.avg_pool2d(continued(chroma, 2), 2))
        found = [(to_blocks(planes[:, :1]), 0, size)]
        return [*found, (to_blocks(chroma), 1, (chroma.shape[-2], chroma.shape[-1]))]

    def _joined(self, planes: list[Tensor], x: Tensor) -> Tensor:
        """The planes as an image of x's size."""
        if len(planes) == 1:
            return (planes[0] + 128) / 255
        luma, chroma = planes
        if self.subsampling == "4:2:0":
            smooth = chroma.shape[-1] > NARROW
            chroma = F.interpolate(chroma, scale_factor=2, mode="bilinear" if smooth else "nearest")
            chroma = chroma[..., : x.shape[-2], : x.shape[-1]]
        return mixed(torch.cat([luma + 128, chroma], dim=1), TO_RGB) / 255


def ycc(x: Tensor) -> Tensor:
    """Luma, or luma and chroma, in grey values about 0."""
    if x.shape[1] == 1:
        return 255 * x - 128
    planes = mixed(255 * x, TO_YCC)
    return planes - planes.new_tensor([128.0, 0.0, 0.0]).view(3, 1, 1)


def mixed(x: Tensor, matrix: tuple[tuple[float, ...], ...]) -> Tensor:
    """The channels, multiplied by a matrix."""
    return torch.einsum("dc,bchw->bdhw", x.new_tensor(matrix), x)


def continued(x: Tensor, multiple: int) -> Tensor:
    """With its last row and column repeated until its sides are multiples."""
    return F.pad(x, (0, -x.shape[-1] % multiple, 0, -x.shape[-2] % multiple), mode="replicate")


def to_blocks(planes: Tensor) -> Tensor:
    """`[B, C, H, W]` to `[B, C, rows, columns, 8, 8]`."""
    whole = continued(planes, SIDE)
    rows, columns = whole.shape[-2] // SIDE, whole.shape[-1] // SIDE
    return whole.reshape(*whole.shape[:2], rows, SIDE, columns, SIDE).transpose(3, 4)


def from_blocks(blocks: Tensor, size: tuple[int, int]) -> Tensor:
    """The inverse, without what was repeated."""
    rows, columns = blocks.shape[2], blocks.shape[3]
    whole = blocks.transpose(3, 4).reshape(*blocks.shape[:2], rows * SIDE, columns * SIDE)
    return whole[..., : size[0], : size[1]]


def dct(like: Tensor) -> Tensor:
    """The orthonormal matrix of the cosine transform (DCT-II), frequencies by pixels."""
    frequency = torch.arange(SIDE, dtype=torch.float64)[:, None]
    pixel = torch.arange(SIDE, dtype=torch.float64)
    matrix = torch.cos(math.pi * frequency * (2 * pixel + 1) / (2 * SIDE)) / 2
    matrix[0] /= math.sqrt(2)
    return matrix.to(like)


def coefficients(blocks: Tensor) -> Tensor:
    """The cosine transform of each block."""
    matrix = dct(blocks)
    return matrix @ blocks @ matrix.mT


def from_coefficients(values: Tensor) -> Tensor:
    """Its inverse."""
    matrix = dct(values)
    return matrix.mT @ values @ matrix
