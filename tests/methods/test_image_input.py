"""The two methods whose z is an image: self-guided and sequential."""

from dataclasses import replace

import pytest
import torch

from contracts import check_method
from untaught.errors import UsageError
from untaught.fit import Fit, Parts, steps
from untaught.methods import SelfGuided, Sequential
from untaught.networks import ConvDecoder, Given, Skip, Uniform
from untaught.optimisers import Adam, Apart, Muon

NETWORK = Skip(input=Uniform(3), down=(6, 6), up=(6, 6), skip=(2, 2))
FIT = Fit(optimiser=Muon(lr=0.02), steps=10)


@pytest.mark.parametrize(
    "method",
    [Sequential(), SelfGuided(draws=2)],
    ids=str,
)
def test_contract(problem, method):
    check_method(method, problem, NETWORK, FIT)


def test_the_next_input_is_what_the_network_makes_of_the_last_and_only_then(problem):
    parts = Parts.start(problem, NETWORK, Sequential(every=3), FIT)
    shown = [parts.run.z.clone()]
    for index in range(10):
        with torch.no_grad():
            made = parts.network(parts.run.z)
        parts.descend()
        if index in (3, 6, 9):
            assert torch.equal(parts.run.z, made)
        else:
            assert torch.equal(parts.run.z, shown[-1])
        shown.append(parts.run.z.clone())
    assert len({image.numpy().tobytes() for image in shown}) == 4


@pytest.mark.parametrize("method", [Sequential(weight=2.0), SelfGuided(weight=2.0, spread=0.0, draws=3)], ids=str)
def test_the_penalty_is_how_far_the_network_is_from_leaving_z_as_it_is(problem, method):
    for seeds in (0, (0, 1)):
        parts = Parts.start(problem, NETWORK, method, replace(FIT, seed=seeds))
        proposal = parts.run.propose(parts.network)
        members = len(parts.run.z)
        mean = (proposal.x - parts.run.z).square().mean()
        assert float(proposal.penalty.detach()) == pytest.approx(2 * members * float(mean.detach()), rel=1e-5)


def test_the_autoencoding_term_keeps_the_image_from_the_noise(problem):
    """From y itself, as published: after as many steps, with the term less of the noise is fitted."""
    network, how = replace(NETWORK, input=Given(problem.y)), replace(FIT, steps=30)
    free, held = (
        float(list(steps(problem, network, Sequential(weight=weight), how))[-1].x.sub(problem.y).square().mean())
        for weight in (0.0, 500.0)
    )
    assert held > 1.2 * free


def test_self_guided_moves_z_and_draws_its_noise_from_the_size_of_z(problem):
    parts = Parts.start(problem, NETWORK, SelfGuided(spread=0.5), FIT)
    run, before = parts.run, parts.run.z.detach().clone()
    noise = run.noise()
    top = 0.5 * float(before.max())
    assert noise.min() >= 0 and 0.9 * top < float(noise.max()) <= top and not noise.requires_grad
    assert not torch.equal(noise, run.noise())
    parts.descend()
    assert (run.z.detach() - before).abs().mean() > 1e-3


def test_z_may_have_a_rate_of_its_own(problem):
    how = replace(FIT, optimiser=Apart(weights=Muon(), others=Adam(lr=1e-4)), steps=1)
    parts = Parts.start(problem, NETWORK, SelfGuided(), how)
    before = parts.run.z.detach().clone()
    parts.descend()
    assert (parts.run.z.detach() - before).abs().max() < 1.1e-4


@pytest.mark.parametrize("method", [Sequential(), SelfGuided()], ids=str)
def test_an_input_that_is_no_such_image_is_refused(problem, method):
    with pytest.raises(UsageError, match="input has 4 channels but the image 3"):
        next(steps(problem, replace(NETWORK, input=Uniform(4)), method, FIT))
    with pytest.raises(UsageError, match="makes 21x26 of 8x8"):
        next(steps(problem, ConvDecoder(input=Uniform(3), width=4, layers=2), method, FIT))


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        (Sequential, {"every": 0}),
        (Sequential, {"weight": -1.0}),
        (SelfGuided, {"draws": 0}),
        (SelfGuided, {"spread": -1.0}),
    ],
)
def test_nonsense_is_refused(method, settings):
    with pytest.raises(ValueError, match="wanted a weight"):
        method(**settings)
