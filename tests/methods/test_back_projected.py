"""BackProjected: the same image is asked for, in fewer steps; what is shown is the mean with an estimate."""

from dataclasses import replace

import pytest
import torch

from untaught.core import Problem
from untaught.fit import Fit, steps
from untaught.likelihoods import Gaussian
from untaught.methods import BackProjected, Plain
from untaught.networks import Pixels
from untaught.operators import Blur, Identity
from untaught.optimisers import Adam

BLUR = Blur.gaussian(1.0)


@pytest.fixture
def case():
    x = (torch.rand(1, 1, 30, 34, generator=torch.Generator().manual_seed(0)) > 0.5).float()
    return x, Problem(y=BLUR(x), operator=BLUR, likelihood=Gaussian(sigma=0.1), shape=(1, 30, 34))


def last(problem, method, count=60):
    fit = Fit(optimiser=Adam(lr=0.02), steps=count, average_decay=0.0)
    *_, step = steps(problem, Pixels(start="half"), method, fit)
    return step


def test_detail_that_the_blur_took_away_is_found_sooner(case):
    x, problem = case
    sgd = [last(problem, method).x for method in (Plain(jitter=0.0), BackProjected(jitter=0.0, epsilon=1e-3))]
    plain, ours = (float((BLUR.asked(one) - BLUR.asked(x)).square().mean()) for one in sgd)
    assert ours < 0.9 * plain


def test_the_problem_restated_is_met_by_the_same_image(case):
    x, problem = case
    run = BackProjected(jitter=0.0).start(problem, torch.zeros(1), torch.Generator())
    proposal = run.propose(lambda z: x)
    asked = proposal.problem
    torch.testing.assert_close(asked.operator(x), asked.y, atol=1e-4, rtol=0)
    assert asked.likelihood == problem.likelihood and asked.shape == problem.shape and proposal.shown is None


@pytest.mark.parametrize("members", [1, 3])
def test_what_is_shown_is_the_mean_of_the_image_and_the_estimate(case, members):
    x, problem = case
    estimate = torch.full_like(x, 0.25)
    run = BackProjected(jitter=0.0, estimate=lambda _: estimate).start(problem, torch.zeros(1), torch.Generator())
    made = torch.rand(members, 1, 40, 40)
    shown = run.propose(lambda z: made).shown
    assert shown.shape == x.shape
    torch.testing.assert_close(shown, (made.mean(0, keepdim=True)[..., 5:35, 3:37] + 0.25) / 2)


def test_it_is_the_loops_image_too(case):
    _, problem = case
    step = last(problem, BackProjected(jitter=0.0, estimate=lambda _: torch.full((1, 1, 30, 34), 0.3)), count=1)
    torch.testing.assert_close(step.x, torch.full_like(step.x, 0.4))


def test_an_operator_that_does_not_know_how_is_refused(case):
    x, problem = case
    with pytest.raises(TypeError, match="Identity can't be balanced; wanted an operator such as Blur"):
        last(replace(problem, y=x, operator=Identity()), BackProjected(), count=1)
