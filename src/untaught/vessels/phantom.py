"""Angiograms that never were: branching tubes seen by X-rays, with the label that no hand could draw as well.

For studies and tests that are to run anywhere. Lengths are pixels. What is hard in a real angiogram is here too: thin
side branches hardly above the noise, ribs and the diaphragm with edges of their own, a catheter and wires that are no
vessels, sometimes a collimator's shutter. It is easier than a real one in this: its label is exact, and nothing moves.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]
Path = NDArray[np.float64]  # [N, 3]: row, column, radius

PACE = 0.6  # between two points of a path
THINNEST, THICKEST = 0.7, 8.0  # radii
MOST = 40  # branches
SPACING = 40.0  # between side branches
TRIES, LEAST = 20, 0.035  # trees are drawn until one fills such a share of the image


@dataclass(frozen=True, eq=False)
class Phantom:
    """One angiogram, `[H, W]` each: vessels are dark, and what is known of them is exact."""

    image: Grey = field(repr=False)  # in [0, 1]
    label: Mask = field(repr=False)
    radius: Grey = field(repr=False)  # of the vessel that a pixel is in; 0 beside


def phantom(number: int, size: int = 256) -> Phantom:
    """Angiogram `number`, of `size` times `size` pixels; the number decides everything.

    Source: intensity is `I0 exp(-mu t)`, t the way through tubes of circular section (Beer and Lambert), with the
    photons' Poisson noise; where a vessel parts, the radii's cubes add up (Murray 1926).
    """
    draw = np.random.default_rng([20261126, number])
    trunk, thickness, radius = large_enough(draw, size)
    density = draw.uniform(0.04, 0.085) * thickness + behind(draw, size) + catheter(draw, trunk, size)
    for _ in range(draw.integers(1, 4)):
        density += wire(draw, size)
    light = gaussian_filter(np.exp(-density), draw.uniform(0.5, 1.3)) * shading(draw, size)
    photons = draw.uniform(250, 1500)
    seen = gaussian_filter(draw.poisson(photons * light) / photons, 0.45)
    seen = seen / np.quantile(seen, 0.995) * draw.uniform(0.7, 0.9)
    label, open_ = radius > 0, np.ones((size, size), dtype=bool)
    if draw.random() < 0.3:
        open_ = beyond_corner(draw, size)
        seen = np.where(open_, seen, 0.04 + 0.004 * draw.standard_normal((size, size)))
    image = gaussian_filter(seen, 0.3).clip(0, 1).astype(np.float32)
    return Phantom(image, label & open_, (radius * open_).astype(np.float32))


def large_enough(draw: np.random.Generator, size: int) -> tuple[Path, NDArray[np.float64], NDArray[np.float64]]:
    """A tree that does not leave the image at once: its trunk, the way through it, its radius, `[size, size]`."""
    for _ in range(TRIES):
        paths = list(tree(draw, size))
        thickness, radius = np.zeros((size, size)), np.zeros((size, size))
        for number, path in enumerate(paths):
            apart = path[int(1.6 * path[0, 2] / PACE) :] if number else path  # a joint is filled once
            thickness += tube(apart, size)[0]
            radius = np.maximum(radius, tube(path, size)[1])
        if (radius > 0).mean() > LEAST:
            break
    return paths[0], thickness, radius


def tree(draw: np.random.Generator, size: int) -> Iterator[Path]:
    """The vessels, parents before children: a trunk from near an edge, and what branches off."""
    scale = size / 256
    away = draw.uniform(0, 2 * math.pi)
    start = size / 2 + 0.42 * size * np.array([math.sin(away), math.cos(away)]) * draw.uniform(0.7, 1.0)
    trunks = [(start, away + math.pi + draw.normal(0, 0.35), draw.uniform(3.2, THICKEST) * math.sqrt(scale), 0)]
    grown = 0
    while trunks and grown < MOST:
        begin, heading, radius, order = trunks.pop(0)
        path = vessel(draw, begin, heading, radius, size)
        grown += 1
        if len(path) < 8:
            continue
        yield path
        trunks += offspring(draw, path, order)


def vessel(draw: np.random.Generator, begin: Path, heading: float, radius: float, size: int) -> Path:
    """A tapering path that wanders, to its end or to the image's edge."""
    length = draw.uniform(0.7, 1.4) * (34 + 13 * radius) * (size / 256) ** 0.5
    count = max(int(length / PACE), 8)
    bends = gaussian_filter(draw.standard_normal(count), 12 / PACE, mode="reflect") * 6.0
    angles = heading + np.cumsum(0.018 * bends * PACE)
    steps = PACE * np.stack([np.sin(angles), np.cos(angles)], axis=1)
    places = begin + np.cumsum(steps, axis=0)
    radii = np.maximum(radius * np.linspace(1, draw.uniform(0.6, 0.9), count), THINNEST)
    inside = ((places > -radius) & (places < size + radius)).all(1)
    end = count if inside.all() else int(np.argmin(inside))
    return np.column_stack([places, radii])[:end]


