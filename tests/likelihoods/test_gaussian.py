import pytest
import torch

from untaught.likelihoods import Gaussian


def test_the_minimiser_of_the_nll_of_samples_is_the_truth():
    law, truth = Gaussian(sigma=0.2), 0.4
    y = law.sample(torch.full((100_000,), truth), torch.Generator().manual_seed(0))
    mean = torch.tensor(0.0, requires_grad=True)
    gradient = torch.autograd.grad(law.nll(mean.expand_as(y), y), mean)[0]
    # quadratic with second derivative 1 / sigma^2, so one Newton step lands on the minimum
    assert mean.item() - gradient.item() * law.sigma**2 == pytest.approx(truth, abs=0.003)


def test_samples_have_the_spread_that_the_nll_expects():
    law = Gaussian(sigma=0.2)
    mean = torch.zeros(100_000)
    y = law.sample(mean, torch.Generator().manual_seed(0))
    assert float(y.std()) == pytest.approx(0.2, rel=0.01)
    assert float(law.nll(mean, y)) == pytest.approx(0.5, rel=0.02)  # what the discrepancy rule waits for


def test_without_a_sigma_the_nll_is_the_mean_squared_error():
    a, b = torch.rand(2, 50)
    assert float(Gaussian().nll(a, b)) == pytest.approx(float((a - b).square().mean()), rel=1e-6)


@pytest.mark.parametrize("sigma", [0, -1, float("nan")])
def test_a_sigma_must_be_positive(sigma):
    with pytest.raises(ValueError, match="must be positive"):
        Gaussian(sigma=sigma)
