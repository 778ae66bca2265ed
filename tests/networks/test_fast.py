"""The quick layers give torch's numbers, forward and backward."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from untaught.networks import Skip, fast
from untaught.networks.inputs import Uniform

MODES = ("zeros", "reflect", "replicate")


def drawn(*shape, dtype=torch.float64):
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(len(shape)))


def layer(size, mode, dtype=torch.float64):
    conv = fast.Conv2d(5, 4, size, padding=size // 2, padding_mode=mode, dtype=dtype)
    for weights in conv.parameters():
        nn.init.normal_(weights, std=0.3, generator=torch.Generator().manual_seed(0))
    return conv


def both(quick, plain, inputs):
    """Values and gradients, ours and torch's."""
    out, wanted = quick(), plain()
    slope = torch.randn(wanted.shape, dtype=wanted.dtype, generator=torch.Generator().manual_seed(1))
    return (out, *torch.autograd.grad(out, inputs, slope)), (wanted, *torch.autograd.grad(wanted, inputs, slope))


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [1, 3, 5, 7])
def test_a_convolution_is_torchs(size, mode, batch):
    x = drawn(batch, 5, 9, 8).requires_grad_()
    conv = layer(size, mode if size > 1 else "zeros")
    assert conv.fits(x)
    ours, theirs = both(lambda: conv(x), lambda: nn.Conv2d.forward(conv, x), [x, *conv.parameters()])
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)


def test_a_convolution_is_torchs_in_single_precision():
    x = drawn(1, 5, 40, 33, dtype=torch.float32).requires_grad_()
    conv = layer(3, "reflect", torch.float32)
    ours, theirs = both(lambda: conv(x), lambda: nn.Conv2d.forward(conv, x), [x, *conv.parameters()])
    for mine, other in zip(ours, theirs, strict=True):
        assert (mine - other).abs().max() < 1e-5 * other.abs().max()


@pytest.mark.parametrize("mode", MODES)
def test_the_gradient_is_that_of_the_values(mode):
    conv = layer(3, mode)
    assert torch.autograd.gradcheck(lambda x, w, b: fast.Same.apply(x, w, b, mode), (drawn(1, 5, 4, 5).requires_grad_(),
                                    conv.weight, conv.bias))  # fmt: skip


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 4), (5, 2), (6, 7)])
def test_doubling_is_torchs(height, width, mode):
    x = drawn(2, 3, height, width).requires_grad_()
    plain = lambda: F.interpolate(x, scale_factor=2, mode=mode)  # noqa: E731
    torch.testing.assert_close(*both(lambda: fast.twice(x, mode), plain, [x]), rtol=1e-10, atol=1e-10)


def test_a_strided_gradient_of_a_norm():
    """As it comes from a crop: the gradient is right, and the layer's state has torch's keys."""
    norm, plain = fast.BatchNorm2d(3).double(), nn.BatchNorm2d(3).double()
    assert norm.state_dict().keys() == plain.state_dict().keys()
    x = drawn(1, 3, 8, 8).requires_grad_()
    slope = drawn(1, 8, 9, 3).permute(0, 3, 1, 2)[..., 1:]
    ours, theirs = (torch.autograd.grad(one(x), [x], slope) for one in (norm, plain))
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("skip", [Skip(input=Uniform(4), down=(8, 8), up=(8, 8), skip=(4, 0))], ids=["skip"])
def test_a_network_is_the_same_with_and_without(skip, monkeypatch):
    module, z = skip.build(3, 16, 24), drawn(1, 4, 16, 24)
    for weights in module.parameters():
        nn.init.normal_(weights, std=0.3, generator=torch.Generator().manual_seed(0))
    module.double()
    slope = drawn(1, 3, 16, 24)
    ours = torch.autograd.grad(module(z), list(module.parameters()), slope)
    monkeypatch.setattr(fast, "on_cpu", lambda x: False)
    theirs = torch.autograd.grad(module(z), list(module.parameters()), slope)
    torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-8)


def test_what_it_is_not_for_is_left_to_torch():
    x = drawn(1, 4, 8, 8)
    others = [fast.Conv2d(4, 4, 3, 2, 1), fast.Conv2d(4, 4, 3), fast.Conv2d(4, 4, 3, 1, 1, groups=2)]
    others += [fast.Conv2d(4, 4, 3, 1, 1, padding_mode="circular"), fast.Conv2d(4, 4, (1, 3), 1, (0, 1))]
    assert not any(conv.fits(x) for conv in others)
    for conv in others:
        torch.testing.assert_close(conv.double()(x), nn.Conv2d.forward(conv, x))
