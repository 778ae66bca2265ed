"""Descriptors on tubes of known width, depth and direction: what stands in their docstrings, held."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from scipy import ndimage as ndi
from skimage import filters as skimage_filters

from untaught.vessels.descriptors import (
    Bank,
    Spectrum,
    a_trous,
    eigenvalues,
    frangi,
    local_contrast,
    ridge,
    sato,
    strongest,
    top_hat,
    turned,
)
from untaught.vessels.descriptors.bank import strong
from untaught.vessels.descriptors.morphology import coarse_top_hat, largest
from vessels.tubes import MIDDLE, SIDE, as_image, band, distance, line, middle, noise

SIGMAS = torch.arange(1.0, 8.0, 0.1, dtype=torch.float64)
ANGLES = np.arange(12) * math.pi / 12
BETWEEN = ANGLES + 0.1


def pixels(*values):
    return torch.tensor(values, dtype=torch.float64)


def hessian(image, sigma):
    spectrum = Spectrum.of(image)
    larger, smaller = eigenvalues(spectrum, torch.as_tensor(sigma, dtype=image.dtype).reshape(-1))
    return spectrum.cut(larger), spectrum.cut(smaller)


def by_hessian(which, image, sigma=3.0):
    larger, smaller = hessian(image, sigma)
    return {"sato": sato(larger), "ridge": ridge(larger, smaller), "frangi": frangi(larger, smaller, c=0.1)}[which]


def barred(image, sigma=3.0, length=9.0, angles=12):
    spectrum = Spectrum.of(image)
    return spectrum.cut(strongest(spectrum, pixels(sigma), pixels(length), angles)[0])


RESPONSES = {
    "sato": partial(by_hessian, "sato"),
    "ridge": partial(by_hessian, "ridge"),
    "frangi": partial(by_hessian, "frangi"),
    "bar": barred,
    "top-hat": partial(top_hat, radius=8),
}
LINEAR = [name for name in RESPONSES if name != "frangi"]


# --- what all of them claim


@pytest.mark.parametrize("name", LINEAR)
def test_twice_the_depth_is_twice_the_response(name):
    one, two = (middle(RESPONSES[name](line(3, depth=depth))) for depth in (0.2, 0.4))
    assert one > 0.05 and two.item() == pytest.approx(2 * one.item(), rel=1e-4)


@pytest.mark.parametrize("name", RESPONSES)
def test_a_constant_added_changes_nothing(name):
    image = line(3, angle=0.4)
    torch.testing.assert_close(RESPONSES[name](image + 0.17), RESPONSES[name](image), atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", RESPONSES)
def test_the_response_moves_with_the_tube(name):
    image = line(2.5, angle=0.4) + 0.02 * noise(1, 1, SIDE, SIDE)
    far = 36  # pixels from the edge, beyond which another image is seen after the move
    here, there = (RESPONSES[name](one)[..., far:-far, far:-far] for one in (image, image.roll((5, -3), (-2, -1))))
    torch.testing.assert_close(there[..., 5:, :-3], here[..., :-5, 3:], atol=1e-3, rtol=0)


TURNED = {"sato": 1e-3, "ridge": 1e-3, "frangi": 1e-3, "bar": 0.14, "top-hat": 0.03}


@pytest.mark.parametrize("name", RESPONSES)
def test_the_same_in_any_direction(name):
    found = torch.stack([middle(RESPONSES[name](line(3, angle=angle))) for angle in (*ANGLES, *BETWEEN)])
    assert found.min() > (1 - TURNED[name]) * found.max() > 0.01


@pytest.mark.parametrize("name", RESPONSES)
def test_a_bright_tube_is_none(name):
    dark, bright = line(3), 1 - line(3)
    assert middle(RESPONSES[name](bright)) < 1e-4 < 0.05 < middle(RESPONSES[name](dark))


@pytest.mark.parametrize("name", RESPONSES)
def test_a_flat_image_gives_nothing(name):
    assert RESPONSES[name](torch.full((1, 1, 40, 50), 0.3, dtype=torch.float64)).abs().max() < 2e-6


@pytest.mark.parametrize("name", RESPONSES)
def test_a_batch_is_its_members(name):
    batch = torch.cat([line(2), line(3, angle=1), 0.1 * noise(1, 1, SIDE, SIDE)])
    alone = torch.cat([RESPONSES[name](one[None]) for one in batch])
    torch.testing.assert_close(RESPONSES[name](batch), alone, atol=1e-12, rtol=0)


# --- the Hessian


@pytest.mark.parametrize(("width", "sigma"), [(1.5, 1.0), (2.0, 3.0), (4.0, 2.5)])
def test_eigenvalues_of_a_line_by_the_formula(width, sigma):
    larger, smaller = (middle(one).item() for one in hessian(line(width, depth=0.4, angle=0.3), sigma))
    assert larger == pytest.approx(0.4 * width * sigma**2 / (width**2 + sigma**2) ** 1.5, rel=2e-3)
    assert smaller == pytest.approx(0, abs=2e-4)


@pytest.mark.parametrize("width", [1.0, 2.0, 3.5])
@pytest.mark.parametrize("which", ["sato", "ridge", "frangi"])
def test_a_line_of_width_w_answers_most_at_the_root_of_2_times_w(which, width):
    response = middle(by_hessian(which, line(width, depth=0.05), SIGMAS))[0]
    assert SIGMAS[response.argmax()].item() == pytest.approx(math.sqrt(2) * width, abs=0.1)


@pytest.mark.parametrize("which", ["sato", "ridge", "frangi"])
def test_a_flat_band_answers_most_at_half_its_width(which):
    response = middle(by_hessian(which, band(4.0, depth=0.05), SIGMAS))[0]
    assert SIGMAS[response.argmax()].item() == pytest.approx(4.0, abs=0.15)


@pytest.mark.parametrize("which", ["sato", "ridge", "frangi"])
def test_a_tube_and_a_filter_twice_as_wide_give_the_same(which):
    small, large = (middle(by_hessian(which, line(width), 1.4 * width)).item() for width in (2.0, 4.0))
    assert small == pytest.approx(large, rel=2e-3)


def test_a_spot_is_no_line():
    spot = as_image(0.8 - 0.4 * np.exp(-(distance(0) ** 2 + distance(math.pi / 2) ** 2) / 18))
    larger, smaller = (middle(one) for one in hessian(spot, 3.0))
    assert larger.item() == pytest.approx(smaller.item(), abs=1e-5)
    assert ridge(larger, smaller) < 1e-5 and sato(larger) > 0.05
    assert frangi(larger, smaller, c=1e-3).item() == pytest.approx(math.exp(-2), rel=1e-3)  # beta 0.5, ratio 1


def test_frangi_is_equation_15():
    larger, smaller = pixels(0.3, 0.2, -0.1, 0.05), pixels(0.1, -0.1, -0.4, -0.2)
    ratio, norm = pixels(1 / 3, 0.5), pixels(0.3, 0.2) ** 2 + pixels(0.1, -0.1) ** 2
    wanted = torch.exp(-(ratio**2) / (2 * 0.7**2)) * (1 - torch.exp(-norm / (2 * 0.2**2)))
    found = frangi(larger, smaller, beta=0.7, c=0.2)
    torch.testing.assert_close(found, torch.cat([wanted, pixels(0, 0)]), atol=1e-5, rtol=0)


@pytest.mark.parametrize("sigma", [2.5, 4.0])
def test_it_is_scikit_images_sato(sigma):
    """Theirs is of differences of pixels: more alike where the filter is wide beside one."""
    image = as_image(ndi.gaussian_filter(np.random.default_rng(0).standard_normal((90, 100)), 2.0))
    ours = sato(hessian(image, sigma)[0])[0, 0].numpy()[20:-20, 20:-20]
    theirs = skimage_filters.sato(image[0, 0].numpy(), sigmas=[sigma], black_ridges=True)[20:-20, 20:-20]
    assert np.abs(ours - theirs).max() < 0.1 * theirs.max() and np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.998


def test_a_wide_tube_is_found_at_its_scale_where_scikit_images_frangi_finds_little():
    """Without the factor sigma^2 a small scale says more of a tube of width 4 than its own does."""
    image, sigmas = line(4.0, depth=0.4), (1.0, 2.0, 4 * math.sqrt(2))
    ours = middle(by_hessian("frangi", image, pixels(*sigmas)))[0]
    theirs = [middle(skimage_filters.frangi(image[0, 0].numpy(), sigmas=[s], gamma=0.1)) for s in sigmas]
    assert ours.argmax() == 2 and ours[2] > 0.5
    assert np.argmax(theirs) == 0 and theirs[2] < 0.05


# --- bars


@pytest.mark.parametrize("angle", ANGLES)
def test_the_angle_found_is_the_tubes(angle):
    """0 to the right, then down: rows grow downwards."""
    spectrum = Spectrum.of(line(2.0, angle=angle))
    found = middle(spectrum.cut(strongest(spectrum, pixels(3.0), pixels(9.0))[2])).item()
    assert found == pytest.approx(angle, abs=1e-6)


def test_an_angle_of_45_degrees_goes_down_to_the_right():
    rows, columns = np.nonzero(line(2.0, angle=math.pi / 4)[0, 0].numpy() < 0.5)
    assert np.corrcoef(rows, columns)[0, 1] > 0.9


def test_across_is_the_response_at_right_angles():
    image = line(2.0, angle=math.pi / 6) + 0.1 * noise(1, 1, SIDE, SIDE)
    spectrum = Spectrum.of(image)
    responses = torch.stack(list(turned(spectrum, pixels(3.0), pixels(9.0))))
    best, across, angle = strongest(spectrum, pixels(3.0), pixels(9.0))
    which = (angle / (math.pi / 12)).round().long()
    torch.testing.assert_close(best, responses.amax(0))
    torch.testing.assert_close(across, responses.gather(0, ((which + 6) % 12)[None])[0])


@pytest.mark.parametrize("width", [1.5, 3.0])
def test_a_line_of_width_w_answers_most_to_a_bar_of_1_75_w(width):
    tried = SIGMAS[::2]
    found = [middle(barred(line(width), sigma, 3 * sigma, angles=2)).item() for sigma in tried]
    assert tried[int(np.argmax(found))].item() == pytest.approx(1.75 * width, abs=0.2)


def test_a_bar_answers_most_to_a_line_of_0_57_of_its_width():
    widths = np.arange(0.8, 4, 0.1)
    found = [middle(barred(line(width), 3.5, 10.5, angles=2)).item() for width in widths]
    assert widths[int(np.argmax(found))] == pytest.approx(0.57 * 3.5, abs=0.11)


@pytest.mark.parametrize(("length", "least"), [(9.0, 0.87), (12.0, 0.79), (21.0, 0.53)])
def test_half_way_between_two_angles_a_bar_answers_less(length, least):
    along, between = (middle(barred(line(3.0, angle=angle), 3.0, length)).item() for angle in (0, math.pi / 24))
    assert between / along == pytest.approx(least, abs=0.01)


def test_a_bar_answers_only_to_its_own_frequencies():
    """A wave of its own with 0.84 of it, one far slower or faster with next to nothing."""
    rows = np.arange(96)[:, None] * np.ones((1, 96))
    heights = {}
    for cycles in (1, 8, 24):  # in 96 pixels; the bar's own is one in 12
        spectrum = Spectrum.of(as_image(np.cos(2 * math.pi * cycles * rows / 96)))
        response = spectrum.cut(next(turned(spectrum, pixels(3.0), pixels(9.0))))
        heights[cycles] = response[..., 32:-32, 32:-32].abs().max().item()
    assert heights[8] == pytest.approx(0.84, abs=0.01)
    assert heights[1] < 0.05 and heights[24] < 0.02


def test_a_faint_long_line_in_noise_stands_out_more_with_a_longer_bar():
    image = line(1.5, depth=0.1, angle=math.pi / 3) + 0.1 * noise(1, 1, SIDE, SIDE)
    on, off = np.abs(distance(math.pi / 3)) < 0.5, np.abs(distance(math.pi / 3)) > 12

    def clarity(length):
        response = barred(image, 2.6, length)[0, 0].numpy()
        return (response[on].mean() - response[off].mean()) / response[off].std()

    short, longer, longest = (clarity(length) for length in (2.6, 7.8, 15.0))
    assert short < longer < longest and longest > 1.5 * short


# --- the top-hat


@pytest.mark.parametrize("radius", [1, 2, 3, 5, 8])
def test_the_largest_value_in_an_octagon(radius):
    image = noise(2, 1, 30, 25)
    square = max(1, round(0.6 * radius))
    down, right = np.abs(np.mgrid[-radius : radius + 1, -radius : radius + 1])
    disk = (down - square).clip(0) + (right - square).clip(0) <= radius - square
    wanted = [ndi.grey_dilation(one[0].numpy(), footprint=disk, mode="constant", cval=-np.inf) for one in image]
    np.testing.assert_array_equal(largest(image, radius)[:, 0], wanted)


@pytest.mark.parametrize("angle", [0.0, 0.4, math.pi / 4, math.pi / 2, 2.0])
def test_a_band_narrower_than_the_disk_has_its_full_depth_and_a_wider_one_nothing(angle):
    radius = 5
    assert middle(top_hat(band(radius - 1.0, angle=angle), radius)).item() == pytest.approx(0.4, rel=1e-9)
    assert middle(top_hat(band(1.5 * radius, angle=angle), radius)).abs() < 1e-9


def test_a_top_hat_is_never_negative_and_0_on_a_slope():
    assert top_hat(noise(1, 1, 40, 41), 5).min() == 0
    slope = as_image(np.add.outer(np.arange(40.0), 2 * np.arange(50.0)) / 150)
    assert top_hat(slope, 5)[..., 10:-10, 10:-10].abs().max() < 1e-12


def test_at_the_edge_a_dark_line_is_as_deep():
    """There is nothing beyond the image that would fill it in or make it deeper."""
    image = line(1.0, angle=math.pi / 2)  # down the middle: it reaches both edges
    found = top_hat(image, 5)[0, 0]
    assert found[0, MIDDLE] == found[MIDDLE, MIDDLE] == found[-1, MIDDLE] > 0.39


def test_the_coarse_top_hat_is_the_same_where_tubes_are_wide_and_has_half_the_noise():
    image = band(4.0, angle=0.5, dtype=torch.float32)
    fine, coarse = (one[..., 20:-20, 20:-20] for one in (top_hat(image, 12), coarse_top_hat(image, 12)))
    inside = np.abs(distance(0.5))[20:-20, 20:-20] < 1.5  # not at the band's edges
    assert fine[0, 0][inside].min() > 0.399 and coarse[0, 0][inside].min() > 0.38
    noisy = 0.1 * noise(1, 1, SIDE, SIDE, dtype=torch.float32)
    assert coarse_top_hat(noisy, 12).mean() < 0.6 * top_hat(noisy, 12).mean()


# --- octaves and contrast


def test_details_add_up_to_the_image():
    image = noise(2, 1, 45, 60)
    details, rest = a_trous(image, 4)
    torch.testing.assert_close(sum(details) + rest, image, atol=1e-12, rtol=0)
    assert all(detail.shape == image.shape for detail in details) and min(d.std() for d in details) > 0.02


def test_a_finer_line_is_in_a_finer_detail():
    heights = [[middle(one).abs().item() for one in a_trous(line(w, side=129), 4)[0]] for w in (0.5, 1.3, 2.6, 5.2)]
    assert np.argmax(heights, axis=1).tolist() == [0, 1, 2, 3]


def test_the_first_smoothing_is_the_cubic_spline():
    image = noise(1, 1, 20, 20)
    details, rest = a_trous(image, 1)
    taps = np.array([1, 4, 6, 4, 1]) / 16
    smooth = ndi.correlate1d(ndi.correlate1d(image[0, 0].numpy(), taps, 0, mode="mirror"), taps, 1, mode="mirror")
    np.testing.assert_allclose(rest[0, 0], smooth, atol=1e-12)
    torch.testing.assert_close(details[0], image - rest)


def test_local_contrast_does_not_know_gain_or_offset():
    image = 0.5 + 0.1 * noise(1, 1, 80, 90)
    wanted = local_contrast(image, flat=1e-6)
    torch.testing.assert_close(local_contrast(0.3 + 0.4 * image, flat=1e-6), wanted, atol=1e-6, rtol=0)
    usual = local_contrast(image)
    assert (local_contrast(0.3 + 0.4 * image) - usual).abs().max() < 0.03 * usual.abs().max()
    assert 0.9 < usual.std() < 1.1 and abs(usual.mean()) < 0.05


def test_local_contrast_of_a_slowly_lit_image_is_that_of_the_image():
    image = 0.1 * noise(1, 1, 96, 96)
    light = as_image(0.4 * np.linspace(0, 1, 96)[:, None] * np.ones((1, 96)))
    lit, plain = (local_contrast(one)[..., 25:-25, 25:-25] for one in (image + light, image))
    assert (lit - plain).abs().max() < 0.1 * plain.abs().max()


def test_local_contrast_of_what_is_flat_is_0():
    assert local_contrast(torch.full((1, 1, 60, 60), 0.7)).abs().max() < 1e-3


# --- the bank


def test_the_banks_batch_is_its_members():
    batch = torch.cat([line(2, side=48), line(3, angle=1, side=48), 0.5 + 0.1 * noise(1, 1, 48, 48)]).float()
    alone = torch.cat([Bank().describe(one[None]) for one in batch])
    torch.testing.assert_close(Bank().describe(batch), alone, atol=1e-3, rtol=1e-3)


def test_the_bank_names_what_it_gives():
    bank, image = Bank(), line(3.0, angle=0.5, dtype=torch.float32)
    names, described = bank.names(), bank.describe(image)[0]
    assert len(set(names)) == len(names) == len(described)
    contrast = local_contrast(image)
    larger, smaller = hessian(contrast, bank.sigmas)
    fine, coarse = Spectrum.of(contrast), Spectrum.of(contrast).halved()
    long, thin = (torch.tensor([2.0]), torch.tensor([14.0])), (torch.tensor([1.3]), torch.tensor([5.2]))
    wanted = {
        "contrast": contrast,
        "larger 3.2": larger[:, 3:4],
        "smaller 9": smaller[:, 6:7],
        "sato": sato(larger).amax(1, keepdim=True),
        "frangi": frangi(larger, smaller).amax(1, keepdim=True),
        "bar 2x14": coarse.cut(strongest(coarse, *long)[0]),
        "across 2x14": coarse.cut(strongest(coarse, *long)[1]),
        "bar 1.3x5.2": fine.cut(strongest(fine, *thin)[0]),
        "top-hat 5": 10 * top_hat(image, 5),
        "top-hat 8": 10 * coarse_top_hat(image, 8),
        "detail 4": a_trous(contrast, 4)[0][2],
    }
    for name, channel in wanted.items():
        torch.testing.assert_close(described[names.index(name)], channel[0, 0], msg=name)


def test_the_scale_channel_grows_with_the_tube():
    at = Bank().names().index("scale")
    scales = [Bank().describe(line(width, dtype=torch.float32))[0, at, MIDDLE, MIDDLE] for width in (1.0, 2.0, 4.0)]
    assert scales[0] < scales[1] - 0.2 < scales[2] - 0.4


def test_grey_is_in_deviations_of_the_field_of_view():
    image = 0.5 + 0.1 * noise(1, 1, 30, 30, dtype=torch.float32)
    fov = torch.ones(1, 1, 30, 30, dtype=torch.bool)
    fov[..., :10] = False
    image[..., :10] = 0.0
    grey = Bank().describe(image, fov)[:, 1:2]
    assert grey[fov].mean().abs() < 1e-4 and grey[fov].std().item() == pytest.approx(1, abs=0.01)


def test_what_is_strong_is_known_of_an_image_of_any_size():
    """Torch sorts up to 2^24 numbers at once."""
    ramp = torch.linspace(0, 1, 4300).expand(1, 4, 4300, 4300)
    assert strong(ramp).flatten().tolist() == pytest.approx([0.95] * 4, abs=1e-3)
    left = torch.linspace(0, 1, 4300).expand(1, 1, 4300, 4300) < 0.5
    assert strong(ramp, left).flatten().tolist() == pytest.approx([0.475] * 4, abs=1e-3)


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (2, 3), (8, 8), (9, 17), (31, 64), (33, 40)])
def test_any_size(size):
    image = 0.5 + 0.1 * noise(1, 1, *size, dtype=torch.float32)
    described = Bank().describe(image)
    assert described.shape == (1, len(Bank().names()), *size) and described.isfinite().all()


# --- precision and gradients


def halved_bar(image):
    grid = Spectrum.of(image).halved()
    return grid.cut(strongest(grid, pixels(2.0), pixels(5.0), 4)[0])


GRADIENTS = {
    "larger": lambda image: hessian(image, [1.2, 2.0])[0],
    "smaller": lambda image: hessian(image, [1.2, 2.0])[1],
    "sato": partial(by_hessian, "sato", sigma=1.5),
    "ridge": partial(by_hessian, "ridge", sigma=1.5),
    "frangi": partial(by_hessian, "frangi", sigma=1.5),
    "bar": partial(barred, sigma=1.5, length=4.0, angles=4),
    "halved bar": halved_bar,
    "top-hat": partial(top_hat, radius=2),
    "coarse top-hat": partial(coarse_top_hat, radius=4),
    "local contrast": local_contrast,
    "a trous": lambda image: torch.cat(a_trous(image, 2)[0], 1),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(name):
    image = noise(1, 1, 7, 6, seed=3).requires_grad_()
    assert GRADIENTS[name](image).dtype == torch.float64
    assert torch.autograd.gradcheck(GRADIENTS[name], (image,), eps=1e-6, atol=1e-5)


def test_gradients_of_scales():
    """Of one number made of all responses: there are many, with the margins."""
    spectrum, weights = Spectrum.of(noise(1, 1, 7, 6, seed=3)), noise(2, 2, 7, 6)
    sigma, length = pixels(1.3, 2.0).requires_grad_(), pixels(3.0, 5.0).requires_grad_()

    def curved(s):
        return (weights * torch.cat([spectrum.cut(one) for one in eigenvalues(spectrum, s)])).sum()

    def along(s, e):
        return (weights[0] * spectrum.cut(strongest(spectrum, s, e, 4)[0])).sum()

    assert torch.autograd.gradcheck(curved, (sigma,), atol=1e-5)
    assert torch.autograd.gradcheck(along, (sigma, length), atol=1e-5)


def test_double_precision_goes_through_the_bank():
    image = 0.5 + 0.1 * noise(1, 1, 20, 22)
    found = Bank().describe(image)
    assert found.dtype == torch.float64
    torch.testing.assert_close(Bank().describe(image.float()).double(), found, atol=2e-3, rtol=2e-3)
