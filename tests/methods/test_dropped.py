from dataclasses import replace

import pytest
import torch

from classical.pictures import picture
from untaught.classical.biharmonic import biharmonic
from untaught.core import Problem
from untaught.fit import Fit, Parts, steps
from untaught.likelihoods import Gaussian
from untaught.methods import Dropped
from untaught.methods.dropped import stick_together
from untaught.networks import Given, SmallUNet
from untaught.operators import Mask
from untaught.optimisers import Muon

FIT = Fit(optimiser=Muon(lr=0.01, adam_lr=0.004), steps=12, schedule="cosine", average_decay=0.0)
CLEAN = picture(70, 90)
OBSERVED = torch.rand(1, 1, 70, 90, generator=torch.Generator().manual_seed(1)) < 0.6
QUICK = Dropped(tile=24, every=4)


def asked(x, observed, method=QUICK):
    """Problem, network and method, as a task puts them together."""
    seen = x * observed
    operator = Mask(observed[0, 0])
    problem = Problem(y=operator(seen), operator=operator, likelihood=Gaussian(), shape=tuple(x.shape[1:]))
    network = SmallUNet(input=Given(torch.cat([seen, observed.to(x)], 1)), widths=(6, 8, 8), joined=False)
    return problem, network, replace(method, image=seen, observed=observed)


def test_before_the_first_step_the_classical_estimate_is_shown():
    first = next(steps(*asked(CLEAN, OBSERVED), FIT))
    at_once = biharmonic(CLEAN * OBSERVED, OBSERVED.float())
    assert (first.x - at_once).abs().mean() < 0.005


def test_it_learns_and_what_was_observed_stays():
    last = list(steps(*asked(CLEAN, OBSERVED, replace(QUICK, every=100, last=300)), replace(FIT, steps=301)))[-1]
    hidden = ~OBSERVED.expand_as(CLEAN)
    start = (biharmonic(CLEAN * OBSERVED, OBSERVED.float()) - CLEAN).square()[hidden].mean()
    assert (last.x - CLEAN).square()[hidden].mean() < 0.7 * start
    assert torch.equal(last.x[~hidden], CLEAN[~hidden])


def test_it_wants_an_image():
    problem, network, method = asked(CLEAN, OBSERVED)
    with pytest.raises(ValueError, match="no image with missing pixels"):
        next(steps(problem, network, replace(method, observed=None), FIT))


def test_missing_pixels_are_not_seen_nor_asked_for_nor_shown_ones():
    """Missing pixels are marked by values far off, and known ones all differ: whatever comes out must be of those."""
    number = torch.arange(float(CLEAN[:, :1].numel())).view(1, 1, 70, 90) / 1e4
    problem, network, method = asked(number, OBSERVED, replace(QUICK, tiles=30))
    method = replace(method, image=torch.where(OBSERVED, number, 99.0) * OBSERVED)
    parts = Parts.start(problem, network, method, FIT)
    seen = []
    parts.network.register_forward_hook(lambda _, z, out: seen.append(z[0]))
    proposal = parts.run.propose(parts.network)
    known = seen[-1][:, 1:] > 0
    wanted = proposal.problem.y != proposal.x
    assert wanted.any() and not (wanted & known).any(), "never held against what it was shown"
    values = proposal.problem.y[wanted]
    assert torch.isin(values, number[OBSERVED]).all(), "held against known pixels only"


def test_where_missing_pixels_stick_together_so_do_dropped_ones():
    """With one band missing from the image, what is dropped are pieces of it, whole, somewhere in the square."""
    observed = torch.ones(1, 1, 70, 90, dtype=torch.bool)
    observed[..., 30:40, :] = False
    parts = Parts.start(*asked(CLEAN, observed), FIT)
    patterns = [parts.run.pattern() for _ in range(200)]
    for one in patterns:
        assert one.shape == (1, 1, 24, 24) and 0 < float((1 - one).sum()) <= 10 * 24
        assert min(int((1 - one).amax(axis).sum()) for axis in (2, 3)) <= 10, "a band, across or upright"
    assert len({tuple(one.flatten().tolist()) for one in patterns}) > 20


def test_where_they_do_not_a_random_share_is_dropped():
    parts = Parts.start(*asked(CLEAN, OBSERVED), FIT)
    shares = torch.tensor([float(1 - parts.run.pattern().mean()) for _ in range(200)])
    assert shares.min() < 0.2 < 0.4 < shares.max() < 0.6


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.99])
def test_pixels_missing_at_random_do_not_stick_together(share):
    known = (torch.rand(1, 1, 128, 128, generator=torch.Generator().manual_seed(3)) >= share).float()
    assert not stick_together(known)
    known[..., 40:60, 40:44] = 0
    assert stick_together(known) == (share < 0.5)


def test_squares_begin_on_the_grid():
    """So that a network whose steps from scale to scale are learnt can tell what lies on it."""
    rows = torch.arange(70.0).view(1, 1, 70, 1).expand(1, 1, 70, 90) / 100
    parts = Parts.start(
        *asked(rows, torch.ones(1, 1, 70, 90, dtype=torch.bool).index_fill(3, torch.tensor(5), False)), FIT
    )
    corners = {round(100 * float(parts.run.square()[0].min())) for _ in range(100)}
    assert corners <= set(range(0, 48, 2)) and len(corners) > 10


@pytest.mark.parametrize("size", [(1, 9), (7, 30), (33, 41)])
def test_any_size_and_every_look_is_of_the_image(size):
    x = picture(*size)
    observed = torch.rand(1, 1, *size, generator=torch.Generator().manual_seed(2)) < 0.7
    observed[..., 0, 0] = True
    for step in steps(*asked(x, observed), FIT):
        assert step.x.shape == x.shape and step.x.isfinite().all()
        assert torch.equal(step.x[observed.expand_as(x)], x[observed.expand_as(x)]) or step.index == 0


@pytest.mark.parametrize("stopped_at", [3, 5, 8])
def test_a_resumed_fit_gives_the_same_numbers_as_one_never_stopped(stopped_at):
    problem, network, method = asked(CLEAN, OBSERVED)
    straight = list(steps(problem, network, method, FIT))
    state = next(one.snapshot() for one in steps(problem, network, method, FIT) if one.index + 1 == stopped_at)
    resumed = list(steps(problem, network, method, FIT, resume=state))
    assert len(resumed) == FIT.steps - stopped_at
    for a, b in zip(straight[stopped_at:], resumed, strict=True):
        assert torch.equal(a.x, b.x) and torch.equal(a.loss, b.loss)
    assert not torch.equal(straight[-1].x, straight[0].x)
