from dataclasses import dataclass, replace

import pytest
import torch

from contracts import check_method
from untaught.errors import UsageError
from untaught.fit import Fit, Parts, recordable, steps
from untaught.methods import Langevin, Plain
from untaught.methods.sequential import Sequential
from untaught.networks import RandomProjector, Uniform
from untaught.optimisers import Adam

FIT = Fit(optimiser=Adam(), steps=10)


@pytest.mark.parametrize(
    "method", [Langevin(), Langevin(noise=0.01, method=Plain(learn_z=True))], ids=["plain", "learn z"]
)
def test_contract(problem, small_network, method):
    check_method(method, problem, small_network, FIT)


def test_it_stands_around_any_method(problem, small_network):
    network = replace(small_network, input=Uniform(3))
    check_method(Langevin(noise=0.002, method=Sequential()), problem, network, FIT)


def test_without_noise_it_is_the_method_itself(problem, small_network):
    plain, still = (
        list(steps(problem, small_network, method, FIT))[-1].x
        for method in (Plain(jitter=0.0), Langevin(noise=0.0, method=Plain(jitter=0.0)))
    )
    assert torch.equal(plain, still)


@pytest.mark.parametrize("seeds", [0, (0, 1)])
def test_noise_goes_to_the_convolutions_weights_alone(problem, small_network, seeds):
    parts = Parts.start(problem, small_network, Langevin(noise=0.05), replace(FIT, seed=seeds))
    before = {name: weights.detach().clone() for name, weights in parts.network.named_parameters()}
    parts.run.propose(parts.network)
    axes, moved = (4 if seeds == 0 else 5), []
    for name, weights in parts.network.named_parameters():
        change = weights.detach() - before[name]
        assert change.any() == (weights.ndim == axes), name
        moved.append(change.flatten()) if change.any() else None
    assert float(torch.cat(moved).std()) == pytest.approx(0.05, rel=0.1)


def test_a_step_is_not_recorded_as_the_method_within_may_not_allow_it(problem):
    assert not recordable(problem, Langevin(method=Sequential()), FIT)


def test_frozen_weights_get_no_noise(problem, small_network):
    parts = Parts.start(problem, RandomProjector(network=small_network), Langevin(noise=0.05), FIT)
    before = [weights.detach().clone() for weights in parts.network.parameters()]
    parts.run.propose(parts.network)
    assert all(torch.equal(*pair) for pair in zip(parts.network.parameters(), before, strict=True))


def test_iterates_do_not_settle_and_their_mean_is_nearer_than_they_are(problem, small_network):
    how = Fit(optimiser=Adam(), steps=60, average_decay=1.0, average_power=8.0)
    taken = list(steps(problem, small_network, Langevin(noise=0.02, method=Plain(jitter=0.0)), how))
    late = torch.stack([step.x for step in taken[-20:]])
    spread = late.std(dim=0).mean()
    still = torch.stack([step.x for step in list(steps(problem, small_network, Plain(jitter=0.0), how))[-20:]])
    assert spread > 2 * still.std(dim=0).mean()
    off = (late - problem.y).square().mean()
    assert (taken[-1].average - problem.y).square().mean() < off


@dataclass(frozen=True)
class Alone:
    """A method for one seed at a time."""

    def start(self, problem, z, generator):
        return Plain().start(problem, z, generator)


def test_what_cannot_be_meant(problem, small_network):
    with pytest.raises(ValueError, match="noise is -1"):
        Langevin(noise=-1)
    with pytest.raises(UsageError, match="Alone fits one seed at a time; got 2 seeds"):
        next(steps(problem, small_network, Langevin(method=Alone()), replace(FIT, seed=(0, 1))))
