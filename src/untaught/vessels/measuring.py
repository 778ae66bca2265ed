"""Measuring a mask of vessels: branches, their lengths, their diameters, and where they are narrowed."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from untaught.errors import UsageError
from untaught.vessels.cross_section import LEAST_SIGMA, averaged, lengths, smooth_line, widths
from untaught.vessels.narrowing import narrowings
from untaught.vessels.skeleton import Graph, Mask, Path, centrelines, node_radius, radii, steps_long, without_pinholes
from untaught.vessels.tree import Branch, Spacing, Tree

__all__ = ["Branch", "Tree", "measure"]

Floats = NDArray[np.float64]

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
    mask = without_pinholes(mask)
    graph, radius = centrelines(mask), radii(mask)
    paths = [path for path in graph.paths if not is_speck(path, graph, radius)]
    branches = [branch_of(path, graph, mask, radius, scale or (1.0, 1.0)) for path in paths]
    branches.sort(key=lambda branch: -branch.length)
    used = sorted({place for path in paths for place in (path.start, path.end) if place is not None})
    specks = [path.pixels[len(path.pixels) // 2] for path in graph.paths if is_speck(path, graph, radius)]
    specks += [node[0] for node, degree in zip(graph.nodes, graph.degrees, strict=True) if degree == 0]
    return Tree(
        shape=(mask.shape[0], mask.shape[1]),
        spacing=scale,
        ends=tuple(middle(graph, place) for place in used if graph.degrees[place] == 1),
        branch_points=tuple((*middle(graph, n), graph.degrees[n]) for n in used if graph.degrees[n] > 1),
        branches=tuple(replace(branch, number=number) for number, branch in enumerate(branches, start=1)),
        specks=tuple((float(row), float(column)) for row, column in sorted(specks)),
    )


def checked(spacing: float | Spacing | None) -> Spacing | None:
    """Millimetres (row, column). Raises: UsageError for what is no distance."""
    if spacing is None:
        return None
    both = spacing if isinstance(spacing, tuple) else (spacing, spacing)
    if len(both) != 2 or not all(math.isfinite(one) and one > 0 for one in both):
        raise UsageError(f"spacing is {spacing}; wanted millimetres a pixel above 0, one number or (row, column)")
    return float(both[0]), float(both[1])


def is_speck(path: Path, graph: Graph, radius: Floats) -> bool:
    """Is this all there is of a spot that is no longer than it is wide?"""
    if path.start is None or path.end is None or max(graph.degrees[path.start], graph.degrees[path.end]) > 1:
        return False
    return steps_long(path.pixels) <= 2 * max(float(radius[pixel]) for pixel in path.pixels)


def middle(graph: Graph, place: int) -> tuple[float, float]:
    """Row and column of a node."""
    row, column = np.mean(graph.nodes[place], axis=0).tolist()
    return row, column


def branch_of(path: Path, graph: Graph, mask: Mask, radius: Floats, spacing: Spacing) -> Branch:
    """One path, measured. It is numbered later."""
    pixels = np.array(path.pixels, np.float64)
    inside = np.array([radius[pixel] for pixel in path.pixels])
    typical = float(np.median(inside))
    line = smooth_line(pixels, sigma=max(LEAST_SIGMA, typical / ROUGH), closed=path.start is None)
    across = widths(mask, line, reach=3 * float(inside.max()) + 3, spacing=spacing)
    way = lengths(line)
    kinds = [kind(place, graph, mask, radius) for place in (path.start, path.end)]
    for place, far in ((path.start, way), (path.end, way[-1] - way)):
        across[far < untold(place, graph, radius, typical)] = np.nan
    diameter, along = averaged(across), lengths(line, spacing)
    greatest, marked = narrowings(line, along, diameter, pixel=min(spacing))
    return Branch(
        number=0,
        start=kinds[0],
        end=kinds[1],
        points=line,
        along=along,
        diameter=diameter,
        greatest=greatest,
        narrowings=marked,
    )


def kind(place: int | None, graph: Graph, mask: Mask, radius: Floats) -> str:
    """What a branch's end is: see `Branch`. At the border is what has vessel on the border within its disc."""
    if place is None:
        return "loop"
    if graph.degrees[place] > 1:
        return "branch point"
    row, column = graph.nodes[place][0]
    far = math.ceil(radius[row, column]) + 1
    rim = mask.copy()
    rim[1:-1, 1:-1] = False
    near = rim[max(row - far, 0) : row + far + 1, max(column - far, 0) : column + far + 1]
    return "border" if near.any() else "end"


def untold(place: int | None, graph: Graph, radius: Floats, typical: float) -> float:
    """Pixels from a branch's end in which its diameter is not measured."""
    if place is None:
        return 0.0
    return FLARE * node_radius(graph, place, radius) if graph.degrees[place] > 1 else CLOSING * typical
