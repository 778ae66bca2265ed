"""Angiograms that never were: what a study may rely on."""

import numpy as np
import pytest

from untaught.vessels.phantom import THICKEST, THINNEST, phantom, tube


@pytest.fixture(scope="module")
def some():
    return [phantom(number) for number in range(5)]


def test_the_number_decides_everything(some):
    again, other = phantom(3), phantom(4)
    np.testing.assert_array_equal(again.image, some[3].image)
    np.testing.assert_array_equal(again.label, some[3].label)
    assert not np.array_equal(other.label, again.label)


def test_images_are_greys_and_labels_are_where_there_is_a_radius(some):
    for one in some:
        assert one.image.dtype == np.float32 and one.image.min() >= 0 and one.image.max() <= 1
        assert one.image.shape == one.label.shape == one.radius.shape == (256, 256)
        np.testing.assert_array_equal(one.label, one.radius > 0)
        assert 0.02 < one.label.mean() < 0.15


def test_vessels_are_thin_and_wide_and_dark(some):
    radii = np.concatenate([one.radius[one.label] for one in some])
    assert radii.min() == pytest.approx(THINNEST) and 4 < radii.max() <= THICKEST
    for one in some:
        wide = one.radius > 3
        beside = ~one.label & (one.image > 0.1)
        if wide.any():
            assert one.image[wide].mean() < 0.9 * one.image[beside].mean()


def test_the_way_through_a_tube_is_that_through_a_circle():
    path = np.column_stack([np.full(400, 20.0), np.linspace(0, 40, 400), np.full(400, 3.0)])
    way, radius = tube(path, 41)
    across = np.abs(np.arange(41) - 20.0)
    np.testing.assert_allclose(way[:, 20], 2 * np.sqrt(np.maximum(9 - across**2, 0)), atol=0.01)
    np.testing.assert_array_equal(radius[:, 20] > 0, across <= 3 - 1e-9)


def test_it_is_made_at_other_sizes():
    assert phantom(0, 64).image.shape == (64, 64)
