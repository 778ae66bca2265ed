import pytest
import torch

from untaught.noise.clipping import clipped_deviation, clipped_mean, unclip


@pytest.mark.parametrize("level", [0.0, 0.02, 0.5, 0.93, 1.0])
@pytest.mark.parametrize("sigma", [0.05, 0.2])
def test_the_mean_is_what_is_measured(level, sigma):
    draws = (level + sigma * torch.randn(400_000, generator=torch.Generator().manual_seed(0))).clamp(0, 1)
    expected = clipped_mean(torch.tensor([level], dtype=torch.float64), sigma)
    assert float(expected) == pytest.approx(float(draws.double().mean()), abs=4 * sigma / 632)
    spread = clipped_deviation(torch.tensor([level], dtype=torch.float64), sigma)
    assert float(spread) == pytest.approx(float(draws.double().std()), rel=0.01)


@pytest.mark.parametrize("sigma", [1e-4, 25 / 255, 0.5])
def test_unclip_undoes_it(sigma):
    x = torch.linspace(0, 1, 97, dtype=torch.float64)
    assert torch.allclose(unclip(clipped_mean(x, sigma).float(), sigma), x.float(), atol=1e-3)


def test_values_no_clipped_noise_can_have_become_black_and_white():
    assert unclip(torch.tensor([[-0.2, 0.0, 1.0, 1.4]]), 0.1).tolist() == [[0.0, 0.0, 1.0, 1.0]]


def test_the_middle_stays():
    assert float(unclip(torch.tensor([0.5]), 0.1)) == pytest.approx(0.5, abs=1e-4)
