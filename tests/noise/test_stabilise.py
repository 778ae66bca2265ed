import pytest
import torch

from untaught.noise import Stabiliser

LAWS = [Stabiliser(0.01, 0.02), Stabiliser(0.015, 0.0, 0.013), Stabiliser(0.03, 0.05), Stabiliser(0.002, 0.03, 0.1)]


def samples(law, level, count=200_000):
    generator = torch.Generator().manual_seed(4)
    photons = torch.poisson(torch.full((count,), (level - law.pedestal) / law.gain), generator=generator)
    return law.gain * photons + law.pedestal + law.sigma * torch.randn(count, generator=generator)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("level", [0.2, 0.5, 1.0])
def test_the_noise_has_one_sigma(law, level):
    assert float(law.forward(samples(law, level)).std()) == pytest.approx(law.white_sigma, rel=0.03)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("level", [0.12, 0.3, 0.9])
def test_the_way_back_has_no_bias(law, level):
    """Of the mean: the inverse function is too low by up to gain / 4 and more."""
    mean = law.forward(samples(law, level)).double().mean().reshape(1)
    assert float(law.backward(mean)) == pytest.approx(level, abs=0.0015)


def test_the_plain_inverse_would_have_one():
    law = LAWS[2]
    stabilised = law.forward(samples(law, 0.3)).double().mean()
    x = torch.linspace(0, 1, 10_001, dtype=torch.float64)
    plain = x[(law.forward(x) - stabilised).abs().argmin()]
    assert float(plain) < 0.3 - 0.005


def test_black_and_white_stay():
    for law in LAWS:
        assert law.forward(torch.tensor([0.0, 1.0])).tolist() == pytest.approx([0, 1], abs=1e-4)


def test_no_photon_is_black():
    assert float(LAWS[1].backward(torch.tensor([-0.5]))) == pytest.approx(LAWS[1].pedestal)


@pytest.mark.parametrize(("gain", "sigma"), [(0.0, 0.1), (-0.1, 0.1), (0.1, -0.1)])
def test_what_is_no_law_is_refused(gain, sigma):
    with pytest.raises(ValueError, match="wanted a gain above 0"):
        Stabiliser(gain, sigma)
