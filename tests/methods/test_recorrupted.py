from dataclasses import replace

import pytest
import torch
from torch.func import functional_call

from classical.pictures import noise, picture
from untaught.classical import NLBayes, Recipe, Search, View, denoise_classically
from untaught.core import Problem
from untaught.fit import Fit, Parts, steps
from untaught.fitting import Fitting
from untaught.likelihoods import Gaussian
from untaught.methods import Recorrupted
from untaught.methods.held_tiles import MARGIN, Tiles, folded
from untaught.methods.recorrupted import features
from untaught.methods.symmetries import turned
from untaught.networks import Convolutions, Given
from untaught.operators import Identity
from untaught.optimisers import Muon
from untaught.stoppers import HeldOut

SIGMA = 25 / 255
QUICK = Recipe(pilots=(NLBayes(Search(size=4, step=3, radius=6, count=16)),), later=())
FIT = Fit(optimiser=Muon(lr=0.01, adam_lr=0.003), steps=12, schedule="cosine", average_decay=0.0)
CPU = torch.device("cpu")


def estimated(clean, *, clipped=False, pairs=1):
    y = clean + noise(clean, SIGMA)
    recipe = replace(QUICK, pairs=pairs)
    generator = torch.Generator().manual_seed(0)
    y = y.clamp(0, 1) if clipped else y
    return denoise_classically(y, SIGMA, generator=generator, rounds=1, clipped=clipped, recipe=recipe)


def asked(estimate, method=None):
    """Problem, network and method, as a job puts them together."""
    seen = estimate.views[0]
    problem = Problem(y=seen.y, operator=Identity(), likelihood=Gaussian(sigma=SIGMA), shape=tuple(seen.y.shape[1:]))
    z = features(seen, estimate.mixed[0], list(seen.estimates))
    return problem, Convolutions(input=Given(z), width=8), replace(method or Recorrupted(), estimate=estimate)


CLEAN = picture(41, 50)
ESTIMATE = estimated(CLEAN)
BAD = replace(ESTIMATE, mixed=tuple(view.y for view in ESTIMATE.views))  # much is left to learn


def same(a, b):
    return a.index == b.index and all(
        torch.equal(one, other)
        for one, other in ((a.x, b.x), (a.average, b.average), (a.loss, b.loss), (a.held_out, b.held_out))
    )


@pytest.mark.parametrize("size", [(24, 24), (33, 70)])
def test_before_the_first_step_the_mixture_is_shown(size):
    estimate = estimated(picture(*size))
    first = next(steps(*asked(estimate), FIT))
    assert torch.equal(first.x, estimate.mixed[0]) and float(first.held_out) == 0


def test_it_wants_an_estimate_with_views():
    problem, network, method = asked(ESTIMATE)
    for without in (None, replace(ESTIMATE, views=ESTIMATE.views[:1], mixed=ESTIMATE.mixed[:1])):
        with pytest.raises(ValueError, match="no estimate with recorrupted views"):
            next(steps(problem, network, replace(method, estimate=without), FIT))


@pytest.mark.parametrize(("height", "width"), [(1, 1), (8, 8), (24, 24), (41, 50), (64, 300), (130, 27)])
def test_tiles_cover_the_image_and_those_held_out_are_never_drawn(height, width):
    tiles = Tiles.of(64, 5, height, width, CPU)
    times = torch.zeros(height, width)
    for (top, left), _ in tiles:
        times[top : top + tiles.size, left : left + tiles.size] += 1
    assert torch.equal(times, torch.ones(height, width)), "each pixel in one tile"
    held = {corner for corner, kept in tiles if kept}
    drawn = set(tiles.draw(2000, torch.Generator().manual_seed(0)))
    assert held, "something must be held out"
    assert not held & drawn or len(list(tiles)) == 1
    assert len(list(tiles)) < 25 or 0.1 < len(held) / len(list(tiles)) < 0.3


@pytest.mark.parametrize(("height", "width"), [(24, 24), (41, 50), (70, 51), (24, 93), (27, 130)])
def test_no_pixel_of_a_held_out_tile_is_trained_on_nor_any_other_judged(height, width):
    """Beyond the edge a tile sees its neighbours mirrored: those may be held out, and then it must not be drawn."""
    problem, network, method = asked(estimated(picture(height, width, 1)))
    number = torch.arange(float(height * width)).view(1, 1, height, width)  # each pixel's target is its own number
    views = tuple(replace(view, target=number) for view in method.estimate.views)
    method = replace(method, estimate=replace(method.estimate, views=views))
    parts = Parts.start(problem, network, method, FIT)
    of_tile, held = parts.run.tiles, torch.zeros(height, width, dtype=torch.bool)
    for (top, left), kept in of_tile:
        held[top : top + of_tile.size, left : left + of_tile.size] = kept
    for _ in range(60):
        proposal = parts.run.propose(parts.network)
        trained = proposal.problem.y.flatten().long()
        assert proposal.problem.shape == (1, of_tile.size, of_tile.size)
        assert proposal.x.shape[-1] == of_tile.size + 2 * MARGIN
        assert not held.flatten()[trained].any()


