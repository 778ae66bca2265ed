"""What a label says, and every label that cannot be meant."""

from pathlib import Path

import numpy as np
import pytest

from tests.images.samples import saved as encoded
from untaught import images
from untaught.errors import InputError
from untaught.vessels.labels import read_fov, read_labels

PIL = pytest.importorskip("PIL.Image")


def written(tmp_path: Path, values: list, dtype: str = "uint8", name: str = "a.png") -> Path:
    images.write(tmp_path / name, np.array(values, dtype))
    return tmp_path / name


@pytest.mark.parametrize(
    ("dtype", "vessel"), [("uint8", 1), ("uint8", 255), ("uint8", 38), ("uint16", 65535), ("uint16", 1)]
)
def test_the_larger_of_two_values_is_vessel(tmp_path: Path, dtype: str, vessel: int):
    (label,) = read_labels(written(tmp_path, [[0, vessel, 0]], dtype))
    assert label.vessel.tolist() == [[False, True, False]] and label.known.all()


@pytest.mark.parametrize(
    ("dtype", "grey", "vessel"),
    [
        ("uint8", 127, 255),
        ("uint8", 128, 255),
        ("uint16", 32768, 65535),
        ("uint16", 128 * 257, 65535),
        ("float32", 0.5, 1),
    ],
)
def test_mid_grey_says_nothing(tmp_path: Path, dtype: str, grey: float, vessel: float):
    (label,) = read_labels(written(tmp_path, [[0, vessel, grey]], dtype, "a.tif"))
    assert label.vessel.tolist() == [[False, True, False]] and label.known.tolist() == [[True, True, False]]


def test_what_is_not_opaque_says_nothing(tmp_path: Path):
    samples = np.array([[[0, 255], [255, 255], [255, 0], [255, 90], [77, 0]]], np.uint8)
    (tmp_path / "a.png").write_bytes(encoded(PIL.fromarray(samples), "PNG"))
    (label,) = read_labels(tmp_path / "a.png")
    assert label.vessel.tolist() == [[False, True, False, False, False]]
    assert label.known.tolist() == [[True, True, False, False, False]]


def test_grey_in_three_channels(tmp_path: Path):
    (label,) = read_labels(written(tmp_path, [[[0] * 3, [255] * 3, [128] * 3]]))
    assert label.vessel.tolist() == [[False, True, False]] and label.known.tolist() == [[True, True, False]]


def test_pages(tmp_path: Path):
    said, nothing = np.array([[0, 255]], np.uint8), np.array([[128, 128]], np.uint8)
    images.write_pages(tmp_path / "a.tif", [nothing, said])
    first, second = read_labels(tmp_path / "a.tif")
    assert first is None and second is not None and second.vessel.tolist() == [[False, True]]
    images.write_pages(tmp_path / "b.tif", [said, said * 0])
    with pytest.raises(InputError, match=r"^page 2 of .*b\.tif marks no vessel"):
        read_labels(tmp_path / "b.tif")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([[0, 0]], "marks no vessel: every pixel is 0; wanted 0 for background and one larger value for vessel"),
        ([[0, 128]], "marks no vessel: every known pixel is 0"),
        ([[255, 255]], "marks no background: every pixel is 255"),
        ([[1, 127]], "marks no background: every known pixel is 1"),
        ([[127, 128]], "says nothing: every pixel is mid-grey or transparent, which means unknown"),
        ([[0, 1, 2]], "has three classes (0, 1, 2); wanted"),
        ([[0, 90, 127, 255]], "has three classes (0, 90, 255); wanted"),
        ([[0, 1, 2, 3]], "has 4 grey levels; wanted"),
        ([[1, 2]], "has the values 1, 2; wanted 0 for background"),
        ([[[0, 0, 0], [255, 0, 0]]], "is in colour; wanted 0 for background"),
    ],
)
def test_labels_that_cannot_be_meant(tmp_path: Path, values: list, sentence: str):
    path = written(tmp_path, values)
    with pytest.raises(InputError) as caught:
        read_labels(path)
    assert str(caught.value).startswith(str(path)) and sentence in str(caught.value)


def test_a_jpeg_changes_values(tmp_path: Path):
    pixels = np.zeros((16, 16), np.uint8)
    pixels[3:6, 4:13] = 255
    images.write(tmp_path / "a.jpg", pixels)
    with pytest.raises(InputError, match=r"has \d+ grey levels; .*; JPEG changes values, a PNG keeps them$"):
        read_labels(tmp_path / "a.jpg")


def test_fields_of_view(tmp_path: Path):
    assert read_fov(written(tmp_path, [[0, 255, 255]])).tolist() == [[False, True, True]]
    assert read_fov(written(tmp_path, [[7, 7]], name="all.png")).all()
    for name, values, sentence in (
        ("grey.png", [[0, 1, 2]], "has 3 grey levels; wanted 0 outside the field of view, one value inside"),
        ("none.png", [[0, 0]], "is 0 everywhere; wanted a field of view with something inside"),
    ):
        with pytest.raises(InputError, match=sentence):
            read_fov(written(tmp_path, values, name=name))
    images.write_pages(tmp_path / "two.tif", [np.ones((2, 2), np.uint8)] * 2)
    with pytest.raises(InputError, match="has 2 pages; wanted one field of view"):
        read_fov(tmp_path / "two.tif")
