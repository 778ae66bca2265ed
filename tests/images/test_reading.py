"""Every kind of file that others write."""

import hashlib
import io
import os
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.images.samples import GREY, RGB, RGBA, interlaced, noise, png, saved, tiff
from untaught.images import read


@pytest.mark.parametrize(
    ("image", "kind", "options", "mode"),
    [
        (RGB.quantize(20), "PNG", {}, "RGB"),
        (RGB.quantize(4), "PNG", {"bits": 2}, "RGB"),
        (RGB.quantize(20), "PNG", {"transparency": bytes(range(0, 200, 10))}, "RGBA"),
        (RGB.quantize(20), "PNG", {"transparency": 3}, "RGBA"),
        (RGB, "PNG", {"transparency": RGB.getpixel((3, 2))}, "RGBA"),
        (GREY.convert("1"), "PNG", {}, "L"),
        (GREY.convert("LA"), "PNG", {}, "LA"),
        (RGBA, "PNG", {}, "RGBA"),
        (RGB.quantize(20), "TIFF", {}, "RGB"),
        (RGB.quantize(20), "TIFF", {"compression": "tiff_lzw"}, "RGB"),
        (GREY.convert("1"), "TIFF", {}, "L"),
        (GREY.convert("1"), "TIFF", {"compression": "group4"}, "L"),
        (GREY.convert("LA"), "TIFF", {}, "LA"),
        (RGBA, "TIFF", {"compression": "tiff_lzw"}, "RGBA"),
        (RGB, "TIFF", {"compression": "packbits"}, "RGB"),
        (RGB, "TIFF", {"compression": "tiff_adobe_deflate"}, "RGB"),
        (RGBA, "WEBP", {"lossless": True, "exact": True}, "RGBA"),
        (RGB, "WEBP", {"quality": 50}, "RGB"),
        (RGB, "JPEG", {"progressive": True}, "RGB"),
        (RGB, "JPEG", {"subsampling": 2, "restart_marker_rows": 1}, "RGB"),
        (GREY, "JPEG", {}, "L"),
    ],
)
def test_modes_as_pillow_sees_them(put, image: Image.Image, kind: str, options: dict[str, Any], mode: str):
    path = put(saved(image, kind, **options))
    with Image.open(path) as opened:
        expected = np.asarray(opened.convert(mode))
    found = read(path)
    assert found.pixels.dtype == np.uint8
    if mode in ("LA", "RGBA"):
        np.testing.assert_array_equal(found.alpha, expected[..., -1])
        expected = expected[..., 0] if mode == "LA" else expected[..., :3]
    else:
        assert found.alpha is None
    np.testing.assert_array_equal(found.pixels, expected)


def test_few_bits_are_stretched_to_eight(put):
    np.testing.assert_array_equal(read(put(png(4, 1, 2, 0, b"\0\x1b"))).pixels, [[0, 85, 170, 255]])
    np.testing.assert_array_equal(read(put(png(2, 1, 4, 0, b"\0\x1b"))).pixels, [[17, 187]])
    for photometric, expected in (("minisblack", [[255, 0]]), ("miniswhite", [[0, 255]])):
        bits = tiff(np.array([[True, False]]), photometric=photometric)
        np.testing.assert_array_equal(read(put(bits)).pixels, expected)


def test_12_bits_are_stretched_to_16(put):
    values = np.array([[0, 1, 2048, 4095]], np.uint16)
    found = read(put(tiff(values, bitspersample=12))).pixels
    np.testing.assert_array_equal(found, [[0, 16, 32776, 65535]])


