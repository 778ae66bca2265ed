import pytest
import torch

from untaught.errors import UsageError
from untaught.optimisers import LBFGS, Adam, Apart, GradientDescent, Muon
from untaught.optimisers.muon import is_matrix, orthogonalise


@pytest.mark.parametrize("shape", [(8, 30), (30, 8), (16, 16)])
def test_orthogonalise_brings_singular_values_near_one_and_keeps_directions(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    u, s, v = torch.linalg.svd(matrix, full_matrices=False)
    out = orthogonalise(matrix)
    values = torch.diag(u.T @ out @ v.T)
    assert out.shape == matrix.shape
    assert torch.allclose(out, u @ torch.diag(values) @ v, atol=1e-3), "singular vectors must not change"
    assert values[s > 0.1 * s.max()].min() > 0.6 and values.max() < 1.25


def test_the_gram_matrix_gives_what_the_published_iteration_gives():
    x = torch.randn(6, 20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    plain = x / (x.norm() + 1e-7)
    for _ in range(5):
        gram = plain @ plain.T
        plain = 3.4445 * plain + (-4.7750 * gram + 2.0315 * gram @ gram) @ plain
    assert torch.allclose(orthogonalise(x), plain, atol=1e-9)


def test_which_weights_are_matrices():
    yes = [torch.zeros(16, 8, 3, 3), torch.zeros(4, 32, 1, 1), torch.zeros(10, 10)]
    no = [torch.zeros(16), torch.zeros(3, 16, 1, 1), torch.zeros(1, 3, 64, 64)]
    assert all(map(is_matrix, yes)) and not any(map(is_matrix, no))


RULES = [
    Adam(lr=0.05),
    Muon(lr=0.05, adam_lr=0.05),
    GradientDescent(lr=0.05),
    GradientDescent(lr=0.01, momentum=0.9),
    LBFGS(),
    Apart(weights=Muon(lr=0.05, adam_lr=0.05), others=GradientDescent(lr=0.05)),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda r: type(r).__name__)
def test_every_parameter_goes_downhill(rule):
    weight, bias, z = (torch.randn(shape, requires_grad=True) for shape in ((8, 12), (8,), (1, 2, 3, 3)))
    optimisers = rule.start([weight, bias], [z])
    before = [parameter.detach().clone() for parameter in (weight, bias, z)]

    def loss():
        for optimiser in optimisers:
            optimiser.zero_grad()
        value = sum(parameter.square().sum() for parameter in (weight, bias, z))
        value.backward()
        return value.detach()

    for _ in range(30):
        for optimiser in optimisers:
            optimiser.step(loss)
    for old, new in zip(before, (weight, bias, z), strict=True):
        assert new.detach().norm() < 0.8 * old.norm()


def test_apart_gives_each_its_own_rule():
    weight, z = torch.ones(4, 4, requires_grad=True), torch.ones(1, 2, 3, 3, requires_grad=True)
    rule = Apart(weights=Adam(lr=0.1), others=GradientDescent(lr=0.25))
    (weight.sum() + z.sum()).backward()
    for optimiser in rule.start([weight], [z]):
        optimiser.step()
    assert torch.allclose(weight, torch.tensor(0.9)) and torch.allclose(z, torch.tensor(0.75))
    assert len(rule.start([weight], [])) == 1, "where nothing else is fitted, nothing else is started"


def test_momentum_adds_up():
    weight = torch.ones(4, requires_grad=True)
    (optimiser,) = GradientDescent(lr=0.1, momentum=0.5).start([weight], [])
    for moved in (0.1, 0.25):
        optimiser.zero_grad()
        weight.sum().backward()
        optimiser.step()
        assert torch.allclose(weight, torch.tensor(1 - moved))


def test_lbfgs_finds_the_least_of_a_quadratic_form_that_descent_does_not():
    curvature = torch.logspace(0, 3, 8)

    def after(rule, count):
        weight = torch.ones(8, requires_grad=True)
        (optimiser,) = rule.start([weight], [])

        def loss():
            optimiser.zero_grad()
            value = (curvature * weight.square()).sum() / 2
            value.backward()
            return value.detach()

        for _ in range(count):
            optimiser.step(loss)
        return float(loss())

    assert after(LBFGS(), 40) < 1e-6 < 1e-2 < after(GradientDescent(lr=1e-3), 40)


def test_lbfgs_is_for_one_seed():
    with pytest.raises(UsageError, match="wanted one seed, got several"):
        LBFGS().start([torch.zeros(2, 3, requires_grad=True)], [], stacked=True)
