"""The measured tree drawn over its image, as SVG: sharp at any size, and its numbers are text."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from untaught.vessels.tree import Branch, Tree

Floats = NDArray[np.float64]
Spot = tuple[float, float]  # x, y in the drawing's units from its corner

VIRIDIS = ("#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725")
"""From a fifth of the way on: the darkest cannot be seen on a vessel. Source: van der Walt and Smith 2015; safe for
eyes that do not tell red from green, and in grey."""
SHADES = 32
STYLE = """
image { image-rendering: pixelated; }
.over path { fill: none; stroke-width: 3.5px; stroke-linejoin: round; stroke-linecap: round; }
.over .casing { stroke: #000; stroke-opacity: .6; stroke-width: 6px; }
.over .unmeasured { stroke: #fff; stroke-opacity: .8; stroke-width: 1.25px; stroke-dasharray: 2 4; }
.over .end { fill: #000; fill-opacity: .35; stroke: #fff; stroke-width: 1.5px; }
.over .fork { fill: #fff; stroke: #000; stroke-width: 1px; }
.over .ring { fill: none; stroke: #fff; stroke-width: 2px; }
.over .leader { stroke: #fff; stroke-width: 2px; }
.over .narrowing .casing { stroke: #000; stroke-opacity: .6; stroke-width: 4.5px; }
.over .disc { fill: #fff; stroke: #000; stroke-width: 1.5px; }
.over text { font-family: system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; text-anchor: middle; }
.over .narrowing text { fill: #000; font-weight: 700; }
.numbers text { fill: #fff; stroke: #000; stroke-opacity: .75; stroke-width: 3px; paint-order: stroke; }
"""
WIDE = 900.0  # units that the longer side of the drawing has, whatever the image's pixels
LEAST_NUMBERED = 30.0  # units: a shorter branch has no number in the drawing
ANGLES = 16  # directions in which a number is tried
FARTHER = 0.05  # of a box's area that may be taken before the next distance is tried
FEW = 40  # branches; of more, the numbers are not shown until asked for


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Which diameter has which colour: the least is `low`, the greatest `high`, and equal ratios are equal steps."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """The diameter half-way."""
        return math.sqrt(self.low * self.high)

    def shares(self, diameter: Floats) -> Floats:
        """Where diameters lie between the two, from 0 to 1; NaN stays NaN."""
        return np.log(diameter / self.low) / math.log(self.high / self.low)

    def colour(self, share: float) -> str:
        """As `#rrggbb`."""
        place = share * (len(VIRIDIS) - 1)
        lower = min(int(place), len(VIRIDIS) - 2)
        pair = [[int(VIRIDIS[n][i : i + 2], 16) for i in (1, 3, 5)] for n in (lower, lower + 1)]
        mixed = [round(a + (place - lower) * (b - a)) for a, b in zip(*pair, strict=True)]
        return "#{:02x}{:02x}{:02x}".format(*mixed)


def scale_of(tree: Tree) -> Scale:
    """From the least to the greatest diameter of the tree, or the twofold; a pixel and two where none is measured."""
    known = np.concatenate([np.zeros(0), *(branch.diameter[branch.diameter > 0] for branch in tree.branches)])
    if known.size == 0:
        return Scale(low=pixel(tree), high=2 * pixel(tree))
    low, high = float(known.min()), float(known.max())
    return Scale(low=low, high=max(high, 2 * low))


def overlay(tree: Tree, mask: NDArray[np.bool_], picture: str) -> str:
    """An `<svg>`: the picture (a data address of the mask's size), the branches by diameter, points and numbers.

    It stands alone: how its parts look is in it.
    """
    height, width = tree.shape
    zoom = WIDE / max(width, height)
    free, scale = Room(mask, zoom), scale_of(tree)
    for point in (*tree.ends, *tree.branch_points):
        free.take(placed(point, zoom), half=(5, 5))
    parts = [f'<image href="{picture}" width="{width * zoom:.2f}" height="{height * zoom:.2f}"/>', '<g class="over">']
    parts += [f'<path class="casing" d="{way(branch.points, zoom)}"/>' for branch in tree.branches]
    parts += [drawn(branch, scale, tree.unit, zoom) for branch in tree.branches]
    parts += [f'<circle class="end" {centre(placed(end, zoom))} r="3.5"/>' for end in tree.ends]
    for row, column, meeting in tree.branch_points:
        inside = f"<title>{meeting} branches meet</title>"
        parts.append(f'<circle class="fork" {centre(placed((row, column), zoom))} r="4">{inside}</circle>')
    for number, (_, one) in enumerate(tree.narrowings, start=1):
        spot = placed((one.row, one.column), zoom)
        place = free.beside(spot, half=(13, 13), far=(32, 48, 70))
        parts.append(marked(number, spot, place, max(9.0, one.reference / pixel(tree) / 2 * zoom + 4)))
    parts.append('</g><g class="over numbers">')
    for branch in tree.branches:
        if branch.length / pixel(tree) * zoom >= LEAST_NUMBERED:
            spot = placed(branch.points[len(branch.points) // 2].tolist(), zoom)
            place = free.beside(spot, half=(5 * len(name(branch)), 8), far=(16, 24, 34))
            parts.append(text(place, name(branch), size=15))
    box = f'viewBox="0 0 {width * zoom:.2f} {height * zoom:.2f}" role="img" aria-label="The measured vessels"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}><style>{STYLE}</style>{"".join(parts)}</g></svg>'


def name(branch: Branch) -> str:
    """What a branch is called, in the drawing and the tables: narrowings have numbers of their own."""
    return f"b{branch.number}"


def pixel(tree: Tree) -> float:
    """A pixel's side in the tree's unit, the smaller if they differ."""
    return 1.0 if tree.spacing is None else min(tree.spacing)


def placed(point: Sequence[float], zoom: float) -> Spot:
    """Row and column in pixels to x and y; the middle of the first pixel is half a pixel from the corner."""
    return (point[1] + 0.5) * zoom, (point[0] + 0.5) * zoom


class Room:
    """Where a number may stand: not on a vessel, not on another number, not outside."""

    def __init__(self, mask: NDArray[np.bool_], zoom: float) -> None:
        self.taken = mask.copy()
        self.zoom = zoom

    def beside(self, spot: Spot, *, half: Spot, far: tuple[float, ...]) -> Spot:
        """The emptiest place of a box of half-sides `half` (x, y) at one of the distances `far`; it is then taken."""
        high, wide = (side * self.zoom for side in self.taken.shape)
        best, place = np.inf, spot
        for order, distance in enumerate(far):
            for angle in (np.arange(ANGLES) + 0.5) * 2 * np.pi / ANGLES:
                x, y = float(spot[0] + distance * np.cos(angle)), float(spot[1] + distance * np.sin(angle))
                if half[0] <= x <= wide - half[0] and half[1] <= y <= high - half[1]:
                    cost = float(self.taken[self.box((x, y), half)].mean()) + FARTHER * order
                    best, place = min((best, place), (cost, (x, y)))
        self.take(place, half=half)
        return place

    def take(self, place: Spot, *, half: Spot) -> None:
        """Nothing else shall stand in this box."""
        self.taken[self.box(place, half)] = True

    def box(self, place: Spot, half: Spot) -> tuple[slice, slice]:
        """Its pixels; one at least."""
        (left, top), (right, bottom) = (
            [max(0, int((place[axis] + sign * half[axis]) / self.zoom)) for axis in (0, 1)] for sign in (-1, 1)
        )
        return slice(top, bottom + 1), slice(left, right + 1)


def drawn(branch: Branch, scale: Scale, unit: str, zoom: float) -> str:
    """A branch in stretches of one colour; dashed where no diameter is measured."""
    known = branch.diameter > 0
    shares = scale.shares(np.where(known, branch.diameter, scale.low))
    levels = np.where(known, np.rint(shares * (SHADES - 1)), -1).astype(int)
    changes = [0, *(np.flatnonzero(np.diff(levels)) + 1).tolist(), len(levels)]
    parts = [f'<g class="branch"><title>{title(branch, unit)}</title>']
    for begin, end in pairwise(changes):
        line = way(branch.points[begin : end + 1], zoom)  # to the next stretch's first point: no gaps
        if levels[begin] < 0:
            parts.append(f'<path class="unmeasured" d="{line}"/>')
        else:
            parts.append(f'<path d="{line}" stroke="{scale.colour(levels[begin] / (SHADES - 1))}"/>')
    return "".join(parts) + "</g>"


def title(branch: Branch, unit: str) -> str:
    """What is said of a branch under the pointer."""
    width = branch.median_diameter
    said = "diameter not measured" if width is None else f"median diameter {width:.3g} {unit}"
    return f"{name(branch)}: length {branch.length:.4g} {unit}, {said}"


def way(points: Floats, zoom: float) -> str:
    """Points (row, column) as a path's data."""
    return "M" + "L".join("{:.1f} {:.1f}".format(*placed(point, zoom)) for point in points.tolist())


def centre(spot: Spot) -> str:
    """As attributes of a circle."""
    return f'cx="{spot[0]:.1f}" cy="{spot[1]:.1f}"'


def marked(number: int, spot: Spot, place: Spot, radius: float) -> str:
    """A narrowing: a ring around it, a line, and its number on a disc."""
    run = np.subtract(place, spot)
    begin = np.add(spot, run * radius / max(float(np.hypot(*run)), radius))
    leader = f'd="M{begin[0]:.1f} {begin[1]:.1f}L{place[0]:.1f} {place[1]:.1f}"/>'
    line = f'<path class="casing" {leader}<path class="leader" {leader}'
    circle = f'{centre(spot)} r="{radius:.1f}"/>'
    ring = f'<circle class="ring casing" {circle}<circle class="ring" {circle}'
    disc = f'<circle class="disc" {centre(place)} r="12"/>'
    return f'<g class="narrowing">{ring}{line}{disc}{text(place, str(number), size=17)}</g>'


def text(place: Spot, words: str, *, size: float) -> str:
    """Words about a place."""
    return f'<text x="{place[0]:.1f}" y="{place[1] + 0.35 * size:.1f}" font-size="{size:g}">{words}</text>'
