"""Lengths, widths and narrowings against drawings in which they are known."""

import json

import numpy as np
import pytest

from untaught.errors import InputError, UsageError
from untaught.vessels.cross_section import lengths, smooth_line, widths
from untaught.vessels.measuring import measure
from untaught.vessels.narrowing import reference
from untaught.vessels.tree import USE
from vessels.shapes import axes, bar, ring

ANGLES = (9, 20, 33, 58, 71, 105, 160)  # along the grid, or at 45 degrees, a drawing has not its own width: see below


def only(mask, **how):
    (branch,) = measure(mask, **how).branches
    return branch


def known(branch):
    return branch.diameter[np.isfinite(branch.diameter)]


@pytest.mark.parametrize("width", [1, 2, 3, 5, 8, 12, 20])
def test_the_width_of_a_bar_is_without_bias_at_every_angle(width):
    rng = np.random.default_rng(width)
    for degrees in ANGLES:
        found = known(only(bar(width, degrees, offset=tuple(rng.random(2)))))
        assert abs(found.mean() - width) < 0.12, degrees
        assert np.abs(found - width).max() < 0.75, degrees


@pytest.mark.parametrize("width", range(1, 13))
def test_along_the_grid_the_width_is_exact_odd_or_even(width):
    mask = np.zeros((60, 100), bool)
    mask[20 : 20 + width, 5:95] = True
    for picture in (mask, mask.T):
        np.testing.assert_allclose(known(only(picture)), width, atol=1e-6)


def test_at_forty_five_degrees_the_mask_itself_is_wrong_by_as_much():
    """Lattice lines are 0.71 pixels apart there; the width is that of the mask's area, not of the drawing."""
    for width in (3.0, 4.1, 5.0):
        along, _ = axes(160, 45)
        mask = bar(width, 45, offset=(0.2, 0.1))
        area = np.count_nonzero(mask & (np.abs(along) <= 25 * np.sqrt(2))) / (50 * np.sqrt(2))
        assert abs(known(only(mask)).mean() - area) < 0.1
        assert abs(area - width) < 0.72


def test_sub_pixel_widths_are_told_apart():
    rng = np.random.default_rng(0)
    found = [
        np.mean([known(only(bar(width, 20 + 9 * k, offset=tuple(rng.random(2))))).mean() for k in range(2)])
        for width in (4.0, 4.25, 4.5, 4.75, 5.0)
    ]
    np.testing.assert_allclose(found, [4.0, 4.25, 4.5, 4.75, 5.0], atol=0.08)


@pytest.mark.parametrize("degrees", [0, 14, 26.57, 45, 63, 90])
def test_length_is_not_that_of_the_staircase(degrees):
    for width in (1, 4, 9):
        branch = only(bar(width, degrees))
        chord = np.hypot(*(branch.points[-1] - branch.points[0]))
        assert chord - 1e-9 <= branch.length <= 1.02 * chord
        assert 110 - 1.1 * width - 2 <= branch.length <= 111.5


@pytest.mark.parametrize(("width", "radius"), [(1, 20), (3, 20), (5, 40), (10, 50)])
def test_a_ring_is_as_long_as_its_circle_and_as_wide_all_round(width, radius):
    branch = only(ring(width, radius, offset=(0.3, 0.1)))
    assert (branch.start, branch.end) == ("loop", "loop")
    assert branch.length == pytest.approx(2 * np.pi * radius, rel=0.02)
    assert np.isfinite(branch.diameter).all()
    assert known(branch).mean() == pytest.approx(width, abs=0.1)


def test_a_taper_is_followed_and_is_no_narrowing():
    for degrees in (11, 23, 67):
        branch = only(bar(lambda along: 7 - 3 * along / 70, degrees, length=140, size=200))
        along, _ = axes(200, degrees)
        rows, columns = np.rint(branch.points).astype(int).T
        exact = 7 - 3 * along[rows, columns] / 70
        inside = np.isfinite(branch.diameter)
        off = (branch.diameter - exact)[inside]
        assert abs(off.mean()) < 0.1 and np.sqrt(np.mean(off**2)) < 0.4 and np.abs(off).max() < 1
        assert branch.narrowings == ()


def dip(width, percent, spread, at=0.0):
    return lambda along: width * (1 - percent / 100 * np.exp(-((along - at) ** 2) / 2 / spread**2))


@pytest.mark.parametrize("percent", [40, 50, 70])
@pytest.mark.parametrize("degrees", [8, 39, 77])
def test_a_narrowing_is_found_where_and_as_much_as_it_is(percent, degrees):
    branch = only(bar(dip(8, percent, 8, at=15.0), degrees, length=140, size=200))
    (one,) = branch.narrowings
    assert one == branch.greatest
    assert one.percent == pytest.approx(percent, abs=5)
    assert one.reference == pytest.approx(8, abs=0.4)
    along, across = axes(200, degrees)
    place = round(one.row), round(one.column)
    assert abs(along[place] - 15) < 4 and abs(across[place]) < 2
    assert one.diameter == branch.diameter[one.place] and one.along == branch.along[one.place]


