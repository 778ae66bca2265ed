import math

import pytest
import torch

from untaught.classical.transforms import cosine, decorrelate, haar, recorrelate


@pytest.mark.parametrize("size", [1, 2, 3, 4, 8])
def test_the_cosine_transform_is_orthonormal(size):
    assert torch.allclose(cosine(size) @ cosine(size).T, torch.eye(size), atol=1e-6)


@pytest.mark.parametrize("size", [1, 2, 16, 32])
def test_the_haar_transform_is_orthonormal_and_begins_with_the_mean(size):
    assert torch.allclose(haar(size) @ haar(size).T, torch.eye(size), atol=1e-6)
    assert torch.allclose(haar(size)[0], torch.full((size,), size**-0.5))


def test_the_haar_transform_wants_a_power_of_two():
    with pytest.raises(ValueError, match="got 12"):
        haar(12)


def test_three_channels_become_opponent_colours():
    rows = torch.tensor([[1.0, 1, 1], [1, 0, -1], [1, -2, 1]]) / torch.tensor([3.0, 2, 6]).sqrt()[:, None]
    assert torch.allclose(cosine(3), rows, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_colours_come_back(channels):
    image = torch.rand(2, channels, 5, 4, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(recorrelate(decorrelate(image)), image, atol=1e-6)
    assert torch.allclose(decorrelate(image)[:, 0], image.sum(1) / math.sqrt(channels), atol=1e-6)
