"""An image cut into tiles, some of which are kept from the fit to check it on."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import torch
from torch import Tensor

MARGIN = 8  # pixels around a tile, so that its edge is like its middle to convolutions that reach no further
SMALLEST = 8  # pixels a side of a tile


@dataclass(frozen=True)
class Tiles:
    """The image cut into squares; beyond its edges it is continued by reflection."""

    size: int
    height: int
    width: int
    held: int
    device: torch.device

    @classmethod
    def of(cls, size: int, held: int, height: int, width: int, device: torch.device) -> "Tiles":
        """Four tiles along the shorter side at least, if they can be `SMALLEST` wide."""
        return cls(max(SMALLEST, min(size, min(height, width) // 4)), height, width, held, device)

    def __iter__(self) -> Iterator[tuple[tuple[int, int], bool]]:
        """The top left corner of each, and whether it is held out: a knight's move apart, at any width."""
        for row, top in enumerate(range(0, self.height, self.size)):
            for column, left in enumerate(range(0, self.width, self.size)):
                yield (top, left), (row + 2 * column) % self.held == 0

    def draw(self, count: int, generator: torch.Generator) -> list[tuple[int, int]]:
        """Corners of tiles that are not held out (all, in an image of one tile)."""
        chosen = torch.randint(len(self.free), (count,), generator=generator, device=generator.device)
        return [self.free[place] for place in chosen.tolist()]

    @cached_property
    def free(self) -> list[tuple[int, int]]:
        """Corners of the tiles to draw from: not held out, nor with the mirror image of one beyond the edge."""
        held = {corner for corner, kept in self if kept}
        others = [corner for corner, kept in self if not kept]
        apart = [corner for corner in others if not held & self.under(corner)]
        return apart or others or [corner for corner, _ in self]

    def under(self, corner: tuple[int, int]) -> set[tuple[int, int]]:
        """Corners of the tiles whose pixels a tile has, its own and, beyond the edge, mirrored ones."""
        extents = zip(corner, (self.height, self.width), strict=True)
        rows, columns = ({i - i % self.size for i in folded(f, f + self.size, n).tolist()} for f, n in extents)
        return set(product(rows, columns))

    def around(self, corner: tuple[int, int], width: int | None = None) -> tuple[Tensor, Tensor]:
        """Rows and columns of the image under a tile (or a band `width` wide) and its margin."""
        extents = ((corner[0], self.size, self.height), (corner[1], width or self.size, self.width))
        places = [folded(first - MARGIN, first + long + MARGIN, length) for first, long, length in extents]
        return places[0].to(self.device), places[1].to(self.device)


def folded(first: int, end: int, length: int) -> Tensor:
    """Indices `first ... end - 1` into something `length` long, reflected at both ends as often as need be."""
    period = max(2 * (length - 1), 1)
    place = torch.arange(first, end) % period
    return torch.minimum(place, period - place).clamp(max=length - 1)
