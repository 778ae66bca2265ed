"""Segmentation in Python: from strokes to a mask; what can't be meant is refused."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import untaught
from test_tasks import TINY
from untaught import checkpoint
from untaught.core import Result
from untaught.errors import InputError, UsageError
from untaught.likelihoods import Bernoulli
from untaught.networks import SmallUNet
from untaught.presets import PRESETS, preset
from untaught.tasks import segmenting
from vessels.test_few_pixels import dice, strokes, tubes

IMAGE, LABEL = tubes()
KNOWN, DRAWN = strokes(LABEL)
SCRIBBLES = np.where(KNOWN, np.where(DRAWN, 255, 0), 128).astype(np.uint8)
ROW = preset("segment", "draft")
QUICK = replace(ROW, network=SmallUNet(widths=(4, 8), joined=False), fit=replace(ROW.fit, steps=3))


def run(image=IMAGE, scribbles=SCRIBBLES, **more):
    job = segmenting(image, scribbles, **({"quality": QUICK} | more))
    list(job)
    return job


def test_the_network_improves_on_what_it_begins_with():
    """On faint tubes in noise: fewer specks."""
    image, label = tubes(depth=0.015, seed=4)
    known, drawn = strokes(label)
    scribbles = np.where(known, np.where(drawn, 1.0, 0.0), np.nan)
    row = replace(ROW, network=SmallUNet(widths=(8, 16), joined=False), fit=replace(ROW.fit, steps=20))
    job = run(image, scribbles, quality=row)
    before = (job.row.network.start[0, 0] > 0).numpy()
    after = job.result().image > 0.5
    assert dice(after, label) > dice(before, label) + 0.015


def test_a_mask_comes_out_or_a_probability():
    mask = untaught.segment(IMAGE, SCRIBBLES, quality=QUICK)
    result = untaught.segment(IMAGE, SCRIBBLES, quality=QUICK, full_output=True)
    assert isinstance(result, Result) and mask.dtype == bool and mask.shape == IMAGE.shape
    assert result.image.dtype == np.float32 and result.image.min() > 0 and result.image.max() < 1
    assert np.array_equal(mask, result.image > 0.5) and dice(mask, LABEL) > 0.85
    about = result.provenance
    assert about["task"] == "segment" and about["likelihood"]["is"] == "Bernoulli" and result.steps_run == 3
    assert about["scribbles"]["object"] == DRAWN.sum() and about["scribbles"]["background"] == (KNOWN & ~DRAWN).sum()
    assert about["found"]["bright"] is False and about["found"]["in_view"] == 1


SPECKED, SPECK = IMAGE.copy(), np.zeros_like(LABEL)
SPECK[66:71, 8:14] = True
SPECKED[SPECK] -= 0.3
ON_THE_SPECK = np.where(SPECK, 255, SCRIBBLES)


@pytest.mark.parametrize(("scribbles", "stays"), [(SCRIBBLES, False), (ON_THE_SPECK, True)])
def test_a_lone_piece_is_dropped_from_the_mask_unless_one_as_small_is_scribbled_on(scribbles, stays):
    result = untaught.segment(SPECKED, scribbles, quality=QUICK, full_output=True)
    mask = untaught.segment(SPECKED, scribbles, quality=QUICK)
    assert (result.image > 0.5)[SPECK].mean() > 0.7  # the probability is as it was found
    assert mask[SPECK].any() == stays and not (mask & ~(result.image > 0.5)).any() and mask[DRAWN].mean() > 0.9
    assert (result.provenance["found"]["smallest"] == 300) != stays
    as_tensor = untaught.segment(torch.from_numpy(SPECKED), scribbles, quality=QUICK)
    assert np.array_equal(as_tensor.numpy(), mask)


@pytest.mark.parametrize("shape", [(80, 80), (1, 80, 80), (3, 80, 80), (1, 3, 80, 80)])
def test_a_tensor_gives_a_tensor(shape):
    image = torch.from_numpy(IMAGE).expand(shape)
    mask = untaught.segment(image, torch.from_numpy(SCRIBBLES), quality=QUICK)
    assert isinstance(mask, torch.Tensor) and mask.dtype is torch.bool
    assert np.array_equal(mask.numpy(), untaught.segment(IMAGE, SCRIBBLES, quality=QUICK))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float64])
def test_any_image_and_a_colour_one(dtype):
    colour = np.dstack([IMAGE * 0 + np.linspace(0, 1, 80), IMAGE, IMAGE])
    image = (colour if dtype is np.float64 else colour * np.iinfo(dtype).max).astype(dtype)
    assert dice(untaught.segment(image, SCRIBBLES, quality=QUICK), LABEL) > 0.8


@pytest.mark.parametrize(
    ("unknown", "object_", "dtype"),
    [
        (127, 255, np.uint8),
        (128, 1, np.uint8),
        (32768, 65535, np.uint16),
        (np.nan, 1, np.float32),
        (0.5, 7, np.float64),
    ],
)
def test_many_ways_to_say_unknown(unknown, object_, dtype):
    said = np.where(KNOWN, np.where(DRAWN, object_, 0), unknown).astype(dtype)
    problem = segmenting(IMAGE, said, quality=QUICK).problem
    known = problem.operator.parts[1].observed.numpy()
    assert np.array_equal(known, KNOWN) and np.array_equal(problem.y[0, 0].numpy(), DRAWN[KNOWN])


def test_the_problem_holds_the_labels_and_nothing_else():
    job = segmenting(IMAGE, SCRIBBLES, quality=QUICK)
    assert job.problem.shape == (1, 80, 80) and isinstance(job.problem.likelihood, Bernoulli)
    assert job.problem.y.shape == (1, 1, KNOWN.sum())
    x = torch.full((1, 1, 80, 80), 0.2)
    odds = job.provenance["found"]["odds"]
    assert torch.allclose(job.problem.operator(x), torch.tensor(odds * 0.2 / (odds * 0.2 + 0.8)))


def test_the_seed_decides_and_more_steps_are_another_result():
    one, two, three = (run(seed=seed).result().image for seed in (3, 3, 4))
    assert np.array_equal(one, two) and not np.array_equal(one, three)
    assert run(steps=2).result().steps_run == 2


def test_stopped_and_taken_up_again_it_is_the_same():
    straight, first, second = (segmenting(IMAGE, SCRIBBLES, quality=QUICK) for _ in range(3))
    list(straight)
    next(iter(first))
    second.resume(first.state())
    list(second)
    assert np.array_equal(second.result().image, straight.result().image)


def test_other_scribbles_are_another_fit():
    other = SCRIBBLES.copy()
    other[0, 0] = 0
    one, two = (checkpoint.identity(run(scribbles=each).result().provenance) for each in (SCRIBBLES, other))
    assert "scribbles" in checkpoint.difference(one, two)


def test_a_time_budget_ends_it():
    job = segmenting(IMAGE, SCRIBBLES, quality=QUICK, time_budget=1e-6)
    assert len(list(job)) == 1 and job.out_of_time and job.result().image.shape == IMAGE.shape


def test_settings_of_ones_own_may_have_another_network_and_no_prior():
    assert run(quality=replace(TINY, fit=replace(TINY.fit, prior=None))).result().steps_run == 3


def test_every_level_has_its_row():
    rows = [PRESETS["segment", level] for level in ("draft", "normal", "best")]
    assert [row.fit.steps for row in rows] == sorted(row.fit.steps for row in rows) and (
        "segment",
        "paper",
    ) not in PRESETS


UNKNOWN = np.full((80, 80), 128, np.uint8)
GREYS = np.where(KNOWN, SCRIBBLES, 128)
GREYS[0, :5] = [3, 50, 90, 120, 200]
BAD = {
    "another size": (IMAGE, SCRIBBLES[:, :70], r"the scribbles are 80x70 but the image is 80x80 \(height x width\)"),
    "object alone": (IMAGE, np.where(DRAWN, 255, UNKNOWN), "only one class is scribbled: there is no background"),
    "background alone": (IMAGE, np.where(DRAWN, 0, UNKNOWN), "only one class is scribbled: there is no object"),
    "nothing": (IMAGE, UNKNOWN, "nothing is scribbled: every pixel is unknown"),
    "nothing but NaN": (IMAGE, np.full((80, 80), np.nan), "nothing is scribbled"),
    "greys": (
        IMAGE,
        GREYS,
        r"the scribbles have 7 grey levels \(0, 3, 50 ...\); wanted the largest value on the object",
    ),
    "three": (IMAGE, np.where(KNOWN, SCRIBBLES, 7), r"3 grey levels \(0, 7, 255\); wanted"),
    "negative": (IMAGE, np.where(DRAWN, 1, -1), "2 grey levels"),
    "no zero": (IMAGE, np.where(DRAWN, 9, 4).astype(np.uint8), r"2 grey levels \(4, 9\)"),
    "whole": (IMAGE, LABEL.astype(np.uint8), "label every pixel, so that nothing is left to find"),
    "whole, bool": (IMAGE, LABEL, "label every pixel"),
    "three axes": (IMAGE, np.dstack([SCRIBBLES] * 3), r"scribbles' shape is \[80, 80, 3\]; wanted height x width"),
    "a list": (IMAGE, SCRIBBLES.tolist(), "the scribbles are a list; wanted a numpy array"),
    "complex": (IMAGE, SCRIBBLES.astype(complex), "the scribbles hold complex128 values"),
    "text": (IMAGE, SCRIBBLES.astype(str), "the scribbles hold <U3 values"),
    "no image": ("a.png", SCRIBBLES, "the image is a str"),
    "constant": (np.full((80, 80), 7), SCRIBBLES, "constant"),
    "NaN": (np.where(KNOWN, np.nan, IMAGE), SCRIBBLES, "NaN or infinite"),
    "tiny": (IMAGE[:9], SCRIBBLES[:9], r"the image is 9x80 \(height x width\); wanted 16 pixels a side"),
    "a batch": (torch.zeros(2, 1, 80, 80), SCRIBBLES, "wanted one image"),
}


@pytest.mark.parametrize(("image", "scribbles", "says"), BAD.values(), ids=BAD)
def test_what_cannot_be_meant_is_refused(image, scribbles, says, recwarn):
    with pytest.raises(InputError, match=says):
        segmenting(image, scribbles, quality=QUICK)
    assert not recwarn.list


def test_a_small_image_is_not_too_small():
    some = np.full((16, 20), 128, np.uint8)
    some[10, 3:8], some[3, 12:18] = 255, 0
    assert untaught.segment(IMAGE[16:32, :20], some, quality=QUICK).shape == (16, 20)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"time_budget": -1}, "time_budget is -1"),
        ({"device": "x"}, "'x' is not"),
        ({"quality": "paper"}, "quality is 'paper'; wanted one of draft, normal, best"),
        ({"quality": preset("deep image prior", "draft")}, "go by the noise's sigma, which labels have none of"),
        ({"quality": PRESETS["denoise", "draft"]}, "for denoising; wanted some for segmenting"),
    ],
)
def test_an_argument_that_cannot_be_meant(more, says):
    with pytest.raises(UsageError, match=says):
        segmenting(IMAGE, SCRIBBLES, **({"quality": QUICK} | more))
