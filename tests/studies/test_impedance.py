"""The study of impedance: its targets, what it counts, and what it says of that."""

import copy
import json
import math
from pathlib import Path

import pytest
import torch

from studies.changed import sentence
from untaught.studies import Asked, impedance
from untaught.studies.impedance import in_order, later
from untaught.studies.photographs import COLOURS, draws
from untaught.studies.spectra import bands


def test_targets_are_alike_but_for_what_they_are_to_differ_in():
    (case,) = draws(Asked(), COLOURS, 1, 64)
    made = impedance.targets(case)
    photograph = case.photograph.x
    assert all(one.min() >= 0 and one.max() <= 1 for one in made.values())
    shuffled, noise = made[impedance.SHUFFLED], made[impedance.NOISE]
    assert torch.equal(shuffled.flatten(-2).sum(1).sort()[0], photograph.flatten(-2).sum(1).sort()[0])
    assert not torch.equal(shuffled, photograph)
    torch.testing.assert_close(noise.std(dim=(-2, -1)), photograph.std(dim=(-2, -1)), rtol=0.1, atol=0)
    assert bands(shuffled)[-1] / bands(shuffled)[0] > 0.2 > bands(photograph)[-1] / bands(photograph)[0]


def test_ratios_are_draw_by_draw_and_say_when_they_are_only_a_bound():
    found = later([20, 30, None], [10, 30, 10], 100)
    assert found == {"ratios": [2, 1, 10], "ratio": 2, "least": True, "more": 2, "no_more": 1, "near": 1, "of": 3}
    bound = later([None], [90], 100)  # more than 1.1 times: how much more nobody knows
    assert bound["least"] and bound["more"] == bound["no_more"] == bound["near"] == 0
    assert later([20, 20], [None, 10], 100)["of"] == 1 and later([20], [None], 100)["ratio"] is None
    row = {what: {"steps": {"0.2": k}, "last": 0.1} for k, what in enumerate(impedance.TARGETS, 1)}
    assert in_order(row, "0.2")
    row[impedance.SHUFFLED]["steps"]["0.2"] = 2
    assert not in_order(row, "0.2")
    row[impedance.SHUFFLED]["steps"]["0.2"] = row[impedance.NOISE]["steps"]["0.2"] = None
    assert in_order(row, "0.2")


def test_impedance_says_what_the_numbers_say(found):
    numbers = copy.deepcopy(found("impedance")[0])
    order = {"0.5": 2, "0.2": 2, "0.1": 2, "of": 2}
    more = {"ratios": [3.0, 4.0], "ratio": 3.5, "least": False, "more": 2, "no_more": 0, "near": 0, "of": 2}
    name = impedance.HOURGLASS
    for ours, kept, words in (
        (more, order, "the claim holds here"),
        (more, order | {"0.1": 1}, "not always that of the paper"),
        (more | {"more": 0, "no_more": 2, "ratio": 1.1}, order, "here the claim fails"),
        (more | {"more": 0, "least": True, "ratio": 1.1}, order, "not shown here"),
        (more | {"more": 1}, order, "not shown here"),
        (more | {"of": 1, "more": 1}, order, "not shown here"),
    ):
        numbers["later"][name], numbers["order"][name] = ours, kept
        said = sentence(impedance.paragraph(numbers), "Hourglass")
        assert words in said and f"{ours['ratio']:.2f} times" in said
    numbers["steps"][name]["0.2"] = {what: 11.0 * k for k, what in enumerate(impedance.TARGETS, 1)}
    assert "median of 11 (photograph), 22 (photograph + noise)" in impedance.paragraph(numbers)
    for near, words in ((2, "no impedance, as foretold"), (1, "not what was foretold")):
        numbers["later"][impedance.PIXELS] = more | {"more": 0, "near": near, "ratio": 1.0}
        assert words in sentence(impedance.paragraph(numbers), "Pixels")


def test_the_order_of_the_curves_and_the_ratio_of_steps_are_asserted_from_the_data():
    """Of the run that docs/studies.md shows."""
    shown = json.loads((Path(__file__).parents[2] / "docs/studies/impedance/impedance.json").read_text())
    networks = [name for name in impedance.NETWORKS if name != impedance.PIXELS]
    assert len(networks) >= 3
    taken = {(run["network"], run["draw"], run["target"]): run["steps"]["0.2"] or math.inf for run in shown["runs"]}
    for draw in range(shown["size"]["draws"]):
        for name in networks:
            of = {what: taken[name, draw, what] for what in impedance.TARGETS}
            assert min(of, key=of.__getitem__) == impedance.PHOTOGRAPH
            assert of[impedance.NOISE] > 3 * of[impedance.PHOTOGRAPH] and of[impedance.NOISE] >= of[impedance.SHUFFLED]
        pixels = [taken[impedance.PIXELS, draw, what] for what in (impedance.PHOTOGRAPH, impedance.NOISE)]
        assert max(pixels) < impedance.ALIKE * min(pixels)
    for name in impedance.NETWORKS:
        rows = [{run["target"]: run for run in shown["runs"] if (run["network"], run["draw"]) == (name, draw)}
                for draw in range(shown["size"]["draws"])]  # fmt: skip
        counted = {level: sum(in_order(row, level) for row in rows) for level in impedance.LEVELS}
        assert counted == {level: shown["order"][name][level] for level in impedance.LEVELS}
        ratios = [min(taken[name, draw, impedance.NOISE], shown["size"]["steps"])
                  / taken[name, draw, impedance.PHOTOGRAPH] for draw in range(len(rows))]  # fmt: skip
        assert shown["later"][name]["ratio"] == pytest.approx(sorted(ratios)[len(ratios) // 2], rel=1e-4)


def test_impedance_counts_steps_on_its_own_losses(found):
    impeded = found("impedance")[0]
    for run in impeded["runs"]:
        at, values = run["losses"]["steps"], run["losses"]["values"]
        assert at[-1] == impeded["size"]["steps"] and values[-1] == run["last"]
        for level, step in run["steps"].items():
            assert (step is None) == (min(values) > float(level)) or step not in at
    assert {run["network"] for run in impeded["runs"]} == set(impedance.NETWORKS)
