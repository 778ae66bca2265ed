"""Measuring a mask of vessels: branches, their lengths, their diameters, and where they are narrowed."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from untaught.errors import UsageError
from untaught.vessels.cross_section import LEAST_SIGMA, averaged, lengths, smooth_line, widths
from untaught.vessels.narrowing import narrowings
from untaught.vessels.skeleton import Graph, Mask, Path, centrelines, node_radius, radii, steps_long, without_pinholes
from untaught.vessels.tree import Branch, Spacing, Tree

__all__ = ["Branch", "Tree", "measure"]

Floats = NDArray[np.float64]

REACH = 3.0  # radii to either side, and as many pixels, in which a wall is looked for
ROUGH = 3.0  # a line is smoothed by the radius over this
FLARE = 1.5  # radii of a branch point in which a branch's diameter is not its own
CLOSING = 2.0  # radii from an end in which the vessel closes or is cut; the line may turn into a corner there


def measure(mask: Mask, *, spacing: float | Spacing | None = None) -> Tree:
    """The vessels of a mask `[H, W]`, True in a vessel, the longest branch first.

    spacing: millimetres from pixel to pixel, (row, column) or one for both. Holes of at most 8 pixels are filled.

    Raises: UsageError for what is no mask or no spacing; InputError for a mask without background.
    """
    if mask.ndim != 2 or mask.dtype != np.bool_ or mask.size == 0:
        raise UsageError(f"mask is {mask.dtype} of shape {mask.shape}; wanted bool, height x width")
    scale = checked(spacing)
    seen = Seen.of(without_pinholes(mask), scale or (1.0, 1.0))
    graph = seen.graph
    paths = [path for path in graph.paths if not is_speck(path, seen)]
    branches = sorted((branch_of(path, seen) for path in paths), key=lambda branch: -branch.length)
    used = sorted({place for path in paths for place in (path.start, path.end) if place is not None})
    specks = [path.pixels[len(path.pixels) // 2] for path in graph.paths if is_speck(path, seen)]
    specks += [node[0] for node, degree in zip(graph.nodes, graph.degrees, strict=True) if degree == 0]
    return Tree(
        shape=(mask.shape[0], mask.shape[1]),
        spacing=scale,
        ends=tuple(middle(graph, place) for place in used if graph.degrees[place] == 1),
        branch_points=tuple((*middle(graph, n), graph.degrees[n]) for n in used if graph.degrees[n] > 1),
        branches=tuple(replace(branch, number=number) for number, branch in enumerate(branches, start=1)),
        specks=tuple((float(row), float(column)) for row, column in sorted(specks)),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """A mask, and what is found in all of it at once. rim: its vessels' pixels on the border of the image."""

    mask: Mask
    rim: Mask
    radius: Floats
    graph: Graph
    spacing: Spacing

    @classmethod
    def of(cls, mask: Mask, spacing: Spacing) -> "Seen":
        """All of it."""
        rim = mask.copy()
        rim[1:-1, 1:-1] = False
        radius = radii(mask)
        return cls(mask=mask, rim=rim, radius=radius, graph=centrelines(mask, radius), spacing=spacing)


def checked(spacing: float | Spacing | None) -> Spacing | None:
    """Millimetres (row, column). Raises: UsageError for what is no distance."""
    if spacing is None:
        return None
    both = spacing if isinstance(spacing, tuple) else (spacing, spacing)
    if len(both) != 2 or not all(math.isfinite(one) and one > 0 for one in both):
        raise UsageError(f"spacing is {spacing}; wanted millimetres a pixel above 0, one number or (row, column)")
    return float(both[0]), float(both[1])


def is_speck(path: Path, seen: Seen) -> bool:
    """Is this all there is of a spot that is no longer than it is wide?"""
    if path.start is None or path.end is None:
        return False
    alone = max(seen.graph.degrees[path.start], seen.graph.degrees[path.end]) == 1
    return alone and steps_long(path.pixels) <= 2 * max(float(seen.radius[pixel]) for pixel in path.pixels)


def middle(graph: Graph, place: int) -> tuple[float, float]:
    """Row and column of a node."""
    row, column = np.mean(graph.nodes[place], axis=0).tolist()
    return row, column


def branch_of(path: Path, seen: Seen) -> Branch:
    """One path, measured. It is numbered later."""
    inside = np.array([seen.radius[pixel] for pixel in path.pixels])
    typical = float(np.median(inside))
    sigma = max(LEAST_SIGMA, typical / ROUGH)
    line = smooth_line(np.array(path.pixels, np.float64), sigma=sigma, closed=path.start is None)
    across = widths(seen.mask, line, reach=REACH * float(inside.max()) + REACH, spacing=seen.spacing)
    way = lengths(line)
    for place, far in ((path.start, way), (path.end, way[-1] - way)):
        across[far < untold(place, seen, typical)] = np.nan
    diameter, along = averaged(across), lengths(line, seen.spacing)
    greatest, marked = narrowings(line, along, diameter, pixel=min(seen.spacing))
    return Branch(
        number=0,
        start=kind(path.start, seen),
        end=kind(path.end, seen),
        points=line,
        along=along,
        diameter=diameter,
        greatest=greatest,
        narrowings=marked,
    )


def untold(place: int | None, seen: Seen, typical: float) -> float:
    """Pixels from a branch's end in which its diameter is not measured."""
    if place is None:
        return 0.0
    if seen.graph.degrees[place] > 1:
        return FLARE * node_radius(seen.graph, place, seen.radius)
    return CLOSING * typical


def kind(place: int | None, seen: Seen) -> str:
    """What a branch's end is: see `Branch`. At the border is what has vessel on the border within its disc."""
    if place is None:
        return "loop"
    if seen.graph.degrees[place] > 1:
        return "branch point"
    row, column = seen.graph.nodes[place][0]
    far = math.ceil(seen.radius[row, column]) + 1
    near = seen.rim[max(row - far, 0) : row + far + 1, max(column - far, 0) : column + far + 1]
    return "border" if near.any() else "end"
