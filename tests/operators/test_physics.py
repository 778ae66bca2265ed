"""A deepinv Physics is met by its methods: by a stand-in here, by deepinv itself where that is installed."""

import pytest
import torch
from torch import nn

import untaught
from contracts import check_adjoint, check_operator
from test_tasks import TINY
from untaught.abilities import Linear, Projecting
from untaught.operators import EachAlone, Identity, Units, as_operator


class Nonlinear(nn.Module):
    """Called, it adds noise, as deepinv's do."""

    def __init__(self):
        super().__init__()
        self.register_buffer("weights", torch.linspace(0.5, 1.5, 6))
        self.exponent = nn.Parameter(torch.tensor(1.0))

    def A(self, x):  # noqa: N802
        return self.weights.to(x) * x.clamp_min(1e-6) ** self.exponent.to(x)

    def forward(self, x):
        return self.A(x) + torch.randn_like(x)


class Halving:
    """Linear, no module."""

    def A(self, x):  # noqa: N802
        return x[..., ::2]

    def A_adjoint(self, y):  # noqa: N802
        return torch.stack([y, torch.zeros_like(y)], dim=-1).flatten(-2)


class Invertible(Halving):
    def A_dagger(self, y):  # noqa: N802
        return self.A_adjoint(y)


def test_what_is_asked_is_a_not_the_call():
    physics, x = Nonlinear(), torch.rand(2, 3, 4, 6)
    operator = as_operator(physics)
    assert torch.equal(operator(x), physics.A(x)) and torch.equal(operator(x), operator(x))
    assert not isinstance(operator, Linear | Projecting)
    assert [name for name, _ in operator.named_parameters()] == ["physics.exponent"]
    assert operator.to(torch.float64).physics.weights.dtype is torch.float64


def test_its_adjoint_and_its_pseudo_inverse():
    operator = as_operator(Halving())
    check_operator(operator, height=3, width=6)
    check_adjoint(operator, height=3, width=6)
    assert not isinstance(operator, Projecting)
    projecting, x, y = as_operator(Invertible()), torch.rand(1, 1, 3, 6), torch.rand(1, 1, 3, 3)
    assert isinstance(projecting, Linear) and isinstance(projecting, Projecting)
    torch.testing.assert_close(projecting(projecting.project(x, y)), y)
    assert torch.equal(projecting.project(x, y)[..., 1::2], x[..., 1::2])


def test_what_is_no_physics_is_taken_as_it_is():
    class WithMatrix:
        A = torch.eye(2)

        def __call__(self, x):
            return x

    class WithLayer(nn.Module):
        def __init__(self):
            super().__init__()
            self.A = nn.Identity()

    for operator in (Identity(), WithMatrix(), WithLayer(), torch.sin):
        assert as_operator(operator) is operator
    with pytest.raises(TypeError, match="the operator is a int; wanted a callable"):
        as_operator(3)


def test_units_and_one_at_a_time():
    assert Units(-1.0, 3.0)(torch.tensor([0.0, 0.5, 1.0])).tolist() == [-1.0, 1.0, 3.0]
    x = torch.rand(3, 2, 4, 5)
    assert torch.equal(EachAlone(lambda one: one.mean((0, 2, 3)))(x), x.mean((2, 3)))
    assert len(list(EachAlone(nn.Linear(2, 2)).parameters())) == 2


def test_a_physics_is_restored_from():
    physics = Nonlinear()
    y = physics.A(torch.rand(1, 1, 6, 6)).detach()
    assert untaught.restore(y, physics, (1, 6, 6), quality=TINY).shape == (1, 1, 6, 6)
    assert physics.exponent == 1, "the caller's stays as it is"


def test_deepinvs_own():
    deepinv = pytest.importorskip("deepinv")
    physics = deepinv.physics.Inpainting((1, 8, 8), mask=0.5)
    operator, x = as_operator(physics), torch.rand(2, 1, 8, 8)
    assert torch.equal(operator(x), physics.A(x))
    assert isinstance(operator, Linear)
    assert untaught.restore(physics.A(x[:1]), physics, (1, 8, 8), quality=TINY).shape == (1, 1, 8, 8)
