import itertools

import pytest
import torch

from classical.pictures import noise, picture, psnr
from untaught.classical import RECIPE, BlockMatching, NLBayes, Recipe, Search, denoise_classically, estimate, unclip

SIGMA = 25 / 255
CLEAN = picture(88, 96)
NOISY = CLEAN + noise(CLEAN, SIGMA)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def all_rounds():
    return list(estimate(NOISY, SIGMA, generator=generator()))


def test_every_round_is_offered(all_rounds):
    assert [one.round for one in all_rounds] == list(range(RECIPE.most_rounds() + 1))


def test_the_first_mixture_beats_the_estimates_it_is_made_of(all_rounds):
    first = all_rounds[1]
    assert psnr(first.image, CLEAN) > max(psnr(pilot, CLEAN) for pilot in first.pilots()) + 0.2


def test_no_round_ends_lower(all_rounds):
    quality = [psnr(one.image, CLEAN) for one in all_rounds]
    assert quality[0] > psnr(NOISY, CLEAN) + 11
    assert all(later > earlier - 0.02 for earlier, later in itertools.pairwise(quality[:6]))
    assert quality[-1] > quality[0] + 0.2
    assert quality[-1] > max(quality) - 0.1  # the last rounds are for larger images: weights are many for this one


def test_the_verb_is_the_round_of_the_loop(all_rounds):
    for rounds in (0, 1):
        out = denoise_classically(NOISY, SIGMA, rounds=rounds, generator=generator())
        assert torch.equal(out.image, all_rounds[rounds].image)
        assert torch.equal(out.pilots()[0], all_rounds[0].image)


def test_pilots_are_made_from_their_own_view_alone(all_rounds):
    """Each recorrupted view's estimates come from its own noisy image; the noisy image itself is one of them."""
    last = all_rounds[-1]
    assert len(last.views) == 3
    assert len({len(view.estimates) for view in last.views}) == 1
    for view in last.views:
        assert torch.equal(view.estimates[1], view.y)
    assert torch.equal(last.views[0].y, NOISY)


def test_the_seed_decides(all_rounds):
    again = denoise_classically(NOISY, SIGMA, rounds=1, generator=generator())
    other = denoise_classically(NOISY, SIGMA, rounds=1, generator=generator(1))
    assert torch.equal(again.image, all_rounds[1].image)
    assert not torch.equal(other.image, again.image)


def test_global_random_state_is_left_alone():
    before = torch.random.get_rng_state()
    denoise_classically(NOISY[..., :16, :16], SIGMA, rounds=1, generator=generator())
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 13), (6, 3), (17, 18)])
def test_any_size_comes_back_finite_in_its_own_shape(height, width, channels):
    clean = picture(height, width, channels)
    out = denoise_classically(clean + noise(clean, SIGMA), SIGMA, generator=generator())
    assert out.image.shape == clean.shape
    assert bool(torch.isfinite(out.image).all())


def test_a_constant_image_without_noise_stays():
    flat = torch.full((1, 3, 20, 20), 0.25)
    assert torch.allclose(denoise_classically(flat, 0.01, generator=generator()).image, flat, atol=2e-3)


def test_next_to_no_noise_next_to_nothing_changes():
    clean = picture(40, 40)
    assert (denoise_classically(clean, 1e-4, generator=generator()).image - clean).abs().max() < 1e-3


def test_clipping_is_undone():
    dark = torch.full((1, 1, 48, 48), 0.02)
    y = (dark + noise(dark, SIGMA)).clamp(0, 1)
    plain = denoise_classically(y, SIGMA, rounds=0, generator=generator()).image
    undone = denoise_classically(y, SIGMA, rounds=0, generator=generator(), clipped=True).image
    assert torch.equal(undone, unclip(plain, SIGMA))
    assert (undone - dark).abs().mean() < 0.5 * (plain - dark).abs().mean()


def test_a_mixture_of_a_clipped_image_is_not_fooled_by_its_narrower_noise():
    """Half the picture is near black. Recorrupted as if its noise were whole, it would be smoothed too much."""
    clean = (picture(64, 64) - 0.45).clamp(0, 1)
    y = (clean + noise(clean, SIGMA, seed=2)).clamp(0, 1)
    told = denoise_classically(y, SIGMA, rounds=1, generator=generator(), clipped=True)
    plain = denoise_classically(y, SIGMA, rounds=1, generator=generator())
    assert psnr(told.image, clean) > psnr(unclip(plain.image, SIGMA), clean) + 0.1


@pytest.mark.parametrize(("sigma", "rounds"), [(0.0, 1), (-1.0, 1), (0.1, -1), (0.1, 99)])
def test_what_cannot_be_meant_is_refused(sigma, rounds):
    with pytest.raises(ValueError, match="wanted sigma > 0"):
        denoise_classically(NOISY, sigma, rounds=rounds, generator=generator())


def test_other_recipes_can_be_written():
    small = NLBayes(Search(size=3, step=2, radius=4, count=12))
    recipe = Recipe(start=BlockMatching(threshold=3.0), pilots=(small,), later=())
    out = denoise_classically(NOISY[..., :30, :30], SIGMA, rounds=1, generator=generator(), recipe=recipe)
    assert len(out.pilots()) == 4  # NL-Bayes, the noisy image, the two stages of block matching
    with pytest.raises(ValueError, match="a pilot and a pair at least"):
        Recipe(pilots=())


def test_a_small_image_is_not_fitted_its_noise():
    """Weights are many for so few pixels: without caution four rounds lose half a decibel here."""
    small = CLEAN[..., :40, :40]
    y = small + noise(small, SIGMA, seed=5)
    found = [psnr(one.image, small) for one in itertools.islice(estimate(y, SIGMA, generator=generator()), 5)]
    assert found[-1] > found[0] - 0.1
