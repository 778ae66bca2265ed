import pytest
import torch

from classical.pictures import noise, picture, psnr
from untaught.classical import Mixture, View, recorrupt
from untaught.classical.mixture import orbits, symmetric_means


def drawn(shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_the_filters_are_the_symmetric_ones_and_means():
    filters = orbits(5)
    assert len(filters) == 6
    assert torch.allclose(filters.sum((1, 2)), torch.ones(6))
    assert torch.equal(filters.sum(0) > 0, torch.ones(5, 5, dtype=torch.bool))
    for turned in (filters.mT, filters.flip(1), filters.flip(2)):
        assert torch.equal(turned, filters)
    assert filters[0, 2, 2] == 1


def test_means_are_those_of_the_neighbours():
    image = drawn((1, 3, 3), 0)
    around = image[0, 0, 1] + image[0, 1, 0] + image[0, 1, 2] + image[0, 2, 1]
    assert torch.allclose(
        symmetric_means(image, 3).flatten(), torch.stack([image[0, 1, 1], around / 4, corners(image)])
    )


def corners(image):
    return (image[0, 0, 0] + image[0, 0, 2] + image[0, 2, 0] + image[0, 2, 2]) / 4


@pytest.mark.parametrize("channels", [1, 3])
def test_a_known_combination_is_found(channels):
    base, one, other = (drawn((1, channels, 40, 50), seed) for seed in range(3))
    truth = 0.5 * base + 0.2 * one + 0.3 * other
    rule = Mixture(ridge=0.0, caution=1.0)
    view = View(y=one, sigma=1.0, target=truth + noise(truth, 0.3, seed=3), estimates=(base, one, other))
    weights = rule.fit([view])
    found = rule.apply((base, one, other), weights)
    assert (found - truth).square().mean().sqrt() < 0.06  # 17 weights from 2000 pixels: 0.3 * sqrt(17 / 2000) = 0.03
    middles = weights[:, [5, 11]]  # after the base's five rings, each estimate's own pixel
    assert torch.allclose(middles, torch.tensor([0.2, 0.3]).expand(channels, 2), atol=0.05)


def test_each_opponent_channel_has_its_own_weights():
    base = torch.zeros(1, 3, 40, 50)
    one = drawn((1, 3, 40, 50), 0)
    grey = one.mean(1, keepdim=True).expand_as(one)  # the first opponent channel kept, the others dropped
    rule = Mixture(caution=1.0)
    weights = rule.fit([View(y=one, sigma=1.0, target=grey, estimates=(base, one))])
    assert (rule.apply((base, one), weights) - grey).square().mean().sqrt() < 0.05


def test_a_mixture_of_brighter_estimates_is_as_much_brighter():
    estimates = tuple(drawn((1, 2, 20, 20), seed) for seed in range(3))
    view = View(y=estimates[1], sigma=1.0, target=drawn((1, 2, 20, 20), 4) + 0.5 * estimates[0], estimates=estimates)
    rule = Mixture(caution=1.0)
    weights = rule.fit([view])
    brighter = tuple(one + 5 for one in estimates)
    assert torch.allclose(rule.apply(brighter, weights), rule.apply(estimates, weights) + 5, atol=1e-4)


def test_strips_change_nothing(monkeypatch):
    estimates = tuple(drawn((1, 3, 30, 20), seed) for seed in range(3))
    view = View(y=estimates[1], sigma=1.0, target=drawn((1, 3, 30, 20), 4), estimates=estimates)
    rule = Mixture(caution=1.0)
    weights = rule.fit([view])
    mixed = rule.apply(estimates, weights)
    monkeypatch.setattr("untaught.classical.mixture.ROWS", 7)
    assert torch.allclose(rule.fit([view]), weights, atol=1e-5)
    assert torch.allclose(rule.apply(estimates, weights), mixed, atol=1e-5)


def test_weights_fall_where_there_is_little_to_fit_them_on():
    estimates = tuple(drawn((1, 1, 4, 4), seed) for seed in range(3))
    view = View(y=estimates[1], sigma=1.0, target=drawn((1, 1, 4, 4), 4), estimates=estimates)
    assert Mixture().fit([view]).norm() < 1


@pytest.mark.parametrize("strength", [0.25, 0.5, 1.0])
def test_the_noises_of_a_pair_are_independent(strength):
    clean = torch.full((1, 1, 300, 300), 0.5)
    y = clean + noise(clean, 0.1, seed=1)
    for view in recorrupt(y, 0.1, strength, torch.Generator().manual_seed(2)):
        errors = torch.stack([(view.y - clean).flatten(), (view.target - clean).flatten()])
        assert float(errors[0].std()) == pytest.approx(view.sigma, rel=0.01)
        assert float(errors[1].std()) == pytest.approx(0.1 * (1 + strength**-2) ** 0.5, rel=0.01)
        assert abs(float(torch.corrcoef(errors)[0, 1])) < 4 / 300


def test_an_error_against_the_target_is_the_error_against_the_truth_plus_a_constant():
    """What is fitted on recorrupted images is what the truth would have fitted; the noisy image itself misleads."""
    clean = picture(120, 120, 1)
    y = clean + noise(clean, 0.1, seed=1)
    pair = recorrupt(y, 0.1, 0.5, torch.Generator().manual_seed(2))

    def smooth(image):
        return torch.nn.functional.avg_pool2d(image, 5, 1, 2)

    def weights(target):
        views = [
            View(y=v.y, sigma=v.sigma, target=v.target if target is None else target, estimates=(smooth(v.y), v.y))
            for v in pair
        ]
        return Mixture(ridge=1e-3).fit(views), views

    recorrupted, views = weights(None)
    truth, _ = weights(clean)
    misled, _ = weights(y)
    quality = [psnr(Mixture().apply(views[0].estimates, w), clean) for w in (recorrupted, truth, misled)]
    assert quality[0] > quality[1] - 0.1
    assert quality[2] < quality[1] - 1


def test_the_pair_is_antithetic():
    y = drawn((1, 3, 5, 6), 0)
    plus, minus = recorrupt(y, 0.2, 0.5, torch.Generator().manual_seed(0))
    assert torch.allclose((plus.y + minus.y) / 2, y, atol=1e-6)
    assert torch.allclose((plus.target + minus.target) / 2, y, atol=1e-6)
    assert not torch.allclose(plus.y, y, atol=1e-3)


def test_noise_that_is_in_the_image_already_is_drawn_again():
    """Seed 1 made the image's noise and seeds the recorruption."""
    clean = picture(60, 60)
    y = clean + noise(clean, 0.1, seed=1)
    plus, _ = recorrupt(y, 0.1, 0.5, torch.Generator().manual_seed(1))
    errors = torch.stack([(y - clean).flatten(), (plus.y - y).flatten()])
    assert abs(float(torch.corrcoef(errors)[0, 1])) < 0.06
