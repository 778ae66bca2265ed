import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from contracts import start
from untaught.networks import Skip, Uniform
from untaught.networks.layers import Lanczos
from untaught.networks.skip import per_scale


def test_the_paper_s_network_has_2_2_million_weights() -> None:
    """Counted from figure 21: convolutions with bias, batch norms with scale and shift, five scales, three colours."""

    def block(cin: int, cout: int, size: int) -> int:
        return cin * cout * size**2 + cout + 2 * cout

    total = 0
    for cin in (32, 128, 128, 128, 128):
        total += block(cin, 4, 1)  # the connection
        total += block(cin, 128, 3) + block(128, 128, 3)  # down
        total += 2 * (128 + 4)  # the norm of the joined
        total += block(128 + 4, 128, 3) + block(128, 128, 1)  # up
    total += 128 * 3 + 3
    assert total == 2_217_831  # what the authors' denoising notebook prints
    assert sum(weights.numel() for weights in Skip().build(3, 512, 512).parameters()) == total


@pytest.mark.parametrize("support", [2, 3])
def test_lanczos_kernel_is_the_authors(support: int) -> None:
    """Their get_kernel(factor=2, "lanczos", phase=0.5, kernel_width=2 * support * factor + 1), written anew."""
    width = 4 * support + 1
    place = [abs(i + 0.5 - (width + 1) / 2) / 2 for i in range(1, width)]
    lobe = [support * math.sin(math.pi * d) * math.sin(math.pi * d / support) / (math.pi * d) ** 2 for d in place]
    kernel = torch.tensor([[a * b for a in lobe] for b in lobe], dtype=torch.float64)
    assert torch.allclose(Lanczos(support).kernel[0, 0].double(), kernel / kernel.sum(), atol=1e-7)


@pytest.mark.parametrize("support", [2, 3])
def test_lanczos_halves_and_keeps_flat_images_and_the_middle_of_slopes(support: int) -> None:
    halve = Lanczos(support)
    assert torch.allclose(halve(torch.full((1, 3, 4, 6), 0.7)), torch.full((1, 3, 2, 3), 0.7))
    slope = halve(torch.arange(40.0).expand(1, 1, 2, 40))[0, 0, 0]
    assert torch.allclose(slope[4:-4], torch.arange(20.0)[4:-4] * 2 + 0.5, atol=1e-4)  # midway between two pixels
    assert list(halve.state_dict()) == [] and list(halve.parameters()) == []


def test_lanczos_keeps_channels_apart() -> None:
    x = torch.zeros(1, 3, 8, 8)
    x[:, 1] = 1
    assert Lanczos(2)(x).amax(dim=(0, 2, 3)).tolist() == pytest.approx([0, 1, 0], abs=1e-6)


def test_the_kernel_survives_the_drawing() -> None:
    module, _ = start(Skip(down=(4,), up=(4,), skip=(0,), input=Uniform(2), downsampling="lanczos2"), (1, 4, 4), seed=0)
    kernels = [layer.kernel for layer in module.modules() if isinstance(layer, Lanczos)]
    assert [bool(torch.equal(kernel, Lanczos(2).kernel)) for kernel in kernels] == [True]


def test_per_scale() -> None:
    pair: int | tuple[int, ...] = (3, 5)
    assert list(per_scale(3, 2)) == [3, 3]
    assert list(per_scale(pair, 2)) == [3, 5]
    with pytest.raises(ValueError, match=r"\(3, 5\) names 2 scales, the network has 3"):
        per_scale(pair, 3)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"skip": (4,) * 4}, "got 5, 5 and 4"),
        ({"down": (), "up": (), "skip": ()}, "at least one; got 0, 0 and 0"),
        ({"kernel_down": (3, 3)}, "names 2 scales, the network has 5"),
        ({"kernel_up": (3,) * 6}, "names 6 scales, the network has 5"),
        ({"downsampling": ("avg",)}, "names 1 scales, the network has 5"),
        ({"upsampling": ("nearest",)}, "names 1 scales, the network has 5"),
        ({"kernel_down": 4}, "kernels must be odd"),
        ({"kernel_skip": 2}, "kernels must be odd"),
    ],
)
def test_says_what_is_wrong_when_it_is_made(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Skip(**wrong)


def smallest_that_runs(network: Skip) -> int:
    for least in range(2, 20):
        module, _ = start(network, (1, 1, 1), seed=0)
        side = least * 2 ** len(network.down)
        try:
            module(torch.rand(1, network.input.channels(), side, side))
        except RuntimeError:  # the padding is wider than the image
            continue
        return least
    raise AssertionError("no size will do")


@pytest.mark.parametrize(
    "kernels",
    [
        {},
        {"kernel_down": 7},
        {"kernel_down": (7, 3)},
        {"kernel_down": (3, 7)},
        {"kernel_up": 9},
        {"kernel_up": (3, 15)},
        {"kernel_up": (15, 3)},
        {"kernel_skip": 13},
    ],
)
def test_asks_for_no_more_pixels_than_reflection_needs(kernels: dict[str, Any]) -> None:
    network = Skip(down=(2, 2), up=(2, 2), skip=(1, 1), input=Uniform(1), **kernels)
    assert network.least() == smallest_that_runs(network)


def test_sizes_of_the_paper() -> None:
    assert Skip().input_size(512, 512) == (512, 512)
    assert Skip().input_size(481, 321) == (512, 352)


def test_finest_scale_first() -> None:
    """Averaging happens only where it is asked for."""
    module = Skip(down=(2, 2), up=(2, 2), skip=(1, 1), downsampling=("avg", "max")).build(1, 8, 8)
    pools: list[type[nn.Module]] = []

    def note(layer: nn.Module, _: tuple[Tensor, ...], __: Tensor) -> None:
        pools.append(type(layer))

    for layer in module.modules():
        if isinstance(layer, nn.AvgPool2d | nn.MaxPool2d):
            layer.register_forward_hook(note)
    with torch.no_grad():
        module(torch.rand(1, 32, 8, 8))
    assert pools == [nn.AvgPool2d, nn.MaxPool2d]
