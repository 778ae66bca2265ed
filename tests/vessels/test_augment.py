"""A copy is the image moved and relit: known turns by hand, one movement for all, nothing from unknown pixels."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from untaught.vessels.augment import NEVER, Augment, Factor, Range, augmented, nnunet_style, relit

STILL = Augment(
    rotation=NEVER,
    mirrored=0,
    scale=NEVER,
    shear=NEVER,
    shift=NEVER,
    elastic=NEVER,
    gamma=NEVER,
    contrast=NEVER,
    brightness=NEVER,
    shading=NEVER,
    blur=NEVER,
    noise=NEVER,
)
MOVED = replace(
    STILL,
    **{name: getattr(Augment(), name) for name in ("rotation", "mirrored", "scale", "shear", "shift", "elastic")},
)


def dice(seed=0):
    return np.random.default_rng(seed)


def exactly(number):
    return Range(number, number)


def picture(height=40, width=50, seed=3):
    """A smooth picture, what is dark in it, and a block that is not known."""
    image = gaussian_filter(dice(seed).standard_normal((height, width)), 3)
    image = ((image - image.min()) / np.ptp(image)).astype(np.float32)
    known = np.ones(image.shape, bool)
    known[5:12, 20:30] = False
    return image, image < 0.4, known


def test_doing_nothing_changes_nothing():
    image, label, known = picture()
    copy = augmented(image, label, known, STILL, dice(), known)
    assert np.allclose(copy.image, image, atol=2e-5) and copy.image.dtype == np.float32
    assert np.array_equal(copy.label, label) and np.array_equal(copy.known, known) and np.array_equal(copy.fov, known)
    assert augmented(image, label, known, STILL, dice()).fov is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"rotation": exactly(90)}, np.rot90),
        ({"rotation": exactly(-90)}, lambda x: np.rot90(x, 3)),
        ({"mirrored": 1}, lambda x: x[::-1, ::-1]),
        ({"shift": exactly(0.1)}, lambda x: np.pad(x, ((0, 4), (0, 4)), mode="symmetric")[4:, 4:]),
    ],
    ids=["turned", "turned back", "mirrored", "shifted"],
)
def test_known_movements(changes, expected):
    image, label, known = picture(40, 40)
    copy = augmented(image, label, known, replace(STILL, **changes), dice())
    assert np.allclose(copy.image, expected(image), atol=1e-4)
    assert np.array_equal(copy.label, expected(label)) and np.array_equal(copy.known, expected(known))


def test_a_rectangle_is_turned_about_its_middle():
    image, label, known = picture(40, 50)
    copy = augmented(image, label, known, replace(STILL, rotation=exactly(180)), dice())
    assert np.allclose(copy.image, image[::-1, ::-1], atol=1e-4)
    quarter = augmented(image, label, known, replace(STILL, rotation=exactly(90)), dice())
    assert np.allclose(quarter.image[:, 5:45], np.rot90(image[:, 5:45]), atol=1e-4)


@pytest.mark.parametrize("scale", [0.7, 1.4])
def test_scale_enlarges(scale):
    rows, columns = np.mgrid[:80, :80] - 39.5
    disc = rows**2 + columns**2 < 15**2
    copy = augmented(disc.astype(np.float32), disc, disc | True, replace(STILL, scale=exactly(scale)), dice())
    assert copy.label.sum() / disc.sum() == pytest.approx(scale**2, rel=0.04)


def test_shear_leans():
    upright = np.zeros((41, 41), bool)
    upright[:, 20] = True
    copy = augmented(upright.astype(np.float32), upright, upright | True, replace(STILL, shear=exactly(0.5)), dice())
    tops = copy.image.argmax(axis=1)
    assert tops[20] == 20 and tops[0] - tops[40] == pytest.approx(20, abs=1)


def test_image_and_label_move_as_one():
    image, _, known = picture(60, 70)
    for seed in range(5):
        copy = augmented(image, image > 0.5, known, MOVED, dice(seed))
        sure = np.abs(copy.image - 0.5) > 0.05  # linear and cubic differ a little
        assert np.mean((copy.image > 0.5)[sure] == copy.label[sure]) > 0.995
        assert np.mean((image > 0.5) == copy.label) < 0.9  # and did move


@pytest.mark.parametrize("seed", range(5))
def test_nothing_of_unknown_pixels_is_called_known(seed):
    image, _, known = picture()
    label = dice(9).random(image.shape) < 0.5
    others = np.where(known, label, ~label)
    one, other = (augmented(image, y, known, MOVED, dice(seed)) for y in (label, others))
    assert np.array_equal(one.label[one.known], other.label[one.known])
    assert np.any(one.label != other.label) and 0.5 < one.known.mean() < 1


@pytest.mark.parametrize("seed", range(5))
def test_nothing_of_outside_is_called_inside(seed):
    image, label, inside = picture()
    others = np.where(inside, image, 1 - image)
    one, other = (augmented(x, label, inside | True, MOVED, dice(seed), inside) for x in (image, others))
    assert np.allclose(one.image[one.fov], other.image[one.fov], atol=0.01)
    assert np.abs(one.image - other.image).max() > 0.3 and one.known.all() and 0.5 < one.fov.mean() < 1


def test_the_generator_decides_everything():
    before = np.random.get_state()[1].copy()
    image, label, known = picture()
    one, again, other = (augmented(image, label, known, Augment(), dice(seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one[:3], again[:3], strict=True))
    assert not np.allclose(one.image, other.image, atol=0.05)
    assert np.array_equal(before, np.random.get_state()[1])


@pytest.mark.parametrize("rule", [Augment(), nnunet_style()], ids=["ours", "nnU-Net"])
def test_little_contrast_is_changed_as_much(rule):
    image, label, known = picture()
    for seed in range(8):
        one = augmented(image, label, known, rule, dice(seed))
        faint = augmented(0.1 * image + 0.3, label, known, rule, dice(seed))
        assert np.allclose(faint.image, 0.1 * one.image + 0.3, atol=1e-4)


@pytest.mark.parametrize("name", ["gamma", "gamma_of_negative"])
def test_gamma_bends_and_keeps_mean_and_deviation(name):
    image, _, _ = picture()
    bent = relit(image, replace(STILL, **{name: exactly(1.5)}), dice())
    assert bent.mean() == pytest.approx(image.mean(), abs=1e-4) and bent.std() == pytest.approx(image.std(), abs=1e-4)
    order = image.argsort(axis=None)
    assert np.all(np.diff(bent.flat[order]) >= -1e-6) and np.abs(bent - image).max() > 0.02
    # an exponent above 1 presses what is dark together, for the negative what is bright
    dark = np.ptp(bent[image < 0.4]) < np.ptp(image[image < 0.4])
    assert dark == (name == "gamma")


def test_light_by_hand():
    image, _, _ = picture()
    deviation = image.std()
    stretched = relit(image, replace(STILL, contrast=exactly(2)), dice())
    assert np.allclose(stretched, image.mean() + 2 * (image - image.mean()), atol=1e-5)
    cut = relit(image, replace(STILL, contrast_in_range=exactly(2)), dice())
    assert np.allclose(cut, stretched.clip(0, 1), atol=1e-5) and stretched.max() > 1
    assert np.allclose(relit(image, replace(STILL, brightness=exactly(0.5)), dice()), image + 0.5 * deviation)
    shade = relit(image, replace(STILL, shading=exactly(0.5)), dice()) - image
    assert 0.1 < shade.std() / deviation < 1 and np.abs(np.diff(shade, axis=0)).max() < 0.2 * np.ptp(shade)


def test_noise_has_the_deviation_told():
    image, _, _ = picture(100, 100)
    noise = relit(image, replace(STILL, noise=exactly(0.2)), dice()) - image
    assert noise.std() == pytest.approx(0.2 * image.std(), rel=0.05)


@pytest.mark.parametrize("changes", [{"blur": exactly(1)}, {"resolution": exactly(0.5)}], ids=str)
def test_fine_detail_goes_and_the_rest_stays(changes):
    rough = dice().random((60, 60), dtype=np.float32)
    smooth = np.linspace(0, 1, 60, dtype=np.float32) + np.zeros((60, 1), np.float32)
    rule = replace(STILL, **changes)
    assert np.diff(relit(rough, rule, dice())).std() < 0.7 * np.diff(rough).std()
    assert np.allclose(relit(smooth, rule, dice())[:, 3:-3], smooth[:, 3:-3], atol=0.02)


def test_an_image_of_one_grey_stays_so():
    grey = np.full((20, 30), 0.4, np.float32)
    for seed in range(4):
        for rule in (Augment(), nnunet_style()):
            copy = augmented(grey, grey > 1, grey > 0, rule, dice(seed))
            assert np.allclose(copy.image, 0.4, atol=1e-5) and not copy.label.any() and copy.known.all()


def test_draws():
    generator = dice()
    some = [Range(2, 4, often=0.3).draw(generator) for _ in range(2000)]
    drawn = [number for number in some if number is not None]
    assert len(drawn) / 2000 == pytest.approx(0.3, abs=0.03)
    assert min(drawn) >= 2 and max(drawn) <= 4 and np.mean(drawn) == pytest.approx(3, abs=0.1)
    factors = [Factor(0.5, 3).draw(generator) for _ in range(2000)]
    assert np.mean(np.array(factors) < 1) == pytest.approx(0.5, abs=0.04) and 0.5 <= min(factors) <= max(factors) <= 3
    assert NEVER.draw(generator) is None


def test_what_nnunet_does_how_often():
    rule = nnunet_style()
    often = {name: getattr(rule, name).often for name in ("noise", "contrast", "contrast_in_range", "gamma")}
    assert often == {"noise": 0.1, "contrast": 0.15, "contrast_in_range": 0.15, "gamma": 0.3}
    image, label, known = picture(12, 12)
    generator, still = dice(), replace(rule, mirrored=0)
    same = [np.allclose(augmented(image, label, known, still, generator).image, image, atol=1e-4) for _ in range(1500)]
    expected = 0.8 * 0.8 * 0.9 * 0.9 * 0.85 * 0.85 * 0.875 * 0.9 * 0.7
    assert np.mean(same) == pytest.approx(expected, abs=0.04)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Range(2, 1), "smaller number first"),
        (lambda: Range(1, 2, often=1.5), "a share, 0 to 1"),
        (lambda: Factor(0, 2), "around 1"),
        (lambda: Factor(1.2, 2), "around 1"),
    ],
)
def test_ranges_that_are_none(make, says):
    with pytest.raises(ValueError, match=says):
        make()
