"""The transform and its coarser grids: what filters are made of, and what is lost on fewer points."""

import numpy as np
import pytest
import torch
from scipy import ndimage as ndi

from untaught.vessels.descriptors import Spectrum, strongest
from untaught.vessels.descriptors.contrast import windowed
from untaught.vessels.descriptors.spectrum import doubled, gaussian, mirrored
from vessels.tubes import SIDE, noise


def smoothed(grid, sigma):
    return grid.cut(grid.filtered(gaussian(*grid.frequencies(), grid.pixels([sigma])[:, None, None])))


def size_of(x):
    return x.square().mean().sqrt()


@pytest.mark.parametrize("sigma", [1.0, 3.0, 8.0])
def test_a_gaussian_is_scipys(sigma):
    image = noise(1, 1, 70, 81)
    wanted = ndi.gaussian_filter(image[0, 0].numpy(), sigma, mode="mirror", truncate=8)
    found = smoothed(Spectrum.of(image), sigma)[0, 0].numpy()
    assert np.abs(found - wanted).max() < 0.01 * np.abs(wanted).max()


@pytest.mark.parametrize("size", [(64, 64), (70, 97), (61, 33)])
@pytest.mark.parametrize(("sigma", "step", "within"), [(2.2, 2, 0.03), (3.2, 2, 5e-3), (4.4, 4, 0.03), (9.0, 4, 2e-3)])
def test_a_coarser_grid_is_as_good_for_a_wide_gaussian(size, sigma, step, within):
    """Of white noise, the hardest of images: others have less in their finest details."""
    fine = coarse = Spectrum.of(noise(1, 1, *size))
    while coarse.step < step:
        coarse = coarse.halved()
    full = smoothed(fine, sigma)
    assert size_of(full - smoothed(coarse, sigma)) < within * size_of(full)


@pytest.mark.parametrize(
    ("width", "length", "on", "between"), [(2.0, 8.0, 0.06, 0.25), (3.0, 10.5, 2e-3, 0.14), (4.5, 13.5, 1e-6, 0.08)]
)
def test_bars_on_every_second_point(width, length, on, between):
    """On the points themselves nearly exact; between them less so: the strongest of several is not smooth."""
    fine = Spectrum.of(noise(1, 1, SIDE, SIDE))
    full, half = (
        grid.cut(strongest(grid, grid.pixels([width]), grid.pixels([length]))[0]) for grid in (fine, fine.halved())
    )
    off = full - half
    assert size_of(off[..., ::2, ::2]) < on * size_of(full) and size_of(off) < between * size_of(full)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_lengths_have_the_images_precision(dtype):
    found = Spectrum.of(noise(1, 1, 9, 9, dtype=dtype)).pixels([1.3, 2.0])
    torch.testing.assert_close(found, torch.tensor([1.3, 2.0], dtype=dtype), atol=0, rtol=0)


def test_the_grid_is_as_coarse_as_the_filter_allows():
    spectrum = Spectrum.of(noise(1, 1, 50, 50))
    steps = {sigma: spectrum.for_width(sigma).step for sigma in (1.0, 2.1, 2.3, 4.3, 4.5, 40.0)}
    assert steps == {1.0: 1, 2.1: 1, 2.3: 2, 4.3: 2, 4.5: 4, 40.0: 4}


@pytest.mark.parametrize("size", [(40, 40), (41, 57), (9, 36)])
def test_a_coarser_grid_has_the_same_waves(size):
    """All that it can hold but the fastest; the number of its points may be odd."""
    spectrum = Spectrum.of(noise(1, 1, *size))
    quarter = spectrum.halved().halved()
    assert quarter.padded == (spectrum.padded[0] // 4, spectrum.padded[1] // 4)
    for wave in range(-((quarter.padded[0] - 1) // 2), (quarter.padded[0] - 1) // 2 + 1):
        across = (quarter.padded[1] - 1) // 2
        torch.testing.assert_close(
            quarter.values[..., wave, : across + 1], spectrum.values[..., wave, : across + 1] / 16
        )


def test_one_of_those_sizes_has_an_odd_number_of_points():
    assert Spectrum.of(noise(1, 1, 36, 9)).halved().halved().padded[0] % 2 == 1


def test_doubled_goes_through_polynomials_of_degree_5():
    def curve(at):
        return 1 + at - 0.3 * at**2 + 0.05 * at**5

    points, finer = (torch.arange(n, dtype=torch.float64) * step - 6 for n, step in ((12, 1), (24, 0.5)))
    for shape, axis in (((1, 1, 1, 12), -1), ((1, 1, 12, 1), -2)):
        found = doubled(curve(points).reshape(shape).expand(2, 1, *shape[2:]), axis)[0].flatten()
        torch.testing.assert_close(found[4:-6], curve(finer)[4:-6])
        torch.testing.assert_close(found[::2], curve(points))


def test_mirrored_as_numpy_does_it():
    image = noise(1, 1, 5, 3)
    wanted = np.pad(image[0, 0].numpy(), ((4, 17), (9, 2)), mode="reflect")
    np.testing.assert_array_equal(mirrored(image, 9, 2, 4, 17)[0, 0], wanted)


@pytest.mark.parametrize("sigma", [3.0, 6.0])
def test_a_small_image_is_seen_with_its_reflections(sigma):
    """Also when there is less of it than the filter reaches; but for what the far side of the margin adds."""
    image = 0.5 + 0.1 * noise(1, 1, 13, 10)
    larger = mirrored(image, 40, 40, 40, 40)
    torch.testing.assert_close(windowed(larger, sigma)[..., 40:-40, 40:-40], windowed(image, sigma), atol=1e-3, rtol=0)