def test_what_is_judged_is_the_held_out_tiles_and_nothing_else():
    problem, network, method = asked(BAD)
    held = torch.zeros(CLEAN.shape[-2:], dtype=torch.bool)
    for (top, left), kept in Tiles.of(method.tile, method.held, *CLEAN.shape[-2:], CPU):
        held[top : top + 10, left : left + 10] = kept
    run, module = woken(problem, network, method)
    said = run.risk(module)
    total = []
    for view, start in zip(BAD.views[1:], BAD.mixed[1:], strict=True):
        z = torch.nn.functional.pad(features(view, start, list(view.estimates)), (MARGIN,) * 4, mode="reflect")
        change = view.sigma * functional_call(module, run.weights, (z,))[..., MARGIN:-MARGIN, MARGIN:-MARGIN]
        gain = (start + change - view.target).square() - (start - view.target).square()
        total.append(gain[..., held])
    assert float(said) == pytest.approx(float(torch.cat(total).mean()) / SIGMA**2, rel=1e-3)


def woken(problem, network, method):
    """A run whose network says something."""
    parts = Parts.start(problem, network, method, FIT)
    with torch.no_grad():
        generator = torch.Generator().manual_seed(5)
        for weights in parts.network.parameters():
            weights.add_(0.05 * torch.randn(weights.shape, generator=generator))
    parts.run.propose(parts.network)
    return parts.run, parts.network


@pytest.mark.parametrize("size", [(24, 24), (41, 50), (70, 51)])
def test_the_image_made_in_bands_is_the_one_made_at_once(size):
    estimate = estimated(picture(*size))
    problem, network, method = asked(estimate)
    run, module = woken(problem, network, method)
    seen = estimate.views[0]
    z = features(seen, estimate.mixed[0], list(seen.estimates))
    z = torch.nn.functional.pad(z, (MARGIN,) * 4, mode="reflect")
    change = functional_call(module, run.weights, (z,))[..., MARGIN:-MARGIN, MARGIN:-MARGIN]
    assert change.abs().max() > 0.01
    assert torch.allclose(run.shown, estimate.mixed[0] + SIGMA * change, atol=1e-5)


def test_weights_are_averaged():
    parts = Parts.start(*asked(ESTIMATE), FIT)
    name, weight = next(iter(parts.network.named_parameters()))
    seen = []
    for number in range(30):
        with torch.no_grad():
            weight.fill_(float(number))
        parts.run.average(parts.network)
        parts.run.steps += 1
        seen.append(float(parts.run.weights[name].mean()))
    assert seen[:20] == pytest.approx([number / 2 for number in range(20)]), "at first a plain mean"
    assert seen[29] == pytest.approx(0.95 * seen[28] + 0.05 * 29)


def test_the_eight_symmetries_are_all_there():
    x = torch.arange(9.0).view(1, 1, 3, 3)
    ways = [turned(x, way) for way in range(8)]
    assert torch.equal(ways[0], x)
    assert len({tuple(one.flatten().tolist()) for one in ways}) == 8
    assert all(sorted(one.flatten().tolist()) == list(range(9)) and one[0, 0, 1, 1] == 4 for one in ways)
    for one in ways:  # a group: any two in a row are a third
        assert {tuple(turned(one, way).flatten().tolist()) for way in range(8)} == {
            tuple(other.flatten().tolist()) for other in ways
        }


@pytest.mark.parametrize("length", [2, 5, 40])
def test_folded_is_padding_by_reflection(length):
    reach = length - 1
    padded = torch.nn.functional.pad(torch.arange(float(length))[None], (reach, reach), mode="reflect")[0]
    assert torch.equal(folded(-reach, length + reach, length), padded.long())


def test_folded_goes_on_as_often_as_need_be():
    assert folded(0, 9, 3).tolist() == [0, 1, 2, 1, 0, 1, 2, 1, 0]
    assert folded(-4, 1, 3).tolist() == [0, 1, 2, 1, 0]
    assert folded(-9, 9, 1).tolist() == [0] * 18


@pytest.mark.parametrize("stopped_at", [3, 5, 8])
def test_a_resumed_fit_gives_the_same_numbers_as_one_never_stopped(stopped_at):
    """At a step where the risk is measured, and between two of them."""
    problem, network, method = asked(BAD)
    straight = list(steps(problem, network, method, FIT))
    state = next(one.snapshot() for one in steps(problem, network, method, FIT) if one.index + 1 == stopped_at)
    resumed = list(steps(problem, network, method, FIT, resume=state))
    assert len(resumed) == FIT.steps - stopped_at
    assert all(same(a, b) for a, b in zip(straight[stopped_at:], resumed, strict=True))
    assert not torch.equal(straight[-1].x, BAD.mixed[0])


