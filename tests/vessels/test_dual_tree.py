"""The dual-tree wavelet on tubes of known width and direction, and beside the numbers of another program."""

import math

import numpy as np
import pytest
import torch

from untaught.vessels.descriptors import DIRECTIONS, Bank, Spectrum, dual_tree, local_contrast
from untaught.vessels.descriptors.dual_tree import EARLY, HIGH, LOW, SHARP, one_sided, weighted
from untaught.vessels.enhancing import by_dual_tree
from vessels.tubes import MIDDLE, SIDE, as_image, line, middle, noise


def bands(image, *scales):
    """`[B, S, 6, H, W]`, complex."""
    return torch.stack(dual_tree(Spectrum.of(image), scales), dim=1)


def test_the_filters_are_what_a_dual_tree_wants():
    """Biorthogonal at first, then orthonormal with all their shifts by two; nothing of a flat image in the details."""
    assert sum(LOW) == pytest.approx(1) and sum(HIGH) == pytest.approx(0, abs=1e-12)
    early, sharp = np.array(EARLY), np.array(SHARP)
    for gap in range(0, 14, 2):
        wanted = pytest.approx(float(gap == 0), abs=1e-7)
        assert early[gap:] @ early[: 14 - gap] == wanted and sharp[gap:] @ sharp[: 14 - gap] == wanted
        assert early[gap:] @ sharp[: 14 - gap] == pytest.approx(0, abs=1e-7) == sharp[gap:] @ early[: 14 - gap]
    assert sum(EARLY) == pytest.approx(math.sqrt(2), abs=1e-6)


@pytest.mark.parametrize(("scale", "most"), [(1, 0.19), (2, 1e-3), (3, 1e-3), (4, 1e-3), (5, 1e-3)])
def test_a_wavelet_knows_frequencies_of_one_sign(scale, most):
    """But the first, as in the paper; the scaling function has a fifth of its energy on the other side."""
    frequency = torch.linspace(-0.5, 0.5, 4001, dtype=torch.float64)
    low, high = (one**2 for one in one_sided(frequency, scale))
    assert high[frequency < 0].sum() < most * high.sum() and low[frequency < 0].sum() < 0.19 * low.sum()


DTCWT = {  # scale: row and column of a coefficient, its six magnitudes from 15 to 165 degrees
    1: (33, (0.04551, 0.00191, 0.01001, 0.00819, 0.00104, 0.03465)),
    2: (17, (0.09925, 0.00211, 0.00618, 0.00407, 0.00087, 0.05273)),
    3: (8, (0.29681, 0.05327, 0.00094, 0.00565, 0.00159, 0.11412)),
    4: (4, (0.21058, 0.08139, 0.02148, 0.00449, 0.00114, 0.08675)),
}


@pytest.mark.parametrize("scale", DTCWT)
def test_it_is_dtcwt(scale):
    """Numbers, typed by hand, of dtcwt 0.14.0, `Transform2d("near_sym_a", "qshift_b")`, the decimated transform by
    filters, of the same piece half a pixel to the side: its coefficients lie between pixels. Theirs have a gain of 2
    for each scale, and a sum where here is a mean.
    """
    rows, columns = np.mgrid[:128, :128] - 63.5
    off = columns * math.sin(0.4) - rows * math.cos(0.4)
    piece = as_image(-np.exp(-(off**2) / 8 - (rows**2 + columns**2) / 400))
    place, wanted = DTCWT[scale]
    at = 2**scale * place + 2 ** (scale - 1) - 1
    np.testing.assert_allclose(bands(piece, scale)[0, 0, :, at, at].abs(), wanted, atol=1e-5)


def test_the_direction_found_is_the_tubes():
    """To within the 15 degrees that a sub-band reaches to each side."""
    angles = np.arange(0, 180, 7.5)
    found = middle(bands(torch.cat([line(2.0, angle=math.radians(angle)) for angle in angles]), 2, 3, 4).abs())
    most = np.array(DIRECTIONS)[found.flatten(1).argmax(1).numpy() % 6]
    assert np.abs((most - angles + 90) % 180 - 90).max() <= 15
    strongest = found.flatten(1).amax(1)
    assert strongest.min() > 0.75 * strongest.max()


@pytest.mark.parametrize(("angle", "share"), [(15, 1.0), (165, 1.0), (75, 1.0), (45, 0.75), (135, 0.75)])
def test_a_wider_line_answers_at_a_coarser_scale(angle, share):
    widths = [share * 0.2 * 2**scale for scale in (2, 3, 4)]
    found = middle(bands(torch.cat([line(width, angle=math.radians(angle)) for width in widths]), 2, 3, 4).abs())
    strongest = found.flatten(1).argmax(1).tolist()
    assert strongest == [6 * scale + DIRECTIONS.index(angle) for scale in range(3)]
    near = np.geomspace(0.6, 1.6, 41)
    tried = middle(bands(torch.cat([line(widths[1] * by, angle=math.radians(angle)) for by in near]), 3).abs())[:, 0]
    assert near[int(tried.amax(1).argmax())] == pytest.approx(1, abs=0.07)


def test_the_magnitude_does_not_swing_as_a_line_moves():
    """What it is for. A line 1.6 pixels wide passes a pixel; a real wavelet's response there changes its sign."""
    image = line(1.6, angle=math.radians(15))
    along = bands(image, 3)[0, 0, DIRECTIONS.index(15), MIDDLE - 3 : MIDDLE + 4, MIDDLE]  # it is 1 nearer each time
    one, three = slice(2, 5), slice(0, 7)
    assert along.abs()[one].min() > 0.98 * along.abs().max() and along.abs()[three].min() > 0.85 * along.abs().max()
    assert along.real[one].min() < 0.85 * along.real.max() and along.real[three].min() < 0


