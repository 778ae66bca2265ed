"""Scores against counting by hand, against scikit-image, and the threshold against trying them all."""

import json
import math

import numpy as np
import pytest

from untaught.errors import UsageError
from untaught.vessels import scores as s
from untaught.vessels.threshold import threshold_from
from vessels.shapes import bar, ring


def masks(seed=0, shape=(40, 50)):
    rng = np.random.default_rng(seed)
    label = rng.random(shape) < 0.2
    return np.where(rng.random(shape) < 0.15, ~label, label), label, rng.random(shape) < 0.7


def test_dice_sensitivity_and_precision_are_counts():
    prediction, label, known = masks()
    pairs = list(zip(prediction[known], label[known], strict=True))
    both, found, there = sum(p and q for p, q in pairs), sum(p for p, _ in pairs), sum(q for _, q in pairs)
    assert s.dice(prediction, label, known=known) == 2 * both / (found + there)
    assert s.sensitivity(prediction, label, known=known) == both / there
    assert s.precision(prediction, label, known=known) == both / found


def test_what_is_not_known_changes_nothing():
    prediction, label, known = masks()
    other = np.where(known, prediction, ~prediction)
    for score in (s.dice, s.sensitivity, s.precision, s.betti_errors, s.thin_recall):
        assert score(prediction, label, known=known) == score(other, label, known=known)
        assert score(prediction, label, known=known) != score(other, label)


def test_auc_is_how_often_a_vessel_is_greater():
    _, label, known = masks(1, (12, 15))
    rng = np.random.default_rng(2)
    probability = np.round(label * 0.3 + rng.random(label.shape), 1).astype(np.float32)  # with ties
    ours = probability[known & label][:, None], probability[known & ~label][None]
    assert s.auc(probability, label, known=known) == pytest.approx(
        np.mean((ours[0] > ours[1]) + (ours[0] == ours[1]) / 2)
    )
    assert s.auc(label.astype(float), label) == 1.0 and s.auc(~label, label) == 0.0
    assert s.auc(np.zeros(label.shape), label) == 0.5
    assert s.auc(probability**3, label) == s.auc(probability, label)


def test_cl_dice_sees_a_broken_vessel_that_dice_hardly_does():
    label = bar(5, 30)
    broken, thin = label.copy(), bar(3, 30)
    broken[78:82, :] = False
    assert s.cl_dice(label, label) == 1.0 and s.cl_dice(thin, label) == pytest.approx(1.0, abs=0.03)
    assert s.dice(thin, label) < 0.8 < s.dice(broken, label)
    assert s.cl_dice(broken, label) < 0.98


def test_cl_dice_is_the_harmonic_mean_of_both_shares():
    label = np.zeros((21, 60), bool)
    label[10, 5:55] = True  # skeletons of lines a pixel wide are themselves
    prediction = np.zeros_like(label)
    prediction[10, 5:30] = prediction[5, 5:55] = True
    exact, complete = 25 / 75, 25 / 50
    assert s.cl_dice(prediction, label) == pytest.approx(2 * exact * complete / (exact + complete))
    known = np.ones_like(label)
    known[:, 30:] = False
    assert s.cl_dice(prediction, label, known=known) == pytest.approx(2 * 0.5 / 1.5)


def test_thin_recall_is_of_thin_vessels_alone_and_of_their_own_pixels():
    label = np.zeros((60, 80), bool)
    label[10:13, 5:75] = label[30:34, 5:75] = True  # three pixels wide, and four
    thick, thin = label.copy(), label.copy()
    thick[10:13], thin[30:34] = False, False
    assert s.thin_recall(label, label) == 1.0
    assert s.thin_recall(thick, label) == 0.0 and s.thin_recall(thin, label) == 1.0
    assert s.thin_recall(np.roll(label, 2, axis=0), label) == 0.0, "beside its place is not found"
    bins = {(one.above, one.to): one for one in s.recall_by_radius(thick, label)}
    assert bins[1.0, 1.5].recall == 0.0 and bins[1.5, 2.0].recall == 1.0
    assert bins[1.0, 1.5].pixels > 60 and bins[1.5, 2.0].pixels > 60
    assert math.isnan(bins[3.0, 5.0].recall) and bins[3.0, 5.0].pixels == 0


def test_betti_numbers_are_those_of_the_drawing():
    assert s.betti(bar(5)) == (1, 0)
    assert s.betti(ring(5, 30)) == (1, 1)
    assert s.betti(ring(5, 30) | ring(3, 10)) == (2, 2)
    assert s.betti(np.zeros((5, 5), bool)) == (0, 0)
    assert s.betti(np.ones((5, 5), bool)) == (1, 0)
    diagonal = np.eye(5, dtype=bool)
    assert s.betti(diagonal) == (1, 0), "vessels touch by corners"
    diamond = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], bool)
    assert s.betti(diamond) == (1, 1), "and the ground does not"
    frame = np.zeros((8, 8), bool)
    frame[3, :] = True
    assert s.betti(frame) == (1, 0), "what is open to the border is no hole"
    assert s.betti_errors(ring(5, 30) | ring(3, 10), bar(5)) == (1, 2)
    assert s.betti_errors(bar(5), ring(5, 30) | ring(3, 10)) == (1, 2)


def test_all_at_once_are_each_alone_and_are_plain_data():
    prediction, label, known = masks(3)
    probability = np.random.default_rng(4).random(label.shape)
    found = s.scores(prediction, label, known=known, probability=probability)
    assert found.dice == s.dice(prediction, label, known=known)
    assert found.auc == s.auc(probability, label, known=known)
    assert (found.e_b0, found.e_b1) == s.betti_errors(prediction, label, known=known)
    assert found.cl_dice == s.cl_dice(prediction, label, known=known)
    assert s.scores(prediction, label).auc is None
    plain = json.loads(json.dumps(found.record(), allow_nan=False))
    assert plain["dice"] == found.dice and plain["by_radius"][-1]["to"] is None


