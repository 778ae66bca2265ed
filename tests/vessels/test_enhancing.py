"""One filter over several scales: what it answers to, in which units, and what it refuses."""

import math

import numpy as np
import pytest
import torch

from untaught.errors import InputError, UsageError
from untaught.vessels.descriptors import Spectrum, dual_tree, eigenvalues, frangi, local_contrast, reach, sato
from untaught.vessels.descriptors.morphology import coarse_top_hat
from untaught.vessels.enhancing import BAR, FILTERS, SIGMAS, enhance
from untaught.vessels.field_of_view import field_of_view, filled
from vessels.test_field_of_view import SHAPES, shuttered
from vessels.tubes import SIDE, band, distance, middle

LINEAR = [name for name in FILTERS if name != "frangi"]


def picture(half_width=3.0, *, angle=0.5, depth=0.3, noise=0.0):
    image = band(half_width, angle=angle, depth=depth)[0, 0].numpy()
    return (image + noise * np.random.default_rng(0).standard_normal(image.shape)).astype(np.float32)


def test_the_filters_there_are():
    assert list(FILTERS) == ["top-hat", "bar", "frangi", "sato", "ridge", "dual-tree"]


@pytest.mark.parametrize("name", FILTERS)
def test_a_vessel_stands_out_of_noise(name):
    response = enhance(picture(noise=0.03), filter=name)
    assert response.shape == (SIDE, SIDE) and response.dtype == np.float32 and response.min() >= 0
    on, off = np.abs(distance(0.5)) < 1, np.abs(distance(0.5)) > 12
    assert response[on].mean() > 3 * response[off].mean()


@pytest.mark.parametrize("name", LINEAR)
def test_twice_the_contrast_is_twice_the_response(name):
    one, two = (middle(enhance(picture(depth=depth), filter=name)) for depth in (0.2, 0.4))
    assert two == pytest.approx(2 * one, rel=1e-3) and one > 0.05


def test_frangi_is_below_1_and_hardly_knows_the_contrast():
    """It is of local contrast: in noise that grows with the image's contrast nothing changes."""
    image = picture(noise=0.02)
    one, half = (enhance(light, filter="frangi") for light in (image, 0.25 + 0.5 * image))
    assert one.max() < 1 and np.abs(one - half).max() < 0.05 < 0.9 < middle(one)


def test_it_is_the_largest_over_the_scales():
    image = picture(noise=0.02)
    for name in FILTERS:
        each = [enhance(image, filter=name, sigmas=(sigma,)) for sigma in SIGMAS]
        np.testing.assert_allclose(enhance(image, filter=name), np.max(each, axis=0), atol=1e-6)
    tensor = torch.from_numpy(image)[None, None]
    spectra = [Spectrum.of(one) for one in (tensor, local_contrast(tensor))]
    larger, _ = eigenvalues(spectra[0], torch.tensor([2.0]))
    np.testing.assert_allclose(enhance(image, filter="sato", sigmas=[2]), spectra[0].cut(sato(larger))[0, 0], atol=1e-6)
    both = eigenvalues(spectra[1], torch.tensor([2.0]))
    wanted = spectra[1].cut(frangi(*both))[0, 0]
    np.testing.assert_allclose(enhance(image, filter="frangi", sigmas=[2]), wanted, atol=1e-5)
    np.testing.assert_allclose(enhance(image, sigmas=[4.0]), coarse_top_hat(tensor, 8)[0, 0], atol=1e-6)


@pytest.mark.parametrize("name", ["bar", "frangi", "sato", "ridge"])
def test_a_vessel_answers_most_at_a_sigma_of_half_its_width(name):
    tried = np.arange(2.0, 7.0, 0.25)
    found = [middle(enhance(picture(4.0, angle=0.0, depth=0.05), filter=name, sigmas=[s])) for s in tried]
    assert tried[int(np.argmax(found))] == pytest.approx(4.0, abs=0.3)
    assert BAR[1] / BAR[0] == 3


