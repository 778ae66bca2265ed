"""Every network, in every variant that computes something else, against the one contract; and what is its own."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import untaught.networks as networks
from contracts import check_network, start, wake
from untaught.core import Network
from untaught.networks import (
    ConvDecoder,
    Convolutions,
    Coordinate,
    DeepDecoder,
    Fourier,
    Given,
    MeshGrid,
    Normal,
    Pixels,
    ResNet,
    Skip,
    SmallUNet,
    SubPixel,
    UNet,
    Uniform,
)

TWO = Skip(down=(6, 5), up=(5, 6), skip=(2, 3), input=Uniform(4))
THREE = Skip(down=(4, 5, 6), up=(4, 5, 6), skip=(2, 0, 3), input=Uniform(4))

NETWORKS: dict[str, Network] = {
    "skip": TWO,
    "skip, three scales": THREE,
    "skip, avg": replace(TWO, downsampling="avg"),
    "skip, max": replace(TWO, downsampling="max"),
    "skip, lanczos2": replace(TWO, downsampling="lanczos2"),
    "skip, lanczos3": replace(TWO, downsampling="lanczos3"),
    "skip, nearest": replace(TWO, upsampling="nearest"),
    "skip, per scale": replace(
        THREE,
        kernel_down=(5, 3, 1),
        kernel_up=(7, 5, 3),
        downsampling=("stride", "lanczos2", "max"),
        upsampling=("nearest", "bilinear", "nearest"),
    ),
    "skip, no connections": replace(TWO, skip=(0, 0)),
    "skip, kernel 5": replace(TWO, kernel_down=5, kernel_up=5, kernel_skip=5),
    "skip, kernel 9": replace(THREE, kernel_down=9, kernel_up=11, kernel_skip=13),
    "skip, zeros": replace(TWO, padding="zeros"),
    "skip, replicate": replace(TWO, padding="replicate", kernel_down=7),
    "skip, no 1x1": replace(TWO, one_by_one=False),
    "skip, relu": replace(TWO, activation="relu"),
    "skip, swish": replace(TWO, activation="swish"),
    "skip, elu": replace(TWO, activation="elu"),
    "skip, no activation": replace(TWO, activation="none"),
    "skip, no sigmoid": replace(TWO, sigmoid=False),
    "skip, no bias": replace(TWO, bias=False),
    "skip, joined as they are": replace(TWO, normalise_joined=False),
    "skip on a mesh": replace(TWO, skip=(0, 2), input=MeshGrid()),
    "skip on normal noise": replace(TWO, input=Normal(4)),
    "skip on waves": replace(TWO, input=Fourier(3)),
    "unet": UNet(widths=(4, 6, 8), input=Uniform(3)),
    "unet, nearest": UNet(widths=(4, 6, 8), input=Uniform(3), upsampling="nearest"),
    "unet, bilinear": UNet(widths=(4, 6, 6), input=Uniform(3), upsampling="bilinear", padding="reflect"),
    "unet, batch": UNet(widths=(4, 6, 8), input=Uniform(3), norm="batch", sigmoid=False),
    "unet, no norm": UNet(widths=(6, 8, 8), input=Uniform(3), norm="none"),
    "unet, one scale": UNet(widths=(6,), input=Uniform(3), norm="batch"),
    "resnet": ResNet(blocks=2, width=4, input=Uniform(3)),
    "resnet, zeros": ResNet(blocks=1, width=4, input=Uniform(3), padding="zeros", activation="swish", sigmoid=False),
    "deep decoder": DeepDecoder(layers=3, width=8, input=Uniform(8)),
    "deep decoder, from three channels": DeepDecoder(layers=4, width=6, input=Normal(3), sigmoid=False),
    "conv decoder": ConvDecoder(layers=4, width=5, start=(4, 4), input=Uniform(5)),
    "conv decoder, bilinear": ConvDecoder(
        layers=3, width=5, start=(2, 5), input=Uniform(3), upsampling="bilinear", sigmoid=False
    ),
    "siren": Coordinate(width=8, depth=3),
    "siren on noise": Coordinate(width=8, depth=1, input=Uniform(3), sigmoid=False),
    "fourier features": Coordinate(activation="relu", width=12, depth=3),
    "pixels": Pixels(),
    "pixels, logits": Pixels(sigmoid=True),
}
FIXED = {
    "pixels, zeros": Pixels(start="zeros"),
    "pixels, half": Pixels(start="half"),
    "pixels, zeros, logits": Pixels(start="zeros", sigmoid=True),
}

SILENT = {
    "convolutions": Convolutions(input=Uniform(5), width=6),
    "convolutions, four": Convolutions(input=Normal(3), width=4, depth=4),
    "convolutions, one": Convolutions(input=Uniform(3), depth=1),
    "sub-pixel": SubPixel(input=Uniform(5), width=6, depth=3),
    "sub-pixel, three times": SubPixel(input=Normal(3), factor=3, width=4, depth=2),
    "small U-Net": SmallUNet(input=Uniform(4), widths=(4, 5, 6)),
    "small U-Net, one scale": SmallUNet(widths=(4,)),
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS.keys())
def test_contract(network: Network) -> None:
    check_network(network)


@pytest.mark.parametrize("network", FIXED.values(), ids=FIXED.keys())
def test_contract_without_chance(network: Network) -> None:
    check_network(network, random=False)


@pytest.mark.parametrize("network", SILENT.values(), ids=SILENT.keys())
def test_contract_of_those_that_begin_with_nothing(network: Network) -> None:
    """With one layer nothing is drawn at all: the seed changes z alone."""
    check_network(network, random=network != SILENT["convolutions, one"], silent=True)


def test_small_unet_looks_as_far_as_its_scales_reach() -> None:
    """A change at one pixel is seen several away, further with more scales, and passes at every brightness."""
    reaches = []
    for widths in ((4,), (4, 4), (4, 4, 4)):
        module, z = start(SmallUNet(input=Uniform(2), widths=widths), (1, 64, 64), seed=0)
        wake(module)
        z.requires_grad_(True)
        module(z)[0, 0, 32, 32].backward()
        assert z.grad is not None
        reaches.append(int((z.grad.abs().sum((0, 1)) > 0).any(0).sum()))
    assert reaches == [7, 20, 44]
    for wrong in ((), (4, 0)):
        with pytest.raises(ValueError, match="widths are"):
            SmallUNet(widths=wrong)


@settings(max_examples=10, deadline=None)
@given(height=st.integers(1, 70), width=st.integers(1, 70))
def test_any_size_is_covered_and_none_smaller_would_do(height: int, width: int) -> None:
    for network in [*NETWORKS.values(), *SILENT.values()]:
        module, z = start(network, (1, height, width), seed=0)
        with torch.no_grad():
            made = module(z).shape[2:]
        assert made[0] >= height and made[1] >= width
        assert network.input_size(*made) == z.shape[2:]  # a size that comes out exactly is asked for exactly


def test_a_picture_as_input() -> None:
    picture = torch.rand(1, 2, 9, 14)
    network = replace(TWO, input=Given(picture))
    module, z = start(network, (3, 9, 14), seed=0)
    assert torch.equal(z[..., 1:10, 1:15], picture)
    assert module(z).shape == (1, 3, 12, 16)


def test_the_folder_lists_its_names() -> None:
    assert networks.__all__ == sorted(networks.__all__)
    assert {type(network).__name__ for network in [*NETWORKS.values(), *SILENT.values()]} < set(networks.__all__)
    assert all(hasattr(networks, name) for name in networks.__all__)


def weights(network: Network, channels: int = 3, height: int = 32, width: int = 32) -> int:
    return sum(parameter.numel() for parameter in network.build(channels, height, width).parameters())


def test_unet_of_figure_8() -> None:
    """Convolution pairs down (1 -> 8 -> ... -> 128, 128) and up, deconvolutions 4 x 4, no scales or shifts."""
    down, total = [(1, 8), (8, 16), (16, 32), (32, 64), (64, 128), (128, 128)], 0
    for cin, cout in down:
        total += cin * cout * 9 + cout + cout * cout * 9 + cout
    for deep, cout in [(128, 128), (128, 64), (64, 32), (32, 16), (16, 8)]:
        total += deep * cout * 16 + cout + 2 * cout * cout * 9 + cout + cout * cout * 9 + cout
    assert weights(UNet(input=Uniform(1), widths=(8, 16, 32, 64, 128, 128))) == total + 8 * 3 + 3


def test_unet_normalises_on_the_way_down_only() -> None:
    batch = UNet(widths=(4, 6, 8), norm="batch").build(3, 8, 8)
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in batch.modules()) == 2 * 3
    none = UNet(widths=(4, 6, 8), norm="none")
    assert not any(isinstance(layer, nn.InstanceNorm2d | nn.BatchNorm2d) for layer in none.build(3, 8, 8).modules())
    assert none.input_size(1, 1) == (4, 4)


def test_unet_needs_a_scale() -> None:
    with pytest.raises(ValueError, match="at least one scale"):
        UNet(widths=())


def test_resnet_pads_with_zeros_inside() -> None:
    modes = [m.padding_mode for m in ResNet(blocks=1).build(3, 8, 8).modules() if isinstance(m, nn.Conv2d)]
    assert modes == ["reflect", "zeros", "zeros", "zeros", "reflect"]


def test_deep_decoder_of_the_paper() -> None:
    """Six 128 x 128 layers with two numbers a channel for batch norm, and three colours, without a bias anywhere."""
    assert weights(DeepDecoder()) == 6 * (128 * 128 + 2 * 128) + 128 * 3 == 100_224
    assert DeepDecoder().input_size(512, 512) == (16, 16)


def test_conv_decoder_of_the_authors() -> None:
    """The sizes and the number of weights that `ConvDecoder_vs_Unet_multicoil.ipynb` prints for 15 coils."""
    decoder = ConvDecoder(start=(8, 4))
    assert decoder.sizes(640, 368) == [(17, 9), (35, 19), (72, 39), (149, 82), (309, 174), (640, 368)]
    assert weights(decoder, 30, 640, 368) == 1_619_840


def test_conv_decoder_grows_from_any_start_and_never_shrinks() -> None:
    assert ConvDecoder(layers=4, start=(8, 8)).sizes(64, 5) == [(16, 8), (32, 8), (64, 8)]


@pytest.mark.parametrize("wrong", [{"layers": 1}, {"start": (1, 8)}])
def test_conv_decoder_says_what_it_needs(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="at least 2 layers and a start of 2x2"):
        ConvDecoder(**wrong)  # type: ignore[arg-type]


def test_depths_below_one() -> None:
    with pytest.raises(ValueError, match="at least one layer; got 0"):
        DeepDecoder(layers=0)
    with pytest.raises(ValueError, match="at least one hidden layer; got 0"):
        Coordinate(depth=0)


def test_siren_starts_from_its_law() -> None:
    module, z = start(Coordinate(width=64, depth=3), (3, 32, 32), seed=0)
    assert isinstance(module, nn.Sequential)
    layers = [layer for layer in module if isinstance(layer, nn.Conv2d)]
    bounds = [1 / 2] + [(6 / 64) ** 0.5 / 30] * 3
    assert len(layers) == len(bounds)
    for layer, bound in zip(layers, bounds, strict=True):
        assert 0.9 * bound < layer.weight.abs().max() <= bound
    with torch.no_grad():
        hidden = module[:-2](z)  # what the law is for: arcsine-distributed activations, at any depth
    assert hidden.abs().max() <= 1
    assert hidden.std() == pytest.approx(0.5**0.5, abs=0.1)


def test_siren_sees_coordinates_from_minus_one_to_one() -> None:
    module, z = start(Coordinate(width=8), (1, 5, 7), seed=0)
    assert isinstance(module, nn.Sequential)
    seen = module[0](z)
    assert seen[0, 0, 0].tolist() == pytest.approx([-1, -2 / 3, -1 / 3, 0, 1 / 3, 2 / 3, 1])
    assert seen[0, 1, :, 0].tolist() == pytest.approx([-1, -1 / 2, 0, 1 / 2, 1])


def test_coordinate_chooses_its_input() -> None:
    assert Coordinate().input == MeshGrid()
    assert Coordinate(activation="relu").input == Fourier(8)
    assert Coordinate(activation="relu", input=MeshGrid()).input == MeshGrid()


@pytest.mark.parametrize(("begin", "low", "high"), [("zeros", 0, 0), ("half", 0.5, 0.5), ("uniform", 0, 0.1)])
@pytest.mark.parametrize("sigmoid", [False, True])
def test_pixels_start_where_they_say(begin: str, low: float, high: float, sigmoid: bool) -> None:
    module, z = start(Pixels(start=begin, sigmoid=sigmoid), (3, 16, 16), seed=0)  # type: ignore[arg-type]
    x = module(z)
    assert x.shape == (1, 3, 16, 16)
    assert low - 1e-6 <= x.min() and x.max() <= high + 1.1e-3
    assert begin != "uniform" or x.max() - x.min() > 0.09


def test_pixels_hand_out_copies() -> None:
    module, z = start(Pixels(), (1, 4, 4), seed=0)
    x = module(z).detach()
    kept = x.clone()
    with torch.no_grad():
        next(module.parameters()).zero_()
    assert torch.equal(x, kept)


def test_convolutions_reach_no_further_than_their_depth() -> None:
    module, z = start(Convolutions(input=Uniform(2), width=4, depth=3), (1, 15, 15), seed=0)
    wake(module)
    changed = z.clone()
    changed[..., 7, 7] += 1
    moved = (module(changed) != module(z)).any(1)[0]
    rows, columns = moved.nonzero().unbind(1)
    assert (rows - 7).abs().max() == (columns - 7).abs().max() == 3


def test_the_first_step_away_from_nothing_is_the_last_layers() -> None:
    module, z = start(Convolutions(input=Uniform(2), width=4), (1, 8, 8), seed=0)
    module(z).sum().backward()
    moved = [bool(weights.grad is not None and weights.grad.any()) for weights in module.parameters()]
    assert moved == [False] * 4 + [True] * 2


@pytest.mark.parametrize("wrong", [{"width": 0}, {"depth": 0}])
def test_convolutions_need_a_layer_and_a_width(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="wanted 1 or more of both"):
        Convolutions(**wrong)  # type: ignore[arg-type]
