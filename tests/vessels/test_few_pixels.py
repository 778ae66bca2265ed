"""What is believed of an image from a few labelled pixels, before any network."""

import numpy as np
import pytest
import torch
from scipy.ndimage import binary_dilation
from scipy.special import expit

from untaught.vessels.few_pixels import KEPT, Beginning, beginning, share_of, within_reason
from untaught.vessels.logistic import FAR

SIDE = 80


def tubes(width=2.0, depth=0.3, seed=0):
    """Two dark tubes that cross on uneven ground, with noise; where they are."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    away = np.minimum(np.abs(y - 24 - 0.2 * x), np.abs(x - 50 + 0.1 * y))
    image = 0.6 + 0.001 * x - depth * np.exp(-((away / width) ** 2) / 2)
    return (image + np.random.default_rng(seed).normal(0, 0.02, image.shape)).astype(np.float32), away < 1.2 * width


def strokes(label):
    """A piece of each tube's middle, and two lines beside them."""
    known, drawn = np.zeros((2, SIDE, SIDE), bool)
    for x in range(5, 25):
        drawn[round(24 + 0.2 * x), x] = True
    for y in range(55, 75):
        drawn[y, round(50 - 0.1 * y)] = True
    known[60, 5:35] = known[10, 5:40] = known[46:76, 72] = True
    drawn, known = (binary_dilation(one, np.ones((3, 3))) for one in (drawn, known))
    assert label[drawn].all() and not label[known].any()
    return known | drawn, drawn


def dice(mask, label):
    return 2 * (mask & label).sum() / (mask.sum() + label.sum())


def as_image(*planes):
    return torch.from_numpy(np.stack(planes))[None]


@pytest.fixture(scope="module")
def found():
    image, label = tubes()
    return beginning(as_image(image), *strokes(label)), label


def mask_of(found: Beginning):
    return (found.logit[0, 0] > 0).numpy()


def test_tubes_are_found_from_pieces_of_them(found):
    begun, label = found
    assert dice(mask_of(begun), label) > 0.85
    assert begun.logit.shape == (1, 1, SIDE, SIDE) and begun.logit.abs().max() <= FAR
    assert begun.shown.shape == (1, 6, SIDE, SIDE) and begun.shown.abs().max() <= FAR
    assert torch.equal(begun.shown[:, -1:], begun.logit) and not begun.bright and begun.inside.all()


def test_the_strokes_share_is_not_taken_for_the_images(found):
    begun, label = found
    known, drawn = strokes(label)
    told = drawn.sum() / known.sum()
    assert told > 0.25 and abs(begun.share - label.mean()) < 0.05 < told - begun.share
    shift = np.log(begun.share / (1 - begun.share)) - np.log(told / (1 - told))
    assert begun.odds == pytest.approx(np.exp(-shift), rel=1e-6)


def test_a_bright_object_is_found_as_a_dark_one_is(found):
    image, label = tubes()
    begun = beginning(as_image(1 - image), *strokes(label))
    assert begun.bright and torch.allclose(begun.logit, found[0].logit, atol=0.05)


def test_colours_are_descriptors_too():
    """In green the two tubes look alike; in red only the upright one is there, and that one alone is the object."""
    image, label = tubes()
    y, x = np.mgrid[:SIDE, :SIDE]
    known, drawn = strokes(label)
    upright = label & (np.abs(x - 50 + 0.1 * y) < 2.4)
    red = np.where(upright, 0.2, 0.7).astype(np.float32)
    drawn &= upright
    known &= drawn | ~label
    known[27:30, 5:25] = True  # the other one is background
    grey, coloured = (beginning(one, known, drawn) for one in (as_image(image), as_image(red, image, image)))
    assert coloured.shown.shape[1] == 9
    assert not (mask_of(coloured) & ~upright).any() and (mask_of(grey) & ~upright).sum() > 50
    assert dice(mask_of(coloured), upright) > dice(mask_of(grey), upright) + 0.15


def test_beyond_the_shutters_is_nothing_unless_somebody_drew_there():
    image, label = tubes()
    image[:, :26] = 0.02
    known, drawn = strokes(label)
    drawn[:, :34], known[:, :34] = False, False
    begun = beginning(as_image(image), known, drawn)
    assert not begun.inside[:, :24].any() and begun.inside[:, 40:].all()
    assert (begun.logit[0, 0, :, :24] == -FAR).all()
    drawn[60, 3:9] = known[60, 3:9] = True
    assert beginning(as_image(image), known, drawn).inside.all()


def test_the_share_is_what_it_was_where_the_model_is_right():
    """Two classes a unit of logit apart, whose share is another than that of the labelled ones."""
    rng = np.random.default_rng(0)
    object_, told = rng.random(200_000) < 0.06, 1 / 3
    value = rng.normal(np.where(object_, 1.5, -1.5), 1.0)
    logit = 3 * value + np.log(told / (1 - told))  # of the ratio of both densities, and the labelled share
    assert share_of(logit, told, (0, 0)) == pytest.approx(object_.mean(), abs=0.002)
    assert expit(logit).mean() > 0.08, "without it the share is overrated"


def test_the_share_leaves_room_for_what_is_known():
    assert share_of(np.full(100, -6.0), 0.5, (7, 10)) == pytest.approx(0.07)
    assert share_of(np.full(100, 6.0), 0.5, (7, 10)) == pytest.approx(0.9)
    assert share_of(np.zeros(20), 0.4, (10, 10)) == 0.4


def test_no_share_gives_up_what_was_labelled():
    ours, others = np.linspace(0, 4, 101), np.linspace(-5, 0, 101)
    assert within_reason(-0.3, ours, others) == -0.3 and within_reason(0.3, ours, others) == 0.3
    low, high = within_reason(-9.0, ours, others), within_reason(9.0, ours, others)
    assert np.mean(ours + low >= 0) == pytest.approx(KEPT, abs=0.011)
    assert np.mean(others + high <= 0) == pytest.approx(KEPT, abs=0.011)
    assert within_reason(-9.0, ours - 2, others + 3) == 0 == within_reason(9.0, ours - 2, others + 3)
