from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from untaught.vessels.choosing import Candidate, candidate, choose, expected_dice
from untaught.vessels.frames import Angiogram
from untaught.vessels.training import Training
from vessels.angiograms import SMALL, labelled


def seen(name, dice, *place):
    return Candidate(name, dice, np.array(place, dtype=float))


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


def test_of_images_as_new_the_less_sure_comes_first():
    every = [seen("sure", 0.9, 1, 0), seen("unsure", 0.5, 0, 1), seen("between", 0.7, -1, 0)]
    chosen = choose(every, [np.zeros(2)], 3)
    assert [one.name for one in chosen] == ["unsure", "between", "sure"]
    assert chosen[0].expected_dice == 0.5


def test_of_images_as_unsure_the_newer_comes_first_and_no_two_alike():
    every = [seen("near", 0.6, 1, 0), seen("far", 0.6, 9, 0), seen("beside far", 0.6, 9.1, 0)]
    chosen = choose(every, [np.zeros(2)], 2)
    assert [one.name for one in chosen] == ["beside far", "near"]


def test_an_image_like_a_labelled_one_is_left_for_last():
    every = [seen("again", 0.1, 0, 0), seen("new", 0.8, 3, 0)]
    assert [one.name for one in choose(every, [np.zeros(2)], 5)] == ["new", "again"]
    assert choose(every, [np.zeros(2)], 5)[1].novelty == 0


def test_without_labelled_images_the_least_sure_is_first():
    every = [seen("sure", 0.9, 1, 0), seen("unsure", 0.5, 1, 0)]
    assert choose(every, [], 1)[0].name == "unsure"


def test_an_image_of_one_pixel_is_a_candidate_like_another():
    model = Training([labelled(0)], replace(SMALL, widths=(16, 16))).untrained()
    dots = [Angiogram(np.full((1, 1), grey, np.float32), "dot", Path("dot"), "") for grey in (0.1, 0.6)]
    every = [candidate(model, one) for one in dots]
    assert all(np.isfinite(one.signature).all() for one in every)
    assert np.isfinite([one.novelty for one in choose(every, [], 2)]).all()