def test_16_bit_transparent_colour(put):
    found = read(put(png(2, 1, 16, 0, b"\0\x12\x34\xff\x00", (b"tRNS", b"\x12\x34"))))
    np.testing.assert_array_equal(found.pixels, [[0x1234, 0xFF00]])
    np.testing.assert_array_equal(found.alpha, [[0, 65535]])


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 5), (5, 1), (3, 3), (13, 18)])
@pytest.mark.parametrize(("bits", "kind"), [(8, 0), (16, 0), (8, 2), (16, 2), (8, 4), (16, 6), (4, 0), (1, 0), (4, 3)])
def test_interlaced_png(put, bits: int, kind: int, height: int, width: int):
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    samples = np.random.default_rng(0).integers(0, 2**bits, (height, width, channels))
    path = put(interlaced(samples, bits, kind))
    found = read(path)
    if kind == 3:
        expected = np.arange(48).reshape(16, 3)[samples[..., 0]]
    else:
        expected = samples * (255 // (2**bits - 1)) if bits < 8 else samples
        expected = expected[..., 0] if channels < 3 else expected[..., :3]
    assert found.pixels.dtype == (np.uint16 if bits == 16 else np.uint8)
    np.testing.assert_array_equal(found.pixels, expected)
    if channels in (2, 4):
        np.testing.assert_array_equal(found.alpha, samples[..., -1])
    if bits == 8:
        with Image.open(path) as image:  # that the file made here is what others take for interlaced
            assert image.info["interlace"] == 1
            np.testing.assert_array_equal(np.asarray(image).reshape(samples.shape), samples)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize(
    "options", [{}, {"tile": (16, 16)}, {"compression": "zlib", "rowsperstrip": 3}, {"bigtiff": True}]
)
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("planar", [False, True])
def test_tiffs_however_laid_out(put, dtype: str, options: dict[str, Any], order: str, planar: bool):
    samples = noise(dtype, 4, 20, 24)
    stored = np.moveaxis(samples, 2, 0) if planar else samples
    layout = {"photometric": "rgb", "planarconfig": "separate" if planar else "contig", "byteorder": order}
    found = read(put(tiff(stored, extrasamples=["unassalpha"], **layout, **options)))
    assert found.format == "TIFF" and found.pixels.dtype == dtype
    np.testing.assert_array_equal(found.pixels, samples[..., :3])
    np.testing.assert_array_equal(found.alpha, samples[..., 3])


def test_tiffs_of_rarer_kinds(put):
    grey = noise("uint16", 1)
    np.testing.assert_array_equal(read(put(tiff(grey, photometric="miniswhite"))).pixels, 65535 - grey)
    half = noise("float16", 1)
    found = read(put(tiff(half))).pixels
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, half)
    smooth = np.repeat(np.arange(0, 240, 10, np.uint8)[:, None, None], 32, 1) + np.array([0, 5, 10], np.uint8)
    path = put(tiff(smooth, photometric="rgb", compression="jpeg"))
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].photometric == tifffile.PHOTOMETRIC.YCBCR
    found = read(path).pixels
    assert np.abs(found.astype(int) - smooth).max() < 12
    three = read(put(tiff(noise("float32", 3), photometric="minisblack", planarconfig="contig"))).pixels
    np.testing.assert_array_equal(three, noise("float32", 3))


def test_premultiplied_alpha_is_divided_out(put):
    colour = np.array([[[200, 100, 50], [255, 0, 128], [9, 9, 9]]], np.float64)
    alpha = np.array([[[255], [128], [0]]], np.float64)
    stored = np.rint(np.concatenate([colour * alpha / 255, alpha], 2)).astype(np.uint8)
    found = read(put(tiff(stored, photometric="rgb", extrasamples=["assocalpha"])))
    np.testing.assert_allclose(found.pixels[0, :2], colour[0, :2], atol=1)
    np.testing.assert_array_equal(found.pixels[0, 2], 0)
    np.testing.assert_array_equal(found.alpha, alpha[..., 0])
    found = read(put(tiff((stored / 255).astype(np.float32), photometric="rgb", extrasamples=["assocalpha"])))
    np.testing.assert_allclose(found.pixels[0, 1] * 255, colour[0, 1], atol=1)


def test_a_preview_in_a_tiff_is_not_a_page(put):
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        writer.write(noise("uint8", 3)[::2, ::2], photometric="rgb", subfiletype=1)
        writer.write(noise("uint8", 3), photometric="rgb", extratags=[(271, 2, 6, b"Maker\0", True)])
    found = read(put(out.getvalue()))
    np.testing.assert_array_equal(found.pixels, noise("uint8", 3))
    assert found.metadata.exif is not None and b"Maker" in found.metadata.exif


def test_of_a_jpeg_with_several_pictures_the_first(put):
    first, second = saved(RGB, "JPEG", quality=95), saved(GREY, "JPEG")
    np.testing.assert_array_equal(read(put(first + second)).pixels, read(put(first)).pixels)
    mpo = saved(RGB, "MPO", save_all=True, append_images=[RGB.rotate(180)], quality=95)
    np.testing.assert_array_equal(read(put(mpo)).pixels, read(put(first)).pixels)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_content_counts_not_the_name_and_the_file_is_not_touched(put, kind: str):
    data = saved(RGB, kind)
    path = put(data, "misnamed.dat")
    os.utime(path, (1, 1))
    found = read(str(path))
    assert found.format.upper() == kind and found.path == path
    assert found.sha256 == hashlib.sha256(data).hexdigest() == hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.stat().st_mtime == 1 and list(path.parent.iterdir()) == [path]
