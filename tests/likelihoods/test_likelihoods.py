"""What holds for every law: see `contracts.check_likelihood`. A new one gets a line in each list."""

import math
from dataclasses import dataclass

import pytest
import torch

from contracts import check_likelihood, check_minimiser
from untaught.likelihoods import (
    Bernoulli,
    Gamma,
    Gaussian,
    Huber,
    Laplace,
    Poisson,
    PoissonGaussian,
    Rician,
    SaltAndPepper,
    StudentT,
)

CONTRACT = [  # the law, the means to draw around, and how well ten draws must find them
    (Gaussian(sigma=0.2), (0.4,), 0.01),
    (Laplace(scale=0.1), (0.4,), 0.01),
    (Huber(sigma=0.1), (0.4,), 0.01),
    (StudentT(scale=0.1), (0.4,), 0.01),
    (StudentT(scale=0.1, freedom=1.0), (0.4,), 0.01),
    (Poisson(peak=30.0), (0.05, 0.4), 0.01),
    (Poisson(peak=0.5), (0.4,), 0.03),
    (PoissonGaussian(gain=1 / 30, sigma=0.05), (0.05, 0.4), 0.01),
    (PoissonGaussian(gain=0.0, sigma=0.1), (0.4,), 0.01),
    (Gamma(looks=1.0), (0.05, 0.4), 0.02),
    (Gamma(looks=7.5), (0.4,), 0.01),
    (Bernoulli(), (0.07, 0.4), 0.02),
    (SaltAndPepper(share=0.5), (0.02, 0.1, 0.4, 0.97), 0.01),
    (SaltAndPepper(share=0.3, sigma=0.02, levels=(0.0,)), (0.03, 0.4), 0.01),
    (Rician(sigma=0.1), (0.1, 0.4), 0.02),
]


@pytest.mark.parametrize(("law", "means", "smallest_error"), CONTRACT, ids=lambda value: str(value)[:40])
def test_contract(law, means, smallest_error):
    check_likelihood(law, means=means, smallest_error=smallest_error)


@dataclass(frozen=True)
class Wrong:
    """Samples of one law, scored by another: the test of the minimiser must see it."""

    sampled: object
    scored: object

    def nll(self, mean, y):
        return self.scored.nll(mean, y)

    def sample(self, mean, generator):
        return self.sampled.sample(mean, generator)


@pytest.mark.parametrize(
    ("sampled", "mean"),
    [(Rician(sigma=0.1), 0.1), (SaltAndPepper(share=0.5), 0.3), (SaltAndPepper(share=0.3, levels=(0.0,)), 0.4)],
    ids=str,
)
def test_a_gaussian_nll_misses_where_the_noise_is_not_around_the_mean(sampled, mean):
    with pytest.raises(AssertionError, match="from the truth"):
        check_minimiser(Wrong(sampled, Gaussian()), mean, 1.0)


GRID = torch.linspace(-3.0, 4.0, 70001, dtype=torch.float64)  # of y, about a mean of 0.4
POSITIVE = torch.linspace(5e-5, 6.0, 60001, dtype=torch.float64)
COUNTS = torch.arange(80.0, dtype=torch.float64)
STORED = torch.arange(-255, 511, dtype=torch.float64) / 255
DENSITY = [  # the law, all that y can be, and the logarithm of what the nll leaves out of the density
    (Gaussian(sigma=0.2), GRID, lambda y: 0 * y),
    (Laplace(scale=0.1), GRID, lambda y: 0 * y),
    (Huber(sigma=0.1), GRID, lambda y: 0 * y),
    (Huber(sigma=0.1, threshold=0.4), GRID, lambda y: 0 * y),
    (StudentT(scale=0.05), GRID, lambda y: 0 * y),
    (Poisson(peak=30.0), COUNTS / 30, lambda y: torch.special.xlogy(30 * y, 30 * y) - 30 * y - (30 * y + 1).lgamma()),
    (Gamma(looks=1.0, floor=1e-9), POSITIVE, lambda y: -y.log()),
    (Gamma(looks=7.5, floor=1e-9), POSITIVE, lambda y: -y.log()),
    (Bernoulli(), torch.tensor([0.0, 1.0], dtype=torch.float64), lambda y: 0 * y),
    (SaltAndPepper(share=0.5), STORED, lambda y: 0 * y),
    (SaltAndPepper(share=0.5, sigma=0.2), STORED, lambda y: 0 * y),
    (Rician(sigma=0.2), POSITIVE, lambda y: y.log()),
]


