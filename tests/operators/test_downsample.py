import numpy as np
import pytest
import torch
from PIL import Image
from PIL.Image import Resampling

from contracts import check_adjoint, check_operator
from untaught.abilities import Projecting
from untaught.networks.layers import Lanczos
from untaught.operators import Downsample
from untaught.operators.downsample import KERNELS

DOWN = [(factor, kernel) for kernel in KERNELS for factor in (1, 2, 3, 4, 8)]


@pytest.mark.parametrize(("factor", "kernel"), DOWN)
def test_downsampling(factor, kernel):
    operator = Downsample(factor, kernel)
    check_operator(operator, height=2 * factor, width=factor)
    check_adjoint(operator, height=3 * factor, width=2 * factor)


@pytest.mark.parametrize("factor", [2, 3, 4, 8])
@pytest.mark.parametrize("kernel", ["box", "bicubic", "lanczos3"])
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (7, 4), (20, 31)])
def test_downsampling_is_that_of_pillow(factor, kernel, size):
    names = {"box": Resampling.BOX, "bicubic": Resampling.BICUBIC, "lanczos3": Resampling.LANCZOS}
    height, width = size
    x = torch.rand(height * factor, width * factor, generator=torch.Generator().manual_seed(0))
    theirs = np.asarray(Image.fromarray(x.numpy()).resize((width, height), names[kernel]))
    ours = Downsample(factor, kernel)(x[None, None].double())[0, 0]
    assert np.abs(ours.numpy() - theirs).max() < 1e-5


@pytest.mark.parametrize(("factor", "kernel"), DOWN)
@pytest.mark.parametrize("size", [(1, 1), (5, 3), (24, 17)])
def test_downsampling_projects_on_the_nearest_image_that_is_measured_so(factor, kernel, size):
    operator, generator = Downsample(factor, kernel), torch.Generator().manual_seed(1)
    x = torch.rand(2, 3, size[0] * factor, size[1] * factor, generator=generator)
    y = torch.rand(1, 3, *size, generator=generator)
    near = operator.project(x, y)
    assert isinstance(operator, Projecting) and near.shape == x.shape and near.dtype is torch.float32
    assert (operator(near) - y).abs().max() < 1e-5
    x, y = x.double(), y.double()
    near = operator.project(x, y)
    assert (operator(near) - y).abs().max() < 1e-12
    # the nearest: what leads to any other such image is at right angles to the way that was gone
    along = torch.rand(2, 3, size[0] * factor, size[1] * factor, generator=generator, dtype=torch.float64)
    along = along - operator.inverse(operator(along))
    assert ((near - x) * along).sum().abs() < 1e-10 * x.numel()
    assert torch.allclose(operator.project(near, y), near, rtol=0, atol=1e-12)


def test_downsampling_keeps_the_brightness_and_the_middle():
    x = torch.full((1, 1, 24, 24), 0.7, dtype=torch.float64)
    ramp = torch.arange(24.0, dtype=torch.float64).expand(1, 1, 24, 24)
    for factor, kernel in DOWN:
        operator = Downsample(factor, kernel)
        small = operator(x)
        assert torch.allclose(small, torch.full_like(small, 0.7))
        inner = operator(ramp)[0, 0, 0, 1:-1] if 24 // factor > 8 else None
        expected = (torch.arange(24 // factor, dtype=torch.float64)[1:-1] + 0.5) * factor - 0.5
        reach = 3
        assert inner is None or torch.allclose(inner[reach:-reach], expected[reach:-reach])


def test_lanczos2_is_the_lanczos_that_the_networks_halve_with():
    x = torch.rand(1, 2, 32, 32, generator=torch.Generator().manual_seed(0))
    ours, theirs = Downsample(2, "lanczos2")(x), Lanczos(2)(x)
    assert torch.allclose(ours[..., 2:-2, 2:-2], theirs[..., 2:-2, 2:-2], atol=1e-6)


def test_downsampling_refuses_sides_that_are_no_multiples():
    for size in ((8, 9), (9, 8), (0, 8)):
        with pytest.raises(
            ValueError, match=rf"image is {size[0]}x{size[1]} \(height x width\); wanted multiples of 4"
        ):
            Downsample(4)(torch.rand(1, 1, *size))
    for factor, kernel in ((0, "box"), (-4, "box"), (2, "nearest")):
        with pytest.raises(ValueError, match="wanted 1 or more, and one of box, bicubic, lanczos2, lanczos3"):
            Downsample(factor, kernel)


@pytest.mark.parametrize(("factor", "kernel"), [(2, "lanczos3"), (4, "bicubic"), (8, "lanczos2")])
def test_downsampling_within_limits_agrees_with_what_can_be_had(factor, kernel):
    """Black and white with sharp edges: what is nearest without limits is blacker than black along them."""
    x = torch.zeros(1, 1, 16 * factor, 16 * factor, dtype=torch.float64)
    x[..., 5 * factor + 1 : 11 * factor - 1, 3 * factor : -2] = 1.0
    y = Downsample(factor, kernel)(x)
    smooth = torch.nn.functional.interpolate(y, scale_factor=factor, mode="bicubic")
    free = Downsample(factor, kernel).project(smooth, y)
    operator = Downsample(factor, kernel, limits=(0.0, 1.0))
    near = operator.project(smooth, y)
    assert (operator(near) - y).abs().max() < 1e-12, "it ends with what agrees"
    beyond = [(one - one.clamp(0, 1)).abs().max() for one in (free, near)]
    assert beyond[1] < 0.3 * beyond[0]
    off = [(operator(one.clamp(0, 1)) - y).abs().max() for one in (free, near)]
    assert off[1] < 0.3 * off[0]
