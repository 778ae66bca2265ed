"""Every bad file ends in one sentence."""

import io
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, JpegImagePlugin

from tests.images.samples import FILES, GREY, RGB, RGBA, framed, noise, png, saved, tiff
from untaught.errors import InputError, ResourceError
from untaught.images import picture, read


def refused(path: Path, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        read(path)
    said = str(caught.value)
    assert said.startswith(str(path)) or said.startswith(f"a tile of {path}"), said
    assert sentence in said, said
    assert "\n" not in said and caught.value.exit_code == 4


def test_missing(tmp_path: Path):
    refused(tmp_path / "none.png", "none.png does not exist")
    refused(tmp_path / "no" / "none.png", "none.png does not exist")
    refused(tmp_path / ("x" * 300), "cannot be read: File name too long")


def test_a_folder(tmp_path: Path):
    refused(tmp_path, "is a folder; wanted an image file")


def test_not_a_regular_file(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.png")
    refused(tmp_path / "pipe.png", "is not a regular file; wanted a PNG, JPEG, TIFF or WebP image")


def test_permission_denied(put, monkeypatch: pytest.MonkeyPatch):
    path = put(saved(RGB, "PNG"))

    def denied(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", denied)
    refused(path, "may not be read: permission denied")


def test_a_disk_that_fails(put, monkeypatch: pytest.MonkeyPatch):
    path = put(saved(RGB, "PNG"))

    def broken(self: Path) -> bytes:
        raise OSError(5, "Input/output error", str(self))

    monkeypatch.setattr(Path, "read_bytes", broken)
    refused(path, "cannot be read: Input/output error")


def test_no_memory(put, monkeypatch: pytest.MonkeyPatch):
    path = put(saved(RGB, "JPEG"))

    def full(self: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(JpegImagePlugin.JpegImageFile, "load", full)
    with pytest.raises(ResourceError, match=r"^not enough memory to read .*in\.png$"):
        read(path)


def test_empty(put):
    refused(put(b""), "is empty; wanted a PNG, JPEG, TIFF or WebP image")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            b"Dear diary,",
            "is not an image known here (it begins with b'Dear dia'); wanted a PNG, JPEG, TIFF or WebP image",
        ),
        (b"x", "is not an image known here (it begins with b'x')"),
        (saved(RGB, "GIF"), "is a GIF image; wanted a PNG"),
        (saved(RGB, "BMP"), "is a BMP image; wanted a PNG"),
        (saved(RGB, "JPEG2000"), "is a JPEG 2000 image; wanted a PNG"),
        (b"\0" * 128 + b"DICM", "is a DICOM file, which is read as an angiogram only; wanted a PNG"),
        (b"\0\0\0\x1cftypheic\0\0\0\0", "is a HEIC image; wanted a PNG"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "is an AVIF image; wanted a PNG"),
    ],
)
def test_not_an_image(put, data: bytes, sentence: str):
    refused(put(data), sentence)


@pytest.mark.parametrize("name", FILES)
def test_cut_short_anywhere(put, name: str):
    """Whatever the place of the cut: never half an image."""
    data = FILES[name]
    read(put(data))
    length = len(data)
    for end in sorted({*range(16, min(64, length)), *range(64, length, 97), *range(length - 24, length)}):
        refused(put(data[:end]), "")


@pytest.mark.parametrize("name", ["png", "png16", "jpeg", "webp", "tiff"])
def test_cut_short_says_so(put, name: str):
    refused(put(FILES[name][: len(FILES[name]) * 2 // 3]), "is cut short")


@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"optimize": True}, {"restart_marker_rows": 1}])
def test_a_jpeg_cut_short_and_ended_is_not_filled_with_grey(put, options: dict[str, Any]):
    data = saved(RGB, "JPEG", quality=90, **options)
    with Image.open(io.BytesIO(data[:-200] + b"\xff\xd9")) as filled:
        filled.load()  # Pillow does
    refused(put(data[:-200] + b"\xff\xd9"), "is damaged, or a JPEG of a rare kind: image file is truncated")


def test_damaged_png(put):
    data = bytearray(FILES["png"])
    data[60] ^= 1
    refused(put(bytes(data)), "is damaged: the checksum of its IDAT chunk at byte 33 is wrong")
    refused(put(FILES["png"][:8] + framed(b"IEND", b"")), "its first chunk is not a PNG header")
    refused(put(FILES["png"][:33] + framed(b"IEND", b"")), "it is a PNG without pixels")
    refused(put(png(4, 9, 8, 0, b"\0\1\2\3\4")), "is damaged, or a PNG of a rare kind: Not enough image data")


def test_remarks_with_a_wrong_checksum_are_left_out(put):
    bad = bytearray(framed(b"tEXt", b"Title\0x"))
    bad[-1] ^= 1
    found = read(put(FILES["png"][:33] + bytes(bad) + FILES["png"][33:]))
    assert found.metadata.blocks == () and found.pixels.shape == (20, 24, 3)


def test_damaged_tiff(put):
    array = noise("uint8", 1, 40, 40)
    out = put(tiff(array, compression="zlib", rowsperstrip=10))
    with tifffile.TiffFile(out, mode="r+") as file:
        file.pages[0].tags["ImageLength"].overwrite(400)
    refused(out, "is damaged: it names 4 places of pixels and 4 lengths; wanted 40 of each")
    out = put(tiff(array))
    with tifffile.TiffFile(out, mode="r+") as file:
        file.pages[0].tags["ImageLength"].overwrite(400)
    refused(out, "is damaged, or a TIFF of a rare kind")
    out = put(tiff(array, photometric="palette", colormap=np.zeros((3, 256), np.uint16)))
    with tifffile.TiffFile(out, mode="r+") as file:
        file.pages[0].tags["BitsPerSample"].overwrite(4)
    refused(out, "is damaged: its palette is not one of 16 colours")
    refused(put(b"II*\0\x08\0\0\0"), "its directory of tags is not in the file")


def test_no_pixels(put):
    refused(put(png(0, 5, 8, 0, b"\0")), "is 5x0; wanted at least 1x1 (height x width)")
    jpeg = saved(GREY, "JPEG")
    at = jpeg.index(b"\xff\xc0") + 5
    refused(put(jpeg[:at] + bytes(4) + jpeg[at + 4 :]), "")


def test_more_pixels_than_anyone_means(put):
    sentence = "is 40000x30000 (height x width), 1200 million pixels; wanted at most 268 million"
    refused(put(png(30_000, 40_000, 16, 2, b"\0")), sentence)
    jpeg = saved(GREY, "JPEG")
    at = jpeg.index(b"\xff\xc0") + 5
    refused(put(jpeg[:at] + struct.pack(">2H", 40_000, 30_000) + jpeg[at + 4 :]), sentence)
    path = put(tiff(noise("uint8", 1), metadata=None))
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages[0].tags["ImageLength"].overwrite(40_000)
        file.pages[0].tags["ImageWidth"].overwrite(30_000)
    refused(path, sentence)
    path = put(tiff(noise("uint8", 1), tile=(16, 16)))
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages[0].tags["TileLength"].overwrite(65_520)
        file.pages[0].tags["TileWidth"].overwrite(65_520)
    refused(path, "is 65520x65520 (height x width), 4293 million pixels")


def test_more_bytes_than_any_image(put, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("untaught.images.reading.MAX_BYTES", 100)
    path = put(saved(RGB, "PNG"))
    refused(path, f"has {path.stat().st_size} bytes; wanted at most 100")


def test_an_image_between_pillows_own_limits_and_ours_is_read(put, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)  # Pillow would warn from 11 and refuse from 21
    for kind in ("JPEG", "WEBP", "PNG"):
        assert read(put(saved(RGB, kind))).pixels.shape == (20, 24, 3)
    assert picture.MAX_PIXELS == 2**28


CHANNELS = "channels{}; wanted 1 (grey), 3 (RGB), or either with alpha"
CONTIG: dict[str, Any] = {"photometric": "minisblack", "planarconfig": "contig"}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (tiff(noise("uint8", 5), **CONTIG), "has 5 " + CHANNELS.format("")),
        (tiff(noise("uint8", 2), **CONTIG), "has 2 " + CHANNELS.format(" and none is marked as alpha")),
        (tiff(noise("uint8", 4), **CONTIG), "has 4 " + CHANNELS.format(" and none is marked as alpha")),
        (tiff(np.zeros((5, 8, 9), np.uint8), photometric="minisblack"), "has 5 pages; wanted one"),
        (tiff(np.zeros((4, 16, 16), np.uint8), volumetric=True, photometric="minisblack"), "is a volume of 4 slices"),
        (tiff(np.zeros((4, 5), np.int32)), "holds int32 values; wanted uint8, uint16, float32 or float64"),
        (tiff(np.zeros((4, 5), np.int8)), "holds int8 values"),
        (tiff(np.zeros((4, 5), np.uint64)), "holds uint64 values"),
        (tiff(np.zeros((4, 5), np.complex64)), "holds complex64 values"),
        (saved(RGB.convert("CMYK"), "TIFF"), "is a TIFF in SEPARATED; wanted grey, RGB or a palette"),
        (saved(RGB.convert("LAB"), "TIFF"), "is a TIFF in CIELAB; wanted grey, RGB or a palette"),
        (saved(RGB.convert("CMYK"), "JPEG"), "is a JPEG in CMYK; wanted grey or RGB (convert it first)"),
        (saved(RGB, "PNG", save_all=True, append_images=[RGBA]), "is an animation of 2 frames; wanted one image"),
        (saved(RGB, "WEBP", save_all=True, append_images=[RGBA]), "is an animation of 2 frames; wanted one image"),
        (tiff(noise("uint8", 1), subfiletype=1), "has 1 previews and no full image"),
    ],
)
def test_kinds_not_wanted(put, data: bytes, sentence: str):
    refused(put(data), sentence)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite(put, dtype: str, bad: float):
    samples = noise(dtype, 3, 20, 24)
    samples[7, 3, 1] = bad
    sentence = "1 pixel that is NaN or infinite, the first at row 7, column 3; wanted finite values"
    refused(put(tiff(samples, photometric="rgb")), sentence)
    samples[7:9, 5:8] = bad
    refused(put(tiff(samples, photometric="rgb")), "7 pixels that are NaN or infinite, the first at row 7, column 3")


