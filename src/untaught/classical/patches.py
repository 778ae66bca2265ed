"""Small square patches of an image: cut out, find those alike, put back.

An image is `[C, H, W]`. Its patches of `size` are numbered row by row by their top left pixel, `N = (H - size + 1) *
(W - size + 1)` of them, and lie in a matrix with one patch a column (`[C size^2, N]`, "planes": each row is the image
shifted) or one patch a row (`[N, C size^2]`: what groups are gathered from).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

REFERENCES = 1024  # whose distances to all within their reach are held at a time


@dataclass(frozen=True, kw_only=True)
class Search:
    """Which patches are looked for: the `count` nearest, in the square mean, within `radius` pixels of a reference."""

    size: int  # pixels a side of a patch
    step: int  # pixels between references
    radius: int  # pixels, in each direction
    count: int

    def __post_init__(self) -> None:
        if not (1 <= self.step <= self.size and self.radius >= 0 and self.count >= 1):
            raise ValueError(f"{self}: wanted 1 <= step <= size, radius >= 0, count >= 1")


@dataclass(frozen=True)
class Strip:
    """A band of rows with its own references and all they can be alike to. Bounds memory; fits a processor's cache."""

    top: int  # rows top ... bottom - 1 of the image
    bottom: int
    first: int  # the first reference's row, counted from `top`
    rows: int  # rows of references


def fill_grid(image: Tensor, search: Search) -> Tensor:
    """`[C, H, W]` continued below and to the right by reflection, so that patches at every `step` cover it."""
    for axis in (1, 2):
        length = image.shape[axis]
        steps = -(-max(length - search.size, 0) // search.step)
        image = image.index_select(axis, reflected(length, search.size + steps * search.step).to(image.device))
    return image


def reflected(length: int, wanted: int) -> Tensor:
    """Indices 0, 1 ... length - 1, length - 2 ... 1, 0, 1 ...: `wanted` of them, however short the original."""
    period = max(2 * (length - 1), 1)
    place = torch.arange(wanted) % period
    return torch.minimum(place, period - place).clamp(max=length - 1)


def strips(height: int, width: int, search: Search) -> Iterator[Strip]:
    """Cut an image (from `fill_grid`) into strips of a row of references, or as many as have `REFERENCES` in all."""
    rows = max(1, REFERENCES // ((width - search.size) // search.step + 1))
    for top in range(0, height - search.size + 1, rows * search.step):
        last = min(top + (rows - 1) * search.step, height - search.size)
        start = max(top - search.radius, 0)
        end = min(last + search.size + search.radius, height)
        yield Strip(start, end, top - start, (last - top) // search.step + 1)


def most_alike(search: Search, height: int, width: int) -> int:
    """How many patches every reference of an image has within reach, at most `search.count`."""
    reach = [min(search.radius, length - search.size) + 1 for length in (height, width)]
    return min(search.count, reach[0] * reach[1])


def nearest(guide: Tensor, search: Search, strip: Strip, count: int) -> Tensor:
    """`[R, count]` numbers of the patches nearest to each reference in `guide` `[C, h, W]`, a strip. Itself is first.

    One shift of the whole strip downwards at a time, all those sideways together: squared difference, summed over the
    patch by slices.
    """
    width = guide.shape[2]
    radius, across = search.radius, width - search.size + 1
    rows = torch.arange(strip.rows, device=guide.device) * search.step + strip.first
    columns = torch.arange(0, across, search.step, device=guide.device)
    band = guide[:, strip.first : int(rows[-1]) + search.size]
    outside = functional.pad(guide, (radius,) * 4, value=torch.inf)  # nothing is alike to what is not there
    sideways = outside.unfold(2, width, 1)  # [C, h + 2 radius, 2 radius + 1, W]: every shift along the row
    distances = guide.new_empty(2 * radius + 1, 2 * radius + 1, len(rows) * len(columns))
    for down in range(2 * radius + 1):
        first = strip.first + down
        moved = sideways[:, first : first + band.shape[1]]
        distances[down] = box_sums(squared_distance(moved, band), search)
    distances[radius, radius] = -1  # the reference itself comes first
    chosen = distances.flatten(0, 1).T.contiguous().topk(count, dim=1, largest=False).indices
    shift = torch.arange(-radius, radius + 1, device=guide.device)
    offsets = (shift[:, None] * across + shift).flatten()
    return (rows[:, None] * across + columns).reshape(-1, 1) + offsets[chosen]


def squared_distance(moved: Tensor, band: Tensor) -> Tensor:
    """Colours of pixels in `moved` `[C, h, S, W]`, shifted in S ways, against `band` `[C, h, W]`: `[h, S, W]`."""
    difference = moved[0] - band[0][:, None]
    total = difference * difference
    for one, other in zip(moved[1:], band[1:], strict=True):
        torch.sub(one, other[:, None], out=difference)
        total.addcmul_(difference, difference)
    return total


def box_sums(values: Tensor, search: Search) -> Tensor:
    """`[h, S, W]` to sums over squares of `size` whose corners lie `step` apart: `[S, R]`."""
    height, shifts, width = values.shape
    down, right = ((length - search.size) // search.step * search.step + 1 for length in (height, width))
    total = values[: down : search.step].clone()
    for first in range(1, search.size):
        total += values[first : first + down : search.step]
    squares = total[:, :, : right : search.step].clone()
    for first in range(1, search.size):
        squares += total[:, :, first : first + right : search.step]
    return squares.transpose(0, 1).reshape(shifts, -1)


def cut(image: Tensor, size: int) -> Tensor:
    """`[C, h, W]` to planes `[C size^2, N]`; a patch's pixels are ordered channel, row, column."""
    channels = image.shape[0]
    return image.unfold(1, size, 1).unfold(2, size, 1).permute(0, 3, 4, 1, 2).reshape(channels * size**2, -1)


def paste(planes: Tensor, size: int, height: int, width: int) -> Tensor:
    """The transpose of `cut`: planes `[C size^2, N]`, each patch added at its place, to `[C, h, W]`."""
    down, across = height - size + 1, width - size + 1
    stacked = planes.view(-1, size, size, down, across)
    image = planes.new_zeros(stacked.shape[0], height, width)
    for row in range(size):
        for column in range(size):
            image[:, row : row + down, column : column + across] += stacked[:, row, column]
    return image
