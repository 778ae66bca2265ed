"""The graph has the ends, branch points and paths that the drawing has, and no others."""

import itertools

import numpy as np
import pytest

from untaught.errors import InputError
from untaught.vessels.skeleton import adjacency, centrelines, radii, without_pinholes
from vessels.shapes import axes, bar, ring


def drawn(picture):
    """A mask from lines of text."""
    return np.array([[mark == "#" for mark in line] for line in picture])


def degrees_of(mask):
    return sorted(centrelines(mask).degrees)


def is_a_way(pixels):
    return all(max(abs(a - c), abs(b - d)) == 1 for (a, b), (c, d) in itertools.pairwise(pixels))


def star(rays, width=5.0, length=60.0, size=160):
    """Bars from the middle outwards, at the angles `rays`."""
    mask = np.zeros((size, size), bool)
    for degrees in rays:
        along, across = axes(size, degrees)
        mask |= (np.abs(across) <= width / 2) & (along >= 0) & (along <= length)
    return mask


@pytest.mark.parametrize("width", [1, 2, 3, 4, 7, 10, 20])
@pytest.mark.parametrize("degrees", [0, 20, 45, 70, 90])
def test_a_bar_is_one_path_from_end_to_end(width, degrees):
    graph = centrelines(bar(width, degrees))
    assert sorted(graph.degrees) == [1, 1]
    (path,) = graph.paths
    assert is_a_way(path.pixels) and len(set(path.pixels)) == len(path.pixels)
    assert {graph.nodes[path.start], graph.nodes[path.end]} == {path.pixels[:1], path.pixels[-1:]}
    reach = np.hypot(*np.subtract(path.pixels[0], path.pixels[-1]))
    assert 110 - 1.1 * width - 2 <= reach <= 111, "each end at most a radius before the bar's"


@pytest.mark.parametrize("width", [1, 3, 6, 9])
@pytest.mark.parametrize("turn", [0, 17, 45])
def test_three_bars_meet_in_one_branch_point(width, turn):
    mask = star([turn, turn + 110, turn + 230], width)
    graph = centrelines(mask)
    assert sorted(graph.degrees) == [1, 1, 1, 3]
    fork = graph.nodes[int(np.argmax(graph.degrees))]
    assert np.abs(np.mean(fork, axis=0) - 79.5).max() <= 0.5 + width / 2


@pytest.mark.parametrize("width", [1, 3, 6, 9])
@pytest.mark.parametrize(("turn", "between"), [(0, 90), (45, 90), (20, 70), (10, 66)])
def test_a_crossing_is_one_point_of_four(width, turn, between):
    mask = bar(width, turn) | bar(width, turn + between)
    assert degrees_of(mask) == [1, 1, 1, 1, 4]


def test_a_ring_alone_has_no_nodes_and_ends_where_it_begins():
    graph = centrelines(ring(5, 30))
    (path,) = graph.paths
    assert graph.nodes == () and path.start is None and path.end is None
    assert path.pixels[0] == path.pixels[-1] and is_a_way(path.pixels)
    assert len(path.pixels) > 150


def test_a_ring_on_a_stalk_is_a_path_from_a_branch_point_to_itself():
    mask = ring(5, 30)
    mask[78:83, 108:150] = True
    graph = centrelines(mask)
    assert sorted(graph.degrees) == [1, 3]
    assert sorted(path.start == path.end for path in graph.paths) == [False, True]


def test_two_ways_between_the_same_two_branch_points_are_two_paths():
    mask = ring(5, 30)
    mask[78:83, :50] = mask[78:83, 108:] = True
    graph = centrelines(mask)
    assert sorted(graph.degrees) == [1, 1, 3, 3] and len(graph.paths) == 4


def test_bumps_are_spurs_and_a_branch_longer_than_the_radius_is_not():
    mask = bar(9, size=161)
    mask[75:78, 60:62] = mask[84:86, 90:92] = True  # wall is at 76 and 84
    assert degrees_of(mask) == [1, 1]
    mask[60:78, 60:63] = True
    assert degrees_of(mask) == [1, 1, 1, 3]


@pytest.mark.parametrize("density", [0.0, 0.15])
def test_a_rough_wall_makes_no_branches(density):
    rng = np.random.default_rng(0)
    smooth = bar(9, 25)
    along, across = axes(160, 25)
    shell = (np.abs(across) > 4.5) & (np.abs(across) <= 5.5) & (np.abs(along) <= 54)
    rough = smooth | (shell & (rng.random(smooth.shape) < density))
    assert degrees_of(rough) == [1, 1]


def test_every_piece_has_its_part():
    mask = np.zeros((60, 60), bool)
    mask[5, 5] = mask[20, 10:40] = mask[40:42, 10:12] = True
    graph = centrelines(mask)
    assert sorted(graph.degrees).count(1) == 2 + 2 * sum(len(path.pixels) == 2 for path in graph.paths)
    assert ((5, 5),) in graph.nodes and 0 in graph.degrees


def test_an_empty_mask_is_an_empty_graph_and_a_full_one_is_refused():
    graph = centrelines(np.zeros((9, 9), bool))
    assert (graph.nodes, graph.degrees, graph.paths) == ((), (), ())
    with pytest.raises(InputError, match="vessel everywhere"):
        centrelines(np.ones((9, 9), bool))


def test_a_vessel_that_leaves_the_image_has_no_fork_there():
    mask = np.zeros((60, 80), bool)
    mask[25:36, :] = True
    graph = centrelines(mask)
    assert sorted(graph.degrees) == [1, 1]


@pytest.mark.parametrize("width", range(1, 13))
def test_radii_are_exact_on_the_grid_for_odd_and_even_widths(width):
    mask = np.zeros((40, 40), bool)
    mask[10 : 10 + width, 3:37] = True
    assert radii(mask)[:, 20].max() == width / 2
    assert (radii(mask) > 0).tolist() == mask.tolist()


def test_pinholes_are_filled_and_what_is_larger_or_open_is_not():
    mask = bar(20)
    pin, hole = mask.copy(), mask.copy()
    pin[78:80, 70:74] = False
    hole[78:81, 70:73] = False
    assert (without_pinholes(pin) == mask).all()
    assert (without_pinholes(hole) == hole).all()
    corner = np.ones((20, 20), bool)
    corner[:2, :2] = False
    assert (without_pinholes(corner) == corner).all()


def test_a_corner_in_common_with_a_third_by_its_sides_is_no_touch():
    steps = drawn(["##.", ".##", "..#"])
    near = adjacency(np.argwhere(steps))
    assert sorted(len(found) for found in near.values()) == [1, 1, 2, 2, 2]
    diagonal = adjacency(np.argwhere(drawn(["#.", ".#"])))
    assert diagonal == {(0, 0): [(1, 1)], (1, 1): [(0, 0)]}
