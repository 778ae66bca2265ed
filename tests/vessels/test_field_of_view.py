"""Shutters drawn into an angiogram are found and filled; where there is none, none is."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from untaught.vessels.field_of_view import PENUMBRA, field_of_view, filled
from vessels.tubes import distance

SIDE = 256


def angiogram(*, level=0.5, seed=0):
    """Mottled ground with dark vessels, all brighter than a shutter."""
    generator = np.random.default_rng(seed)
    ground = ndi.gaussian_filter(generator.standard_normal((SIDE, SIDE)), 20)
    ground = level + 0.06 * ground / ground.std()
    vessels = sum(np.exp(-(distance(angle, SIDE) ** 2) / (2 * width**2)) for angle, width in ((0.3, 2), (1.9, 4)))
    image = ground - 0.15 * vessels.clip(0, 1) + 0.01 * generator.standard_normal((SIDE, SIDE))
    return image.clip(0, 1).astype(np.float32)


def round_collimator(radius=140):
    rows, columns = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    return np.hypot(rows, columns) < radius


def straight_shutter(width=30):
    inside = np.ones((SIDE, SIDE), dtype=bool)
    inside[:, :width] = False
    return inside


def one_corner(leg=90):
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return rows + columns > leg


SHAPES = {
    "round": round_collimator(),
    "straight": straight_shutter(),
    "strip": straight_shutter(14),
    "corner": one_corner(),
    "small corner": one_corner(30),
}


def shuttered(inside, *, dark=0.03, penumbra=1.0, seed=0):
    """The image behind a shutter whose shadow has a soft edge."""
    light = ndi.gaussian_filter(inside.astype(float), penumbra)
    noise = 0.004 * np.random.default_rng(seed + 1).standard_normal((SIDE, SIDE))
    return (light * angiogram(seed=seed) + (1 - light) * dark + noise).clip(0, 1).astype(np.float32)


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("penumbra", [0.7, 2.0])
def test_the_shutters_are_found(name, penumbra):
    inside = SHAPES[name]
    found = field_of_view(shuttered(inside, penumbra=penumbra))
    shutter = ~inside
    assert (found & shutter).sum() < max(0.01 * shutter.sum(), 40)  # where it is two pixels thick
    assert overlap(found, inside) > 0.93 and (~found).sum() > 0.9 * shutter.sum() > 0


@pytest.mark.parametrize("name", SHAPES)
def test_little_more_than_the_shutter_is_lost(name):
    inside = SHAPES[name]
    kept = field_of_view(shuttered(inside))
    assert kept[ndi.distance_transform_edt(inside) > 3 * PENUMBRA].all()


@pytest.mark.parametrize("seed", range(4))
def test_without_shutters_all_is_seen(seed):
    assert field_of_view(angiogram(seed=seed)).all()


def test_a_dark_vessel_that_runs_into_a_corner_is_no_shutter():
    image = angiogram()
    image[np.abs(distance(np.pi / 4, SIDE)) < 3] = 0.03  # 6 wide, from corner to corner
    assert field_of_view(image).all()


def test_a_dark_mottled_corner_is_no_shutter():
    image = angiogram()
    image[:50, :50] = 0.02 + 0.12 * np.random.default_rng(0).random((50, 50))
    assert field_of_view(image)[20, 20]


def test_a_dark_flat_patch_in_the_middle_is_no_shutter():
    image = angiogram()
    image[100:150, 100:150] = 0.03
    assert field_of_view(image).all()


@pytest.mark.parametrize("image", [np.zeros((40, 40)), np.full((40, 40), 0.5), np.eye(8), np.ones((1, 1))])
def test_what_shows_nothing_is_seen_whole(image):
    assert field_of_view(image.astype(np.float32)).all()


@pytest.mark.parametrize("name", SHAPES)
def test_filled_leaves_what_is_inside_and_no_dark_rim(name):
    inside = SHAPES[name]
    image = shuttered(inside)
    found = field_of_view(image)
    result = filled(image, found)
    deep = ndi.distance_transform_edt(found) > 8
    np.testing.assert_array_equal(result[deep], image[deep])
    assert result.min() >= image[deep].min() - 0.02  # nothing darker than what there is in the patient
    assert result.shape == image.shape and result.dtype == image.dtype


def test_filled_takes_what_is_nearest_inside():
    image = np.tile(np.repeat([0.1, 0.4, 0.9], [8, 10, 10]), (12, 1)).astype(np.float32)
    image[6:] += 0.05
    result = filled(image, image > 0.3, rim=3)
    np.testing.assert_array_equal(result[:, 11:], image[:, 11:])
    np.testing.assert_allclose(result[[0, -1], :11], [[0.4] * 11, [0.45] * 11], atol=1e-3)


def test_filled_draws_no_lines_of_the_noise():
    noise = np.random.default_rng(0).standard_normal((60, 60)).astype(np.float32)
    fov = np.arange(60) < np.full((60, 1), 40)
    outside = filled(noise, fov)[:, 45:]
    assert (outside == outside[:, :1]).all() and outside.std() < 0.4 * noise[:, :30].std()


def test_filled_with_nothing_outside_is_the_image():
    image = angiogram()
    assert filled(image, np.ones(image.shape, dtype=bool)) is image


def test_a_field_of_view_as_narrow_as_its_rim_is_filled_from_itself():
    image = np.zeros((20, 20), dtype=np.float32)
    fov = np.zeros((20, 20), dtype=bool)
    image[9:11, 9:11], fov[9:11, 9:11] = 0.7, True
    np.testing.assert_allclose(filled(image, fov), 0.7, rtol=1e-6)
