from dataclasses import replace

import pytest
import torch

from classical.pictures import noise, picture, psnr
from untaught.classical import (
    RECIPE,
    GuidedFilter,
    as_far_as_it_helps,
    denoise_classically,
    estimate,
    filters,
    without_detail,
)
from untaught.classical.guided_filter import means

SIGMA = 40 / 255
GUIDE = picture(32, 40)
CLEAN = 0.1 + 0.5 * GUIDE[:, [1, 2, 0]] * torch.linspace(0.6, 1, 40)  # other colours, light from one side
CLEAN[..., 8:20, 4:16] *= 0.6  # a shadow that the guide has not
NOISY = CLEAN + noise(CLEAN, SIGMA)
OTHER = torch.rand(1, 3, 32, 40, generator=torch.Generator().manual_seed(5))


def by_pixel(y, guide, radius, epsilon):
    """The filter as it is written in the paper: a regression in each window, one after the other."""
    height, width = y.shape[2:]
    total, count = torch.zeros_like(y), torch.zeros(height, width)
    fits = {}
    for row in range(height):
        for column in range(width):
            window = (
                slice(max(row - radius, 0), row + radius + 1),
                slice(max(column - radius, 0), column + radius + 1),
            )
            g, p = (image[0][:, window[0], window[1]].flatten(1).double() for image in (guide, y))
            around = g - g.mean(1, keepdim=True)
            within = around @ around.T / g.shape[1] + epsilon * torch.eye(len(g), dtype=torch.float64)
            slopes = torch.linalg.solve(within, around @ p.T / g.shape[1])
            fits[row, column] = window, slopes, p.mean(1) - slopes.T @ g.mean(1)
    for window, slopes, offset in fits.values():
        values = torch.einsum("gc,ghw->chw", slopes, guide[0][:, window[0], window[1]].double()) + offset[:, None, None]
        total[0][:, window[0], window[1]] += values.float()
        count[window] += 1
    return total / count


@pytest.mark.parametrize(("channels", "of_guide"), [(3, 3), (1, 3), (3, 1)])
def test_it_is_the_papers_filter(channels, of_guide):
    y, guide = NOISY[:, :channels, :6, :7], GUIDE[:, :of_guide, :6, :7]
    wanted = by_pixel(y, guide, 2, 1e-2)
    torch.testing.assert_close(GuidedFilter(guide=guide, radius=2, epsilon=1e-2)(y), wanted, atol=1e-4, rtol=0)


def test_what_is_a_line_of_the_guide_stays_and_a_flat_guide_gives_means():
    line = 0.1 + torch.einsum("gc,bghw->bchw", torch.rand(3, 2), GUIDE)
    torch.testing.assert_close(GuidedFilter(guide=GUIDE, epsilon=1e-7)(line), line, atol=2e-3, rtol=0)
    flat = torch.full_like(GUIDE, 0.3)
    torch.testing.assert_close(GuidedFilter(guide=flat)(NOISY), means(means(NOISY, 8), 8), atol=1e-4, rtol=0)


@pytest.mark.parametrize("size", [(1, 2), (3, 40), (24, 1)])
def test_any_size(size):
    height, width = size
    made = GuidedFilter(guide=GUIDE[..., :height, :width])(NOISY[..., :height, :width])
    assert made.shape == (1, 3, height, width) and made.isfinite().all()


def test_with_a_guide_the_estimates_are_much_better_and_with_a_wrong_one_hardly_worse():
    def mixed(recipe):
        made = denoise_classically(NOISY, SIGMA, generator=torch.Generator().manual_seed(0), rounds=1, recipe=recipe)
        return psnr(made.image, CLEAN)

    alone = mixed(RECIPE)
    by_filter = max(psnr(one(NOISY), CLEAN) for one in filters(GUIDE))
    helped, misled = (mixed(replace(RECIPE, guided=filters(guide))) for guide in (GUIDE, OTHER))
    assert helped > alone + 2 and helped > by_filter + 0.5
    assert misled > alone - 0.1


def test_a_shadow_of_the_image_alone_stays_and_one_of_the_guide_does_not_come():
    clean, guide = CLEAN, GUIDE.clone()
    guide[..., 8:20, 24:36] *= 0.3
    first = next(
        estimate(
            clean + noise(clean, 0.05),
            0.05,
            generator=torch.Generator().manual_seed(0),
            recipe=replace(RECIPE, guided=filters(guide)),
        )
    )
    error = (first.image - clean).square().mean(1)[0]
    assert error[8:20, 4:16].mean().sqrt() < 0.025 and error[8:20, 24:36].mean().sqrt() < 0.025


def test_one_share_leaves_a_wrong_guide_out():
    def denoise(y, sigma):
        return denoise_classically(y, sigma, generator=torch.Generator(), rounds=0).image

    def shared(guide):
        made = as_far_as_it_helps(NOISY, SIGMA, filters(guide)[-1], denoise, torch.Generator().manual_seed(0))
        return psnr(made, CLEAN)

    alone = psnr(denoise(NOISY, SIGMA), CLEAN)
    assert shared(GUIDE) > alone + 2
    assert alone - 0.05 < shared(OTHER) < alone + 0.5


def test_detail_that_the_guide_explains_is_taken_away_and_the_noise_is_left():
    quiet, left = without_detail(CLEAN, GUIDE), without_detail(NOISY, GUIDE) - without_detail(CLEAN, GUIDE)
    assert quiet.diff(dim=3).square().mean() < 0.2 * CLEAN.diff(dim=3).square().mean()
    assert abs(float(left.std()) / SIGMA - 1) < 0.05