def test_the_reference_tapers_with_the_vessel():
    def width(along):
        return (9 - along / 20) * (1 - 0.5 * np.exp(-((along - 40) ** 2) / 2 / 36))

    (one,) = only(bar(width, 12, length=160, size=220)).narrowings
    assert one.reference == pytest.approx(7.0, abs=0.4)
    assert one.percent == pytest.approx(50, abs=5)


def test_two_narrowings_are_two_and_one_with_a_rough_floor_is_one():
    def two(along):
        return dip(8, 50, 5, at=-30.0)(along) * dip(8, 40, 5, at=30.0)(along) / 8

    branch = only(bar(two, 31, length=160, size=220))
    assert [round(one.percent, -1) for one in sorted(branch.narrowings, key=lambda one: -one.percent)] == [50, 40]

    def rough(along):
        return dip(10, 45, 12)(along) + 0.6 * np.sin(along) * np.exp(-(along**2) / 200)

    assert len(only(bar(rough, 31, length=160, size=220)).narrowings) == 1


def test_more_than_half_a_branch_may_be_narrowed():
    def long_lesion(along):
        return np.where(np.abs(along) < 45, 5.0, 9.0)

    (one,) = only(bar(long_lesion, 20, length=170, size=230)).narrowings
    assert one.reference == pytest.approx(9, abs=0.6) and one.percent == pytest.approx(44, abs=6)


def test_what_does_not_widen_again_is_no_narrowing():
    def step(along):
        return np.where(along < 0, 10.0, 5.0)

    assert only(bar(step, 20, length=160, size=220)).narrowings == ()


def test_the_grid_makes_no_narrowing():
    rng = np.random.default_rng(1)
    for width in (1, 1.5, 2, 3, 4):
        for _ in range(4):
            branch = only(bar(width, rng.uniform(0, 180), offset=tuple(rng.random(2))))
            assert branch.narrowings == ()


def test_a_branch_point_does_not_widen_its_branches():
    mask = bar(10) | bar(4, 60, length=110)
    tree = measure(mask)
    assert len(tree.branches) == 4 and [point[2] for point in tree.branch_points] == [4]
    found = sorted(branch.median_diameter for branch in tree.branches)
    np.testing.assert_allclose(found, [4, 4, 10, 10], atol=0.3)
    assert all(known(branch).max() < 1.15 * branch.median_diameter for branch in tree.branches)


def test_a_side_branch_has_its_own_width_from_the_trunk_on():
    mask = np.zeros((120, 160), bool)
    mask[80:100, 5:155] = mask[10:80, 78:82] = True
    side = min(measure(mask).branches, key=lambda branch: branch.median_diameter)
    assert np.abs(known(side) - 4).max() < 0.1
    assert known(side).size * 0.5 > 50


def test_where_two_vessels_part_slowly_neither_has_a_diameter_yet():
    along, across = axes(160, 25)
    mask = bar(10, length=150) | ((np.abs(across) <= 3) & (along > 0) & (along < 75))
    (side,) = [branch for branch in measure(mask).branches if branch.median_diameter < 8]
    assert np.abs(known(side) - 6).max() < 0.75


def test_branches_are_numbered_from_the_longest_and_say_what_their_ends_are():
    mask = np.zeros((100, 120), bool)
    mask[48:53, :100] = mask[20:50, 60:63] = True
    tree = measure(mask)
    assert [branch.number for branch in tree.branches] == [1, 2, 3]
    assert sorted(branch.length for branch in tree.branches)[::-1] == [branch.length for branch in tree.branches]
    kinds = [sorted((branch.start, branch.end)) for branch in tree.branches]
    assert kinds == [["border", "branch point"], ["branch point", "end"], ["branch point", "end"]]
    assert len(tree.ends) == 3


def test_a_vessel_cut_by_the_border_has_no_diameter_there():
    mask = np.zeros((60, 90), bool)
    mask[:4, :] = True  # along the border: one wall is not in the image
    branch = only(mask)
    assert branch.median_diameter is None and branch.greatest is None and branch.length > 70
    assert (branch.start, branch.end) == ("border", "border")


def test_millimetres_are_pixels_times_spacing():
    mask = bar(dip(8, 50, 8), 30, length=140, size=200)
    pixels, millimetres = only(mask), only(mask, spacing=0.2)
    assert measure(mask).unit == "px" and measure(mask, spacing=0.2).unit == "mm"
    np.testing.assert_allclose(millimetres.along, 0.2 * pixels.along)
    np.testing.assert_allclose(millimetres.diameter, 0.2 * pixels.diameter)
    np.testing.assert_array_equal(millimetres.points, pixels.points)
    assert millimetres.greatest.percent == pytest.approx(pixels.greatest.percent)


