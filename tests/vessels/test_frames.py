"""Every file to grey frames in [0, 1]."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from tests.images.dicoms import JPEG_2000, cine, compressed, described, header, saved, streams
from tests.images.samples import noise
from untaught import images
from untaught.errors import InputError
from untaught.vessels import frames as reading
from untaught.vessels.frames import count_frames, files_in, read_frames, read_images, read_some


@pytest.fixture
def put(tmp_path: Path):
    """Bytes to a file of that name."""

    def write_bytes(data: bytes, name: str) -> Path:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write_bytes


def only(path: Path):
    (frame,) = read_frames(path)
    return frame


def test_one_image(tmp_path: Path):
    pixels = noise("uint8", 1)
    images.write(tmp_path / "a.b.png", pixels)
    frame = only(tmp_path / "a.b.png")
    assert frame.pixels.dtype == np.float32
    np.testing.assert_allclose(frame.pixels, pixels / 255, atol=1e-7)
    assert (frame.name, frame.path, frame.spacing, frame.plane) == ("a.b", tmp_path / "a.b.png", None, None)
    assert frame.sha256 == images.read(tmp_path / "a.b.png").sha256


@pytest.mark.parametrize(
    ("top", "white"), [(200, 255), (1000, 1023), (1024, 4095), (4095, 4095), (16000, 16383), (16384, 65535)]
)
def test_sixteen_bits_are_as_many_as_are_used(tmp_path: Path, top: int, white: int):
    images.write(tmp_path / "a.png", np.array([[0, top // 2, top]], np.uint16))
    np.testing.assert_allclose(only(tmp_path / "a.png").pixels, [[0, top // 2 / white, top / white]], atol=1e-6)


def test_floats_as_they_are(tmp_path: Path):
    images.write(tmp_path / "a.tif", np.array([[0.0, 0.25, 1.0]], np.float64))
    assert only(tmp_path / "a.tif").pixels.tolist() == [[0, 0.25, 1]]
    images.write(tmp_path / "b.tif", np.array([[0.0, 0.25, 1.5]], np.float32))
    with pytest.raises(
        InputError, match=r"b\.tif holds floating-point values from 0 to 1\.5; wanted them in \[0, 1\]$"
    ):
        read_frames(tmp_path / "b.tif")


def test_green_of_colours_and_any_of_grey(tmp_path: Path):
    colours = noise("uint8", 3)
    images.write(tmp_path / "a.png", colours)
    np.testing.assert_allclose(only(tmp_path / "a.png").pixels, colours[..., 1] / 255, atol=1e-7)
    images.write(tmp_path / "b.webp", noise("uint8", 1))  # stored as RGB
    np.testing.assert_allclose(only(tmp_path / "b.webp").pixels, noise("uint8", 1) / 255, atol=1e-7)


def test_pages_are_frames_on_one_scale(tmp_path: Path):
    pages = [np.full((3, 4), value, np.uint16) for value in (100, 4000)]
    images.write_pages(tmp_path / "run.tif", pages)
    frames = list(read_frames(tmp_path / "run.tif"))
    assert [frame.name for frame in frames] == ["run#1", "run#2"]
    assert [float(frame.pixels[0, 0]) for frame in frames] == pytest.approx([100 / 4095, 4000 / 4095])


@pytest.mark.parametrize("name", ["run.dcm", "IM0001", "1.2.840.1234"])
def test_a_cine_by_its_content(put, name: str):
    dataset = described(cine(), 12, ImagerPixelSpacing=[0.2, 0.3])
    path = put(saved(dataset), name)
    frames = read_frames(path)
    assert frames.count == 3
    second = frames.frame(2)
    assert (second.name, second.spacing, second.plane) == (f"{name.removesuffix('.dcm')}#2", (0.2, 0.3), "detector")
    np.testing.assert_allclose(second.pixels, cine()[1] / 4095, atol=1e-6)
    put(saved(header(SOPClassUID="1.2.840.10008.1.3.10")), "DICOMDIR")
    assert files_in(path.parent, called="images") == [path]


def test_a_cine_is_decoded_as_it_is_asked_for(put):
    """One damaged frame leaves the others."""
    good = streams(cine(), 12, JPEG_2000)
    bad = [good[0], good[1][:-60] + b"\xff\xd9", good[2]]
    frames = read_frames(put(saved(compressed(described(cine(), 12), bad, JPEG_2000)), "run.dcm"))
    assert next(iter(frames)).name == "run#1" and frames.frame(3).name == "run#3"
    with pytest.raises(InputError, match=r"^frame 2 of .*run\.dcm is damaged"):
        frames.frame(2)


def test_dicom_behind_the_beginning_of_a_tiff(put):
    """Such files are written so that both kinds of program read something."""
    data = saved(described(cine(1), 12))
    assert only(put(b"II*\0" + data[4:], "both.tif")).pixels.shape == (20, 24)


def test_a_picture_with_the_wrong_ending(tmp_path: Path):
    images.write(tmp_path / "a.png", noise("uint8", 1))
    (tmp_path / "a.png").rename(tmp_path / "a.dcm")
    assert only(tmp_path / "a.dcm").pixels.shape == noise("uint8", 1).shape
    (tmp_path / "b.dcm").write_text("nothing")
    with pytest.raises(InputError, match=r"b\.dcm is not a DICOM file"):
        read_frames(tmp_path / "b.dcm")


def test_a_folder(tmp_path: Path):
    for name in ("b.png", "a.tif", ".hidden.png"):
        images.write(tmp_path / name, noise("uint8", 1))
    images.write_pages(tmp_path / "c.tif", [noise("uint8", 1)] * 2)
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "more.png").mkdir()
    assert [each.name for each in read_images(tmp_path)] == ["a", "b", "c#1", "c#2"]
    assert [each.name for each in read_images(tmp_path / "b.png")] == ["b"]


def test_folders_without_images(tmp_path: Path):
    with pytest.raises(InputError, match=r"^the images .*none do not exist; wanted a folder or a file$"):
        read_images(tmp_path / "none")
    with pytest.raises(InputError, match=r"is an empty folder; wanted images in it$"):
        read_images(tmp_path)
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(
        InputError, match=r"has no images that can be read among its 1 files \(\.txt\); wanted \.png, \.jpg"
    ):
        read_images(tmp_path)


@pytest.fixture
def pool(put):
    """A cine of 3 frames, a TIFF of 4 pages, 5 pictures: 12 frames."""
    folder = put(saved(compressed(described(cine(), 12), streams(cine(), 12, JPEG_2000), JPEG_2000)), "a.dcm").parent
    images.write_pages(folder / "b.tif", [noise("uint8", 1)] * 4)
    for number in range(5):
        images.write(folder / f"c{number}.png", noise("uint8", 1))
    return folder


def names(found: Iterable[reading.Angiogram]) -> list[str]:
    return [each.name for each in found]


def test_a_file_is_read_when_it_is_come_to(pool: Path, monkeypatch):
    opened, read = [], reading.read_frames
    monkeypatch.setattr(reading, "read_frames", lambda path: opened.append(path.name) or read(path))
    every = read_images(pool)
    assert [next(every).name for _ in range(4)] == ["a#1", "a#2", "a#3", "b#1"]
    assert opened == ["a.dcm", "b.tif"]


def test_few_frames_are_all_taken(pool: Path):
    assert [count_frames(each) for each in files_in(pool, called="images")] == [3, 4, 1, 1, 1, 1, 1]
    found, there = read_some(pool, 12, seed=0)
    every = list(read_images(pool))
    assert there == 12 and names(found) == names(every)
    assert all(np.array_equal(one.pixels, other.pixels) for one, other in zip(found, every, strict=True))


def test_of_many_frames_some_are_taken_evenly(pool: Path):
    every = names(read_images(pool))
    found = [read_some(pool, 4, seed=seed) for seed in (0, 0, *range(1, 20))]
    assert {there for _, there in found} == {12}
    places = [[every.index(name) for name in names(some)] for some, _ in found]
    assert all(sorted(place // 3 for place in each) == [0, 1, 2, 3] for each in places), "one of each three"
    assert places[0] == places[1] and len(set(map(tuple, places))) > 4
    assert {place for each in places for place in each} == set(range(12))
    assert any(each != sorted(each) for each in places), "the first ones are not all of the first file"


def test_only_what_is_taken_is_decoded(pool: Path, monkeypatch):
    opened, read = [], reading.read_frames
    monkeypatch.setattr(reading, "read_frames", lambda path: opened.append(path) or read(path))
    found, _ = read_some(pool, 2, seed=0)
    assert sorted(opened) == sorted(each.path for each in found)
    frames = sorted(int(each.name[2:]) for each in (read_some(pool / "a.dcm", 2, seed=0)[0]))
    bad = streams(cine(), 12, JPEG_2000)
    (other,) = {1, 2, 3} - set(frames)
    bad[other - 1] = bad[other - 1][:-60] + b"\xff\xd9"
    (pool / "a.dcm").write_bytes(saved(compressed(described(cine(), 12), bad, JPEG_2000)))
    assert len(read_some(pool / "a.dcm", 2, seed=0)[0]) == 2, "the damaged frame is not the business of these"
