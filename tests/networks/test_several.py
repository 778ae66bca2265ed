"""Networks side by side are independent fits of which the mean is shown."""

import torch

from untaught.core import Problem
from untaught.fit import Fit, Parts, steps
from untaught.likelihoods import Gaussian
from untaught.methods import Plain
from untaught.networks import Several, Skip, Uniform
from untaught.operators import Identity
from untaught.optimisers import Muon

ONE = Skip(input=Uniform(4), down=(6, 5), up=(5, 6), skip=(2, 2))
PAIR = Several(network=ONE, count=2)


def problem():
    y = torch.rand(1, 3, 16, 24, generator=torch.Generator().manual_seed(0))
    return Problem(y=y, operator=Identity(), likelihood=Gaussian(sigma=0.1), shape=(3, 16, 24))


def test_the_mean_is_shown():
    fit = Fit(optimiser=Muon(lr=0.02), steps=3)
    parts = Parts.start(problem(), PAIR, Plain(jitter=0.0), fit)
    proposal = parts.run.propose(parts.network)
    assert proposal.x.shape == (2, 3, 16, 24) and not torch.equal(proposal.x[0], proposal.x[1])
    assert torch.equal(proposal.shown, proposal.x.mean(0, keepdim=True))
    assert [step.x.shape for step in steps(problem(), PAIR, Plain(jitter=0.0), fit)] == [(1, 3, 16, 24)] * 3


def test_one_network_feels_nothing_of_the_other():
    parts = Parts.start(problem(), PAIR, Plain(jitter=0.0), Fit(optimiser=Muon(lr=0.02), steps=1))
    x = parts.run.propose(parts.network).x
    weights = [list(member.parameters()) for member in parts.network]
    of_both = torch.autograd.grad(problem().likelihood.nll(x, problem().y), weights[0], retain_graph=True)
    alone = torch.autograd.grad(problem().likelihood.nll(x[:1], problem().y), weights[0])
    for mine, own in zip(of_both, alone, strict=True):
        torch.testing.assert_close(2 * mine, own, rtol=1e-4, atol=1e-6)
