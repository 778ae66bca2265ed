"""The study of optimisers: rates, what they are compared by, and what is said of that."""

import copy

import pytest
import torch

from studies.changed import sentences
from untaught.studies import study
from untaught.studies.courses import Course
from untaught.studies.optimiser import LEVELS, damaged, grouped, made, taken, times
from untaught.studies.optimiser_words import ADAM, KINDS, MUON, QUASI
from untaught.studies.photographs import shipped


def test_what_is_missing_is_half_and_has_no_measurement():
    picture = shipped("coffee", 16)
    problem = damaged(picture, "missing", 0)
    assert 0.3 < problem.y.numel() / picture.x.numel() < 0.7
    assert torch.equal(problem.operator(picture.x), problem.y)


def test_rates_are_tuned_alike_on_photographs_apart_from_those_tested_on(found):
    numbers = found("optimiser")[0]
    assert not set(numbers["tuned_on"]) & set(numbers["images"])
    tuning = numbers["damages"]["noise"]["tuning"]
    assert {len(one["trials"]) for one in tuning.values()} == {numbers["size"]["coarse"] + 2}
    for one in tuning.values():
        best = max(one["trials"], key=lambda trial: trial["score"])
        assert one["rate"] == best["rate"]
        assert one["at_the_edge"] == (best in (one["trials"][0], one["trials"][-1]))
    runs = numbers["damages"]["noise"]["runs"]
    assert len(runs) == len(KINDS) * 2 * 2
    assert {run["kind"] for run in runs[::4]} != {ADAM}, "who begins takes turns"
    assert made(MUON, 0.04).adam_lr == 0.02


def test_times_are_of_what_both_reach():
    slow, quick = (
        Course(gradients=list(range(0, 50, k)), seconds=[0.1 * i for i in range(0, 50, k)], psnr=psnr)
        for k, psnr in ((10, [10.0, 20, 24, 25, 26]), (5, [10.0, 24, 25, 24, 23, 22, 21, 20, 20, 20]))
    )
    assert grouped([1, 2, 3, 4], ["a", "b", "a", "b"]) == [[1, 3], [2, 4]]
    one = times([slow, slow], [quick, quick], ["a", "b"], 0)
    assert one["gradients"]["median"] == pytest.approx(30 / 10)  # 24.5: the third iterate against the fourth
    assert one["gradients"]["more"] == one["gradients"]["of"] == 2
    each = taken([slow, quick], [24.0, 24.5], ["a", "b"], 0)["gradients"]
    assert each["median"] == pytest.approx((20 + 10) / 2), "each to a level of its own"


def test_every_optimiser_reaches_every_level_and_higher_ones_take_no_less(found):
    levels = found("optimiser")[0]["damages"]["noise"]["levels"]
    assert set(levels) == set(KINDS)
    for one in levels.values():
        assert [float(level) for level in one] == [-below for below in LEVELS]
        for what in ("gradients", "seconds"):
            medians = [level[what]["median"] for level in one.values()]
            assert medians == sorted(medians) and None not in medians


def test_optimisers_are_judged_by_the_interval(found):
    numbers = copy.deepcopy(found("optimiser")[0])
    noise = numbers["damages"]["noise"]
    for low, high, words in ((1.2, 3.4, "Muon is quicker"), (0.2, 0.9, "Muon is slower"), (0.8, 1.3, "no difference")):
        noise["times"][QUASI]["gradients"] |= {"median": (low + high) / 2, "low": low, "high": high}
        line = next(one for one in sentences(study("optimiser").paragraph(numbers)) if f"peaks {QUASI} takes" in one)
        assert words in line.split(";")[0] and f"({low:.2f} to {high:.2f})" in line
    noise["tuning"][ADAM]["at_the_edge"] = True
    assert "it may not be the best there is" in study("optimiser").paragraph(numbers)
    noise["times"][QUASI]["gradients"] |= {"low": None, "high": None}
    assert "not decided" in study("optimiser").paragraph(numbers)
