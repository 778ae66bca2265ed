from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from classical.pictures import picture
from untaught.core import Problem
from untaught.fit import Fit, Parts, steps
from untaught.likelihoods import Gaussian
from untaught.methods import Shrunk
from untaught.methods.shrunk import Stages
from untaught.methods.symmetries import turned
from untaught.networks import Several, Skip, SubPixel, Uniform
from untaught.operators import Downsample
from untaught.optimisers import Muon

FIT = Fit(optimiser=Muon(lr=0.02, adam_lr=0.003), steps=12, schedule="cosine", average_decay=0.0)
LARGE = picture(64, 96)
PRIOR = Skip(input=Uniform(4), down=(8, 8), up=(8, 8), skip=(2, 2))
QUICK = Shrunk(learner=SubPixel(width=8, depth=3), tile=12, every=4)


def asked(large=LARGE, factors=(2, 2), method=QUICK, kernel="bicubic"):
    """Problem, network and method, as a task puts them together."""
    total = 1
    so_far = [Downsample(total := total * factor, kernel) for factor in factors]
    y = so_far[-1](large)
    stages = Stages(factor=factors[0], once=so_far[0], so_far=tuple(so_far))
    learner = replace(method.learner, input=Uniform(y.shape[1]), factor=factors[0])
    problem = Problem(y=y, operator=so_far[-1], likelihood=Gaussian(), shape=tuple(large.shape[1:]))
    return problem, PRIOR, replace(method, learner=learner, image=y, stages=stages)


@pytest.mark.parametrize("factors", [(2,), (3,), (2, 2), (2, 2, 2)])
def test_before_the_first_step_it_is_interpolation_that_agrees(factors):
    large = LARGE[..., :48, :72]
    problem, network, method = asked(large, factors)
    first = next(steps(problem, network, method, FIT))
    assert first.x.shape == large.shape
    if len(factors) == 1:
        plain = F.interpolate(problem.y, scale_factor=factors[0], mode="bicubic")
        assert torch.equal(first.x, problem.operator.project(plain, problem.y))
    assert (problem.operator(first.x) - problem.y).abs().max() < 1e-5


def test_it_learns_and_what_it_shows_agrees():
    """Edges that are sharp at any size."""
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    large = 0.1 + 0.8 * ((y - 34).square() + (x - 28).square() < 400).float()[None, None]
    problem, network, method = asked(large, method=replace(QUICK, every=1000, last=120))
    fit = replace(FIT, optimiser=Muon(lr=0.02, adam_lr=0.01), steps=121)
    first, *_, last = steps(problem, network, method, fit)
    assert (last.x - large).square().mean() < 0.9 * (first.x - large).square().mean()
    assert (problem.operator(last.x) - problem.y).abs().max() < 1e-5


def test_it_wants_an_image():
    problem, network, method = asked()
    with pytest.raises(ValueError, match="no image to learn from"):
        next(steps(problem, network, replace(method, stages=None), FIT))


def run_of(problem, network, method):
    parts = Parts.start(problem, network, method, FIT)
    return parts, parts.run


