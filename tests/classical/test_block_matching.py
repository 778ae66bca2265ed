import pytest
import torch

from classical.pictures import noise, picture, psnr
from untaught.classical import BlockMatching
from untaught.classical.block_matching import Shrinker

SIGMA = 25 / 255


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 9), (7, 2), (8, 8), (13, 30)])
def test_any_size_comes_back_finite_in_its_own_shape(height, width, channels):
    y = picture(height, width, channels) + noise(picture(height, width, channels), 0.1)
    x = BlockMatching()(y, 0.1)
    assert x.shape == y.shape
    assert x.dtype == torch.float32
    assert bool(torch.isfinite(x).all())


def test_without_noise_the_picture_comes_back():
    clean = picture(40, 33)
    assert (BlockMatching()(clean, 1e-5) - clean).abs().max() < 1e-4


def test_noise_on_a_constant_averages_down():
    flat = torch.full((1, 1, 64, 64), 0.5)
    x = BlockMatching()(flat + noise(flat, 0.1), 0.1)
    assert (x - 0.5).square().mean().sqrt() < 0.1 / 8
    assert float(x.mean()) == pytest.approx(0.5, abs=3 * 0.1 / 64)


def test_each_stage_brings_the_picture_nearer():
    clean = picture(72, 64)
    y = clean + noise(clean, SIGMA)
    rule = BlockMatching()
    first = rule.thresholded(y, SIGMA)
    assert psnr(first, clean) > psnr(y, clean) + 10
    assert psnr(rule.wiener(y, first, SIGMA), clean) > psnr(first, clean) + 0.2


def test_the_outcome_scales_with_the_image_and_moves_with_its_brightness():
    y = picture(32, 32) + noise(picture(32, 32), SIGMA)
    x = BlockMatching()(y, SIGMA)
    assert torch.allclose(BlockMatching()(4 * y, 4 * SIGMA), 4 * x, atol=1e-4)
    moved = BlockMatching()(y + 1.0, SIGMA) - 1.0
    assert psnr(moved, x) > 50  # rounding may change a choice between patches that tie


def test_turned_over_it_gives_the_same_turned_over():
    y = picture(32, 40) + noise(picture(32, 40), SIGMA)  # both sides are met by the grid without filling
    x = BlockMatching()(y, SIGMA)
    assert torch.allclose(BlockMatching()(y.mT.contiguous(), SIGMA).mT, x, atol=1e-4)
    assert torch.allclose(BlockMatching()(y.flip(-1), SIGMA).flip(-1), x, atol=1e-4)


def test_the_same_again():
    y = picture(24, 24) + noise(picture(24, 24), SIGMA)
    assert torch.equal(BlockMatching()(y, SIGMA), BlockMatching()(y, SIGMA))


def test_a_group_weighs_the_less_the_more_of_it_is_kept():
    """The inverse of how many coefficients stay: all of a busy group's 4 x 64, a flat one's mean alone."""
    busy = torch.randn(1, 8, 8, generator=torch.Generator().manual_seed(0))
    shrinker = Shrinker(BlockMatching(threshold=0.01, taper=0.0), 8, 4, 1.0)
    group = torch.zeros(1, 4, dtype=torch.long)
    for image, kept in ((busy, 1 * 64), (torch.full((1, 8, 8), 0.5), 1)):  # four times the same patch: no differences
        _, weight = shrinker.strip(image, None, group)
        assert float(weight.sum()) == pytest.approx(4 * 64 / kept, rel=0.05)
