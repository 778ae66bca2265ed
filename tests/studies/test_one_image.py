"""Studies of one image: their parts, and that words follow the numbers, whatever these say."""

import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from untaught import images, metrics
from untaught.errors import InputError, UsageError
from untaught.fit import Fit, steps
from untaught.methods import Plain
from untaught.networks import Pixels
from untaught.optimisers import Adam
from untaught.stoppers import Discrepancy
from untaught.studies import Asked, architecture, impedance, input
from untaught.studies import study as study_called
from untaught.studies.impedance import in_order, later
from untaught.studies.one_image import (
    BANDS,
    array,
    bands,
    curve,
    denoising,
    draws,
    middle_of,
    reached,
    spots,
    watch,
)
from untaught.studies.writing import plain


def test_bands_hold_all_power_but_that_of_the_mean_and_noise_has_as_much_in_each():
    x = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    constant = torch.full_like(x, 0.5)
    np.testing.assert_allclose(bands(constant), 0, atol=1e-20)
    noise = torch.empty(1, 3, 256, 256).normal_(generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose(bands(noise), 1, rtol=0.2)
    rows = torch.arange(64)[:, None].expand(64, 64)
    fast = torch.cos(math.pi * (rows + 0.5) * 40 / 64)[None, None]  # 40 / 128 cycles per pixel
    slow = torch.cos(math.pi * (rows + 0.5) * 2 / 64)[None, None]
    assert bands(fast).argmax() == len(BANDS) - 1 and bands(slow).argmax() == 0
    assert bands(fast)[:-1].sum() < 1e-8 and bands(slow)[1:].sum() < 1e-8


def test_a_fit_is_watched_and_not_touched_and_goes_on_after_the_rule_has_stopped():
    case = draws(Asked(), 1, 32)[0]
    y = case.photograph + 0.1 * case.noise()
    problem, fit = denoising(y, 0.1), Fit(optimiser=Adam(lr=0.01), steps=80, average_decay=0.5)
    parts = problem, Pixels(start="half"), Plain(jitter=0.0), fit
    course = watch(*parts, photograph=case.photograph, target=y, rule=Discrepancy(target=0.5))
    alone = list(steps(*parts))
    assert course.losses == [float(step.loss) for step in alone]
    assert course.psnr[-1] == metrics.psnr(array(alone[-1].average), array(case.photograph))
    assert course.stopped and 10 <= course.stop < 80 and course.stop % 10 == 0
    scores = course.scores()
    assert scores["at_peak"] == max(course.psnr) >= scores["at_stop"] == course.psnr[course.stop - 1]
    assert course.missing.shape == course.power.shape == (80, len(BANDS))
    assert np.nanmax(course.missing[-1]) < 1e-2 and all(half > 1 for half in course.halves())
    never = watch(*parts, photograph=case.photograph, target=y, rule=Discrepancy(target=1e-9))
    assert not never.stopped and never.stop == 80


def test_medians_and_first_steps_know_what_was_never_reached():
    assert reached([3, 2, 1], 2) == 2 and reached([3, 2], 1) is None
    assert middle_of([1, None, 3]) == 3 and middle_of([None, None, 3]) is None
    assert spots(1000, 14)[0] == 1 and spots(1000, 14)[-1] == 1000 and spots(3, 14) == [1, 2, 3]
    drawn = curve("a", spots(1000, 60), [0.0, *(None for _ in spots(1000, 60)[2:]), 2.0])
    assert drawn.x[0] == 1 and drawn.x[-1] == 1000 and drawn.y[0] is None and drawn.y[-1] == 2 and len(drawn.x) == 14


def test_draws_are_photographs_in_turn_each_with_noise_of_its_own(tmp_path):
    cases = draws(Asked(), 5, 32)
    assert [case.name for case in cases] == ["chelsea", "astronaut", "coffee", "rocket", "chelsea"]
    assert all(case.photograph.shape == (1, 3, 32, 32) and case.photograph.min() >= 0 for case in cases)
    assert torch.equal(cases[0].noise(), cases[0].noise()) and not torch.equal(cases[0].noise(), cases[4].noise())
    path = tmp_path / "mine.png"
    images.write(path, np.random.default_rng(0).integers(0, 255, (40, 50), dtype=np.uint8))
    one, other = draws(Asked(image=path), 2, 20)
    assert one.name == "mine.png" and one.photograph.shape == (1, 1, 20, 20)
    assert torch.equal(one.photograph, other.photograph) and not torch.equal(one.noise(), other.noise())
    with pytest.raises(InputError, match="40x50; wanted at least 64x64"):
        draws(Asked(image=path), 1, 64)
    with pytest.raises(InputError, match="does not exist"):
        draws(Asked(image=tmp_path / "none.png"), 1, 64)
    with pytest.raises(UsageError, match="no --images"):
        draws(Asked(images=tmp_path, labels=tmp_path), 1, 64)


def test_studies_of_vessels_want_no_photograph(tmp_path):
    with pytest.raises(UsageError, match="no --image;"):
        study_called("vessels-thin").numbers(Asked(size="tiny", image=tmp_path / "photograph.png"))


@pytest.fixture(scope="module")
def impeded():
    return plain(impedance.STUDY.numbers(Asked(size="tiny")))


def sentence(said, begins):
    """The one sentence, up to the next that begins with a capital."""
    rest = said[said.index(begins) :]
    return rest[: rest.index(". ") + 1]


def test_targets_are_alike_but_for_what_they_are_to_differ_in():
    (case,) = draws(Asked(), 1, 64)
    made = impedance.targets(case)
    photograph = case.photograph
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


def test_impedance_says_what_the_numbers_say(impeded):
    found = copy.deepcopy(impeded)
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
        found["later"][name], found["order"][name] = ours, kept
        said = sentence(impedance.paragraph(found), "Hourglass")
        assert words in said and f"{ours['ratio']:.2f} times" in said
    found["steps"][name]["0.2"] = {what: 11.0 * k for k, what in enumerate(impedance.TARGETS, 1)}
    assert "median of 11 (photograph), 22 (photograph + noise)" in impedance.paragraph(found)
    for near, words in ((2, "no impedance, as foretold"), (1, "not what was foretold")):
        found["later"][impedance.PIXELS] = more | {"more": 0, "near": near, "ratio": 1.0}
        assert words in sentence(impedance.paragraph(found), "Pixels")


def test_impedance_counts_steps_on_its_own_losses(impeded):
    for run in impeded["runs"]:
        at, values = run["losses"]["steps"], run["losses"]["values"]
        assert at[-1] == impeded["size"]["steps"] and values[-1] == run["last"]
        for level, step in run["steps"].items():
            assert (step is None) == (min(values) > float(level)) or step not in at
    assert {run["network"] for run in impeded["runs"]} == set(impedance.NETWORKS)


@pytest.fixture(scope="module")
def fed():
    return plain(input.STUDY.numbers(Asked(size="tiny")))


@pytest.mark.parametrize("channels", [1, 3])
def test_inputs_are_what_they_are_called(channels):
    one, other = (replace(case, photograph=case.photograph[:, :channels]) for case in draws(Asked(), 2, 32))
    made = input.inputs(one, draws(Asked(), 2, 32)[1])
    z = {name: kind.make(32, 32, torch.Generator().manual_seed(0)) for name, kind in made.items()}
    assert list(z) == list(input.INPUTS) and all(x.shape == (1, made[name].channels(), 32, 32) for name, x in z.items())
    torch.testing.assert_close(z[input.UNIFORM].std(), z[input.NORMAL].std(), rtol=0.02, atol=0)
    assert torch.equal(z[input.ITSELF], one.photograph + input.SIGMA * one.noise())
    assert z[input.ANOTHER].shape[1] == channels
    assert channels == 1 or torch.equal(z[input.ANOTHER], other.photograph)


def test_every_input_is_tried_with_and_without_jitter_and_every_jitter_with_noise(fed):
    tried = [(run["input"], run["jitter"]) for run in fed["runs"] if run["draw"] == 0]
    assert len(tried) == len(set(tried)) == 2 * len(input.INPUTS) + 2
    assert {jitter for name, jitter in tried if name == input.UNIFORM} == set(input.JITTERS)
    finals = {(run["input"], run["jitter"]): run["at_last"] for run in fed["runs"] if run["draw"] == 0}
    assert len(set(finals.values())) == len(finals), "each is another fit"
    gained = [run["at_peak"] for run in fed["runs"] if (run["input"], run["jitter"]) == (input.GRID, 0)]
    assert fed["inputs"]["0"][input.GRID]["at_peak"]["mean"] == pytest.approx(sum(gained) / 2, abs=1e-4)


def test_input_says_what_the_comparisons_decide(fed):
    found = copy.deepcopy(fed)
    for more, words in (
        (3, "better in all 3 draws"),
        (0, "better in none of 3"),
        (1, "better in 1 of 3 draws, no verdict"),
    ):
        decides = {3: "yes", 0: "no"}.get(more, "no verdict")
        found["inputs"]["0"][input.GRID]["against"] = {
            "mean": -1.234, "sd": 0.5, "n": 3, "more": more, "of": 3, "decides": decides,
        }  # fmt: skip
        said = input.paragraph(found)
        assert f"at the peak -1.23 ± 0.50 dB ({words}" in said[said.index(input.GRID) :].split("; ")[0]
    found["inputs"]["0"][input.ITSELF]["at_peak"]["mean"] = 99.0
    assert f"Best peak: {input.ITSELF}." in input.paragraph(found)
    for rows in found["inputs"].values():
        for row in rows.values():
            row["missed"] = row["rising"] = 0
    assert "not met" not in input.paragraph(found) and "rose" not in input.paragraph(found)
    found["inputs"]["0"][input.LEARNED] |= {"missed": 1, "rising": 2}
    assert f"not met by the last step: {input.LEARNED} in 1 of 2 draws" in input.paragraph(found)
    assert f"rose at the last step: {input.LEARNED} in 2 of 2 draws" in input.paragraph(found)


@pytest.fixture(scope="module")
def built():
    return plain(architecture.STUDY.numbers(Asked(size="tiny")))


def test_the_hole_is_hidden_from_the_fit_and_scored_alone():
    (case,) = draws(Asked(), 1, 32)
    size = architecture.SIZES["tiny"] | {"filling": 60}
    found = architecture.filled(case, Pixels(start="half"), size)["hole"]
    untouched = torch.full_like(case.photograph, 0.5)
    assert found == pytest.approx(architecture.within(untouched, case.photograph), abs=1e-4)
    assert sum(part.stop - part.start for part in architecture.hole(case.photograph)) == 2 * 32 // architecture.HOLE
    assert architecture.smoothest(case) > found + 3


def test_networks_differ_in_one_thing_from_the_hourglass_and_all_run(built):
    made = architecture.networks(32, 4)
    assert len({repr(network) for network in made.values()}) == len(made) == len(built["networks"])
    weights = {name: row["weights"] for name, row in built["networks"].items()}
    assert weights[architecture.WIDE] > weights[architecture.HOURGLASS] > weights[architecture.NARROW]
    assert weights[architecture.PIXELS] == 3 * 32 * 32
    assert set(architecture.SHOWN) < set(made)


def test_architecture_says_what_the_comparisons_decide(built):
    found = copy.deepcopy(built)
    rows, name = found["networks"], architecture.NEAREST

    def against(decides):
        more = {"yes": 3, "no": 0}.get(decides, 1)
        return {"mean": -1.234, "sd": 0.5, "n": 3, "more": more, "of": 3, "decides": decides}

    rows[architecture.HOURGLASS]["high"] = 200.0
    for decides, high, words in (
        ("no", 100.0, "the claim holds here"),
        ("yes", None, "here the claim fails"),
        ("no", 300.0, "not shown here"),
        ("no verdict", 100.0, "not shown here"),
    ):
        rows[name] |= {"at_peak_against": against(decides), "high": high}
        assert words in sentence(architecture.paragraph(found), "That nearest doubling")
        assert f"{name} -1.23 ± 0.50 dB (" in architecture.paragraph(found)
    for decides, words in (("no", "worse: the claim holds here"), ("yes", "worse: here the claim fails")):
        rows[architecture.SHALLOW]["hole_against"] = against(decides)
        assert words in sentence(architecture.paragraph(found), "That 2 scales")
    for decides, words in (("no", "holds here"), ("yes", "fails"), ("no verdict", "not shown here")):
        rows[architecture.PIXELS]["at_peak_against"] = against(decides)
        assert words in architecture.paragraph(found).split("That it takes a network")[1].split("A hole")[0]
