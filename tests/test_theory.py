"""What docs/theory.md derives, held against the package."""

import math

import pytest
import torch
from scipy.optimize import minimize_scalar

from contracts import start
from untaught.core import Problem
from untaught.fit import Fit, steps
from untaught.likelihoods import Bernoulli, Gamma, Gaussian, Laplace, Poisson, PoissonGaussian
from untaught.methods import Plain
from untaught.networks import Pixels, Skip
from untaught.operators import Identity, Mask
from untaught.optimisers import GradientDescent
from untaught.priors import TotalVariation

HOURGLASS = Skip(down=(16,) * 3, up=(16,) * 3, skip=(4,) * 3)
SIDE = 32


def positive_root(law, y):
    """Of the quadratic equation in the docstring of PoissonGaussian."""
    linear = 2 * law.sigma**2 + law.gain**2
    constant = 2 * law.sigma**2 * y.mean() + law.gain * (y.square().mean() - law.sigma**2)
    return ((linear**2 + 4 * law.gain * constant).sqrt() - linear) / (2 * law.gain)


SOLVED = [  # the law, and the fourth step: the likeliest mean of measurements y
    (Gaussian(sigma=0.2), lambda law, y: y.mean()),
    (Laplace(scale=0.1), lambda law, y: y.median()),
    (Poisson(peak=7.0), lambda law, y: y.mean()),
    (Gamma(looks=2.5), lambda law, y: y.clamp(min=law.floor).mean()),
    (Bernoulli(), lambda law, y: y.mean()),
    (PoissonGaussian(gain=1 / 30, sigma=0.05), positive_root),
]


@pytest.mark.parametrize(("law", "solved"), SOLVED, ids=lambda value: type(value).__name__)
def test_the_fourth_step_is_the_minimiser_of_the_nll(law, solved):
    y = law.sample(torch.full((2001,), 0.4, dtype=torch.float64), torch.Generator().manual_seed(0))
    found = minimize_scalar(
        lambda mean: float(law.nll(torch.full_like(y, mean), y)), bounds=(0.3, 0.5), options={"xatol": 1e-9}
    )
    assert found.x == pytest.approx(float(solved(law, y)), abs=1e-5)


VARIANCE = [
    (Gaussian(sigma=0.2), lambda m: 0.04 + 0 * m),
    (Poisson(peak=7.0), lambda m: m / 7),
    (Gamma(looks=2.5), lambda m: m.square() / 2.5),
    (Bernoulli(), lambda m: m * (1 - m)),
]


@pytest.mark.parametrize(("law", "variance"), VARIANCE, ids=lambda value: type(value).__name__)
def test_the_slope_is_the_misfit_over_the_variance_of_y(law, variance):
    generator = torch.Generator().manual_seed(0)
    mean, y = 0.1 + 0.8 * torch.rand(2, 50, dtype=torch.float64, generator=generator)
    y = law.sample(mean, generator) if isinstance(law, Bernoulli) else y
    (slope,) = torch.autograd.grad(50 * law.nll(mean.requires_grad_(True), y), mean)
    torch.testing.assert_close(slope, (mean - y) / variance(mean))
    samples = law.sample(torch.full((200_000,), 0.4, dtype=torch.float64), generator)
    assert float(samples.var()) == pytest.approx(float(variance(torch.tensor(0.4))), rel=0.02)


@pytest.mark.parametrize("looks", [1.0, 4.0, 10.0])
def test_the_nll_of_speckle_at_the_truth(looks):
    law, mean = Gamma(looks=looks, floor=1e-9), torch.full((200_000,), 0.5, dtype=torch.float64)
    expected = looks * (math.log(looks) - float(torch.special.digamma(torch.tensor(looks, dtype=torch.float64))))
    assert float(law.nll(mean, law.sample(mean, torch.Generator().manual_seed(0)))) == pytest.approx(expected, rel=0.02)
    assert expected == pytest.approx(0.5 + 1 / (12 * looks), rel=0.02)


def test_the_nll_of_laplace_noise_is_one_at_the_truth():
    law, mean = Laplace(scale=0.1), torch.full((200_000,), 0.5)
    assert float(law.nll(mean, law.sample(mean, torch.Generator().manual_seed(0)))) == pytest.approx(1, rel=0.02)


def test_a_mean_fainter_than_a_hundredth_of_a_photon_is_black():
    law, faint = Poisson(peak=10.0), torch.zeros(1000, dtype=torch.float64)
    faint[0] = 0.1  # one photon in a thousand pixels: a mean of 0.0001, where 0.01 photons are 0.001
    scores = [float(law.nll(torch.full_like(faint, mean), faint)) for mean in (-1e-4, 0.0, 1e-4, 1e-3)]
    assert min(scores) == scores[1] and len(set(scores)) == 4