def test_pixels_that_are_not_square():
    """The same bar in millimetres, its rows half as far apart as its columns."""
    rows, columns = np.mgrid[:240, :120] * np.array([0.5, 1.0]).reshape(2, 1, 1)
    along = (columns - 59.7) * np.cos(0.6) + (rows - 60.1) * np.sin(0.6)
    across = (rows - 60.1) * np.cos(0.6) - (columns - 59.7) * np.sin(0.6)
    branch = only((np.abs(across) <= 4) & (np.abs(along) <= 45), spacing=(0.5, 1.0))
    assert known(branch).mean() == pytest.approx(8, abs=0.15)
    assert branch.length == pytest.approx(86, abs=6)


@pytest.mark.parametrize(
    ("drawn", "specks"),
    [(np.s_[:0], 0), (np.s_[5, 5], 1), (np.s_[10:30, 10:30], 1)],
    ids=["empty", "one pixel", "blob"],
)
def test_what_is_no_vessel_has_no_branches(drawn, specks):
    mask = np.zeros((40, 40), bool)
    mask[drawn] = True
    tree = measure(mask)
    assert tree.branches == () and tree.ends == () and tree.branch_points == () and len(tree.specks) == specks
    assert tree.length == 0 and tree.narrowings == ()
    assert json.loads(json.dumps(tree.record(), allow_nan=False))["branches"] == []


def test_two_pixels_and_a_line_at_the_border():
    mask = np.zeros((8, 8), bool)
    mask[2, 3:5] = True
    assert len(measure(mask).specks) == 1
    mask[:] = False
    mask[0, :] = True
    assert len(measure(mask).branches) == 1


def test_the_record_says_it_all_and_what_it_is_not_for():
    tree = measure(bar(dip(8, 50, 8), 30, length=140, size=200), spacing=0.2)
    record = json.loads(json.dumps(tree.record(), allow_nan=False))
    assert record["use"] == USE == "Research use, not for diagnosis."
    assert "ImagerPixelSpacing" in record["caveats"][0] and "catheter" in record["caveats"][0]
    assert "pixels" in measure(bar(5)).record()["caveats"][0]
    assert (record["unit"], record["spacing"], record["shape"]) == ("mm", [0.2, 0.2], [200, 200])
    (branch,) = record["branches"]
    assert branch["narrowings"] == [branch["greatest_narrowing"]]
    profile = branch["profile"]
    assert len({len(column) for column in profile.values()}) == 1
    assert profile["diameter"][0] is None and profile["along"][-1] == branch["length"]
    assert branch["diameter"]["least"] == min(one for one in profile["diameter"] if one is not None)


@pytest.mark.parametrize("spacing", [0, -1.0, float("nan"), float("inf"), (0.2, 0.0), (0.1, 0.1, 0.1)])
def test_a_spacing_that_is_none(spacing):
    with pytest.raises(UsageError, match=r"^spacing is .*; wanted millimetres a pixel above 0"):
        measure(bar(5), spacing=spacing)


def test_a_mask_that_is_none():
    with pytest.raises(UsageError, match=r"^mask is uint8 of shape \(4, 4\); wanted bool, height x width$"):
        measure(np.zeros((4, 4), np.uint8))
    with pytest.raises(UsageError, match="wanted bool"):
        measure(np.zeros((4, 4, 3), bool))
    with pytest.raises(InputError, match="vessel everywhere"):
        measure(np.ones((4, 4), bool))


def test_a_straight_line_stays_where_it_is_and_its_ends_do():
    pixels = np.stack([np.arange(30.0), np.zeros(30)], axis=1)
    line = smooth_line(pixels, sigma=3.0, closed=False)
    np.testing.assert_allclose(line[[0, -1]], pixels[[0, -1]])
    np.testing.assert_allclose(np.diff(line, axis=0), [[0.5, 0.0]] * 58)
    np.testing.assert_allclose(lengths(line, (2.0, 1.0))[-1], 58)


@pytest.mark.parametrize("gap", [1, 2])
def test_a_neighbour_is_not_counted_in(gap):
    mask = bar(6, size=80, length=60)  # rows 37 to 42
    line = np.stack([np.full(41, 39.4), np.arange(20, 40.5, 0.5)], axis=1)
    alone = widths(mask, line, reach=20, spacing=(1.0, 1.0))
    np.testing.assert_allclose(alone, 6.0, atol=0.02)
    mask[43 + gap : 50] = True
    np.testing.assert_allclose(widths(mask, line, reach=20, spacing=(1.0, 1.0)), alone, atol=0.1)


def test_a_loss_of_less_than_a_pixel_may_be_the_grids_and_is_not_marked():
    mask = np.zeros((40, 120), bool)
    mask[20:22, 5:115] = True
    mask[21, 58:63] = False
    branch = only(mask)
    assert branch.greatest.percent > 35 and branch.narrowings == ()


def test_the_reference_is_that_of_all_healthy_places():
    rng = np.random.default_rng(0)
    along = np.arange(0, 200, 0.5)
    exact = 30 - along / 20
    diameter = exact + rng.uniform(-1.5, 1.5, along.size)
    lesion = np.abs(along - 80) < 20
    diameter[lesion] *= 0.5
    found, healthy = reference(along, diameter, pixel=1.0)
    assert healthy[~lesion].mean() > 0.95 and not healthy[lesion].any()
    assert np.abs(found - exact).max() < 0.5
