"""Tubes of known radius and direction, told back; what the image says, without a label."""

import numpy as np
import pytest

from untaught.vessels.targets import (
    DEEPEST,
    FROM_DESCRIPTORS,
    LINE,
    TARGETS,
    WIDEST,
    boundary,
    centreline,
    distance,
    gradient,
    noise,
    orientation,
    radius,
    reconstruction,
    signed_distance,
    skeleton,
    tube,
)

OF_LABELS = [name for name, target in TARGETS.items() if not target.label_free]
OF_IMAGES = [name for name, target in TARGETS.items() if target.label_free]
ANGLES = np.arange(12) * np.pi / 12


def dice(seed=0):
    return np.random.default_rng(seed)


def across(angle, side=81):
    """How far each pixel is from the line through the middle that goes `angle` down from the right."""
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    return columns * np.sin(angle) - rows * np.cos(angle)


def bar(angle, half_width, side=81):
    return np.abs(across(angle, side)) < half_width


def middle(x, margin=15):
    return x[..., margin:-margin, margin:-margin]


def picture(side=40):
    rows, columns = np.mgrid[:side, :side] / side
    return (0.3 + 0.4 * columns + 0.1 * np.sin(20 * rows)).astype(np.float32)


def test_a_registry_of_at_least_nine():
    assert len(TARGETS) >= 9 and {"distance", "centreline", "radius", "boundary", "orientation", "tube"} <= set(TARGETS)
    assert OF_IMAGES == ["gradient", "reconstruction", "noise"] and not set(FROM_DESCRIPTORS) & set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_shape_type_and_range(name):
    target = TARGETS[name]
    for label in (bar(0.4, 3, 40), bar(0.4, 3, 40)[:, :31], np.zeros((40, 40), bool), np.ones((40, 40), bool)):
        out = target.make(picture()[: label.shape[0], : label.shape[1]], label, dice())
        assert out.shape == (target.channels, *label.shape) and out.dtype == np.float32
        assert out.min() >= (-1 if name == "orientation" else 0) and out.max() <= 1 and np.isfinite(out).all()


@pytest.mark.parametrize("name", OF_LABELS)
def test_geometry_is_of_the_label_alone(name):
    label = bar(0.4, 3, 40)
    make = TARGETS[name].make
    assert np.array_equal(make(picture(), label, dice(0)), make(1 - picture(), label, dice(1)))
    assert not np.array_equal(make(picture(), label, dice()), make(picture(), bar(1.4, 3, 40), dice()))
    with pytest.raises(ValueError, match=f"{name} is made from a label"):
        make(picture(), None, dice())


@pytest.mark.parametrize("name", OF_IMAGES)
def test_what_the_image_says_needs_no_label(name):
    make = TARGETS[name].make
    assert np.array_equal(make(picture(), None, dice()), make(picture(), bar(0.4, 3, 40), dice()))


def test_distance_by_hand():
    label = np.zeros((20, 30), bool)
    label[4:17] = True  # thirteen rows, out of the image on both sides
    column = distance(label)[0, :, 7] * DEEPEST
    expected = [0, 0, 0, 0, 0.5, 1.5, 2.5, 3.5, 4.5, 5, 5, 5, 4.5, 3.5, 2.5, 1.5, 0.5, 0, 0, 0]
    assert column == pytest.approx(expected) and np.allclose(distance(label), distance(label)[..., :1])


def test_signed_distance_by_hand():
    label = np.zeros((20, 30), bool)
    label[8:11] = True
    column = (signed_distance(label)[0, :, 7] - 0.5) * 2 * DEEPEST
    expected = [-5, -5, -5, -4.5, -3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 0.5, -0.5, -1.5, -2.5, -3.5, -4.5, -5, -5, -5, -5]
    assert column == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("angle", ANGLES)
def test_the_centreline_falls_off_from_the_middle_of_the_tube(angle):
    expected = np.exp(-(across(angle) ** 2) / (2 * LINE**2))
    found = centreline(bar(angle, 3.5))[0]
    assert np.abs(middle(found - expected)).max() < 0.4 and np.abs(middle(found - expected)).mean() < 0.04


@pytest.mark.parametrize("half_width", [1.5, 2.0, 3.5, 5.0, 7.0])
@pytest.mark.parametrize("angle", [0, *ANGLES[1:5]])
def test_the_radius_of_a_tube(angle, half_width):
    label = bar(angle + 1e-6, half_width)
    found = middle(radius(label)[0] * WIDEST)[middle(label)]
    assert np.median(found) == pytest.approx(half_width, abs=0.5) and np.ptp(found) < 1.1
    assert not radius(label)[0][~label].any()


@pytest.mark.parametrize(("rows", "expected"), [(3, 1.75), (4, 1.75), (7, 3.75), (8, 3.75), (30, WIDEST)])
def test_the_radius_of_straight_tubes_is_a_quarter_off(rows, expected):
    label = np.zeros((40, 60), bool)
    label[5 : 5 + rows] = True
    assert np.allclose(radius(label)[0, 5 : 5 + rows, 20:40] * WIDEST, expected)


