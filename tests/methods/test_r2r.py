from dataclasses import replace

import pytest
import torch
from torch.func import functional_call

from classical.pictures import noise, picture
from untaught.core import Problem
from untaught.fit import Fit, Parts, steps
from untaught.likelihoods import Gaussian
from untaught.methods import R2R
from untaught.methods.r2r import SPREAD, around, deviation_of, scaled
from untaught.methods.symmetries import turned, turned_back
from untaught.networks import Given, SmallUNet
from untaught.operators import Identity
from untaught.optimisers import Muon

SIGMA = 25 / 255
FIT = Fit(optimiser=Muon(lr=0.01, adam_lr=0.003), steps=12, schedule="cosine", average_decay=0.0)
QUICK = R2R(sigma=SIGMA, tile=24, every=4)


def asked(y, method=QUICK):
    """Problem, network and method, as a task puts them together."""
    problem = Problem(y=y, operator=Identity(), likelihood=Gaussian(sigma=SIGMA), shape=tuple(y.shape[1:]))
    return problem, SmallUNet(input=Given(y), widths=(6, 8, 8)), method


def woken(y, method=QUICK):
    """A run whose network says something."""
    parts = Parts.start(*asked(y, method), FIT)
    with torch.no_grad():
        generator = torch.Generator().manual_seed(5)
        for weights in parts.network.parameters():
            weights.add_(0.05 * torch.randn(weights.shape, generator=generator))
    return parts.run, parts.network


CLEAN = picture(90, 120)
Y = CLEAN + noise(CLEAN, SIGMA)


@pytest.mark.parametrize("size", [(1, 1), (9, 30), (41, 50)])
def test_before_the_first_step_the_image_is_shown(size):
    y = picture(*size)
    first = next(steps(*asked(y), FIT))
    assert torch.allclose(first.x, y, atol=1e-6)


def test_it_learns_to_denoise():
    last = None
    for step in steps(*asked(Y, replace(QUICK, every=50)), replace(FIT, steps=201)):
        last = step
    before, after = (Y - CLEAN).square().mean(), (last.x - CLEAN).square().mean()
    assert after < 0.6 * before, float(after / before)


def test_it_wants_a_sigma_and_meant_settings():
    with pytest.raises(ValueError, match="recorruption wants the noise's own"):
        next(steps(*asked(Y, R2R()), FIT))
    for wrong in (
        {"tile": 20},
        {"scales": (2,)},
        {"scales": ()},
        {"scales": (0,)},
        {"tile": 0},
        {"tiles": 0},
        {"every": 0},
        {"held": 1},
        {"strength": 0.0},
    ):
        with pytest.raises(ValueError, match="wanted tiles"):
            R2R(**wrong)


def test_what_is_shown_and_what_is_asked_for_have_independent_noise():
    flat = torch.full((1, 1, 200, 200), 0.5)
    y = flat + noise(flat, SIGMA)
    parts = Parts.start(*asked(y, replace(QUICK, tile=200, scales=(1,))), FIT)
    shown = []
    module = parts.network
    module.register_forward_hook(lambda _, z, out: shown.append(z[0] / SPREAD))
    asks = parts.run.propose(module).problem.y
    free = asks != shown[-1] + 0.5  # what is kept is asked for as it came out
    for v, target in zip(shown[-1], asks, strict=True):
        there = free[0] & free[1]
        a, b = v[there] - v[there].mean(), target[there] - target[there].mean()
        assert abs(float((a * b).mean())) < 0.05 * float(a.std() * b.std())
        assert float(a.std()) == pytest.approx(SIGMA * 1.25**0.5, rel=0.03)
        assert float(b.std()) == pytest.approx(SIGMA * 5**0.5, rel=0.03)


def test_at_half_size_noise_is_added_until_it_is_as_strong_as_at_full_size():
    flat = torch.full((1, 1, 400, 400), 0.5)
    y = flat + noise(flat, SIGMA)
    parts = Parts.start(*asked(y, replace(QUICK, tile=200)), FIT)
    parts.run.scales = parts.run.scales[1:]
    shown = []
    parts.network.register_forward_hook(lambda _, z, out: shown.append(z[0] / SPREAD))
    asks = parts.run.propose(parts.network).problem.y
    free = (asks != shown[-1] + 0.5).all(0)
    a, b = shown[-1][0][free], asks[0][free] - 0.5
    assert float(a.std()) == pytest.approx(SIGMA * 1.25**0.5, rel=0.03)
    assert float(b.std()) == pytest.approx(SIGMA * (1 / 4 + 1 / 16) ** 0.5, rel=0.03)
    assert abs(float((a * b).mean())) < 0.05 * float(a.std() * b.std())


def test_targets_of_held_out_tiles_have_no_say():
    """There x is held against itself; tiles are marked by a y far off, which is shown, and so tells where they are."""
    run, module = woken(Y, replace(QUICK, tile=64, tiles=40))
    marked = torch.where(run.kept.bool(), 9.0, Y)
    run.scales = [scaled(marked, run.deviation, run.kept, by) for by in (1, 2)]
    shown = []
    module.register_forward_hook(lambda _, z, out: shown.append(z[0] / SPREAD + 0.5))
    proposal = run.propose(module)
    kept = (proposal.problem.y == proposal.x).all(1)
    there = shown[-1].amin(1) > 5
    assert 0.02 < float(there.float().mean()) < 0.5 and kept[there].all()
    assert not kept[shown[-1].amax(1) < 1.8].any(), "with pixels half kept in between, at half the size"


