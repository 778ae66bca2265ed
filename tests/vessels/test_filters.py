"""The learnable filters: the classical ones before the first step, and something to learn in each of their weights."""

import math

import pytest
import torch

from untaught.vessels.descriptors import Spectrum, eigenvalues, frangi, strongest
from untaught.vessels.filters import PACE, SHARP, TubeFilters, Tubes
from vessels.tubes import line, middle, noise

TUBES = Tubes()


def drawn(start=TUBES, dtype=torch.float32):
    layer = TubeFilters(start).to(dtype)
    layer.draw(torch.Generator())
    return layer


def contrast(side=40, dtype=torch.float32):
    return torch.cat([4 * line(2.0, side=side, angle=0.7, dtype=dtype), noise(1, 1, side, side, dtype=dtype)])


def test_before_the_first_step_it_is_the_classical_filters():
    image = contrast()
    found = drawn()(image)
    spectrum, scales = Spectrum.of(image), len(TUBES.sigmas)
    larger, smaller = (spectrum.cut(one) for one in eigenvalues(spectrum, torch.tensor(TUBES.sigmas)))
    each = frangi(larger, smaller, beta=TUBES.beta, c=TUBES.c)
    torch.testing.assert_close(found[:, :scales], each)

    weight = torch.exp(SHARP * each)
    soft = (weight * each).sum(1) / weight.sum(1)
    torch.testing.assert_close(found[:, scales], soft)

    grid = spectrum.halved()
    widths, lengths = (torch.tensor(one) for one in zip(*TUBES.bars, strict=True))
    torch.testing.assert_close(found[:, scales + 1 :], grid.cut(strongest(grid, widths, lengths)[0]))
    assert found.shape[1] == TUBES.channels()


def test_the_gate_is_a_soft_maximum():
    """Between the mean and the largest; near the largest where one scale stands out."""
    each, gated = drawn()(2 * contrast()).split([5, 3], dim=1)
    gated = gated[:, 0]
    assert (gated <= each.amax(1) + 1e-6).all() and (gated >= each.mean(1) - 1e-6).all()
    stands_out = each.amax(1) > 0.8
    assert stands_out.sum() > 20 and (gated / each.amax(1))[stands_out].min() > 0.6


def test_a_row_of_the_gate_says_when_its_scale_is_believed():
    """Here the third, where the first answers."""
    layer, image = drawn(), 2 * contrast()
    layer.gate.data.zero_()
    layer.gate.data[2, 0] = 20.0
    with torch.no_grad():
        found = layer(image)
    answers = found[:, 0] > 0.5
    assert answers.sum() > 20
    torch.testing.assert_close(found[:, 5][answers], found[:, 2][answers], atol=1e-3, rtol=0)


def test_every_weight_has_a_gradient():
    layer = drawn()
    (layer(contrast()) * noise(2, TUBES.channels(), 40, 40, dtype=torch.float32)).sum().backward()
    for name, weights in layer.named_parameters():
        assert weights.grad is not None and (weights.grad.abs() > 1e-4).all(), name


def test_gradients():
    start = Tubes(sigmas=(1.2, 2.0), bars=((1.5, 4.0),))
    layer, image = drawn(start, torch.float64), noise(1, 1, 7, 6, seed=3)
    names, weights = zip(*layer.named_parameters(), strict=True)
    weighing = noise(1, start.channels(), 7, 6)

    def of(image, *weights):
        found = torch.func.functional_call(layer, dict(zip(names, weights, strict=True)), (image,))
        assert found.dtype == torch.float64
        return (found * weighing).sum()

    assert torch.autograd.gradcheck(of, (image.requires_grad_(), *weights), atol=1e-5)


def test_a_weight_moves_a_scale_by_a_tenth():
    """From 1.2 to the scale that fits a line of width 2, at 2.83: its own vesselness is then the largest there is."""
    image = 0.2 * line(2.0, side=41)
    layer = drawn(Tubes(sigmas=(1.2,), bars=()))
    heights = []
    for wanted in (1.2, 2.0, 2 * math.sqrt(2), 4.5):
        layer.sigma.data.fill_(math.log(wanted / 1.2) / PACE)
        torch.testing.assert_close(layer.scaled(1.2, layer.sigma), torch.tensor([wanted]))
        heights.append(middle(layer(image.float()))[0, 0].item())
    assert max(heights) == heights[2]


@pytest.mark.parametrize("start", [Tubes(bars=()), Tubes(sigmas=(2.0,)), Tubes(sigmas=(1.0, 3.0), bars=((2.0, 5.0),))])
def test_as_many_channels_as_it_says(start):
    assert drawn(start)(contrast(20)).shape == (2, start.channels(), 20, 20)


def test_a_batch_is_its_members():
    layer, batch = drawn(), contrast()
    with torch.no_grad():
        torch.testing.assert_close(layer(batch), torch.cat([layer(one[None]) for one in batch]), atol=1e-5, rtol=1e-4)