def test_a_square_is_a_piece_of_the_image_beside_that_piece_made_smaller():
    """Of an image that is a number for each pixel, any square tells where it is from."""
    number = torch.arange(24.0 * 32).view(1, 1, 24, 32) / 768
    problem, network, method = asked(F.interpolate(number, scale_factor=4), method=replace(QUICK, tile=5))
    _, run = run_of(problem, network, replace(method, image=number))
    corners = set()
    for _ in range(200):
        small, start, target = run.square()
        assert small.shape[-2:] == (5, 5) and start.shape[-2:] == target.shape[-2:] == (10, 10)
        place = int(target.min() * 768 + 0.5)
        top, left = place // 32, place % 32
        piece = number[..., top : top + 10, left : left + 10]
        way = next(way for way in range(8) if torch.equal(turned(piece, way), target))
        whole = number[..., top % 2 :, left % 2 :]
        whole = whole[..., : whole.shape[-2] // 2 * 2, : whole.shape[-1] // 2 * 2]
        shrunk = method.stages.once(whole)
        at = (..., slice(top // 2, top // 2 + 5), slice(left // 2, left // 2 + 5))
        assert torch.equal(turned(shrunk[at], way), small)
        from_there = method.stages.start(shrunk)[..., top - top % 2 :, left - left % 2 :][..., :10, :10]
        assert torch.equal(turned(from_there, way), start)
        corners.add((top % 2, left % 2, way))
    assert len(corners) == 32, "all grids, all ways"


def test_squares_of_a_small_image_are_as_large_as_can_be():
    problem, network, method = asked(LARGE[..., :36, :40])  # 9 x 10: made smaller 4 x 4 on some grids, 4 x 5 on others
    _, run = run_of(problem, network, method)
    assert {square.shape[-1] for _ in range(20) for square in run.square()} == {4, 8}


def test_the_learner_never_sees_more_than_its_lesson_and_the_prior_only_what_was_given():
    """The penalty has no way to the prior's weights, nor the data term to the learner's."""
    problem, network, method = asked()
    parts, run = run_of(problem, network, method)
    proposal = run.propose(parts.network)
    assert proposal.problem.operator is problem.operator and proposal.problem.y is problem.y
    of_prior = torch.autograd.grad(
        proposal.penalty, list(parts.network.parameters()), allow_unused=True, retain_graph=True
    )
    assert all(one is None for one in of_prior)
    misfit = problem.likelihood.nll(problem.operator(proposal.x), problem.y)
    assert all(one is None for one in torch.autograd.grad(misfit, run.learned, allow_unused=True))


def test_what_is_shown_is_a_mean_of_both():
    problem, network, method = asked(method=replace(QUICK, share=0.75))
    parts, run = run_of(problem, network, method)
    for _ in range(3):
        parts.descend()
    agreed = problem.operator.project(run.prior, problem.y)
    assert torch.allclose(run.look(), (3 * run.enlarged() + agreed) / 4, atol=1e-6)
    assert not torch.equal(run.enlarged(), agreed)


def test_the_average_of_the_prior_is_weighted_towards_the_newest():
    problem, network, method = asked()
    parts, run = run_of(problem, network, method)
    seen = []
    parts.network.register_forward_hook(lambda _, z, out: seen.append(out.detach()))
    for _ in range(12):
        parts.descend()
    assert len(seen) == 6, "one step in two"
    average = seen[0]
    for number, x in enumerate(seen[1:], 2):
        average = torch.lerp(average, x, 5 / (number + 4))
    assert torch.allclose(run.prior, average) and not torch.allclose(run.prior, torch.stack(seen).mean(0), atol=1e-4)


def test_enlarging_has_no_preferred_direction():
    problem, network, method = asked()
    parts, run = run_of(problem, network, method)
    for _ in range(4):
        parts.descend()
    run.average(run.learner)
    straight = run.enlarged()
    for way in (1, 4, 5):  # those that keep the sides
        run.y = turned(problem.y, way)
        assert torch.allclose(run.enlarged(), turned(straight, way), atol=1e-5)


def test_stopped_and_taken_up_again_it_is_the_same():
    straight = list(steps(*asked(), FIT))
    for split in (1, 5):
        first = steps(*asked(), FIT)
        for _ in range(split):
            step = next(first)
        state = step.snapshot()
        rest = list(steps(*asked(), FIT, resume=state))
        assert [one.index for one in rest] == list(range(split, FIT.steps))
        for one, other in zip(rest, straight[split:], strict=True):
            assert torch.equal(one.x, other.x) and torch.equal(one.loss, other.loss)


def test_the_seed_decides_and_global_random_state_is_left_alone():
    before = torch.get_rng_state()
    runs = [list(steps(*asked(), replace(FIT, seed=seed)))[-1].x for seed in (0, 0, 1)]
    assert torch.equal(runs[0], runs[1]) and not torch.equal(runs[0], runs[2])
    assert torch.equal(torch.get_rng_state(), before)


def test_the_prior_rests_at_every_other_step_and_the_learner_never():
    problem, network, method = asked()
    parts, run = run_of(problem, network, method)
    for number in range(6):
        before = [[weight.clone() for weight in some] for some in (parts.network.parameters(), run.learned)]
        parts.descend()
        moved = [
            any(not torch.equal(a, b) for a, b in zip(old, new, strict=True))
            for old, new in zip(before, (parts.network.parameters(), run.learned), strict=True)
        ]
        assert moved == [number % 2 == 0, True]


def test_several_learners_and_several_priors_count_by_their_mean():
    problem, network, method = asked()
    method = replace(method, learner=Several(network=method.learner, count=3))
    parts, run = run_of(problem, Several(network=network, count=2), method)
    seen = []
    parts.network.register_forward_hook(lambda _, z, out: seen.append(out.detach()))
    for _ in range(3):
        parts.descend()
    run.average(run.learner)
    assert seen[0].shape == (2, *LARGE.shape[1:]) and run.prior.shape == LARGE.shape
    assert torch.allclose(run.prior, torch.lerp(seen[0].mean(0), seen[1].mean(0), 5 / 6))
    x = problem.y - 0.5
    each = [torch.func.functional_call(one, part_of(run.weights, n), (x,)) for n, one in enumerate(run.learner)]
    assert len(each) == 3 and not torch.allclose(each[0], each[1], atol=1e-5)
    assert torch.allclose(run.change(problem.y), torch.stack(each).mean(0), atol=1e-6)


def part_of(weights, number):
    return {name[2:]: weight for name, weight in weights.items() if name.startswith(f"{number}.")}
