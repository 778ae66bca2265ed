from dataclasses import replace

import pytest
import torch

from classical.pictures import picture
from untaught.classical.fill import fill
from untaught.core import Problem
from untaught.fit import Fit, Parts, steps
from untaught.likelihoods import Gaussian
from untaught.methods import Dropped
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


def test_before_the_first_step_the_fill_is_shown():
    first = next(steps(*asked(CLEAN, OBSERVED), FIT))
    at_once = fill(
        CLEAN * OBSERVED, OBSERVED.float()
    )  # here it is the mean over symmetries, of another size at the edge
    assert (first.x - at_once).abs().mean() < 0.005


def test_it_learns_and_what_was_observed_stays():
    last = list(steps(*asked(CLEAN, OBSERVED, replace(QUICK, every=100, last=300)), replace(FIT, steps=301)))[-1]
    hidden = ~OBSERVED.expand_as(CLEAN)
    start = (fill(CLEAN * OBSERVED, OBSERVED.float()) - CLEAN).square()[hidden].mean()
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


def test_some_squares_miss_what_others_do():
    """With one hole in the image, half of the patterns that are dropped are pieces of it, whole."""
    observed = torch.ones(1, 1, 70, 90, dtype=torch.bool)
    observed[..., 30:40, :] = False
    parts = Parts.start(*asked(CLEAN, observed), FIT)
    patterns = [parts.run.pattern() for _ in range(200)]
    shapes = [p for p in patterns if (p.diff(dim=2).abs().sum() + p.diff(dim=3).abs().sum()) <= 4 * 24]
    assert 30 < len(shapes) < 130
    shares = torch.tensor([float(1 - p.mean()) for p in patterns])
    assert shares.max() < 0.6


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
