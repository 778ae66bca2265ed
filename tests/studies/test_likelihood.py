"""The study of likelihoods: the noise, what the likelihoods are told, and what is said of them."""

import copy

import pytest
from PIL import Image

from studies.changed import decided, sentence
from untaught.studies import study
from untaught.studies.likelihood import noisy, told, variance
from untaught.studies.likelihood_words import GAUSSIAN, IMPULSE, KINDS, POISSON, SPECKLE
from untaught.studies.photographs import Draw, shipped


@pytest.mark.parametrize("noise", KINDS)
def test_the_noise_is_as_strong_as_its_law_and_measurements_say(noise):
    case = Draw(shipped("coffee", 64), 0)
    y = noisy(noise, case)
    assert variance(noise, y) == pytest.approx(float((y - case.photograph.x).square().mean()), rel=0.15)


def test_the_others_are_told_of_noise_as_strong_and_the_matched_one_its_law():
    case = Draw(shipped("coffee", 64), 0)
    y = noisy(SPECKLE, case)
    v = variance(SPECKLE, y)
    assert told(SPECKLE, SPECKLE, y).looks == 4
    assert told(GAUSSIAN, SPECKLE, y).sigma ** 2 == pytest.approx(v) == told(IMPULSE, SPECKLE, y).sigma ** 2
    assert float(y.mean()) / told(POISSON, SPECKLE, y).peak == pytest.approx(v)
    gaussian = noisy(GAUSSIAN, case)
    looks = told(SPECKLE, GAUSSIAN, gaussian).looks
    assert float(gaussian.square().mean()) / (looks + 1) == pytest.approx(variance(GAUSSIAN, gaussian))


def test_impulses_leave_the_others_as_they_were():
    case = Draw(shipped("coffee", 32), 0)
    y = noisy(IMPULSE, case)
    same = (y - case.photograph.x).abs() < 1e-6
    assert 0.6 < float(same.float().mean()) < 0.85 and set(y[~same].unique().tolist()) == {0.0, 1.0}


def test_likelihoods_are_scored_where_the_rule_stops_and_at_the_best_step(found):
    numbers, folder, _ = found("likelihood")
    assert len(numbers["runs"]) == 2 * 4 * 4
    for run in numbers["runs"]:
        assert run["at_peak"] >= max(run["at_stop"], run["at_last"]) and 1 <= run["stop"] <= numbers["size"]["steps"]
    ones = [run["at_stop"] for run in numbers["runs"] if run["noise"] == POISSON and run["likelihood"] == SPECKLE]
    assert numbers["cells"][POISSON][SPECKLE]["at_stop"]["mean"] == pytest.approx(sum(ones) / 2, rel=1e-4)
    with Image.open(folder / "likelihood-pictures.png") as sheet:
        assert sheet.width > 600


def test_likelihoods_are_judged_by_what_the_draws_decide(found):
    numbers = copy.deepcopy(found("likelihood")[0])
    for more, words in (
        (2, "better in all 2 draws"),
        (0, "in none of 2 draws (here it does not pay)"),
        (1, "not shown"),
    ):
        one = decided(1.23 if more else -1.23, more, 2)
        numbers["against"][IMPULSE][GAUSSIAN] = {"at_stop": one, "at_peak": one}
        said = study("likelihood").paragraph(numbers).split("Impulse noise")[1].split("Speckle noise")[0]
        gained = sentence(said, "the Gaussian one")
        assert words in gained and f"{'+' if more else '-'}1.23 ± 0.01 dB" in gained
    for likelihood in KINDS:
        for noise in KINDS:
            numbers["cells"][noise][likelihood]["at_stop"]["mean"] = 30.0 if likelihood == noise else 20.0
    said = study("likelihood").paragraph(numbers)
    assert "for 4 of 4 kinds of noise: Gaussian, Poisson, impulse, speckle." in said
    numbers["cells"][POISSON][GAUSSIAN]["at_stop"]["mean"] = 31.0
    assert "for 3 of 4" in study("likelihood").paragraph(numbers)
    assert "another is for Poisson noise (Gaussian)." in study("likelihood").paragraph(numbers)
