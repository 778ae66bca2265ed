"""`Recompressed`: it learns from squares compressed again, and what it shows is nearer to what was compressed."""

from dataclasses import replace

import pytest
import torch

from classical.pictures import picture
from contracts import check_method
from untaught.classical.reapplied import luma, reapplied
from untaught.core import Problem
from untaught.fit import Fit, Parts, steps
from untaught.likelihoods import Gaussian
from untaught.methods import Recompressed
from untaught.networks import Convolutions, Uniform
from untaught.operators.jpeg import Jpeg, tables
from untaught.optimisers import Muon

JPEG = Jpeg(steps=tables(10))
FIT = Fit(optimiser=Muon(lr=0.01, adam_lr=0.003), steps=12, schedule="cosine", average_decay=0.0)
NETWORK = Convolutions(input=Uniform(2), width=8, depth=3)
QUICK = Recompressed(pool=4, side=16, tile=16, tiles=4, every=4)


def asked(x, method=QUICK, jpeg=JPEG):
    """Problem and method, as a task puts them together, of what was compressed: as good to learn on as can be."""
    y = jpeg(x)
    problem = Problem(y=y, operator=jpeg, likelihood=Gaussian(), shape=tuple(y.shape[1:]))
    return problem, replace(method, image=y, again=reapplied(jpeg, y), taught=(luma(x),))


def test_before_the_first_step_it_is_jpeg_applied_again():
    problem, method = asked(picture(40, 24))
    first = next(steps(problem, NETWORK, method, FIT))
    assert torch.equal(first.x, reapplied(JPEG, problem.y))


def test_a_square_is_a_piece_of_what_it_learns_on_beside_that_piece_compressed():
    """A JPEG of the finest steps leaves it nearly as it is."""
    problem, method = asked(picture(40, 48), jpeg=Jpeg(steps=tables(100)))
    run = Parts.start(problem, NETWORK, method, FIT).run
    assert run.seen.shape == (4, 2, 16, 16) and run.target.shape == (4, 1, 16, 16)
    assert (run.seen - run.target).abs().max() < 0.02
    assert len({float(one.sum()) for one in run.target}) == 4, "not all of one place"
    coarse = Parts.start(replace(problem, operator=JPEG), NETWORK, method, FIT).run
    assert torch.equal(coarse.target, run.target)
    assert [float((coarse.seen[:, one, None] - coarse.target).abs().mean()) > 0.01 for one in (0, 1)] == [True, True]


@pytest.mark.parametrize("channels", [1, 3])
def test_it_learns_and_what_it_shows_is_nearer(channels):
    x = picture(64, 64, channels)
    problem, method = asked(x, replace(QUICK, pool=16, side=32, tile=24, every=1000, last=100))
    network = replace(NETWORK, width=16)
    first, *_, last = steps(problem, network, method, replace(FIT, steps=101))
    before, after = ((luma(one.x) - luma(x)).square().mean() for one in (first, last))
    assert after < 0.93 * before
    change = last.x - first.x
    torch.testing.assert_close(change, change[:, :1].expand_as(change)), "the same in all channels"


def test_what_the_loop_takes_for_granted():
    problem, method = asked(picture(40, 40), replace(QUICK, pool=1, tiles=1, every=2))
    fit = replace(FIT, steps=24, optimiser=Muon(lr=0.03, adam_lr=0.01))
    check_method(method, problem, NETWORK, fit, members=False)


def test_it_wants_an_image_and_squares_that_hold_a_tile():
    problem, method = asked(picture(24, 24))
    with pytest.raises(ValueError, match="no image to learn from"):
        next(steps(problem, NETWORK, replace(method, taught=()), FIT))
    with pytest.raises(ValueError, match="no smaller than tiles"):
        Recompressed(side=16, tile=24)
