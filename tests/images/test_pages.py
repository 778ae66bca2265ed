"""Several pages in one TIFF, in and out."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from tests.images.samples import FILES, noise, tiff
from untaught.errors import InputError, UsageError
from untaught.images import count_pages, in_planes, read, read_pages, write, write_pages
from untaught.images import tiff as module


@pytest.mark.parametrize(("dtype", "channels"), [("uint8", 1), ("uint16", 3), ("float32", 1)])
def test_there_and_back(tmp_path: Path, dtype: str, channels: int):
    pages = [noise(dtype, channels, seed=seed) for seed in range(3)]
    write_pages(tmp_path / "out.tif", iter(pages))
    found = read_pages(tmp_path / "out.tif")
    assert len(found) == 3 and len({each.sha256 for each in found}) == 1
    for got, wanted in zip(found, pages, strict=True):
        assert got.pixels.dtype == wanted.dtype and np.array_equal(got.pixels, wanted)
    assert tifffile.imread(tmp_path / "out.tif").shape[0] == 3


def test_pages_of_several_sizes_and_what_others_write(put):
    path = put(tiff(np.stack([noise("uint8", 1, seed=1)] * 2), photometric="minisblack"), "stack.tif")
    assert len(read_pages(path)) == 2
    with pytest.raises(InputError, match=r"has 2 pages; wanted one$"):
        read(path)
    write_pages(path, [noise("uint8", 1, 4, 5), noise("uint8", 1, 6, 7)], overwrite=True)
    assert [page.pixels.shape for page in read_pages(path)] == [(4, 5), (6, 7)]


def test_another_format_is_one_page(put):
    path = put(FILES["png16"])
    (found,) = read_pages(path)
    assert found.format == "PNG" and np.array_equal(found.pixels, read(path).pixels)


def test_a_page_cut_short(put):
    data = tiff(np.stack([noise("uint8", 1, 20, 24)] * 3), photometric="minisblack")
    for end in range(16, len(data), 61):
        with pytest.raises(InputError):
            read_pages(put(data[:end], "cut.tif"))


def test_more_pages_than_memory_is_meant_to_hold(put, monkeypatch: pytest.MonkeyPatch):
    path = put(tiff(np.zeros((5, 20, 24), np.uint8), photometric="minisblack"), "many.tif")
    monkeypatch.setattr(module, "MAX_PIXELS", 2000)
    with pytest.raises(InputError, match="has 5 pages of 0 million pixels together"):
        read_pages(path)


@pytest.mark.parametrize(
    ("name", "pages", "sentence"),
    [
        ("out.png", [noise("uint8", 1)], "PNG cannot hold several pages; TIFF"),
        ("out.tif", [], "there are no pages for"),
        ("out.tif", [noise("uint8", 1), np.zeros((2, 2), bool)], "page 2 for .* is 2x2 of bool; wanted"),
        ("out.tif", [np.zeros((0, 2), np.uint8)], "page 1 for .* is 0x2 of uint8"),
        ("in.tif", [noise("uint8", 1)], "exists; it is replaced only if asked to"),
    ],
)
def test_what_cannot_be_written(put, name: str, pages: list[np.ndarray], sentence: str):
    path = put(b"before", "in.tif").with_name(name)
    with pytest.raises(UsageError, match=sentence):
        write_pages(path, pages)
    assert sorted(each.name for each in path.parent.iterdir()) == ["in.tif"]
    assert (path.parent / "in.tif").read_bytes() == b"before"


def test_pages_are_counted_and_not_decoded(tmp_path: Path, monkeypatch):
    write_pages(tmp_path / "run.tif", [np.zeros((4, 5), np.uint8)] * 3)
    write_pages(tmp_path / "one.tif", [np.zeros((4, 5), np.uint8)])
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(9))
    monkeypatch.setattr(tifffile.TiffPage, "asarray", None)
    assert [count_pages(tmp_path / name) for name in ("run.tif", "one.tif", "cut.png")] == [3, 1, 1]
    (tmp_path / "no.tif").write_bytes(b"II*\0" + bytes(4))
    with pytest.raises(InputError, match=r"no\.tif is cut short or damaged"):
        count_pages(tmp_path / "no.tif")
    (tmp_path / "no.png").write_text("nothing")
    with pytest.raises(InputError, match=r"no\.png is not an image known here"):
        count_pages(tmp_path / "no.png")


def test_three_planes_of_one_page_may_be_three_frames(tmp_path: Path):
    """What older tifffiles make of an array of three frames; and what is told apart from it."""
    frames = np.random.default_rng(0).integers(0, 255, (3, 20, 30), dtype=np.uint8)
    kinds = {
        "planes": (frames, {"photometric": "rgb", "planarconfig": "separate"}),
        "pages": (frames, {"photometric": "minisblack"}),
        "colours": (np.moveaxis(frames, 0, 2), {"photometric": "rgb"}),
        "grey": (frames[0], {}),
    }
    for name, (values, more) in kinds.items():
        tifffile.imwrite(tmp_path / f"{name}.tif", values, **more)
        assert in_planes(tmp_path / f"{name}.tif") == (name == "planes"), name
    write(tmp_path / "a.png", np.moveaxis(frames, 0, 2))
    assert not in_planes(tmp_path / "a.png")
    (tmp_path / "cut.tif").write_bytes((tmp_path / "planes.tif").read_bytes()[:9])
    with pytest.raises(InputError):
        in_planes(tmp_path / "cut.tif")
