"""What is known of the vessels in a mask once they are measured, and how it is told."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from untaught.version import __version__
from untaught.vessels.narrowing import Narrowing

Floats = NDArray[np.float64]
Spacing = tuple[float, float]

USE = "Research use, not for diagnosis."
PLANE = (
    "Millimetres are those of the given spacing: in the plane of the detector where it is DICOM's ImagerPixelSpacing, "
    "and too large by the magnification, until it is calibrated on the catheter."
)
DIGITS = 3  # after the point, in a record


@dataclass(frozen=True, kw_only=True, eq=False)
class Branch:
    """A vessel from one branch point, end or border of the image to the next.

    start, end    "branch point", "end" or "border"; "loop" for a ring that meets nothing.
    points        `[M, 2]` row and column in pixels (0, 0 is the middle of the first), half a pixel apart.
    along         `[M]` the way from the start, in the tree's unit.
    diameter      `[M]` in the tree's unit; NaN near branch points, ends and the border, where there is none to measure.
    greatest      The greatest narrowing, however small; None where there is none or the branch is too short to say.
    narrowings    Those of 30 % or more.
    """

    number: int
    start: str
    end: str
    points: Floats
    along: Floats
    diameter: Floats
    greatest: Narrowing | None
    narrowings: tuple[Narrowing, ...]

    @property
    def length(self) -> float:
        """From end to end along the centreline."""
        return float(self.along[-1])

    @property
    def median_diameter(self) -> float | None:
        """Of what is measured; None for a branch that is all ends."""
        known = self.diameter[np.isfinite(self.diameter)]
        return float(np.median(known)) if known.size else None


@dataclass(frozen=True, kw_only=True, eq=False)
class Tree:
    """All that is measured in one mask.

    spacing: millimetres a pixel (row, column), or None: then the unit is "px". branch_points: row, column, and how
    many branches meet there. specks: row and column of spots that are no longer than they are wide.
    """

    shape: tuple[int, int]
    spacing: Spacing | None
    ends: tuple[tuple[float, float], ...]
    branch_points: tuple[tuple[float, float, int], ...]
    branches: tuple[Branch, ...]
    specks: tuple[tuple[float, float], ...]

    @property
    def unit(self) -> str:
        """Of lengths and diameters."""
        return "px" if self.spacing is None else "mm"

    @property
    def length(self) -> float:
        """Of all branches together."""
        return sum(branch.length for branch in self.branches)

    @property
    def narrowings(self) -> tuple[tuple[Branch, Narrowing], ...]:
        """All of 30 % or more, the greatest first."""
        found = [(branch, one) for branch in self.branches for one in branch.narrowings]
        return tuple(sorted(found, key=lambda pair: -pair[1].percent))

    def record(self) -> dict[str, Any]:
        """Plain data for JSON; what is not measured is None."""
        return {
            "untaught": __version__,
            "use": USE,
            "caveats": list(caveats(self)),
            "unit": self.unit,
            "spacing": None if self.spacing is None else list(self.spacing),
            "shape": list(self.shape),
            "length": round(self.length, DIGITS),
            "ends": [rounded(place) for place in self.ends],
            "branch_points": [{"at": rounded(place[:2]), "branches": place[2]} for place in self.branch_points],
            "specks": [rounded(place) for place in self.specks],
            "branches": [told(branch) for branch in self.branches],
        }


def caveats(tree: Tree) -> tuple[str, ...]:
    """What a reader must know before using a number, a sentence each."""
    return (
        "Lengths and diameters are in pixels of the image; no spacing was given." if tree.spacing is None else PLANE,
        "All is measured in the mask: what the mask has wrong is wrong here, and a diameter is known to about half a "
        "pixel.",
        "The image is a projection: lengths are foreshortened, and vessels that cross meet in a branch point.",
        "A narrowing is a loss of diameter against a line through the healthy parts of its branch, and is marked from "
        "30 % and one pixel.",
    )


def told(branch: Branch) -> dict[str, Any]:
    """A branch as plain data; the profile has a sample each half pixel."""
    known = branch.diameter[np.isfinite(branch.diameter)]
    return {
        "number": branch.number,
        "start": {"kind": branch.start, "at": rounded(branch.points[0])},
        "end": {"kind": branch.end, "at": rounded(branch.points[-1])},
        "length": round(branch.length, DIGITS),
        "diameter": {
            "median": told_number(branch.median_diameter),
            "least": told_number(float(known.min())) if known.size else None,
            "greatest": told_number(float(known.max())) if known.size else None,
        },
        "greatest_narrowing": None if branch.greatest is None else told_narrowing(branch.greatest),
        "narrowings": [told_narrowing(one) for one in branch.narrowings],
        "profile": {
            "row": rounded(branch.points[:, 0]),
            "column": rounded(branch.points[:, 1]),
            "along": rounded(branch.along),
            "diameter": [told_number(one) for one in branch.diameter.tolist()],
        },
    }


def told_narrowing(one: Narrowing) -> dict[str, Any]:
    """A narrowing as plain data."""
    return {
        "at": rounded((one.row, one.column)),
        "along": told_number(one.along),
        "diameter": told_number(one.diameter),
        "reference": told_number(one.reference),
        "percent": round(one.percent, 1),
    }


def told_number(value: float | None) -> float | None:
    """Rounded; None for what is not a number."""
    return None if value is None or not math.isfinite(value) else round(value, DIGITS)


def rounded(values: Iterable[float]) -> list[float]:
    """The same to three digits after the point."""
    return [round(float(value), DIGITS) for value in values]