def test_with_the_weight_one_over_n_the_minimiser_is_the_most_probable_image():
    """Gaussian noise and independent Gaussian pixels: y times s^2 / (s^2 + sigma^2), which one Newton step finds."""
    y = torch.rand(1, 1, 6, 7, generator=torch.Generator().manual_seed(0))
    sigma, s, count = 0.3, 0.5, y.numel()
    fit = Fit(
        optimiser=GradientDescent(lr=count / (1 / sigma**2 + 1 / s**2)),
        steps=2,
        prior=lambda x: x.square().sum() / (2 * s**2),
        prior_weight=1 / count,
    )
    problem = Problem(y=y, operator=Identity(), likelihood=Gaussian(sigma=sigma), shape=(1, 6, 7))
    *_, last = steps(problem, Pixels(), Plain(jitter=0.0), fit)
    torch.testing.assert_close(last.x, y * s**2 / (s**2 + sigma**2))


def test_pixels_and_their_logits_have_one_minimiser_and_two_paths():
    """Both maps are onto the open cube that the minimiser lies in."""
    y = 0.03 + 0.94 * torch.rand(1, 1, 6, 7, generator=torch.Generator().manual_seed(0))
    problem = Problem(y=y, operator=Identity(), likelihood=Gaussian(), shape=(1, 6, 7))

    def path(network, lr):
        prior = TotalVariation(flat=0.1)  # smooth, so that gradient descent settles
        fit = Fit(optimiser=GradientDescent(lr=lr), steps=2500, prior=prior, prior_weight=0.1 / y.numel())
        return [step.x for step in steps(problem, network, Plain(jitter=0.0), fit)]

    direct, logits = path(Pixels(start="half"), 2.0), path(Pixels(start="half", sigmoid=True), 32.0)
    torch.testing.assert_close(direct[0], logits[0])
    assert max(float((one - other).abs().max()) for one, other in zip(direct, logits, strict=True)) > 0.05
    torch.testing.assert_close(direct[-1], logits[-1], atol=1e-4, rtol=0)
    assert (direct[-1] - y).abs().max() > 0.02, "the prior has a say"


def test_pixels_come_to_the_measurements_as_fast_as_n_sigma_squared_says():
    """The filter of a constant kernel, whose eigenvalues are all 1; 100 steps of a hundredth of N sigma^2."""
    y, sigma = torch.rand(1, 1, 6, 7, generator=torch.Generator().manual_seed(0)), 0.3
    problem = Problem(y=y, operator=Identity(), likelihood=Gaussian(sigma=sigma), shape=(1, 6, 7))
    fit = Fit(optimiser=GradientDescent(lr=0.01 * y.numel() * sigma**2), steps=101)
    *_, last = steps(problem, Pixels(start="half"), Plain(jitter=0.0), fit)
    passed = 1 - math.exp(-1)
    torch.testing.assert_close(last.x, passed * y + (1 - passed) * 0.5, atol=2e-3, rtol=0)


def test_a_small_step_in_the_weights_is_a_step_of_j_j_transposed_in_the_image():
    module, z = start(HOURGLASS, (1, SIDE, SIDE), seed=0)
    module, z, weights = module.double(), z.double(), list(module.parameters())
    slope = torch.randn(1, 1, SIDE, SIDE, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    x = module(z)
    down = torch.autograd.grad((x * slope).sum(), weights)  # J^T slope
    little = 1e-7
    with torch.no_grad():
        for weight, change in zip(weights, down, strict=True):
            weight -= little * change
        moved = (module(z) - x) / little  # -J J^T slope
    risen = sum(float(change.square().sum()) for change in down)  # slope^T J J^T slope
    assert float((moved * slope).sum()) == pytest.approx(-risen, rel=1e-3)


def speed(network, periods):
    """u^T J J^T u of the cosine u of so many half periods a side: how fast an untouched network moves it."""
    module, z = start(network, (1, SIDE, SIDE), seed=0)
    wave = torch.cos(math.pi * periods * (torch.arange(SIDE) + 0.5) / SIDE)
    u = wave[:, None] * wave
    down = torch.autograd.grad((module(z)[0, 0] * u / u.norm()).sum(), list(module.parameters()))
    return sum(float(change.square().sum()) for change in down)


def test_an_hourglass_moves_slow_waves_first_and_pixels_all_alike():
    fast = [speed(HOURGLASS, periods) for periods in (1, 2, 4)]
    slow = [speed(HOURGLASS, periods) for periods in (16, 24, 31)]
    assert min(fast) > 10 * max(slow)
    assert [speed(Pixels(), periods) for periods in (1, 8, 31)] == pytest.approx([1, 1, 1])


def test_pixels_leave_what_was_not_measured_as_it_was():
    observed = torch.rand(8, 8, generator=torch.Generator().manual_seed(0)) > 0.5
    y = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    problem = Problem(y=Mask(observed)(y), operator=Mask(observed), likelihood=Gaussian(), shape=(1, 8, 8))
    *_, last = steps(problem, Pixels(start="half"), Plain(jitter=0.0), Fit(optimiser=GradientDescent(lr=9.0), steps=50))
    assert (last.x[..., ~observed] == 0.5).all() and (last.x - y)[..., observed].abs().max() < 1e-3
