from dataclasses import replace

import pytest
import torch

from classical.pictures import noise, picture, psnr
from untaught.classical import BlockMatching, NLBayes, Recipe, Search, estimate
from untaught.classical.piecewise_linear import PiecewiseLinear, centres, nearest_centre

SIGMA = 25 / 255
CLEAN = picture(88, 96)
NOISY = CLEAN + noise(CLEAN, SIGMA)
PILOT = NLBayes(Search(size=4, step=3, radius=12, count=24))


def by_loop(y, pilot, sigma, rule):
    """One kind, patch by patch, in double precision, for an image the grid meets."""
    y, pilot = y[0].double(), pilot[0].double()
    _, height, width = y.shape
    size = rule.size
    corners = [(i, j) for i in range(0, height - size + 1, rule.step) for j in range(0, width - size + 1, rule.step)]
    patches = torch.stack([pilot[:, i : i + size, j : j + size].flatten() for i, j in corners])
    mean, spread = patches.mean(0), patches - patches.mean(0)
    covariance, eye = spread.T @ spread / len(patches), torch.eye(patches.shape[1]).double()
    vague = rule.shrinkage * len(eye) / (len(patches) + rule.shrinkage * len(eye))
    covariance = (1 - vague) * covariance + vague * 0.3 * covariance.diagonal().mean() * eye
    total, times = torch.zeros_like(y), torch.zeros_like(y)
    for i, j in corners:
        at = (slice(None), slice(i, i + size), slice(j, j + size))
        patch = covariance @ torch.linalg.inv(covariance + sigma**2 * eye) @ (y[at].flatten() - mean) + mean
        total[at] += patch.view(-1, size, size)
        times[at] += 1
    return (total / times)[None].float()


def test_with_one_kind_it_is_the_formula():
    rule = PiecewiseLinear(size=3, step=2, kinds=1)
    pilot = picture(13, 15, 2) + noise(picture(13, 15, 2), 0.02, seed=1)
    y = pilot + noise(pilot, 0.1)
    assert (rule(y, pilot, 0.1) - by_loop(y, pilot, 0.1, rule)).abs().max() < 1e-4


def test_it_improves_on_a_noisy_picture_and_on_its_pilot():
    pilot = PILOT(NOISY, BlockMatching().thresholded(NOISY, SIGMA), SIGMA)
    x = PiecewiseLinear()(NOISY, pilot, SIGMA)
    assert psnr(x, CLEAN) > psnr(NOISY, CLEAN) + 11
    assert psnr(x, CLEAN) > psnr(pilot, CLEAN) + 0.2


def test_kinds_are_worth_having():
    one, many = (PiecewiseLinear(kinds=kinds)(NOISY, CLEAN, SIGMA) for kinds in (1, 40))
    assert psnr(many, CLEAN) > psnr(one, CLEAN) + 3


def test_a_mixture_gains_when_it_joins():
    recipe = Recipe(pilots=(PILOT,), later=(PiecewiseLinear(),))
    without, joined = (one.image for one in estimate(NOISY, SIGMA, generator=generator(), recipe=recipe) if one.round)
    assert psnr(joined, CLEAN) > psnr(without, CLEAN) + 0.1


def generator():
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 13), (6, 3), (17, 18)])
def test_any_size_comes_back_finite_in_its_own_shape(height, width, channels):
    clean = picture(height, width, channels)
    x = PiecewiseLinear()(clean + noise(clean, SIGMA), clean, SIGMA)
    assert x.shape == clean.shape and x.dtype == torch.float32
    assert bool(x.isfinite().all())


def test_a_constant_estimate_gives_its_value():
    flat = torch.full((1, 3, 20, 20), 0.5)
    assert torch.allclose(PiecewiseLinear()(flat + noise(flat, 0.1), flat, 0.1), flat, atol=1e-5)
    assert torch.allclose(PiecewiseLinear()(flat, flat, 1e-3), flat, atol=1e-6)


def test_the_same_again_and_global_random_state_is_left_alone():
    before = torch.random.get_rng_state()
    y, pilot = NOISY[..., :40, :40], CLEAN[..., :40, :40]
    first = PiecewiseLinear(sample=50)(y, pilot, SIGMA)
    torch.manual_seed(3)
    assert torch.equal(PiecewiseLinear(sample=50)(y, pilot, SIGMA), first)
    torch.random.set_rng_state(before)
    PiecewiseLinear(sample=50)(y, pilot, SIGMA)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_strips_change_nothing(monkeypatch):
    y, pilot = NOISY[..., :41, :37], CLEAN[..., :41, :37]
    whole = PiecewiseLinear(kinds=5)(y, pilot, SIGMA)
    monkeypatch.setattr("untaught.classical.patches.REFERENCES", 20)
    assert torch.allclose(PiecewiseLinear(kinds=5)(y, pilot, SIGMA), whole, atol=1e-5)


def test_a_few_patches_are_enough_to_know_the_kinds_by(monkeypatch):
    every = PiecewiseLinear()(NOISY, CLEAN, SIGMA)
    monkeypatch.setattr("untaught.classical.piecewise_linear.MOST", 1000)
    few = PiecewiseLinear(kinds=40)(NOISY, CLEAN, SIGMA)
    assert psnr(few, CLEAN) > psnr(every, CLEAN) - 3


def test_more_kinds_than_patches():
    clean = picture(8, 8)
    assert bool(PiecewiseLinear(kinds=500)(clean + noise(clean, SIGMA), clean, SIGMA).isfinite().all())


def test_the_global_mean_says_nothing_of_the_kind():
    """Brighter by a constant, the same kinds and as much brighter an estimate."""
    y, pilot = NOISY[..., :30, :30], CLEAN[..., :30, :30]
    rule = replace(PiecewiseLinear(), kinds=6)
    assert torch.allclose(rule(y + 2, pilot + 2, SIGMA), rule(y, pilot, SIGMA) + 2, atol=1e-3)


def test_k_means_finds_clumps():
    middles = torch.tensor([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    places = (middles[:, None] + 0.1 * torch.randn(3, 20, 2, generator=generator())).transpose(0, 1).flatten(0, 1)
    found = centres(places, 3)
    assert torch.allclose(found, middles, atol=0.2)
    assert torch.equal(nearest_centre(places, found), torch.arange(3).repeat(20))
