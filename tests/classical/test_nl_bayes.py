import numpy as np
import pytest
import torch

from classical.pictures import noise, picture, psnr
from untaught.classical import NLBayes, Search
from untaught.classical.nl_bayes import shrink

SIGMA = 25 / 255


def by_loop(y, pilot, sigma, search):
    """The textbook, patch by patch, in double precision, for an image the grid meets."""
    y, pilot = y[0].double().numpy(), pilot[0].double().numpy()
    channels, height, width = y.shape
    size, reach = search.size, search.radius
    total, times = np.zeros_like(y), np.zeros((height, width))
    corners = [(i, j) for i in range(height - size + 1) for j in range(width - size + 1)]
    at = {(i, j): (slice(None), slice(i, i + size), slice(j, j + size)) for i, j in corners}
    for i in range(0, height - size + 1, search.step):
        for j in range(0, width - size + 1, search.step):
            near = [c for c in corners if abs(c[0] - i) <= reach and abs(c[1] - j) <= reach]
            near.sort(key=lambda c: ((pilot[at[c]] - pilot[at[i, j]]) ** 2).sum())
            group = near[: search.count]
            rows = np.stack([pilot[at[c]].ravel() for c in group])
            mean, covariance = rows.mean(0), np.cov(rows.T)
            gain = sigma**2 * np.linalg.inv(covariance + sigma**2 * np.eye(len(mean)))
            for c in group:
                patch = y[at[c]].ravel()
                total[at[c]] += (patch - gain @ (patch - mean)).reshape(channels, size, size)
                times[at[c][1:]] += 1
    return torch.from_numpy(total / times)[None]


@pytest.mark.parametrize("count", [6, 20])  # fewer and more than a patch has pixels
def test_it_is_the_formula(count):
    search = Search(size=3, step=2, radius=4, count=count)
    pilot = picture(13, 15, 2) + noise(picture(13, 15, 2), 0.02, seed=1)
    y = pilot + noise(pilot, 0.1)
    assert (NLBayes(search)(y, pilot, 0.1) - by_loop(y, pilot, 0.1, search)).abs().max() < 1e-4


def test_both_ways_to_solve_agree():
    draw = torch.Generator().manual_seed(0)
    y, guide = (torch.randn(5, 12, 12, generator=draw) for _ in range(2))
    wider = [torch.nn.functional.pad(image, (0, 1)) for image in (y, guide)]  # a thirteenth pixel, 0: the other way
    assert torch.allclose(shrink(*wider, 0.5)[..., :12], shrink(y, guide, 0.5), atol=2e-4)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 9), (7, 2), (4, 4), (13, 30)])
def test_any_size_comes_back_finite_in_its_own_shape(height, width, channels):
    y = picture(height, width, channels)
    x = NLBayes()(y + noise(y, 0.1), y, 0.1)
    assert x.shape == y.shape
    assert x.dtype == torch.float32
    assert bool(torch.isfinite(x).all())


def test_a_constant_estimate_gives_the_mean():
    flat = torch.full((1, 3, 20, 20), 0.5)
    assert torch.allclose(NLBayes()(flat + noise(flat, 0.1), flat, 0.1), flat, atol=1e-5)


def test_with_the_truth_for_an_estimate_it_comes_near_it():
    clean = picture(64, 64)
    y = clean + noise(clean, SIGMA)
    assert psnr(NLBayes()(y, clean, SIGMA), clean) > psnr(y, clean) + 12


def test_turned_over_it_gives_the_same_turned_over():
    clean = picture(30, 42)  # the grid meets every edge without filling
    y = clean + noise(clean, SIGMA)
    pilot = clean + noise(clean, 0.02, seed=1)
    x = NLBayes()(y, pilot, SIGMA)
    assert torch.allclose(NLBayes()(y.mT, pilot.mT, SIGMA).mT, x, atol=1e-4)
    assert torch.allclose(NLBayes()(y.flip(-1), pilot.flip(-1), SIGMA).flip(-1), x, atol=1e-4)
    order = [2, 0, 1]
    assert torch.allclose(NLBayes()(y[:, order], pilot[:, order], SIGMA), x[:, order], atol=1e-4)


def test_the_same_again():
    y = picture(24, 24) + noise(picture(24, 24), SIGMA)
    assert torch.equal(NLBayes()(y, y, SIGMA), NLBayes()(y, y, SIGMA))


def test_strips_change_nothing(monkeypatch):
    clean = picture(40, 37)
    y, pilot = clean + noise(clean, SIGMA), clean + noise(clean, 0.02, seed=1)
    x = NLBayes()(y, pilot, SIGMA)
    monkeypatch.setattr("untaught.classical.patches.REFERENCES", 1)
    assert torch.allclose(NLBayes()(y, pilot, SIGMA), x, atol=1e-5)