def test_what_has_no_meaning_is_nan_and_what_is_missed_is_zero():
    nothing, something = np.zeros((20, 20), bool), bar(3, size=20, length=12)
    for score in (s.dice, s.sensitivity, s.precision, s.cl_dice, s.thin_recall):
        assert math.isnan(score(nothing, nothing))
    assert s.dice(nothing, something) == s.dice(something, nothing) == 0.0
    assert s.cl_dice(nothing, something) == s.cl_dice(something, nothing) == 0.0
    assert s.sensitivity(nothing, something) == 0.0 and math.isnan(s.sensitivity(something, nothing))
    assert math.isnan(s.precision(nothing, something)) and math.isnan(s.auc(np.zeros((20, 20)), nothing))
    everything = np.ones((20, 20), bool)
    assert s.scores(everything, everything).dice == 1.0
    assert s.scores(nothing, nothing, probability=np.zeros((20, 20))).record()["auc"] is None


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ((np.zeros((4, 5), bool), np.zeros((5, 4), bool)), r"^prediction is 4x5 but label is 5x4 \(height x width\)$"),
        ((np.zeros((4, 5)), np.zeros((4, 5), bool)), r"^prediction is float64 of shape \(4, 5\); wanted bool"),
        ((np.zeros((4, 5), bool), np.zeros((4, 5), np.uint8)), r"^label is uint8 of shape"),
        ((np.zeros((4, 5), bool), np.zeros((4, 5), bool), np.ones((1, 5), bool)), r"^known is 1x5 but label is 4x5"),
    ],
)
def test_arrays_that_cannot_be_compared(arrays, sentence):
    prediction, label, *known = arrays
    with pytest.raises(UsageError, match=sentence):
        s.scores(prediction, label, known=known[0] if known else None)


def test_a_probability_that_is_none():
    label = np.eye(4, dtype=bool)
    with pytest.raises(UsageError, match=r"^probability is float64 of shape \(4, 5\); wanted real numbers of shape"):
        s.auc(np.zeros((4, 5)), label)
    with pytest.raises(UsageError, match=r"^probability has 1 values that are not finite"):
        s.auc(np.where(label & (np.arange(4) == 1), np.nan, 0.0), label)


def labelled(count=3):
    rng = np.random.default_rng(5)
    labels = [rng.random((20, 20)) < 0.1 + 0.1 * n for n in range(count)]
    noisy = [np.round(label * 0.4 + rng.random(label.shape), 2) for label in labels]
    return noisy, labels, [rng.random(label.shape) < 0.8 for label in labels]


def test_the_threshold_is_the_best_of_all():
    probabilities, labels, knowns = labelled()
    found = threshold_from(probabilities, labels, knowns)

    def mean(threshold):
        images = zip(probabilities, labels, knowns, strict=True)
        return np.mean([s.dice(p > threshold, label, known=known) for p, label, known in images])

    assert mean(found) == pytest.approx(max(mean(one) for one in np.arange(-0.005, 1.5, 0.01)))
    assert mean(found) > mean(0.5) + 0.005


def test_the_threshold_looks_at_nothing_that_is_not_known_and_weighs_images_alike():
    probabilities, labels, knowns = labelled()
    spoilt = [np.where(known, p, 9.0) for p, known in zip(probabilities, knowns, strict=True)]
    assert threshold_from(spoilt, labels, knowns) == threshold_from(probabilities, labels, knowns)
    small, large = np.zeros((4, 4), bool), np.zeros((40, 40), bool)
    small[0, 0] = large[:4] = True
    low, high = np.where(small, 0.3, 0.0), np.where(large, 0.9, 0.4)
    assert 0.4 < threshold_from([low, high, high], [small, large, large]) < 0.9
    assert threshold_from([low, low, high], [small, small, large]) < 0.3


def test_a_threshold_lies_in_the_middle_of_a_gap_on_any_scale():
    label = bar(5, size=40, length=30)
    assert threshold_from([label.astype(np.float32)], [label]) == 0.5
    assert threshold_from([label * 200.0 - 300.0], [label]) == -200.0
    assert threshold_from([np.full(label.shape, 0.7)], [label]) < 0.7, "all alike: all is vessel"


def test_images_without_a_vessel_have_no_say():
    probabilities, labels, _ = labelled()
    empty = np.zeros((20, 20), bool)
    alone = threshold_from(probabilities, labels)
    assert threshold_from([*probabilities, np.full((20, 20), 0.99)], [*labels, empty]) == alone
    with pytest.raises(UsageError, match=r"^1 labelled images with no vessel in them; wanted one"):
        threshold_from([np.zeros((20, 20))], [empty])
    with pytest.raises(UsageError, match=r"^got 3 probabilities, 2 labels and 2 known; wanted one of each"):
        threshold_from(probabilities, labels[:2])
    with pytest.raises(UsageError, match=r"^probability, label and known of image 2 have shapes"):
        threshold_from([*probabilities[:1], np.zeros((3, 3))], labels[:2])
    with pytest.raises(UsageError, match=r"^label and known of image 1 are int64 and bool; wanted bool$"):
        threshold_from(probabilities[:1], [labels[0].astype(np.int64)], [np.ones((20, 20), bool)])
    with pytest.raises(UsageError, match=r"^the probability of image 1 has values that are not finite"):
        threshold_from([np.full((20, 20), np.nan)], labels[:1])
