"""Several fits as one: each member is what it is alone."""

from dataclasses import replace

import pytest
import torch

from networks.test_networks import NETWORKS
from test_fit import Feedback, Shift
from untaught.core import Problem
from untaught.errors import UsageError
from untaught.fit import Parts, steps
from untaught.fitting import Fitting
from untaught.likelihoods import Gaussian
from untaught.members import Members, draw
from untaught.methods import Plain
from untaught.operators import Identity
from untaught.optimisers import Adam, Muon
from untaught.optimisers.muon import orthogonalise
from untaught.priors import TotalVariation
from untaught.stoppers import Budget, Discrepancy, WindowedVariance

SEEDS = (0, 1, 2)
SMALL = (
    "skip",
    "skip, lanczos2",
    "skip, per scale",
    "unet",
    "resnet",
    "deep decoder",
    "siren",
    "pixels",
    "conv decoder",
)


def iterates(problem, network, how, *, together, method):
    """The steps' images, computed in the way asked for."""
    parts = Parts.start(problem, network, method, how)
    if isinstance(parts.network, Members):
        parts.network.together = together
    images = []
    for index in range(how.steps):
        parts.set_rate(how.rate(index))
        images.append(parts.descend()[0])
    return torch.stack(images)


@pytest.mark.parametrize("together", [False, True], ids=["apart", "together"])
@pytest.mark.parametrize("optimiser", [Adam(), Muon()], ids=lambda o: type(o).__name__)
@pytest.mark.parametrize("method", [Plain(), Plain(learn_z=True)], ids=["jitter", "learn z"])
def test_each_seed_is_what_it_is_alone(problem, small_network, quick, optimiser, method, together):
    how = replace(quick, optimiser=optimiser, prior=TotalVariation(), prior_weight=1e-4, steps=6)
    batch = iterates(problem, small_network, replace(how, seed=SEEDS), together=together, method=method)
    for member, seed in enumerate(SEEDS):
        alone = iterates(problem, small_network, replace(how, seed=seed), together=together, method=method)
        off = (batch[:, member] - alone[:, 0]).square().mean().sqrt()
        # apart, all is computed as alone; together, Adam takes full steps from gradients of mere rounding
        assert off < (1e-3 if together else 1e-6)
    assert not torch.allclose(batch[:, 0], batch[:, 1], atol=0.1)


def test_each_image_is_what_it_is_alone_and_touches_no_other(problem, small_network, quick):
    y = torch.cat([problem.y, problem.y.flip(-1), 1 - problem.y])
    how = replace(quick, seed=(5,) * 3)
    batch = list(steps(replace(problem, y=y), small_network, Plain(), how))[-1]
    assert batch.x.shape == batch.average.shape == y.shape
    alone = [list(steps(replace(problem, y=one[None]), small_network, Plain(), replace(how, seed=5)))[-1] for one in y]
    assert torch.allclose(batch.x, torch.cat([one.x for one in alone]), atol=2e-3)
    assert float(batch.loss) == pytest.approx(sum(float(one.loss) for one in alone) / 3, rel=1e-3)
    other = replace(problem, y=torch.cat([y[:2], y[:1]]))
    changed = list(steps(other, small_network, Plain(), how))[-1]
    assert torch.equal(changed.x[:2], batch.x[:2]) and not torch.equal(changed.x[2], batch.x[2])


def test_a_small_gradient_is_not_lost_beside_adams_eps(small_network, quick):
    """Of a mean over eight members the gradients are eight times smaller: here that would be seen."""
    problem = Problem(
        y=torch.full((1, 3, 16, 16), 0.5), operator=Identity(), likelihood=Gaussian(sigma=3e3), shape=(3, 16, 16)
    )
    how = replace(quick, optimiser=Adam(), steps=4)
    batch = iterates(problem, small_network, replace(how, seed=tuple(range(8))), together=False, method=Plain())
    alone = iterates(problem, small_network, replace(how, seed=3), together=False, method=Plain())
    assert torch.allclose(batch[:, 3], alone[:, 0], atol=1e-4)


@pytest.mark.parametrize("name", SMALL)
def test_together_is_apart_for_every_network(name):
    problem = Problem(y=torch.zeros(1, 3, 9, 11), operator=Identity(), likelihood=Gaussian(), shape=(3, 9, 11))
    drawn = [draw(problem, NETWORKS[name], seed) for seed in SEEDS]
    z = torch.cat([one.z for one in drawn])
    members = Members([one.module for one in drawn], together=True)
    alone = torch.cat([one.module(one.z) for one in drawn])
    assert torch.allclose(members(z), alone, atol=1e-4)
    members.together = False
    assert torch.allclose(members(z), alone, atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 8, 30), (3, 30, 8)])
def test_each_matrix_of_a_stack_is_orthogonalised_on_its_own(shape):
    scale = torch.tensor([1e-3, 1.0, 1e3])[:, None, None]
    stack = scale * torch.randn(shape, generator=torch.Generator().manual_seed(0))
    each = torch.stack([orthogonalise(matrix) for matrix in stack])
    assert torch.allclose(orthogonalise(stack), each, atol=1e-5)


@pytest.mark.parametrize("change", [{}, {"precision": "bfloat16"}, {"channels_last": True}], ids=str)
def test_a_batch_resumes_to_the_same_numbers(problem, small_network, quick, change):
    how = replace(quick, seed=SEEDS, **change)
    straight = list(steps(problem, small_network, Plain(), how))
    state = next(step.snapshot() for step in steps(problem, small_network, Plain(), how) if step.index == 3)
    resumed = list(steps(problem, small_network, Plain(), how, resume=state))
    assert all(torch.equal(a.x, b.x) for a, b in zip(straight[4:], resumed, strict=True))


def test_fewer_bits_for_a_batch_too(problem, small_network, quick):
    how = replace(quick, seed=SEEDS, precision="bfloat16")
    batch = list(steps(problem, small_network, Plain(), how))[-1].x
    alone = list(steps(problem, small_network, Plain(), replace(how, seed=1)))[-1].x
    assert torch.allclose(batch[1], alone[0], atol=0.02)


@pytest.mark.parametrize(
    "rule", [Budget(steps=6), Discrepancy(target=1e9, every=2), WindowedVariance(window=2)], ids=str
)
def test_a_rule_sees_the_whole_batch(problem, small_network, quick, rule):
    fitting = Fitting(problem, small_network, Plain(), replace(quick, seed=SEEDS), rule)
    for _ in fitting:
        pass
    assert fitting.result().image.shape == (3, *problem.shape)


def test_what_cannot_serve_several(problem, small_network, quick):
    how = replace(quick, seed=SEEDS)
    with pytest.raises(UsageError, match="Feedback fits one seed at a time; got 3 seeds"):
        next(steps(problem, small_network, Feedback(), how))
    with pytest.raises(UsageError, match="an operator with parameters"):
        next(steps(replace(problem, operator=Shift()), small_network, Plain(), how))
    with pytest.raises(UsageError, match="y is a batch of 2 but there are 3 seeds"):
        next(steps(replace(problem, y=torch.cat([problem.y] * 2)), small_network, Plain(), how))
    with pytest.raises(ValueError, match="no seeds"):
        replace(quick, seed=())
