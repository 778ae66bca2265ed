"""Tiles: they cover the image, their weights add up, and what comes out is what the whole would have given, nearly."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from test_tasks import disc, error, noisy
from untaught.errors import UsageError
from untaught.job import Job
from untaught.presets import PRESETS
from untaught.presets.row import Pilot
from untaught.tasks import denoising
from untaught.tiles import OVERLAP, TiledJob, boxes, spans, weights

TILE = 2 * OVERLAP
QUICK = replace(PRESETS["denoise", "draft"], pilot=Pilot(rounds=0), fitted=False)
IMAGE = noisy(np.kron(disc(40), np.ones((4, 5, 1), np.uint8)))  # 160 x 200


def tiled(**more):
    job = denoising(IMAGE, sigma=25, quality=QUICK, tile=TILE, **more)
    assert isinstance(job, TiledJob)
    return job


@pytest.mark.parametrize("length", [1, TILE, TILE + 1, 300, 1000])
def test_stretches_cover_and_overlap(length):
    found = spans(length, TILE)
    assert found[0][0] == 0 and found[-1][1] == length
    assert all(end - start == min(TILE, length) for start, end in found)
    assert all(later[0] <= earlier[1] - OVERLAP for earlier, later in itertools.pairwise(found))


@pytest.mark.parametrize(("height", "width"), [(40, 50), (160, 200), (129, 300)])
def test_weights_are_positive_everywhere_and_whole_at_the_images_edge(height, width):
    total = torch.zeros(height, width)
    for box in boxes(height, width, TILE):
        soft = weights(box, height, width)
        assert soft.shape == box.of(total).shape and float(soft.min()) > 0 and float(soft.max()) <= 1
        box.of(total).add_(soft)
    assert float(total[0, 0]) == float(total[-1, -1]) == 1


def test_the_result_is_nearly_that_of_the_whole():
    job = tiled()
    moments = list(job)
    assert job.finished and [one.done for one in moments] == sorted(one.done for one in moments)
    assert moments[-1].done == moments[-1].total == 100 * len(job.boxes)
    result = job.result()
    assert result.image.shape == IMAGE.shape and result.image.dtype == IMAGE.dtype
    assert result.provenance["tiles"] == len(job.boxes) == 6 and "all 6 tiles were done" in result.stopped_by
    whole = denoising(IMAGE, sigma=25, quality=QUICK)
    assert isinstance(whole, Job)
    for _ in whole:
        pass
    assert error(result.image, whole.result().image) < 0.1 * error(IMAGE, whole.result().image)


def test_what_was_not_come_to_is_as_it_was_and_a_state_goes_on():
    job = tiled()
    for moment in job:
        if moment.done >= 100:
            break
    assert len(job.done) == 1 or not job.finished
    half = job.result().image
    assert np.array_equal(half[-20:, -20:], IMAGE[-20:, -20:])
    assert error(half[:60, :60], IMAGE[:60, :60]) > 10
    straight, again = tiled(), tiled()
    again.resume(job.state())
    for one in (straight, again):
        for _ in one:
            pass
    assert np.array_equal(again.result().image, straight.result().image)


def test_what_the_budget_cut_short_is_not_kept_as_done():
    quality = replace(QUICK, pilot=Pilot(rounds=1))
    straight, hurried, again = (
        denoising(IMAGE[:TILE], sigma=25, quality=quality, tile=TILE, time_budget=seconds)
        for seconds in (None, 1e-6, None)
    )
    for _ in straight:
        pass
    first = straight.done[0]
    hurried.resume({"tile1": straight.done[1]})
    for _ in hurried:
        pass
    assert hurried.finished and hurried.out_of_time and not straight.out_of_time
    assert not torch.equal(hurried.done[0], first)
    assert "all 3 tiles were done, 2 of them cut short by the time budget" in hurried.result().stopped_by
    assert list(hurried.state()) == ["tile1"], "the others would be better with more time"
    again.resume(hurried.state())
    for _ in again:
        pass
    assert np.array_equal(again.result().image, straight.result().image)


def test_a_tile_of_nothing_but_overlap_is_refused():
    with pytest.raises(UsageError, match=f"tile is {TILE - 1}; wanted {TILE} pixels a side or more"):
        denoising(IMAGE, tile=TILE - 1)