def test_damaged_files_say_nothing_on_the_error_output(put):
    """libpng and tifffile's log have their own ideas: the sentence is ours alone."""
    cells = io.BytesIO()
    tifffile.imwrite(cells, noise("uint8", 1), description="x")
    paths = [
        put(png(0, 1, 8, 0, b"\0"), "a.png"),
        put(png(2, 1, 8, 0, b"\0\1\2", (b"iCCP", b"x\0\0nonsense"), (b"gAMA", b"")), "b.png"),
        put(FILES["interlaced png"], "i.png"),
        put(FILES["lzw tiff"][:-30], "c.tif"),
        put(FILES["progressive"][:-30], "d.jpg"),
        put(cells.getvalue().replace(b"\x0e\x01\x02\0", b"\x0e\x01\xff\0"), "e.tif"),
    ]
    code = (
        "import sys\nfrom untaught.images import read\nfor p in sys.argv[1:]:\n try: read(p)\n except ValueError: pass"
    )
    done = subprocess.run([sys.executable, "-c", code, *map(str, paths)], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_what_is_not_finite_is_read_if_asked_for_but_never_alpha(put):
    samples = noise("float32", 4, 9, 8)
    samples[7, 3, 1] = np.nan
    path = put(tiff(samples, photometric="rgb", extrasamples=["unassalpha"]))
    assert np.array_equal(read(path, finite=False).pixels, samples[..., :3], equal_nan=True)
    samples[2, 1, 3] = np.nan
    path = put(tiff(samples, photometric="rgb", extrasamples=["unassalpha"]))
    with pytest.raises(InputError, match="1 pixel that is NaN or infinite, the first at row 2, column 1"):
        read(path, finite=False)