def one_tree(image, scale):
    """The horizontal details of a plain, real, separable wavelet: one tree of the two."""
    spectrum = Spectrum.of(image)
    down, across = spectrum.frequencies()
    detail, low_down, low = weighted(HIGH, down, -1 / 2), weighted(LOW, down, -1 / 2), weighted(LOW, across, -1 / 2)
    for octave in range(1, scale):
        detail = low_down * weighted(SHARP, 2**octave * down)
        low_down, low = (part * weighted(EARLY, 2**octave * one) for part, one in ((low_down, down), (low, across)))
    return spectrum.cut(spectrum.filtered(detail * low)[None])


def test_on_every_eighth_pixel_its_energy_stays_as_the_image_moves_and_a_plain_wavelets_does_not():
    image = line(1.6, angle=0.0)

    def energies(response):
        return np.array([float((response[..., k::8, ::8].abs() ** 2).sum()) for k in range(8)])

    ours = energies(bands(image, 3)[0, 0, [0, 5]])
    plain = energies(one_tree(image, 3))
    assert ours.min() > 0.9 * ours.max()
    assert plain.min() < 0.5 * plain.max()


def test_the_magnitude_is_blind_to_sign_and_the_real_part_is_not():
    image = line(1.6, angle=math.radians(15))
    dark, bright = (bands(one, 3)[0, 0, 0] for one in (image, 1 - image))
    torch.testing.assert_close(dark.abs(), bright.abs(), atol=2e-6, rtol=0)
    assert middle(dark.real) == pytest.approx(float(middle(dark.abs())), rel=1e-4) and middle(dark.real) > 0.1
    torch.testing.assert_close(bright, -dark, atol=2e-6, rtol=0)


def test_an_edge_is_imaginary():
    step = as_image(np.where(np.arange(SIDE)[:, None] < MIDDLE, 0.2, 0.8) * np.ones((1, SIDE)))
    step[..., MIDDLE, :] = 0.5
    found = middle(bands(step, 2, 3))[0, :, 0]
    assert (found.abs() > 0.1).all() and (found.real.abs() < 1e-3).all()


def test_twice_the_image_is_twice_the_sub_bands_and_a_constant_changes_nothing():
    image = noise(1, 1, 40, 37)
    torch.testing.assert_close(bands(0.3 + 2 * image, 1, 2, 4), 2 * bands(image, 1, 2, 4), atol=1e-6, rtol=0)


def test_a_flat_image_gives_nothing_and_has_a_gradient():
    image = torch.full((1, 1, 20, 30), 0.4, requires_grad=True)
    found = bands(image, 1, 2, 3).abs()
    assert found.max() < 1e-6
    found.sum().backward()
    assert image.grad.isfinite().all()


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (2, 3), (33, 40)])
def test_any_size(size):
    found = bands(noise(2, 1, *size), 1, 4)
    assert found.shape == (2, 2, 6, *size) and found.isfinite().all()


def test_a_batch_is_its_members():
    batch = torch.cat([line(2), line(3, angle=1), 0.1 * noise(1, 1, SIDE, SIDE)])
    torch.testing.assert_close(bands(batch, 2, 3), torch.cat([bands(one[None], 2, 3) for one in batch]))


def test_gradients():
    image = noise(1, 1, 7, 6, seed=3).requires_grad_()
    assert torch.autograd.gradcheck(lambda one: bands(one, 1, 2).abs(), (image,), eps=1e-6, atol=1e-5)


def test_single_precision_is_enough():
    image = 0.5 + 0.1 * noise(1, 1, 40, 50)
    wanted = bands(image, 1, 3, 5)
    torch.testing.assert_close(bands(image.float(), 1, 3, 5).to(wanted), wanted, atol=1e-5, rtol=1e-4)


def test_the_bank_has_it_if_asked_in_any_direction_of_the_tube():
    """The largest magnitude and that across it, of the local contrast: what is turned by 90 degrees says the same."""
    image = line(2.0, angle=math.radians(15), dtype=torch.float32)
    bank = Bank(trees=(2, 4))
    names, found = bank.names(), bank.describe(image)
    assert len(names) == found.shape[1] == len(Bank().names()) + 4
    assert names[-4:] == ("tree 4", "athwart 4", "tree 16", "athwart 16")
    size = dual_tree(Spectrum.of(local_contrast(image)), (4,))[0].abs()[0]
    along, across = DIRECTIONS.index(15), DIRECTIONS.index(105)
    torch.testing.assert_close(middle(found)[0, -2:], middle(size)[[along, across]])
    torch.testing.assert_close(found[:, -4:].amax(1), found[:, [-4, -2]].amax(1))
    torch.testing.assert_close(middle(bank.describe(image.mT.flip(-1))), middle(found), atol=1e-2, rtol=1e-2)
    torch.testing.assert_close(found[:, :-4], Bank().describe(image))


@pytest.mark.parametrize("sigma", [4.6, 9.0])
def test_a_line_at_one_edge_answers_nothing_at_the_other(sigma):
    image = torch.ones(1, 1, 40, 200)
    image[..., 188:192] = 0
    found = by_dual_tree(image, [sigma])[0, 0]
    assert found[:, :60].abs().max() < 0.02 * found.abs().max()
