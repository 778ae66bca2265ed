"""The logistic model against what made the labels, against its own equations, and against trying every bias."""

import numpy as np
import pytest
from scipy.special import expit

from untaught.errors import InputError
from untaught.vessels.logistic import FAR, Logistic, fit_logistic

WEIGHTS = np.array([1.5, -0.8, 0.0])


def drawn(count=20000, seed=0):
    """Descriptors of several sizes, and labels drawn with the probabilities of a known model."""
    generator = np.random.default_rng(seed)
    descriptors = generator.standard_normal((count, 3)) * [1, 10, 0.1] + [0, 5, -2]
    scaled = (descriptors - [0, 5, -2]) / [1, 10, 0.1]
    return descriptors, generator.random(count) < expit(scaled @ WEIGHTS - 1)


def dice(mask, label):
    return 2 * (mask & label).sum() / (mask.sum() + label.sum())


def test_it_finds_the_model_that_made_the_labels():
    descriptors, vessel = drawn()
    found = fit_logistic(descriptors, vessel)
    np.testing.assert_allclose(found.weights, WEIGHTS, atol=0.06)
    assert found.bias == pytest.approx(-1, abs=0.06)
    np.testing.assert_allclose(found.mean, descriptors.mean(0))
    np.testing.assert_allclose(found.spread, descriptors.std(0), rtol=0.02)


def test_its_probabilities_are_calibrated_on_what_it_was_fitted_on():
    """The equation that a maximum with a free bias fulfils: as many vessels are foretold as there are."""
    descriptors, vessel = drawn(3000)
    found = fit_logistic(descriptors, vessel)
    assert expit(found.logit(descriptors)).mean() == pytest.approx(vessel.mean(), abs=2e-3)


@pytest.mark.parametrize("shrink", [1e-4, 0.1, 1.0])
def test_the_penalised_gradient_is_0(shrink):
    descriptors, vessel = drawn(2000)
    found = fit_logistic(descriptors, vessel, shrink=shrink)
    scaled = (descriptors - found.mean) / found.spread
    scaled = scaled.clip(-FAR, FAR)
    residual = expit(scaled @ found.weights + found.bias) - vessel
    gradient = residual @ scaled / len(vessel) + shrink * found.weights
    assert np.abs(gradient).max() < 1e-3 and abs(residual.mean()) < 1e-3


def test_more_shrinkage_makes_smaller_weights():
    descriptors, vessel = drawn(2000)
    sizes = [np.abs(fit_logistic(descriptors, vessel, shrink=shrink).weights).sum() for shrink in (1e-4, 0.1, 1.0)]
    assert sizes[0] > 1.5 * sizes[1] > 1.5 * 1.5 * sizes[2] > 0


def test_separable_labels_and_a_constant_descriptor_do_no_harm():
    descriptors = np.stack([np.linspace(-1, 1, 50), np.full(50, 3.0)], axis=1)
    vessel = descriptors[:, 0] > 0
    found = fit_logistic(descriptors, vessel)
    assert np.isfinite(found.weights).all() and found.weights[1] == pytest.approx(0, abs=1e-6)
    assert ((found.logit(descriptors) > 0) == vessel).all()


def test_a_wild_value_is_taken_for_no_farther_than_six_deviations():
    descriptors, vessel = drawn(2000)
    found = fit_logistic(descriptors, vessel)
    at, wild = np.array([[0.0, 5.0, -2.0]]), np.array([[0.0, 5e6, -2.0]])
    pull = -FAR * abs(found.weights[1])
    assert found.logit(wild) - found.logit(at) == pytest.approx(pull, abs=0.1)
    assert np.abs(found.logit(descriptors * 1e9)).max() <= FAR


def test_a_logit_for_each_pixel_of_an_image():
    descriptors, vessel = drawn(600)
    found = fit_logistic(descriptors, vessel)
    picture = descriptors.reshape(20, 30, 3)
    np.testing.assert_allclose(found.logit(picture), found.logit(descriptors).reshape(20, 30))


def test_blank_says_nothing():
    assert (Logistic.blank(3).logit(drawn(10)[0]) == 0).all()


def test_balanced_makes_one_half_the_best_threshold():
    descriptors, vessel = drawn(500)
    found = fit_logistic(descriptors, vessel)
    balanced = found.balanced(descriptors, vessel)
    scores = [dice(found.logit(descriptors) >= at, vessel) for at in found.logit(descriptors)]
    assert dice(balanced.logit(descriptors) >= -1e-9, vessel) == pytest.approx(max(scores))
    assert max(scores) > dice(found.logit(descriptors) >= 0, vessel)
    np.testing.assert_array_equal(balanced.weights, found.weights)


@pytest.mark.parametrize(("vessel", "kind"), [(np.ones(9, dtype=bool), "vessel"), (np.zeros(9, dtype=bool), "back")])
def test_labels_of_one_kind_teach_nothing(vessel, kind):
    with pytest.raises(InputError, match=rf"^all 9 known pixels are {kind}\w*; wanted both$"):
        fit_logistic(np.ones((9, 2)), vessel)
