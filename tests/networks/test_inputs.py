import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from untaught.core import Input
from untaught.networks import Beside, Fourier, Given, MeshGrid, Normal, Uniform

INPUTS: list[Any] = [Uniform(5), Normal(5, 2.0), MeshGrid(), Fourier(3), Given(torch.rand(1, 2, 3, 4))]
RANDOM = INPUTS[:2]


def make(source: Input, height: int, width: int, seed: int = 0) -> Tensor:
    return source.make(height, width, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("source", INPUTS)
def test_shape_and_type(source: Input) -> None:
    for height, width in [(3, 4), (8, 5), (31, 64)]:
        z = make(source, height, width)
        assert z.shape == (1, source.channels(), height, width)
        assert z.dtype == torch.float32 and z.device.type == "cpu" and z.isfinite().all()


@pytest.mark.parametrize("source", INPUTS[:4])
def test_one_pixel(source: Input) -> None:
    assert make(source, 1, 1).isfinite().all()


@pytest.mark.parametrize("source", INPUTS)
def test_the_generator_decides_and_nothing_else(source: Input) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = make(source, 9, 7)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert torch.equal(make(source, 9, 7), first)
    assert torch.equal(make(source, 9, 7, seed=1), first) == (source not in RANDOM)


def test_uniform_lies_in_its_range() -> None:
    z = make(Uniform(32, 0.1), 40, 40)
    assert 0 <= z.min() < 0.001 and 0.099 < z.max() <= 0.1
    assert z.mean() == pytest.approx(0.05, abs=0.001)


def test_normal_has_its_spread() -> None:
    z = make(Normal(32, 0.3), 40, 40)
    assert z.mean() == pytest.approx(0, abs=0.01)
    assert z.std() == pytest.approx(0.3, abs=0.01)


def test_mesh_grid_is_x_then_y() -> None:
    z = make(MeshGrid(), 3, 5)
    assert torch.equal(z[0, 0], torch.linspace(0, 1, 5).expand(3, 5))
    assert torch.equal(z[0, 1], torch.linspace(0, 1, 3)[:, None].expand(3, 5))


def test_fourier_turns_once_more_with_every_octave() -> None:
    z = make(Fourier(3, scale=2.0), 1, 65)[0, :, 0]
    assert z.abs().max() <= 2
    place = torch.linspace(-1, 1, 65)
    for band in range(3):  # the first half belongs to rows
        assert torch.allclose(z[6 + 2 * band], 2 * torch.sin(math.pi * 2**band * place), atol=1e-5)
        assert torch.allclose(z[7 + 2 * band], 2 * torch.cos(math.pi * 2**band * place), atol=1e-5)


@settings(max_examples=15, deadline=None)
@given(height=st.integers(3, 20), width=st.integers(4, 20))
def test_given_is_in_the_middle_with_its_edges_repeated(height: int, width: int) -> None:
    image = torch.rand(1, 2, 3, 4)
    z = make(Given(image), height, width)
    top, left = (height - 3) // 2, (width - 4) // 2  # as the loop crops
    assert torch.equal(z[..., top : top + 3, left : left + 4], image)
    assert (z[..., : top + 1, : left + 1] == image[..., :1, :1]).all()
    assert (z[..., top + 2 :, left + 3 :] == image[..., -1:, -1:]).all()


def test_given_is_a_copy_without_a_graph() -> None:
    image = torch.rand(1, 1, 3, 3, dtype=torch.float64, requires_grad=True)
    z = make(Given(image), 3, 3)
    assert not z.requires_grad and z.dtype == torch.float32
    same = torch.rand(1, 1, 3, 3)
    assert make(Given(same), 3, 3).data_ptr() != same.data_ptr()  # z may be learned, the caller's image must not be


@pytest.mark.parametrize("shape", [(3, 4, 4), (2, 3, 4, 4), (4, 4)])
def test_given_wants_one_image(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"must be \[1, C, H, W\], got"):
        Given(torch.zeros(shape))


@pytest.mark.parametrize(("height", "width"), [(2, 9), (9, 3), (2, 3)])
def test_given_is_not_cut(height: int, width: int) -> None:
    with pytest.raises(ValueError, match=rf"3x4, larger than the {height}x{width} wanted \(height x width\)"):
        make(Given(torch.zeros(1, 1, 3, 4)), height, width)


def test_images_that_are_made_when_they_are_wanted_stand_beside_noise():
    wanted = []
    shown = Beside(lambda: wanted.append(1) or torch.full((1, 2, 5, 6), 0.5), 2, Uniform(3, 0.1))
    assert shown.channels() == 5 and not wanted
    z = shown.make(8, 8, torch.Generator().manual_seed(0))
    assert z.shape == (1, 5, 8, 8) and wanted and (z[:, :2] == 0.5).all()
    assert torch.equal(z[:, 2:], Uniform(3, 0.1).make(8, 8, torch.Generator().manual_seed(0)))
