"""The study of inputs: what they are, what is tried, and what is said of that."""

import copy
from dataclasses import replace

import pytest
import torch

from studies.changed import decided, sentence
from untaught.studies import Asked, input
from untaught.studies.photographs import COLOURS, draws


def of_channels(case, count):
    """The first ones alone."""
    return replace(case, photograph=replace(case.photograph, x=case.photograph.x[:, :count]))


@pytest.mark.parametrize("channels", [1, 3])
def test_inputs_are_what_they_are_called(channels):
    one, other = (of_channels(case, channels) for case in draws(Asked(), COLOURS, 2, 32))
    made = input.inputs(one, draws(Asked(), COLOURS, 2, 32)[1])
    z = {name: kind.make(32, 32, torch.Generator().manual_seed(0)) for name, kind in made.items()}
    assert list(z) == list(input.INPUTS) and all(x.shape == (1, made[name].channels(), 32, 32) for name, x in z.items())
    torch.testing.assert_close(z[input.UNIFORM].std(), z[input.NORMAL].std(), rtol=0.02, atol=0)
    assert torch.equal(z[input.ITSELF], one.noisy())
    assert z[input.ANOTHER].shape[1] == channels
    assert channels == 1 or torch.equal(z[input.ANOTHER], other.photograph.x)


def test_every_input_is_tried_with_and_without_jitter_and_every_jitter_with_noise(found):
    fed = found("input")[0]
    tried = [(run["input"], run["jitter"]) for run in fed["runs"] if run["draw"] == 0]
    assert len(tried) == len(set(tried)) == 2 * len(input.INPUTS) + 2
    assert {jitter for name, jitter in tried if name == input.UNIFORM} == set(input.JITTERS)
    finals = {(run["input"], run["jitter"]): run["at_last"] for run in fed["runs"] if run["draw"] == 0}
    assert len(set(finals.values())) == len(finals), "each is another fit"
    gained = [run["at_peak"] for run in fed["runs"] if (run["input"], run["jitter"]) == (input.GRID, 0)]
    assert fed["inputs"]["0"][input.GRID]["at_peak"]["mean"] == pytest.approx(sum(gained) / 2, abs=1e-4)


def test_input_says_what_the_comparisons_decide(found):
    numbers = copy.deepcopy(found("input")[0])
    for more, words in (
        (3, "better in all 3 draws"),
        (0, "better in none of 3"),
        (1, "better in 1 of 3 draws, no verdict"),
    ):
        numbers["inputs"]["0"][input.GRID]["against"] = decided(-1.234, more)
        said = sentence(input.paragraph(numbers), f"{input.GRID}: ")
        assert f"at the peak -1.23 ± 0.01 dB ({words}" in said
    numbers["inputs"]["0"][input.ITSELF]["at_peak"]["mean"] = 99.0
    assert f"Best peak: {input.ITSELF}." in input.paragraph(numbers)
    for rows in numbers["inputs"].values():
        for row in rows.values():
            row["missed"] = row["rising"] = 0
    assert "not met" not in input.paragraph(numbers) and "rose" not in input.paragraph(numbers)
    numbers["inputs"]["0"][input.LEARNED] |= {"missed": 1, "rising": 2}
    assert f"not met by the last step: {input.LEARNED} in 1 of 2 draws" in input.paragraph(numbers)
    assert f"rose at the last step: {input.LEARNED} in 2 of 2 draws" in input.paragraph(numbers)
