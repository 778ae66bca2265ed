from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from untaught.vessels.choosing import Candidate, candidate, choose, expected_dice, kind_of, moments, placed
from untaught.vessels.descriptors import Bank, ImageAlone
from untaught.vessels.frames import Angiogram
from untaught.vessels.teaching import unready
from untaught.vessels.training import Training
from untaught.vessels.views import as_image
from vessels.angiograms import SMALL, angiogram, labelled


def seen(name, dice, place, spread=1.0):
    return Candidate(name, dice, np.array([place, spread]))


def names(every, labelled=(), count=9):
    return [one.name for one in choose(every, [np.array([place, 1.0]) for place in labelled], count)]


def test_the_dice_that_probabilities_foretell():
    """Against the mean over labels drawn from them."""
    draw = np.random.default_rng(0)
    likely = draw.beta(0.3, 0.9, (60, 60)).astype(np.float32)
    mask = likely > 0.5
    drawn = [draw.random(likely.shape) < likely for _ in range(200)]
    mean = np.mean([2 * (mask & label).sum() / (mask.sum() + label.sum()) for label in drawn])
    assert expected_dice(likely) == pytest.approx(mean, abs=2e-3)
    assert expected_dice(np.zeros((4, 4), np.float32)) == 0
    assert expected_dice(np.ones((4, 4), np.float32)) == 1


def test_of_images_as_sure_the_nearest_to_the_middle_comes_first():
    places = {"left": -5, "middle": 0.1, "right": 3, "far": 20, "beside": -2}
    chosen = choose([seen(name, 0.6, place) for name, place in places.items()], [], 9)
    assert [one.name for one in chosen] == ["middle", "beside", "right", "left", "far"]
    assert [one.distance for one in chosen] == pytest.approx([0, 0.72, 1, 1.76, 6.86], rel=0.01)


def test_labelled_images_have_a_say_in_where_the_middle_is():
    every = [seen("left", 0.6, -5), seen("between", 0.6, 0), seen("right", 0.6, 5)]
    assert names(every, count=1) == ["between"]
    assert names(every, labelled=(7, 8, 9, 10), count=1) == ["right"]


def test_the_third_that_the_model_is_surest_of_comes_later():
    every = [seen("ordinary", 0.9, 0), seen("left", 0.5, -4), seen("right", 0.6, 5)]
    assert names(every) == ["left", "right", "ordinary"]
    every = [*every, seen("a", 0.7, 9), seen("b", 0.8, -9), seen("c", 0.95, 2)]
    assert names(every)[:4] == ["right", "left", "a", "b"]


def test_what_is_nearly_a_labelled_or_a_chosen_image_is_left_for_last():
    """As the frames of one cine are."""
    places = {"again": 0.3, "as again": 0, "other": 6, "another": -7, "far": -11}
    every = [seen(name, 0.6, place) for name, place in places.items()]
    assert names(every) == ["as again", "other", "another", "far", "again"]
    assert names(every, labelled=(0.05,)) == ["other", "another", "far", "as again", "again"]
    every = [seen("again", 0.1, 0), seen("other", 0.6, 6), seen("sure", 0.95, -7)]
    assert names(every, labelled=(0,)) == ["other", "sure", "again"]


def test_an_odd_image_does_not_make_the_others_alike():
    assert names([seen("left", 0.6, 0), seen("middle", 0.6, 1), seen("odd", 0.6, 30)]) == ["middle", "left", "odd"]


def test_spreads_count_by_their_ratio():
    wide, narrow = placed([np.array([0.0, spread]) for spread in (0.5, 1.0, 2.0)])[[2, 0], 1]
    assert wide == pytest.approx(-narrow, abs=0.01) and wide == pytest.approx(np.log(2), abs=0.01)


def test_units_of_a_descriptor_do_not_matter():
    draw = np.random.default_rng(0)
    mean, spread = draw.normal(0, 3, (12, 5)), draw.uniform(2, 9, (12, 5))
    units = np.array([1, 10, 100, 3, 1])
    orders = [
        [one.name for one in choose([Candidate(str(k), 0.5, x) for k, x in enumerate(rows)], [], 12)]
        for rows in (np.hstack([mean, spread]), np.hstack([mean * units, spread * units]))
    ]
    assert orders[0] == orders[1]


def test_moments_are_of_the_field_of_view():
    descriptors = torch.tensor([[[[1.0, 3.0, 99.0]], [[-2.0, -2.0, 99.0]]]])
    assert moments(descriptors, np.array([[True, True, False]])).tolist() == [2, -2, 1, 0]


def test_as_many_as_there_are():
    assert names([seen("one", 0.5, 1)]) == ["one"]
    assert len(names([seen("one", 0.5, 1), seen("two", 0.5, 2)], count=1)) == 1


def test_without_a_model_an_image_is_what_its_descriptors_are():
    image = Angiogram(angiogram(3)[0], "a", Path("a"), "")
    found = candidate(None, image)
    assert found.expected_dice is None and found.moments.shape == (2 * len(Bank().names()),)
    model = Training([labelled(0)], replace(SMALL, bank=ImageAlone(), tubes=None, residual=False)).untrained()
    assert np.allclose(candidate(model, image).moments, found.moments), "also if it is shown none of them"
    turned = Angiogram(1 - image.pixels, "a", Path("a"), "")
    assert np.allclose(candidate(replace(model, bright=True), turned).moments, found.moments, atol=1e-4)


def test_a_candidate_s_field_of_view_is_that_of_a_labelled_image():
    """Also where vessels are bright and the border, as everywhere, is dark."""
    pixels = 1 - angiogram(3, 96, 96)[0]
    far = np.hypot(*(np.mgrid[:96, :96] - 47.5)) > 40
    pixels[far] = 0
    image = Angiogram(pixels.astype(np.float32), "a", Path("a"), "")
    plain = unready(image, bright=True)
    assert not plain.fov.all()
    wanted = moments(Bank().describe(as_image(plain.image), as_image(plain.fov)), plain.fov)
    assert np.allclose(kind_of(image, bright=True), wanted)


def test_an_image_of_one_pixel_is_a_candidate_like_another():
    model = Training([labelled(0)], replace(SMALL, widths=(16, 16))).untrained()
    dots = [Angiogram(np.full((1, 1), grey, np.float32), "dot", Path("dot"), "") for grey in (0.1, 0.6)]
    every = [candidate(model, one) for one in dots]
    assert all(np.isfinite(one.moments).all() for one in every)
    assert np.isfinite([one.distance for one in choose(every, [], 2)]).all()