def test_it_is_looked_at_with_the_averaged_weights():
    run, module = woken(Y)
    run.average(module)
    with torch.no_grad():
        before = run.whole(module, Y, 0)
        risk = run.risk(module, run.views[0])
        for weights in module.parameters():
            weights.mul_(3)
        assert torch.equal(run.whole(module, Y, 0), before) and torch.equal(run.risk(module, run.views[0]), risk)
        run.average(module)
        assert not torch.equal(run.whole(module, Y, 0), before)


def test_some_tiles_are_held_out_and_judged():
    run, module = woken(Y)
    assert 0.04 < float(run.kept.mean()) < 0.3
    run.average(module)
    with torch.no_grad():
        said = run.risk(module, run.views[0])
        v = run.views[0].y
        made = run.whole(module, v, 0)
    there = run.kept.bool().expand_as(v)
    error = (made - run.views[0].target)[there].square().mean() / SIGMA**2
    assert float(said) == pytest.approx(float(error), rel=0.05)


@pytest.mark.parametrize("size", [(40, 56), (304, 64), (300, 50), (257, 64)])
def test_the_image_made_in_bands_is_the_one_made_at_once(size):
    y = picture(*size, 1)
    run, module = woken(y)
    run.average(module)
    with torch.no_grad():
        if size[0] % 8 == size[1] % 8 == 0:
            at_once = y + functional_call(module, run.weights, (SPREAD * (y - 0.5),)) / SPREAD
            assert torch.allclose(run.whole(module, y, 0), at_once, atol=1e-5)
        for way in range(8):
            assert run.whole(module, y, way).shape == y.shape
        cut, whole = y[:, :, : size[0] // 8 * 8, : size[1] // 8 * 8], run.whole(module, y, 0)
        near = run.whole(module, cut, 0)
        assert torch.allclose(near[..., :-32, :-32], whole[..., : near.shape[2] - 32, : near.shape[3] - 32], atol=1e-5)


def test_a_stretch_and_its_context():
    indices, where = around(64, 128, 200)
    assert indices.tolist() == list(range(32, 160)) and indices[where].tolist() == list(range(64, 128))
    indices, where = around(0, 64, 61)
    assert indices.tolist() == [*range(61), 59, 58, 57] and indices[where].tolist() == list(range(61))


def test_turned_there_and_back():
    x = torch.rand(1, 2, 4, 7)
    assert all(torch.equal(turned_back(turned(x, way), way), x) for way in range(8))


def test_what_is_shown_is_the_mean_of_the_image_and_its_mirror_image():
    run, module = woken(Y)
    run.average(module)
    with torch.no_grad():
        run.look(module)
        ways = [run.whole(module, Y, way) for way in (0, 1)]
    assert torch.allclose(run.shown, torch.stack(ways).mean(0), atol=1e-6) and not torch.equal(run.shown, ways[0])


def test_it_is_looked_at_early_and_at_the_last_step():
    run, _ = woken(Y, replace(QUICK, every=80, last=201))
    times = []
    for run.steps in range(202):
        times += [run.steps] if run.is_time(80, 201) else []
    assert times == [0, 10, 20, 40, 80, 160, 201]


@pytest.mark.parametrize("size", [(7, 90), (24, 24), (40, 31)])
def test_small_images_are_not_kept_from_the_fit(size):
    y = picture(*size)
    run, _ = woken(y)
    assert run.kept.mean() < 0.35 and (min(size) > 8 or not run.kept.any())


def test_noise_that_was_cut_off_is_recorrupted_with_what_is_left_of_it():
    half = torch.cat([torch.full((1, 1, 60, 60), 0.02), torch.full((1, 1, 60, 60), 0.5)], dim=3)
    whole = half + noise(half, SIGMA)
    assert torch.equal(deviation_of(whole, SIGMA), torch.full_like(whole, SIGMA))
    left = deviation_of(whole.clamp(0, 1), SIGMA)
    measured = float(whole.clamp(0, 1)[..., :60].std())
    assert float(left[..., 10:50].mean()) == pytest.approx(measured, rel=0.1) and measured < 0.7 * SIGMA
    assert float(left[..., 70:110].mean()) == pytest.approx(SIGMA, rel=0.02)
    video = deviation_of(whole.clamp(min=0.02), SIGMA)  # black that is not 0, and a white that cuts nothing off
    measured = float(whole.clamp(min=0.02)[..., :60].std())
    assert float(video[..., 10:50].mean()) == pytest.approx(measured, rel=0.1) and measured < 0.7 * SIGMA
    assert float(video[..., 70:110].mean()) == pytest.approx(SIGMA, rel=0.02)


@pytest.mark.parametrize("stopped_at", [3, 5, 8])
def test_a_resumed_fit_gives_the_same_numbers_as_one_never_stopped(stopped_at):
    problem, network, method = asked(Y)
    straight = list(steps(problem, network, method, FIT))
    state = next(one.snapshot() for one in steps(problem, network, method, FIT) if one.index + 1 == stopped_at)
    resumed = list(steps(problem, network, method, FIT, resume=state))
    assert len(resumed) == FIT.steps - stopped_at
    for a, b in zip(straight[stopped_at:], resumed, strict=True):
        assert torch.equal(a.x, b.x) and torch.equal(a.loss, b.loss) and torch.equal(a.held_out, b.held_out)
    assert not torch.equal(straight[-1].x, Y)
