from dataclasses import replace

import pytest
import torch

from contracts import check_prior
from untaught.core import Problem
from untaught.fit import Fit, steps
from untaught.likelihoods import Gaussian
from untaught.methods import Plain
from untaught.networks import Pixels
from untaught.operators import Identity
from untaught.optimisers import Adam
from untaught.priors import RED, Believed, TotalVariation, Wavelets
from untaught.priors.wavelets import halves


def blurred(x):
    """A symmetric linear denoiser: the mean of a pixel and its four neighbours, around a torus."""
    return (x + sum(x.roll(by, axis) for by in (-1, 1) for axis in (-2, -1))) / 5


PRIORS = [
    (TotalVariation(), 1),
    (TotalVariation(anisotropic=True), 1),
    (TotalVariation(flat=0.05), None),
    (TotalVariation(anisotropic=True, flat=0.05), None),
    (Wavelets(), 1),
    (Wavelets(levels=1), 1),
    (RED(blurred), 2),
]


@pytest.mark.parametrize(("prior", "degree"), PRIORS, ids=str)
def test_contract(prior, degree):
    check_prior(prior, degree=degree)


def test_a_corner_costs_its_diagonal_or_its_two_sides():
    x = torch.zeros(1, 1, 5, 5, dtype=torch.float64)
    x[..., :3, :3] = 1  # two edges of 3 pixels, which meet in one pixel that changes both ways
    assert float(TotalVariation(anisotropic=True)(x)) == pytest.approx(6, abs=1e-4)
    assert float(TotalVariation()(x)) == pytest.approx(4 + 2**0.5, abs=1e-4)


def test_huber_counts_small_changes_less_and_large_ones_as_before():
    ramp = torch.arange(8.0, dtype=torch.float64).expand(1, 1, 8, 8)
    small, large = 0.001 * ramp, 10 * ramp
    plain, huber = TotalVariation(), TotalVariation(flat=0.01)
    assert float(huber(small)) == pytest.approx(0.05 * float(plain(small)), rel=1e-2)  # 0.001 / (2 * 0.01)
    assert float(huber(large)) == pytest.approx(float(plain(large)) - 49 * 0.005, rel=1e-6)


@pytest.mark.parametrize("prior", [Wavelets(), TotalVariation()], ids=str)
def test_an_edge_costs_the_same_wherever_it_lies(prior):
    costs = set()
    for place in range(8, 13):
        x = torch.zeros(1, 1, 24, 24, dtype=torch.float64)
        x[..., place:] = 1
        costs.add(round(float(prior(x)), 5))
    assert len(costs) == 1


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_scales_are_twice_as_wide_each(levels):
    """A step of 1: at scale s half of it, 2^s times over, in every row."""
    x = torch.zeros(1, 1, 4, 40, dtype=torch.float64)
    x[..., 20:] = 1
    assert float(Wavelets(levels=levels)(x)) == pytest.approx(4 * (2**levels - 1) / 2)


def test_the_details_and_the_rest_hold_the_images_energy():
    """Of an image that is 0 near its edges: a Parseval frame."""
    x = torch.zeros(1, 1, 24, 24, dtype=torch.float64)
    x[..., 8:16, 8:16] = torch.rand(8, 8, generator=torch.Generator().manual_seed(0))
    mean, change = halves(x, 2, axis=-2)
    parts = [*halves(mean, 2, axis=-1), *halves(change, 2, axis=-1)]
    assert float(sum(part.square().sum() for part in parts)) == pytest.approx(float(x.square().sum()), rel=1e-9)


def test_red_has_the_value_and_the_gradient_of_the_paper_and_does_not_differentiate_the_denoiser():
    def denoiser(x):
        assert not x.requires_grad and not torch.is_grad_enabled()
        return 0.5 * x.square()  # its Jacobian is not the identity: the true gradient would be another

    x = torch.rand(1, 1, 4, 4, generator=torch.Generator().manual_seed(0)).requires_grad_(True)
    value = RED(denoiser)(x)
    (slope,) = torch.autograd.grad(value, x)
    rest = (x - 0.5 * x.square()).detach()
    torch.testing.assert_close(slope, rest)
    torch.testing.assert_close(value.detach(), (x.detach() * rest).sum() / 2)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: TotalVariation(flat=-1.0), "wanted 0 or more"),
        (lambda: Wavelets(levels=0), "wanted 1 or more"),
        (lambda: RED(lambda x: x[..., 1:])(torch.rand(1, 1, 4, 4)), "wanted the same shape"),
    ],
)
def test_nonsense_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def searched(problem, prior, weight, count=150):
    """The classical method: pixels, a Gaussian and a prior, in the same loop."""
    how = Fit(optimiser=Adam(lr=0.02), steps=count, schedule="cosine", prior=prior, prior_weight=weight)
    return list(steps(problem, Pixels(), Plain(jitter=0), how))[-1].x


