import pytest
import torch

from classical.pictures import picture
from untaught.classical.fill import fill


def some(height, width, share, seed=0):
    observed = (torch.rand(1, 1, height, width, generator=torch.Generator().manual_seed(seed)) < share).float()
    observed[..., height // 2, width // 2] = 1
    return observed


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (8, 8), (37, 50), (64, 33)])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_what_is_known_stays_and_a_flat_image_comes_back(size, share):
    x, observed = picture(*size), some(*size, share)
    filled = fill(x, observed)
    assert filled.shape == x.shape and filled.isfinite().all()
    assert torch.equal(filled[observed.expand_as(x) > 0], x[observed.expand_as(x) > 0])
    assert torch.allclose(fill(torch.full_like(x, 0.3), observed), torch.full_like(x, 0.3), atol=1e-5)


def test_missing_pixels_have_no_say():
    x, observed = picture(40, 60), some(40, 60, 0.5)
    assert torch.equal(fill(x, observed), fill(torch.where(observed > 0, x, 7.0), observed))


def test_no_value_beyond_those_that_are_known():
    x, observed = picture(50, 50), some(50, 50, 0.3)
    filled, known = fill(x, observed), x[observed.expand_as(x) > 0]
    assert known.min() - 1e-5 <= filled.min() and filled.max() <= known.max() + 1e-5


def test_it_is_nearer_than_the_mean():
    x, observed = picture(64, 64), some(64, 64, 0.5)
    error = (fill(x, observed) - x).square().mean()
    assert error < 0.2 * x.var()
