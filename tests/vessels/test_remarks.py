"""What looks odd is said; what does not is not."""

from pathlib import Path

import numpy as np

from tests.vessels.drawn import vessel
from untaught.vessels.examples import Example
from untaught.vessels.frames import Angiogram
from untaught.vessels.remarks import contrast, looks_inverted, remarks, thickness


def example(
    name: str = "a", *, bright: bool = False, inverted: bool = False, height: int = 40, sha: str = ""
) -> Example:
    pixels, label = vessel(height, bright=bright)
    image = Angiogram((pixels / 255).astype(np.float32), name, Path(f"{name}.png"), sha or name)
    return Example(image, (label == 0) if inverted else (label > 0), np.ones(label.shape, bool))


def test_nothing_to_say():
    assert remarks([example("a"), example("b")]) == []
    assert remarks([example()]) == []


def test_inverted():
    assert remarks([example(inverted=True)])[0].startswith(
        "the label may be inverted (a): what is marked as vessel is 90 % of the pixels, or thicker"
    )
    many = [example(str(number), inverted=number < 7) for number in range(9)]
    assert "7 of 9 labels may be inverted (0, 1, 2, 3, 4 and 2 more)" in remarks(many)[0]


def test_inverted_told_by_thickness_alone():
    """A mesh of thin vessels with its gaps marked: less than half of the image, and thicker than what is between."""
    tile = np.zeros((20, 20), bool)
    tile[6:, 6:] = True
    gaps = np.pad(np.tile(tile, (5, 5)), ((0, 6), (0, 6)))
    known = np.ones(gaps.shape, bool)
    image = Angiogram(np.zeros(gaps.shape, np.float32), "a", Path("a"), "a")
    assert gaps.mean() < 0.45 and thickness(gaps, known) > thickness(~gaps, known)
    assert looks_inverted(Example(image, gaps, known))
    fov = np.zeros(gaps.shape, bool)
    fov[:6] = True  # what is between, and the edge of some gaps
    fov[6, 10] = True
    assert not looks_inverted(Example(image, gaps, known, fov)), "outside the field of view nothing counts"


def test_strokes_are_not_inverted():
    made = example(inverted=True)
    known = np.zeros_like(made.known)
    known[::3] = True
    assert not looks_inverted(Example(made.image, made.label & known, known))


def test_contrast():
    assert contrast(example()) > 1 and contrast(example(bright=True)) < -1
    flat = Angiogram(np.full((40, 48), 0.5, np.float32), "a", Path("a"), "a")
    assert contrast(Example(flat, example().label, example().known)) == 0
    assert contrast(Example(example().image, example().label, example().label)) == 0, "nothing known beside"


def test_bright_vessels_among_dark_ones():
    some = [example("a"), example("b", bright=True), example("c")]
    (said,) = remarks(some)
    assert said.startswith("in 1 of 3 images vessels are brighter than what is beside them (b), in others darker")
    assert remarks([example("a", bright=True), example("b", bright=True)]) == []


def test_sizes_and_copies():
    said = remarks([example("a"), example("b", height=50), example("c", sha="a"), example("d", sha="a")])
    assert said[0].startswith("the images have 2 sizes, from 40x48 to 50x48 (height x width)")
    assert said[1:] == ["a.png and c.png and d.png are the same image"]


def test_frames_of_one_file_are_no_copies():
    one, two = (example(name, sha="same") for name in ("run#1", "run#2"))
    frames = [
        Example(Angiogram(each.image.pixels, each.image.name, Path("run.dcm"), "same"), each.label, each.known)
        for each in (one, two)
    ]
    assert remarks(frames) == []