@pytest.mark.parametrize(("law", "support", "left_out"), DENSITY, ids=lambda value: str(value)[:40])
def test_samples_are_drawn_from_the_density_that_the_nll_is_of(law, support, left_out):
    """Kolmogorov and Smirnov: the largest gap between the two distribution functions, beyond chance at one in 1000."""
    count, mean = 20_000, torch.tensor(0.4, dtype=torch.float64)
    density = (left_out(support) - torch.vmap(lambda y: law.nll(mean, y))(support)).exp()
    expected = (density / density.sum()).cumsum(0)
    y = law.sample(mean.expand(count), torch.Generator().manual_seed(0)).sort().values
    halfway = torch.cat([(support[1:] + support[:-1]) / 2, support[-1:] + 1])
    found = torch.searchsorted(y, halfway, right=True) / count
    assert float((found - expected).abs().max()) < 1.95 / count**0.5


def test_photons_and_electronics_have_the_variance_that_the_nll_takes():
    law, mean = PoissonGaussian(gain=0.02, sigma=0.1), torch.full((200_000,), 0.3)
    y = law.sample(mean, torch.Generator().manual_seed(0))
    assert float(y.mean()) == pytest.approx(0.3, abs=0.002)
    assert float(y.var()) == pytest.approx(0.02 * 0.3 + 0.01, rel=0.02)


def test_with_no_gain_it_is_gaussian_and_with_no_threshold_to_speak_of_as_well():
    mean, y = torch.rand(2, 500, generator=torch.Generator().manual_seed(0))
    gaussian = Gaussian(sigma=0.3)
    apart = PoissonGaussian(gain=0.0, sigma=0.3).nll(mean, y) - math.log(0.3)
    assert float(apart) == pytest.approx(float(gaussian.nll(mean, y)), rel=1e-5)
    assert float(Huber(sigma=0.3, threshold=9.0).nll(mean, y)) == pytest.approx(float(gaussian.nll(mean, y)), rel=1e-5)
    heavy = StudentT(scale=0.3, freedom=1e4).nll(mean, y)
    assert float(heavy) == pytest.approx(float(gaussian.nll(mean, y)), rel=1e-3)


@pytest.mark.parametrize(("law", "mean"), [(Poisson(peak=60.0), 0.5), (Gamma(looks=10.0), 0.5)], ids=str)
def test_half_a_deviance_is_about_a_half_at_the_truth(law, mean):
    """What the discrepancy rule waits for."""
    at = torch.full((50_000,), mean)
    assert float(law.nll(at, law.sample(at, torch.Generator().manual_seed(0)))) == pytest.approx(0.5, rel=0.03)


def test_a_pixel_at_a_level_says_nothing_to_a_mean_far_from_it():
    law = SaltAndPepper(share=0.5, sigma=0.05)
    mean = torch.tensor([0.5, 0.5, 0.5, 0.02], requires_grad=True)
    (slope,) = torch.autograd.grad(law.nll(mean, torch.tensor([0.0, 1.0, 0.6, 0.0])), mean)
    assert slope[:2].abs().max() < 1e-9 and slope[2] < 0 and slope[3] > 0


def test_broken_pixels_are_as_many_as_said_and_at_the_levels():
    mean = torch.full((50_000,), 0.5)
    y = SaltAndPepper(share=0.4, levels=(0.0, 1.0)).sample(mean, torch.Generator().manual_seed(0))
    assert float((y == 0).float().mean()) == pytest.approx(0.2, abs=0.01)
    assert float((y == 1).float().mean()) == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("law", [Poisson(peak=30.0), Gamma(looks=3.0), Bernoulli()], ids=str)
def test_below_black_the_slope_leads_back_up(law):
    mean = torch.tensor(-0.05, requires_grad=True)
    (slope,) = torch.autograd.grad(law.nll(mean, torch.tensor(0.8)), mean)
    assert slope < -1


NONSENSE = [
    (Laplace, {"scale": 0.0}),
    (Huber, {"sigma": -1.0}),
    (Huber, {"sigma": 0.1, "threshold": 0.0}),
    (StudentT, {"scale": math.nan}),
    (StudentT, {"scale": 0.1, "freedom": math.inf}),
    (Poisson, {"peak": 0.0}),
    (PoissonGaussian, {"gain": -1.0, "sigma": 0.1}),
    (PoissonGaussian, {"gain": 0.1, "sigma": 0.0}),
    (Gamma, {"looks": 0.0}),
    (Gamma, {"floor": 0.0}),
    (Bernoulli, {"edge": 0.5}),
    (SaltAndPepper, {"share": 1.0}),
    (SaltAndPepper, {"share": 0.5, "sigma": 0.0}),
    (SaltAndPepper, {"share": 0.5, "levels": ()}),
    (Rician, {"sigma": math.nan}),
]


@pytest.mark.parametrize(("law", "settings"), NONSENSE, ids=str)
def test_nonsense_is_refused(law, settings):
    with pytest.raises(ValueError, match=r"must be positive|wanted"):
        law(**settings)


@pytest.mark.parametrize("law", [Poisson(peak=30.0), Bernoulli()], ids=str)
def test_a_mean_below_black_is_no_likelier_than_black(law):
    black, below = (law.nll(torch.tensor(mean), torch.tensor(0.0)) for mean in (0.0, -0.1))
    assert 0 <= black <= below