@pytest.fixture
def edges():
    """A square and a disc, and the same with noise of 0.1; 48 x 40."""
    y, x = torch.meshgrid(torch.arange(48.0), torch.arange(40.0), indexing="ij")
    flat = 0.3 + 0.4 * ((y - 30).square() + (x - 14).square() < 81).float()
    flat[6:18, 20:34] = 0.9
    law = Gaussian(sigma=0.1)
    noisy = law.sample(flat[None, None], torch.Generator().manual_seed(0))
    return flat[None, None], Problem(y=noisy, operator=Identity(), likelihood=Gaussian(), shape=(1, 48, 40))


def test_pixels_and_total_variation_reach_the_objective_of_chambolles_method(edges):
    restoration = pytest.importorskip("skimage.restoration")
    flat, problem = edges
    weight, pixels = 0.1, problem.y.numel()
    theirs = torch.from_numpy(
        restoration.denoise_tv_chambolle(problem.y[0, 0].numpy(), weight=weight, eps=1e-9, max_num_iter=1000)
    )[None, None].to(problem.y)
    ours = searched(problem, TotalVariation(), 2 * weight / pixels)  # the nll is a mean, and not halved

    def objective(x):
        return float((x - problem.y).square().sum() / 2 + weight * TotalVariation()(x))

    assert objective(ours) < 1.03 * objective(theirs) < 0.5 * objective(problem.y)
    assert float((ours - theirs).square().mean().sqrt()) < 0.02
    assert (ours - flat).square().mean() < 0.2 * (problem.y - flat).square().mean()


@pytest.mark.parametrize(
    ("prior", "weight"),
    [
        (TotalVariation(anisotropic=True), 0.15),
        (TotalVariation(flat=0.01), 0.2),
        (Wavelets(), 0.2),
        (RED(lambda x: blurred(blurred(x))), 2.0),
    ],
    ids=str,
)
def test_each_prior_denoises_pixels(edges, prior, weight):
    flat, problem = edges
    left = (searched(problem, prior, weight / problem.y.numel(), 100) - flat).square().mean()
    none = (searched(replace(problem), None, 0.0, 100) - flat).square().mean()
    assert left < 0.6 * none


def test_what_is_believed_is_best_and_costs_its_entropy():
    p = torch.rand(1, 1, 5, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64).clamp(0.1, 0.9)
    prior, x = Believed(probability=p), p.clone().requires_grad_(True)
    prior(x).backward()
    assert x.grad.abs().max() < 1e-12
    assert float(prior(p)) == pytest.approx(float(torch.special.entr(torch.stack([p, 1 - p])).sum() / 30))
    assert all(prior((p + change).clamp(0, 1)) > prior(p) for change in (-0.05, 0.05))


def test_what_is_believed_is_the_sum_of_members_and_may_be_smooth():
    p = torch.full((1, 1, 5, 6), 0.3)
    x = torch.rand(2, 1, 5, 6, generator=torch.Generator().manual_seed(1))
    prior = Believed(probability=p, smooth=0.5)
    assert float(prior(x)) == pytest.approx(float(prior(x[:1]) + prior(x[1:])), rel=1e-5)
    rough = prior(x) - Believed(probability=p)(x)
    assert float(rough) == pytest.approx(0.5 * float(TotalVariation()(x)) / 30, rel=1e-4)


def test_what_is_believed_is_finite_at_certainty_and_must_be_told():
    prior = Believed(probability=torch.tensor([[[[0.0, 1.0], [1.0, 0.0]]]]))
    assert prior(torch.tensor([[[[1.0, 0.0], [1.0, 0.0]]]])).isfinite()
    with pytest.raises(ValueError, match="nothing is believed yet"):
        Believed()(torch.zeros(1, 1, 2, 2))
