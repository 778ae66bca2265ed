import pytest
import torch

from contracts import check_adjoint, check_operator
from untaught.abilities import Projecting
from untaught.operators import SubsampledFourier

SIZES = [(8, 6), (7, 5), (7, 6), (1, 1), (1, 4)]


def some(height, width, share=0.4):
    measured = torch.rand(height, width, generator=torch.Generator().manual_seed(3)) < share
    measured[0, 0] = True
    return measured


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_contract(height, width):
    operator = SubsampledFourier(some(height, width))
    check_operator(operator, height=height, width=width)
    check_adjoint(operator, height=height, width=width)


def test_all_frequencies_keep_the_length_and_give_the_image_back():
    operator, x = SubsampledFourier(torch.ones(6, 5, dtype=torch.bool)), torch.rand(2, 4, 6, 5)
    torch.testing.assert_close(operator(x).square().sum(), x.square().sum())
    torch.testing.assert_close(operator.adjoint(operator(x)), x)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_projection(height, width):
    operator, generator = SubsampledFourier(some(height, width)), torch.Generator().manual_seed(1)
    x, other = torch.rand(2, 2, 3, height, width, dtype=torch.float64, generator=generator)
    for y in (operator(other), operator(other[:1])):
        near = operator.project(x, y)
        torch.testing.assert_close(operator(near), y.expand_as(operator(near)))
        torch.testing.assert_close(operator.project(near, y), near)
    # nearest: what it moved by is a right angle away from every move that keeps the measurements
    near, y = operator.project(x, operator(other)), operator(other)
    another = operator.project(torch.rand(x.shape, dtype=x.dtype, generator=generator), y)
    torch.testing.assert_close(((x - near) * (another - near)).sum(), torch.zeros((), dtype=x.dtype), atol=1e-9, rtol=0)
    assert isinstance(operator, Projecting)


def test_noisy_opposite_frequencies_are_met_as_well_as_any_real_image_can():
    operator, generator = SubsampledFourier(torch.ones(5, 4, dtype=torch.bool)), torch.Generator().manual_seed(1)
    y = torch.randn(1, 1, 2, 20, dtype=torch.float64, generator=generator)
    near = operator.project(torch.rand(1, 1, 5, 4, dtype=torch.float64, generator=generator), y)
    torch.testing.assert_close(near, operator.adjoint(y))  # all were measured: the adjoint is least squares


def test_what_it_refuses():
    with pytest.raises(ValueError, match="with a measured frequency"):
        SubsampledFourier(torch.zeros(3, 3, dtype=torch.bool))
    for act in (lambda o, x: o(x), lambda o, x: o.project(x, x)):
        with pytest.raises(ValueError, match=r"the mask of frequencies is 8x6 but image is 6x8 \(height x width\)"):
            act(SubsampledFourier(some(8, 6)), torch.rand(1, 1, 6, 8))
