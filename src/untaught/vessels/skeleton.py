"""From a mask to a graph of its centrelines: end points, branch points, and the paths of pixels between them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, label

from untaught.errors import InputError
from untaught.vessels.thinning import thin

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Pixel = tuple[int, int]  # row, column
Neighbours = dict[Pixel, list[Pixel]]

HOLE = 8  # pixels: a hole so small is a fault of the mask; around it the centreline would run twice
CORNER = 1.5  # radii from a branch point to a tip that is no branch; the corner of a square end is 1.41 away
BUMP = 1.0  # pixel that a rough wall adds to it
MEETING = 2.0  # radii between two branch points that are one: of vessels that cross, thinning makes two
SIDES = ((-1, 0), (0, -1), (0, 1), (1, 0))
CORNERS = ((-1, -1), (-1, 1), (1, -1), (1, 1))


@dataclass(frozen=True, kw_only=True)
class Path:
    """Pixels from one node to another, each next to the one before; both nodes' pixels are in it.

    start, end: places in `Graph.nodes`. A loop that meets nothing has none, and its first pixel is its last again.
    """

    pixels: tuple[Pixel, ...]
    start: int | None
    end: int | None


@dataclass(frozen=True, kw_only=True)
class Graph:
    """nodes: clusters of pixels, a pixel alone where there is no crowd. degrees: how many path ends meet in each, 0 for
    a pixel on its own, 1 for an end, 3 or more for a branch point, 4 for a crossing as a rule.
    """  # fmt: skip

    nodes: tuple[tuple[Pixel, ...], ...]
    degrees: tuple[int, ...]
    paths: tuple[Path, ...]


def radii(mask: Mask) -> Floats:
    """`[H, W]`: the radius in pixels of the largest disc around each pixel of the mask; 0 outside it.

    Exact on the centreline of a straight vessel along the grid, of odd and of even width: it is the distance to the
    wall in a mask of pixels half as large, taken at the best of a pixel's four quarters. What lies beyond the image is
    not taken for background.
    Raises: InputError where there is no background at all.
    """
    if mask.all():
        raise InputError("the mask is vessel everywhere; wanted some background, vessels have walls")
    quarters = distance_transform_edt(mask.repeat(2, axis=0).repeat(2, axis=1)) / 2
    height, width = mask.shape
    best: Floats = quarters.reshape(height, 2, width, 2).max(axis=(1, 3))
    return best


def without_pinholes(mask: Mask) -> Mask:
    """The mask with holes of at most 8 pixels filled. What touches the border is no hole."""
    holes, _ = label(~mask)
    small = np.bincount(holes.ravel()) <= HOLE
    small[0] = False
    small[np.concatenate([holes[[0, -1]].ravel(), holes[:, [0, -1]].ravel()])] = False
    filled: Mask = mask | small[holes]
    return filled


def centrelines(mask: Mask, radius: Floats | None = None) -> Graph:
    """The graph of a mask `[H, W]` without spurs, and with one branch point where two are within a diameter.

    A spur is a path from a branch point to an end that leaves the largest disc there by less than half its radius, or
    a pixel more. Both ends of a fork go, so a vessel cut square ends a radius before the cut.
    radius: what `radii` says of the mask, if that is known already.
    Source: thinning by Guo and Hall 1989 (scikit-image's `thin`). Not by Zhang and Suen 1984 (its `skeletonize`), which
    has left a single pixel of some bars at 45 degrees.
    """
    radius = radii(mask) if radius is None else radius
    neighbours = adjacency(np.argwhere(thin(mask)))
    while True:
        crowded: set[Pixel] = {pixel for pixel, near in neighbours.items() if len(near) > 2}
        graph = traced(neighbours, crowded)
        spurs = [path for path in graph.paths if is_spur(path, graph, radius)]
        if not spurs:
            break
        kept = set(neighbours) - {pixel for path in spurs for pixel in tip(path, graph)}
        neighbours = adjacency(kept)
    return traced(neighbours, crowded | set(short_bridges(graph, radius)))


def adjacency(pixels: Iterable[Iterable[int]]) -> Neighbours:
    """Who touches whom: by a side, or by a corner unless both have a side in common with a third.

    Source: m-adjacency, Gonzalez and Woods, Digital Image Processing, section 2.5: thick corners are no branch points.
    """
    there = {(int(row), int(column)) for row, column in pixels}
    found: Neighbours = {}
    for row, column in sorted(there):
        near = [(row + i, column + j) for i, j in SIDES if (row + i, column + j) in there]
        for i, j in CORNERS:
            if (row + i, column + j) in there and not {(row + i, column), (row, column + j)} & there:
                near.append((row + i, column + j))
        found[row, column] = near
    return found


def traced(neighbours: Neighbours, crowded: set[Pixel]) -> Graph:
    """The graph whose branch points are the clusters of `crowded` pixels."""
    ends = {pixel for pixel, near in neighbours.items() if len(near) < 2 and pixel not in crowded}
    nodes = [*clusters(neighbours, crowded), *((pixel,) for pixel in sorted(ends))]
    node_of = {pixel: place for place, node in enumerate(nodes) for pixel in node}
    paths: list[Path] = []
    seen: set[frozenset[Pixel]] = set()
    for pixel, place in node_of.items():
        for following in neighbours[pixel]:
            if frozenset((pixel, following)) in seen or node_of.get(following) == place:
                continue
            line = walked(neighbours, pixel, following, node_of)
            seen |= {frozenset(line[:2]), frozenset(line[-2:])}
            paths.append(Path(pixels=tuple(line), start=place, end=node_of[line[-1]]))
    passed = {pixel for path in paths for pixel in path.pixels} | set(node_of)
    for pixel in neighbours:
        if pixel not in passed:
            line = walked(neighbours, pixel, neighbours[pixel][0], {pixel: 0})
            passed |= set(line)
            paths.append(Path(pixels=tuple(line), start=None, end=None))
    meeting = Counter(place for path in paths for place in (path.start, path.end))
    return Graph(nodes=tuple(nodes), degrees=tuple(meeting[n] for n in range(len(nodes))), paths=tuple(paths))


def walked(neighbours: Neighbours, first: Pixel, second: Pixel, node_of: dict[Pixel, int]) -> list[Pixel]:
    """From a node's pixel along its neighbour to the next pixel of a node."""
    line = [first, second]
    while line[-1] not in node_of:
        before, here = line[-2:]
        line.append(next(pixel for pixel in neighbours[here] if pixel != before))
    return line


def clusters(neighbours: Neighbours, crowded: set[Pixel]) -> Iterator[tuple[Pixel, ...]]:
    """The pixels of `crowded` that touch one another, together."""
    left = set(crowded)
    for pixel in sorted(crowded):
        if pixel not in left:
            continue
        cluster, border = [], [pixel]
        left.discard(pixel)
        while border:
            here = border.pop()
            cluster.append(here)
            border += [near for near in neighbours[here] if near in left]
            left -= set(border)
        yield tuple(sorted(cluster))


def node_radius(graph: Graph, place: int, radius: Floats) -> float:
    """The radius of the largest disc around a pixel of a node."""
    return float(max(radius[pixel] for pixel in graph.nodes[place]))


def is_spur(path: Path, graph: Graph, radius: Floats) -> bool:
    """Does it lead from a branch point to an end that is hardly outside the disc at the branch point?"""
    if path.start is None or path.end is None:
        return False
    degrees = graph.degrees[path.start], graph.degrees[path.end]
    if min(degrees) != 1 or max(degrees) < 3:
        return False
    root = path.start if degrees[0] > 1 else path.end
    return steps_long(path.pixels) <= CORNER * node_radius(graph, root, radius) + BUMP


def tip(path: Path, graph: Graph) -> tuple[Pixel, ...]:
    """A spur without the pixel of its branch point."""
    assert path.start is not None
    return path.pixels[1:] if graph.degrees[path.start] > 1 else path.pixels[:-1]


def short_bridges(graph: Graph, radius: Floats) -> Iterator[Pixel]:
    """The pixels of paths between two branch points that are no longer than the vessel is wide there."""
    for path in graph.paths:
        if path.start is None or path.end is None or path.start == path.end:
            continue
        if min(graph.degrees[path.start], graph.degrees[path.end]) < 3:
            continue
        if steps_long(path.pixels) <= MEETING * max(
            node_radius(graph, place, radius) for place in (path.start, path.end)
        ):
            yield from path.pixels


def steps_long(pixels: tuple[Pixel, ...]) -> float:
    """The way from middle to middle of the pixels, in pixels."""
    return float(np.hypot(*np.diff(np.array(pixels), axis=0).T).sum())