def test_each_vessel_has_its_own_radius():
    label = np.zeros((50, 60), bool)
    label[10:13], label[30:41] = True, True
    found = radius(label)[0] * WIDEST
    assert np.allclose(found[10:13, 20:40], 1.75) and np.allclose(found[30:41, 20:40], 5.75)


def test_boundary_by_hand():
    label = np.zeros((6, 7), bool)
    label[1:5, 2:] = True  # it leaves the image on the right
    expected = ["0000000", "0011111", "0010000", "0010000", "0011111", "0000000"]
    assert np.array_equal(boundary(label)[0], [[int(digit) for digit in row] for row in expected])


@pytest.mark.parametrize("half_width", [0.75, 2.25, 4.5, 8.25])
@pytest.mark.parametrize("angle", ANGLES)
def test_the_direction_along_a_tube(angle, half_width):
    label = bar(angle, half_width)
    found = middle(orientation(label))[:, middle(label)]
    along = np.array([[np.cos(2 * angle)], [np.sin(2 * angle)]])
    assert np.allclose(np.hypot(*found), 1, atol=1e-5)
    off = np.degrees(np.arccos((found * along).sum(axis=0).clip(-1, 1))) / 2
    assert off.max() < 6 and off.mean() < 2.5  # a line of pixels has steps
    assert not orientation(label)[:, ~label].any()


def test_directions_in_the_image():
    down_to_the_right = np.eye(41, dtype=bool)
    assert np.allclose(orientation(down_to_the_right)[:, 20, 20], (0, 1), atol=0.02)
    right = np.zeros((41, 41), bool)
    right[20] = True
    assert np.allclose(orientation(right)[:, 20, 20], (1, 0), atol=0.02)
    assert np.allclose(orientation(right.T)[:, 20, 20], (-1, 0), atol=0.02)


@pytest.mark.parametrize("angle", ANGLES)
def test_a_tube_for_the_recall(angle):
    for half_width, least in ((0.8, 1.0), (4.5, 0.25)):
        label = bar(angle, half_width)
        found = tube(label)[0].astype(bool)
        assert not found[~label].any() and least <= middle(found).sum() / middle(label).sum() <= max(least, 0.5)
        assert middle(np.abs(across(angle)) * found).max() < 3


@pytest.mark.parametrize("offsets", [(0, 1), (-2, -1, 0, 1, 2, 3)])
def test_diagonals_of_an_even_width_keep_their_skeleton(offsets):
    rows, columns = np.mgrid[:60, :60]
    label = np.isin(rows - columns, offsets) & (rows + columns > 30) & (rows + columns < 90)
    assert skeleton(label).sum() > 25


def test_gradient_by_hand():
    ramp = np.tile(np.linspace(0, 1, 40, dtype=np.float32), (40, 1))
    assert np.allclose(gradient(ramp)[0][:, 8:-8], 1, atol=0.01)
    step = (np.arange(40) >= 20) * np.ones((40, 1), np.float32)
    found = gradient(step.astype(np.float32))[0]
    assert found[:, 19:21].min() > 0.9 and found[:, :10].max() < 0.01
    rough = gradient(dice().random((100, 100), dtype=np.float32))
    assert np.mean(rough == 1) == pytest.approx(0.01, abs=0.002)


def test_reconstruction_is_the_image_standardised():
    image = picture()
    found = reconstruction(image)[0]
    assert np.allclose(found, 0.5 + (image - image.mean()) / (6 * image.std()), atol=1e-5)
    assert np.allclose(reconstruction(0.1 * image + 0.7)[0], found, atol=1e-4)
    assert np.allclose(reconstruction(np.full((5, 5), 0.3, np.float32)), 0.5, atol=0.05)


def test_noise_is_white_and_the_generators_own():
    first, again, other = (noise(np.zeros((200, 200), np.float32), dice(seed))[0] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    pairs = [(first, other), (first[1:], first[:-1]), (first[:, 1:], first[:, :-1])]
    assert all(abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 0.02 for a, b in pairs)
    assert first.mean() == pytest.approx(0.5, abs=0.005) and first.std() == pytest.approx(1 / 6, abs=0.005)


@pytest.mark.parametrize("name", OF_LABELS)
def test_unknown_pixels_do_not_reach_what_is_counted(name):
    target, label = TARGETS[name], bar(0.4, 3)
    known = np.ones_like(label)
    known[30:50, 30:50] = False
    counted = target.counted(known, label)
    one, other = (target.make(None, y, dice()) for y in (label, label & known))
    assert np.abs(one - other)[:, counted].max() < 0.1 and np.abs(one - other).max() > 0.3
    assert not counted[~known].any() and counted.any() and (not target.on_vessels or not counted[~label].any())
    assert target.counted(np.ones_like(label), label).all() == (not target.on_vessels)


@pytest.mark.parametrize("name", OF_IMAGES)
def test_what_needs_no_label_counts_everywhere(name):
    assert TARGETS[name].counted(np.zeros((4, 5), bool), np.zeros((4, 5), bool)).all()