def test_a_resumed_fitting_ends_at_the_same_step():
    problem, network, method = asked(ESTIMATE)
    how, rule = replace(FIT, steps=60, optimiser=Muon(lr=0.1, adam_lr=0.1)), HeldOut(patience=7)
    straight, first, second = (Fitting(problem, network, method, how, rule) for _ in range(3))
    for _ in straight:
        pass
    a = straight.result()
    assert a.steps_run < how.steps, "the rule should have stopped it, or this test shows little"
    for step in first:
        if step.index + 1 == a.steps_run - 2:
            break
    second.resume(first.state())
    for _ in second:
        pass
    b = second.result()
    assert (a.step, a.steps_run, a.stopped_by, a.history) == (b.step, b.steps_run, b.stopped_by, b.history)
    assert torch.equal(a.image, b.image)


def test_the_seed_decides():
    problem, network, method = asked(BAD)
    a, b, c = (list(steps(problem, network, method, replace(FIT, steps=7, seed=seed)))[-1] for seed in (0, 0, 1))
    assert same(a, b) and not torch.equal(a.x, c.x)


def test_each_pair_is_drawn():
    problem, network, method = asked(estimated(picture(33, 40, 1), pairs=2))
    marked = tuple(
        replace(view, target=torch.full_like(view.y, float(i))) for i, view in enumerate(method.estimate.views)
    )
    method = replace(method, estimate=replace(method.estimate, views=marked))
    parts = Parts.start(problem, network, method, FIT)
    targets = parts.run.propose(parts.network).problem.y.mean((1, 2, 3)).tolist()
    assert set(targets) == {1.0, 2.0, 3.0, 4.0}
    assert targets[1::2] == [one + 1 for one in targets[::2]] and set(targets[::2]) == {1.0, 3.0}, "both of a pair"


def test_where_clipped_nothing_near_black_or_white_is_changed():
    clean = (3 * picture(40, 48) - 1).clamp(0, 1)
    estimate = estimated(clean, clipped=True)
    problem, network, method = asked(estimate)
    run, _ = woken(problem, network, method)
    mixed = estimate.mixed[0]
    room = torch.minimum(mixed, 1 - mixed) / SIGMA
    near, far = room <= 2, room >= 3
    assert 0.1 < float(near.float().mean()) < 0.9 and far.any()
    assert torch.equal(run.shown[near], mixed[near])
    assert (run.shown - mixed)[far].abs().max() > 1e-3
    assert torch.equal(run.reach(mixed, SIGMA)[far], torch.full_like(mixed, SIGMA)[far])
    unclipped = replace(estimate, clipped=False)
    run, _ = woken(*asked(unclipped))
    assert torch.equal(run.reach(mixed, SIGMA), torch.full_like(mixed, SIGMA))


def test_the_risk_falls_as_the_error_does_where_there_is_much_to_learn():
    problem, network, method = asked(BAD)
    last = list(steps(problem, network, method, replace(FIT, steps=41)))[-1]
    won = ((last.x - CLEAN).square().mean() - (BAD.mixed[0] - CLEAN).square().mean()) / SIGMA**2
    assert float(last.held_out) < -0.1 and float(won) < -0.1
    assert float(last.held_out) == pytest.approx(float(won), rel=0.5)


@pytest.mark.parametrize("factor", [0.8, -0.8])
def test_the_risk_has_the_sign_of_the_true_change(factor):
    """A step towards another estimate helps, one away from it harms; the risk knows without the truth."""
    problem, network, method = asked(BAD)
    run, module = woken(problem, replace(network, depth=1), method)
    channels = CLEAN.shape[1]
    weight = torch.zeros(channels, 5 * channels, 3, 3)
    weight[range(channels), range(channels, 2 * channels), 1, 1] = factor  # the first estimate's place in z
    run.weights = {"0.weight": weight, "0.bias": torch.zeros(channels)}
    shown, risk = run.whole(module), float(run.risk(module))
    won = float(((shown - CLEAN).square() - (BAD.mixed[0] - CLEAN).square()).mean()) / SIGMA**2
    assert abs(won) > 0.5 and risk * won > 0
    assert risk == pytest.approx(won, rel=0.5)


def test_features_are_the_mixture_and_what_the_others_say_of_it():
    y, mixed, one = (torch.rand(1, 2, 5, 6, generator=torch.Generator().manual_seed(k)) for k in range(3))
    view = View(y=y, sigma=0.25, target=y)
    z = features(view, mixed, [one, y])
    assert z.shape == (1, 6, 5, 6)
    assert torch.equal(z[:, :2], (mixed - 0.5) / 0.25)
    assert torch.equal(z[:, 2:4], (one - mixed) / 0.25) and torch.equal(z[:, 4:], (y - mixed) / 0.25)
