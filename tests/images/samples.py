"""Small images and what goes with them, made afresh."""

import functools
import io
import struct
import zlib
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from untaught.images import Metadata, Picture
from untaught.images.png import framed

HEIGHT, WIDTH = 11, 14


def noise(dtype: str, channels: int, height: int = HEIGHT, width: int = WIDTH, seed: int = 0) -> NDArray[Any]:
    """`[H, W]` for one channel, else `[H, W, channels]`; integers use their whole range, floats leave [0, 1]."""
    generator = np.random.default_rng(seed)
    shape = (height, width) if channels == 1 else (height, width, channels)
    if dtype.startswith("float"):
        return generator.normal(0.5, 2.0, shape).astype(dtype)
    return generator.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def picture(pixels: NDArray[Any], alpha: NDArray[Any] | None = None, **about: Any) -> Picture:
    return Picture(pixels, alpha, Metadata(**about), sha256="", path=None, format="")  # type: ignore[arg-type]


@functools.cache  # it has the time of its making in it
def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif_block(orientation: int | None = None, **more: Any) -> bytes:
    """An EXIF block with something in each of its directories, from its II or MM on."""
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif[0x8298] = "Copyright of someone"
    if orientation is not None:
        exif[0x0112] = orientation
    exif[0x8769] = {0x9003: "2020:01:02 03:04:05", 0x829A: (1, 50), 0x927C: b"maker's own notes", 0xA005: {1: "R98"}}
    exif[0x8825] = {1: "N", 2: (51.0, 30.0, 26.5)}
    return exif.tobytes().removeprefix(b"Exif\0\0")


def said(block: bytes) -> dict[str, Any]:
    """What Pillow reads in an EXIF block."""
    exif = Image.Exif()
    exif.load(block)
    return {
        "maker": exif.get(0x010F),
        "copyright": exif.get(0x8298),
        "orientation": exif.get(0x0112),
        "date": exif.get_ifd(0x8769).get(0x9003),
        "exposure": exif.get_ifd(0x8769).get(0x829A),
        "notes": exif.get_ifd(0x8769).get(0x927C),
        "interoperability": exif.get_ifd(0xA005).get(1),
        "latitude": exif.get_ifd(0x8825).get(2),
    }


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The bytes of a file that Pillow writes."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png(width: int, height: int, bits: int, kind: int, rows: bytes, *more: tuple[bytes, bytes]) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    chunks = [(b"IHDR", header), *more, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed(*each) for each in chunks)


def tiff(array: np.ndarray, **options: Any) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, array, **options)
    return out.getvalue()


def interlaced(samples: np.ndarray, bits: int, kind: int) -> bytes:
    """Adam7, from the figure in the standard: which pass each pixel of an 8x8 block belongs to."""
    figure = ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777"]
    height, width = samples.shape[:2]
    which = np.array([[int(figure[y % 8][x % 8]) for x in range(width)] for y in range(height)])
    rows = b""
    for each in range(1, 8):
        for row, there in zip(samples, which == each, strict=True):
            if there.any():
                values = row[there].astype(">u2" if bits == 16 else "u1").tobytes()
                if bits < 8:
                    digits = "".join(f"{value:0{bits}b}" for value in values)
                    digits += "0" * (-len(digits) % 8)
                    values = int(digits, 2).to_bytes(len(digits) // 8)
                rows += b"\0" + values
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 1)
    palette = [(b"PLTE", bytes(range(48)))] if kind == 3 else []
    chunks = [(b"IHDR", header), *palette, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed(*each) for each in chunks)


RGB = Image.fromarray(noise("uint8", 3, 20, 24))
GREY = Image.fromarray(noise("uint8", 1, 20, 24))
RGBA = Image.fromarray(noise("uint8", 4, 20, 24))
FILES = {
    "png": saved(RGB, "PNG"),
    "png16": png(4, 3, 16, 2, (b"\0" + noise("uint8", 1, 1, 24).tobytes()) * 3),
    "interlaced png": interlaced(noise("uint16", 3), 16, 2),
    "jpeg": saved(RGB, "JPEG", exif=b"Exif\0\0" + b"II*\0\x08\0\0\0\0\0\0\0\0\0"),
    "progressive": saved(RGB, "JPEG", progressive=True),
    "webp": saved(RGB, "WEBP"),
    "lossless webp": saved(RGBA, "WEBP", lossless=True),
    "tiff": saved(RGB, "TIFF"),
    "lzw tiff": saved(RGB, "TIFF", compression="tiff_lzw"),
    "fax tiff": saved(GREY.convert("1"), "TIFF", compression="group4"),
    "tiled tiff": tiff(noise("float32", 1, 20, 24), tile=(16, 16), compression="zlib"),
    "bigtiff": tiff(noise("uint16", 3), photometric="rgb", bigtiff=True, byteorder=">"),
}