def test_the_dual_tree_has_the_octave_nearest_to_each_sigma():
    tensor = torch.from_numpy(picture(noise=0.02))[None, None]
    for sigma, scale in ((0.5, 1), (1.13, 2), (2.2, 3), (4.6, 4)):
        wanted = dual_tree(Spectrum.of(tensor, reach([scale])), (scale,))[0].real.amax(1)[0].clamp(min=0)
        np.testing.assert_allclose(enhance(tensor[0, 0].numpy(), filter="dual-tree", sigmas=[sigma]), wanted, atol=1e-6)
    angle = math.radians(15)
    found = [
        [middle(enhance(picture(wide, angle=angle), filter="dual-tree", sigmas=[s])) for s in (1.13, 2.26, 4.52)]
        for wide in (1.13, 2.26, 4.52)
    ]
    assert np.argmax(found, axis=1).tolist() == [0, 1, 2]


@pytest.mark.parametrize("angle", [0.0, 0.5, math.pi / 4])
def test_the_top_hat_of_a_sigma_of_half_a_vessels_width_has_its_full_depth(angle):
    assert middle(enhance(picture(4.0, angle=angle), sigmas=[4.0])) == pytest.approx(0.3, rel=0.02)
    assert middle(enhance(picture(4.0, angle=angle), sigmas=[1.0])) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", FILTERS)
def test_bright_vessels_are_dark_ones_upside_down(name):
    image = picture(noise=0.01)
    wanted = enhance(image, filter=name)
    np.testing.assert_allclose(enhance(1 - image, filter=name, bright=True), wanted, atol=2e-3)
    assert middle(enhance(1 - image, filter=name)) < 0.2 * middle(wanted)


@pytest.mark.parametrize("name", FILTERS)
def test_a_shutter_is_found_and_nothing_answers_to_its_edge(name):
    image, plain = shuttered(SHAPES["corner"]), shuttered(np.ones((256, 256), dtype=bool))
    inside = field_of_view(image)
    response = enhance(image, filter=name)
    assert not inside.all() and (response[~inside] == 0).all() and (response[inside] > 0).mean() > 0.1
    assert response.max() < 1.1 * enhance(plain, filter=name).max()
    np.testing.assert_array_equal(enhance(image, filter=name, fov=inside), response)
    edge = enhance(image, filter=name, fov=np.ones((256, 256), dtype=bool)).max()
    assert name == "frangi" or edge > 1.5 * response.max()  # so would it answer, were it not found


def test_a_field_of_view_is_filled_in():
    image, fov = picture(noise=0.02), np.hypot(distance(0), distance(math.pi / 2)) < 40
    wanted = np.where(fov, enhance(filled(image, fov), fov=np.ones_like(fov)), 0)
    np.testing.assert_array_equal(enhance(image, fov=fov), wanted)


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("size", [(1, 1), (3, 20), (8, 8)])
def test_small_and_flat_images_answer_nothing(name, size):
    response = enhance(np.full(size, 0.4, dtype=np.float32), filter=name)
    assert response.shape == size and response.max() < 1e-3


@pytest.mark.parametrize(
    ("words", "kind", "sentence"),
    [
        ({"filter": "hough"}, UsageError, "there is no filter called 'hough'; wanted one of top-hat, bar, frangi,"),
        ({"sigmas": []}, UsageError, "the sigmas are none; wanted numbers from 0.5 to 16 pixels"),
        ({"sigmas": [2, -1]}, UsageError, "the sigmas are 2, -1; wanted numbers from 0.5"),
        ({"sigmas": [float("nan")]}, UsageError, "the sigmas are nan; wanted"),
        ({"sigmas": [99]}, UsageError, "the sigmas are 99; wanted"),
        ({"image": np.zeros((4, 4, 3))}, UsageError, "the image has 3 dimensions; wanted one grey level a pixel"),
        ({"fov": np.ones((4, 5), bool)}, InputError, r"the field of view is 4x5, the image 9x9 \(height x width\)"),
        ({"fov": np.zeros((9, 9), bool)}, InputError, "the field of view is empty; wanted something inside"),
    ],
)
def test_what_cannot_be_meant(words, kind, sentence):
    with pytest.raises(kind, match=f"^{sentence}"):
        enhance(**({"image": np.full((9, 9), 0.5, np.float32)} | words))