def offspring(draw: np.random.Generator, path: Path, order: int) -> list[tuple[Path, float, float, int]]:
    """Two vessels at a path's end, and thin ones from its sides."""
    found = []
    last, radius = path[-1], path[-1, 2]
    if radius > THINNEST * 1.15 and order < 5:
        share, way = draw.uniform(0.25, 0.75), direction(path, len(path) - 1)
        side = draw.choice([-1, 1])
        for part, sign in ((share, side), (1 - share, -side)):
            thinner = max(radius * part ** (1 / 3), THINNEST)
            found.append((last[:2], way + sign * draw.uniform(0.25, 0.8), thinner, order + 1))
    for _ in range(draw.poisson(len(path) * PACE / SPACING) if order < 3 else 0):
        at = int(draw.integers(len(path) // 6, len(path)))
        thin = max(path[at, 2] * draw.uniform(0.22, 0.5), THINNEST)
        turn = draw.choice([-1, 1]) * draw.uniform(0.6, 1.4)
        found.append((path[at, :2], direction(path, at) + turn, thin, order + 2))
    return found


def direction(path: Path, at: int) -> float:
    """Along a path, from the columns' axis towards the rows'."""
    down, right = path[at, :2] - path[max(at - 5, 0), :2] if at else path[1, :2] - path[0, :2]
    return math.atan2(down, right)


def tube(path: Path, size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The way through it along the rays, and its radius where it is, `[size, size]`; both 0 beside it."""
    way, radii = np.zeros((size, size)), np.zeros((size, size))
    for row, column, radius in path:
        reach = math.ceil(radius) + 1
        top, left = max(round(row) - reach, 0), max(round(column) - reach, 0)
        rows = np.arange(top, min(round(row) + reach + 1, size))[:, None]
        columns = np.arange(left, min(round(column) + reach + 1, size))[None]
        if not (rows.size and columns.size):
            continue
        left_over = radius**2 - (rows - row) ** 2 - (columns - column) ** 2
        here = np.s_[top : top + rows.size, left : left + columns.size]
        way[here] = np.maximum(way[here], 2 * np.sqrt(np.maximum(left_over, 0)))
        radii[here] = np.maximum(radii[here], np.where(left_over >= 0, radius, 0))
    return way, radii


def catheter(draw: np.random.Generator, trunk: Path, size: int) -> NDArray[np.float64]:
    """The density of a hollow tube that comes from an edge to where the trunk begins."""
    begin, heading = trunk[0, :2], direction(trunk, 1) + math.pi + draw.normal(0, 0.4)
    count = int(1.5 * size / PACE)
    angles = heading + draw.normal(0, 0.008) * PACE * np.arange(count)
    places = begin + np.cumsum(PACE * np.stack([np.sin(angles), np.cos(angles)], axis=1), axis=0)
    outer = draw.uniform(1.8, 2.8)
    inside = ((places > -outer) & (places < size + outer)).all(1)
    path = np.column_stack([places, np.full(count, outer)])[: int(np.argmin(inside)) if not inside.all() else count]
    bore = path * [1, 1, 0.55]
    density: NDArray[np.float64] = draw.uniform(0.09, 0.16) * (tube(path, size)[0] - 0.6 * tube(bore, size)[0])
    return density


def wire(draw: np.random.Generator, size: int) -> NDArray[np.float64]:
    """The density of a lead or a clip's wire, as wide all along, that lies somewhere in the picture."""
    length = draw.uniform(0.25, 1.2) * size
    count = int(length / PACE)
    angles = draw.uniform(0, 2 * math.pi) + draw.normal(0, 0.012) * PACE * np.arange(count)
    steps = PACE * np.stack([np.sin(angles), np.cos(angles)], axis=1)
    places = draw.uniform(0, size, 2) + np.cumsum(steps, axis=0)
    path = np.column_stack([places, np.full(count, draw.uniform(0.8, 2.6))])
    density: NDArray[np.float64] = draw.uniform(0.03, 0.14) * tube(path, size)[0]
    return density


def behind(draw: np.random.Generator, size: int) -> NDArray[np.float64]:
    """The density of what is not vessel: ribs, a diaphragm, soft tissue."""
    rows, columns = np.mgrid[:size, :size] / size
    density = 0.16 * smooth(draw, size, 0.3) + 0.035 * smooth(draw, size, 0.06) + 0.022 * smooth(draw, size, 0.015)
    slope, bow = draw.normal(0, 0.5), draw.uniform(-0.5, 0.5)
    for k in range(draw.integers(2, 5)):
        middle = (k + draw.uniform(0.1, 0.9)) / 4 + slope * (columns - 0.5) + bow * (columns - 0.5) ** 2
        width, soft = draw.uniform(0.025, 0.05), draw.uniform(0.004, 0.010)
        edge = 1 / (1 + np.exp(np.clip((np.abs(rows - middle) - width) / soft, -40, 40)))
        rim = np.exp(-(((np.abs(rows - middle) - width) / 0.012) ** 2))
        density += draw.uniform(0.04, 0.12) * (edge + 0.7 * rim)
    if draw.random() < 0.6:
        centre, wide = draw.uniform(0.0, 1.0), draw.uniform(0.5, 0.9)
        height = draw.uniform(0.7, 1.0) + 0.5 * ((columns - centre) / wide) ** 2
        density += draw.uniform(0.15, 0.4) / (1 + np.exp(np.clip((height - rows) / draw.uniform(0.006, 0.02), -40, 40)))
    found: NDArray[np.float64] = density - density.min()
    return found


def shading(draw: np.random.Generator, size: int) -> NDArray[np.float64]:
    """The beam, brighter here than there."""
    field = smooth(draw, size, 0.35)
    shade: NDArray[np.float64] = 1 + 0.12 * field
    return shade.clip(0.4, 1.8)


def smooth(draw: np.random.Generator, size: int, scale: float) -> NDArray[np.float64]:
    """A random field of standard deviation 1 that changes over `scale` times the image."""
    field = gaussian_filter(draw.standard_normal((size, size)), scale * size, mode="reflect")
    standard: NDArray[np.float64] = (field - field.mean()) / field.std()
    return standard


def beyond_corner(draw: np.random.Generator, size: int) -> Mask:
    """False in a corner that a shutter hides."""
    rows, columns = np.mgrid[:size, :size] / size
    rows = rows if draw.random() < 0.5 else 1 - rows
    columns = columns if draw.random() < 0.5 else 1 - columns
    seen: Mask = rows * draw.uniform(0.7, 1.3) + columns > draw.uniform(0.2, 0.4)
    return seen
