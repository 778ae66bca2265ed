"""Where a vessel is narrower than its own healthy parts say it should be, as quantitative angiography reckons it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHARE = 0.7  # of the diameters lie under the first line: up to two thirds of a branch may be narrowed
ROUNDS = 40  # of reweighted least squares that it takes
HEALTHY = 0.1  # of the reference, or half a pixel: so far from the first line a diameter counts as healthy
LEAST_LENGTH = 3.0  # diameters: in a shorter branch there is no telling what is healthy
MARKED = 30.0  # per cent from which a narrowing is marked
SAME = 15.0  # per cent: two that are not parted by less are one
LEAST_DROP = 1.0  # pixel: what is less may be the grid's


@dataclass(frozen=True, kw_only=True)
class Narrowing:
    """The narrowest place of a stretch of a branch.

    place: in the branch's samples. percent: `100 (1 - diameter / reference)`, of diameter and not of area.
    """

    place: int
    row: float
    column: float
    along: float
    diameter: float
    reference: float
    percent: float


def reference(along: Floats, diameter: Floats, *, pixel: float) -> tuple[Floats, NDArray[np.bool_]]:
    """What the diameter would be at each place if nothing were narrowed, and which places are healthy.

    A straight line in the way along the branch, fitted to the healthy places: those near the line under which 70 %
    of the diameters lie.
    Source: DICOM PS3.17, T.4.2, "Interpolated Reference": a line through reference markers, read where it is narrowest.
    Departs: two markers at 5 % and 95 % of the length are there the default; here every healthy place is one, since
    an end may be narrowed, and one diameter of a mask is known to half a pixel.
    """
    line = along_line(along, diameter, np.ones_like(diameter))
    for _ in range(ROUNDS):
        off = diameter - line
        weights = np.where(off > 0, SHARE, 1 - SHARE) / np.maximum(np.abs(off), 1e-3 * pixel)
        line = along_line(along, diameter, weights)
    healthy = np.abs(diameter - line) <= np.maximum(HEALTHY * line, pixel / 2)
    if np.count_nonzero(healthy) > 2:
        line = along_line(along, diameter, healthy.astype(np.float64))
    return line, healthy


def along_line(along: Floats, diameter: Floats, weights: Floats) -> Floats:
    """The line of weighted least squares, at each place."""
    total = weights.sum()
    middle, level = (weights * along).sum() / total, (weights * diameter).sum() / total
    spread = (weights * (along - middle) ** 2).sum()
    slope = (weights * (along - middle) * (diameter - level)).sum() / spread if spread > 0 else 0.0
    line: Floats = level + slope * (along - middle)
    return line


def narrowings(
    points: Floats, along: Floats, diameter: Floats, *, pixel: float
) -> tuple[Narrowing | None, tuple[Narrowing, ...]]:
    """The greatest narrowing of a branch, however small, and all of at least 30 %, each the least of its stretch.

    points: `[M, 2]`, row and column. diameter: NaN where it is not measured. pixel: its side, in the unit of the rest.
    Only what lies between healthy places counts, so that the reference is interpolated, and only where the vessel
    widens by half of what it lost on both sides: else it tapers, though not along a line. None where there is no such
    place, and for a branch whose measured part is shorter than three diameters.
    """
    measured = np.flatnonzero(np.isfinite(diameter))
    if measured.size < 3 or along[measured[-1]] - along[measured[0]] < LEAST_LENGTH * np.median(diameter[measured]):
        return None, ()
    expected, healthy = reference(along[measured], diameter[measured], pixel=pixel)
    sound = np.flatnonzero(healthy & (expected > 0))
    if sound.size < 2:
        return None, ()
    between = slice(sound[0], sound[-1] + 1)
    places, wanted, found = measured[between], expected[between], diameter[measured][between]
    percent = np.where(recovers(found, wanted), 100 * (1 - found / np.maximum(wanted, 1e-9)), 0.0)

    def at(place: int) -> Narrowing:
        where = places[place]
        row, column = points[where].tolist()
        return Narrowing(
            place=int(where),
            row=row,
            column=column,
            along=float(along[where]),
            diameter=float(found[place]),
            reference=float(wanted[place]),
            percent=float(percent[place]),
        )

    deep = (percent >= MARKED) & (wanted - found >= LEAST_DROP * pixel)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], percent >= SAME, [False]]).astype(np.int8)))
    lowest = [int(begin + percent[begin:end].argmax()) for begin, end in edges.reshape(-1, 2)]
    greatest = at(int(percent.argmax())) if percent.max() > 0 else None
    return greatest, tuple(at(place) for place in lowest if deep[place])


def recovers(found: Floats, wanted: Floats) -> NDArray[np.bool_]:
    """Is there, on both sides of each place, a diameter half-way back to the reference?"""
    before, after = np.maximum.accumulate(found), np.maximum.accumulate(found[::-1])[::-1]
    back: NDArray[np.bool_] = np.minimum(before, after) >= (found + wanted) / 2
    return back
