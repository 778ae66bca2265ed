"""Composed and stacked operators, and those that are made so: pansharpening, stripes with dead lines."""

import pytest
import torch
from torch import nn

from contracts import check_adjoint, check_operator
from untaught.operators import (
    Composed,
    Downsample,
    Identity,
    Mask,
    Pansharpening,
    Stacked,
    Stripes,
    SubsampledFourier,
)

SIZE = {"height": 7, "width": 6}
OBSERVED = torch.rand(7, 6, generator=torch.Generator().manual_seed(0)) < 0.5


def test_one_after_another():
    operator = Composed(Downsample(2), Mask(OBSERVED))
    check_operator(operator, height=14, width=12)
    check_adjoint(operator, height=14, width=12)
    x = torch.rand(2, 3, 14, 12)
    assert torch.equal(operator(x), Mask(OBSERVED)(Downsample(2)(x)))


def test_no_adjoint_without_that_of_every_part():
    operator = Composed(Identity(), Mask(OBSERVED))
    with pytest.raises(TypeError, match="Identity gives no adjoint"):
        operator.adjoint(operator(torch.rand(1, 1, 7, 6)))


@pytest.mark.parametrize("kind", [Composed, lambda: Stacked(shape=(1, 2, 2))])
def test_no_parts(kind):
    with pytest.raises(ValueError, match="wanted one operator or more"):
        kind()


@pytest.mark.parametrize("channels", [1, 3])
def test_several_observations(channels):
    shape = (channels, 7, 6)
    operator = Stacked(Mask(OBSERVED), SubsampledFourier(~OBSERVED), shape=shape, sigmas=(0.5, 2.0))
    batches = ((1, channels), (2, channels))
    check_operator(operator, **SIZE, batches=batches)
    check_adjoint(operator, **SIZE, batches=batches)
    x = torch.rand(2, *shape)
    y = operator(x)
    assert torch.equal(y, operator.pack(*(part(x) for part in operator.parts)))
    first, second = operator.unpack(y)
    torch.testing.assert_close(first, Mask(OBSERVED)(x))
    torch.testing.assert_close(second, SubsampledFourier(~OBSERVED)(x))
    torch.testing.assert_close(y[:, : first[0].numel()], first.flatten(1) / 0.5)


def test_what_cannot_be_stacked():
    with pytest.raises(ValueError, match="wanted 2 positive ones"):
        Stacked(Identity(), Identity(), shape=(1, 2, 2), sigmas=(1.0,))
    with pytest.raises(ValueError, match="wanted 1 positive ones"):
        Stacked(Identity(), shape=(1, 2, 2), sigmas=(0.0,))
    operator = Stacked(Identity(), shape=(1, 2, 2))
    with pytest.raises(ValueError, match=r"the image is \[3, 2, 2\]; wanted \[1, 2, 2\]"):
        operator(torch.rand(1, 3, 2, 2))
    with pytest.raises(ValueError, match="there are 2 measurements for 1 operators"):
        operator.pack(torch.rand(1, 2), torch.rand(1, 2))


@pytest.mark.parametrize("parts", [lambda s: Composed(s, Mask(OBSERVED)), lambda s: Stacked(s, shape=(1, 7, 6))])
def test_the_unknowns_of_parts_are_unknowns(parts):
    assert len(list(parts(Stripes(6)).parameters())) == 2
    assert not list(parts(Identity()).parameters())


@pytest.mark.parametrize(("height", "width", "ratio"), [(8, 8, 4), (4, 12, 4), (6, 3, 3), (6, 5, 1)])
def test_pansharpening(height, width, ratio):
    weights = (0.2, 0.3, 0.1, 0.4)
    operator = Pansharpening(weights, ratio, height=height, width=width, sigmas=(0.5, 0.1))
    check_operator(operator, height=height, width=width, batches=((1, 4), (2, 4)))
    check_adjoint(operator, height=height, width=width, batches=((1, 4), (2, 4)))
    x = torch.rand(2, 4, height, width)
    pan, bands = operator.unpack(operator(x))
    assert pan.shape == (2, 1, height, width) and bands.shape == (2, 4, height // ratio, width // ratio)
    torch.testing.assert_close(pan[:, 0], sum(weight * x[:, band] for band, weight in enumerate(weights)))
    last = x[:, :, (height - 1) // ratio * ratio :, (width - 1) // ratio * ratio :]
    torch.testing.assert_close(bands[:, :, -1, -1], last.mean((-2, -1)))


def test_detail_is_injected():
    """A flat colour under any brightness is found exactly but for what the enlargement gets wrong."""
    operator = Pansharpening((0.5, 0.25, 0.25), 4, height=20, width=16)
    grey = torch.rand(1, 1, 20, 16, generator=torch.Generator().manual_seed(0)).expand(1, 3, 20, 16)
    torch.testing.assert_close(operator.injected(operator(grey)), grey)
    flat = torch.tensor([0.2, 0.5, 0.7]).view(1, 3, 1, 1).expand(1, 3, 20, 16)
    torch.testing.assert_close(operator.injected(operator(flat)), flat)


def test_what_is_no_pansharpening():
    with pytest.raises(ValueError, match="0 weights, ratio 4"):
        Pansharpening((), 4, height=8, width=8)
    with pytest.raises(ValueError, match="ratio 0"):
        Pansharpening((1.0,), 0, height=8, width=8)


@pytest.mark.parametrize("along", ["columns", "rows"])
@pytest.mark.parametrize("own", [False, True])
def test_stripes(along, own):
    operator = Stripes(6 if along == "columns" else 7, along=along, channels=3 if own else 1).double()
    x = torch.rand(2, 3, 7, 6, dtype=torch.float64)
    torch.testing.assert_close(operator(x), x)
    for steps in operator.parameters():
        nn.init.normal_(steps, std=3.0, generator=torch.Generator().manual_seed(1))
    gain, offset = operator.gain, operator.offset
    assert gain.std() > 0.1 and offset.std() > 0.1
    torch.testing.assert_close(gain.mean((-2, -1)), torch.ones_like(gain[..., 0, 0]))
    torch.testing.assert_close(offset.mean((-2, -1)), torch.zeros_like(offset[..., 0, 0]))
    torch.testing.assert_close(operator(x), gain * x + offset)
    line = (..., 2) if along == "columns" else (..., 2, slice(None))
    torch.testing.assert_close(operator(x)[line], gain[line] * x[line] + offset[line])
    small = x[:1].clone().requires_grad_(True)
    assert torch.autograd.gradcheck(operator, small)


def test_dead_lines_are_missing_pixels():
    alive = torch.ones(7, 6, dtype=torch.bool)
    alive[:, 2] = False
    operator, x = Composed(Stripes(6), Mask(alive)), torch.rand(1, 1, 7, 6)
    other = x.clone()
    other[..., 2] = 9
    assert torch.equal(operator(x), operator(other)) and operator(x).shape == (1, 1, 35)


def test_stripes_refuse_another_length():
    with pytest.raises(ValueError, match="the image has 5 columns; wanted 6"):
        Stripes(6)(torch.rand(1, 1, 6, 5))
    with pytest.raises(ValueError, match="0 rows"):
        Stripes(0, along="rows")
