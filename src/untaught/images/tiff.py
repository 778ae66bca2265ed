"""TIFF. The pixels go through tifffile; what is said about them stands in the file's directory, as in an EXIF block."""

import io
import logging
import math
import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from untaught.errors import InputError
from untaught.images import exif
from untaught.images.exif import Directory, Value
from untaught.images.picture import MAX_PIXELS, Metadata, Samples, check_size

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, YCBCR = 0, 1, 2, 3, 6
JPEG_COMPRESSIONS = frozenset({6, 7})
PREMULTIPLIED, STRAIGHT = 1, 2
XMP, ICC, DESCRIPTION = 700, 34675, 270
DESCRIPTIVE = frozenset(
    {269, DESCRIPTION, 271, 272, 285, 305, 306, 315, 316, 33432, 0x4746, 0x4749, *range(0x9C9B, 0x9CA0)}
)
"""Tags about the picture, not the file: title, description, make, model, software, date, artist, copyright, rating."""
WANTED = "wanted 1 (grey), 3 (RGB), or either with alpha"

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # or its remarks on odd tags end up on the error output


def recognises(data: bytes) -> bool:
    """Whether the file begins as a TIFF or a BigTIFF does."""
    return data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def decode(data: bytes, name: str) -> tuple[Samples, Metadata]:
    """Samples (full-range uint8 or uint16, or float) and metadata. Alpha comes out straight (not premultiplied).

    Raises: InputError for a file that is cut short, has several pages (those are for `decode_pages`), or samples or
    channels of another kind.
    """
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        pages = _full_pages(file, name)
        if len(pages) > 1:
            raise InputError(f"{name} has {len(pages)} pages; wanted one")
        return _decoded(pages[0], data, name)


def decode_pages(data: bytes, name: str) -> Iterator[tuple[Samples, Metadata]]:
    """Each page as `decode` gives the only one.

    Raises: InputError as `decode`, and for more pages than memory is meant to hold.
    """
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        pages = _full_pages(file, name)
        pixels = sum(page.imagelength * page.imagewidth for page in pages)
        if pixels > MAX_PIXELS:
            raise InputError(
                f"{name} has {len(pages)} pages of {pixels / 1e6:.0f} million pixels together; "
                f"wanted at most {MAX_PIXELS / 1e6:.0f} million"
            )
        last = exif.parse(data, file.pages[-1].offset)
        if last is not None and any(data[last.next_at : last.next_at + last.layout.inline]):
            raise InputError(f"{name} is cut short: it has more pages than the {len(file.pages)} that are in the file")
        for page in pages:
            yield _decoded(page, data, name)


def count_pages(data: bytes, name: str) -> int:
    """How many `decode_pages` would give.

    Raises: InputError for a file without any.
    """
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        return len(_full_pages(file, name))


def in_planes(data: bytes, name: str) -> bool:
    """Is it one page of three colours, one after another? So would three frames look that were saved as one array.

    Raises: InputError for a file without a page.
    """
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        pages = _full_pages(file, name)
        return len(pages) == 1 and pages[0].axes == "SYX" and pages[0].samplesperpixel == 3


def _decoded(page: tifffile.TiffPage, data: bytes, name: str) -> tuple[Samples, Metadata]:
    directory = exif.parse(data, page.offset)
    if directory is None or directory.lost or directory.next_at + directory.layout.inline > len(data):
        raise InputError(f"{name} is cut short or damaged: part of its directory of tags is not in the file")
    check_size(page.imagelength, page.imagewidth, name)
    check_size(max(1, page.tilelength), max(1, page.tilewidth), f"a tile of {name}")
    _check_kind(page, name)
    _check_whole(page, len(data), name)
    samples = page.asarray()
    samples = samples[..., np.newaxis] if samples.ndim == 2 else samples
    samples = np.moveaxis(samples, 0, 2) if page.axes == "SYX" else samples
    return _plain(samples, page), _metadata(directory)


def encode(samples: Samples, metadata: Metadata) -> bytes:
    """A TIFF of uint8, uint16, float32 or float64 samples, compressed without loss (deflate)."""
    about = exif.parse(metadata.exif) if metadata.exif else None
    order = about.order if about else "<"
    out = io.BytesIO()
    tifffile.imwrite(
        out,
        np.ascontiguousarray(samples[..., 0] if samples.shape[2] == 1 else samples),
        byteorder="<" if order == "<" else ">",
        photometric="rgb" if samples.shape[2] > 2 else "minisblack",
        planarconfig="contig" if samples.shape[2] > 1 else None,
        extrasamples=["unassalpha"] if samples.shape[2] in (2, 4) else None,
        compression="zlib",
        predictor=samples.dtype.kind == "u",
        metadata=None,
        software=False,
    )
    return _with_tags(out.getvalue(), about, metadata)


def encode_pages(pages: Iterable[NDArray[Any]]) -> bytes:
    """A TIFF with a page for each `[H, W]` or `[H, W, 3]`, taken one at a time, compressed without loss (deflate)."""
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        for pixels in pages:
            file.write(
                np.ascontiguousarray(pixels),
                photometric="rgb" if pixels.ndim == 3 else "minisblack",
                compression="zlib",
                predictor=pixels.dtype.kind == "u",
                contiguous=False,
                metadata=None,
                software=False,
            )
    return out.getvalue()


def _full_pages(file: tifffile.TiffFile, name: str) -> list[tifffile.TiffPage]:
    pages = list(file.pages)
    full = [page for page in pages if isinstance(page, tifffile.TiffPage) and not page.is_reduced and not page.is_mask]
    if not pages:
        raise InputError(f"{name} is cut short or damaged: its directory of tags is not in the file")
    if not full:
        raise InputError(f"{name} has {len(pages)} previews and no full image (a camera's raw file?); wanted one image")
    return full


def _check_kind(page: tifffile.TiffPage, name: str) -> None:
    channels, extra = page.samplesperpixel, page.extrasamples
    kind = page.photometric
    if kind not in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE) and not (
        kind == YCBCR and page.compression in JPEG_COMPRESSIONS
    ):
        raise InputError(f"{name} is a TIFF in {tifffile.PHOTOMETRIC(kind).name}; wanted grey, RGB or a palette")
    if page.axes not in ("YX", "YXS", "SYX"):
        raise InputError(f"{name} is a volume of {page.imagedepth} slices; wanted one image")
    dtype = page.dtype
    if dtype is None or dtype.name not in ("bool", "uint8", "uint16", "float16", "float32", "float64"):
        bits = f"{dtype} values" if dtype else f"values of {page.bitspersample} bits"
        raise InputError(f"{name} holds {bits}; wanted uint8, uint16, float32 or float64")
    if dtype.kind == "f" and kind not in (BLACK_IS_ZERO, RGB):
        raise InputError(f"{name} holds {dtype} values in {tifffile.PHOTOMETRIC(kind).name}; wanted grey or RGB")
    if channels > 4 or (kind == PALETTE and channels != 1):
        raise InputError(f"{name} has {channels} channels; {WANTED}")
    table = page.colormap
    if kind == PALETTE and (table is None or table.shape != (3, 2**page.bitspersample)):
        raise InputError(f"{name} is damaged: its palette is not one of {2**page.bitspersample} colours")
    if channels in (2, 4) and (len(extra) != 1 or extra[0] not in (PREMULTIPLIED, STRAIGHT)):
        raise InputError(f"{name} has {channels} channels and none is marked as alpha; {WANTED}")


def _check_whole(page: tifffile.TiffPage, size: int, name: str) -> None:
    """Every strip and tile lies in the file: decoders fill what is missing with zeros."""
    places, counts = page.dataoffsets, page.databytecounts
    wanted = 1 if page.is_contiguous else math.prod(page.chunked)
    if not wanted <= len(places) == len(counts):
        got = f"it names {len(places)} places of pixels and {len(counts)} lengths"
        raise InputError(f"{name} is damaged: {got}; wanted {wanted} of each")
    missing = sum(not (at and count and at + count <= size) for at, count in zip(places, counts, strict=True))
    if missing:
        raise InputError(f"{name} is cut short: {missing} of its {len(places)} pieces of pixels are not in the file")


def _plain(samples: Samples, page: tifffile.TiffPage) -> Samples:
    """Samples as everyone else stores them: full range, zero is black, no palette, straight alpha."""
    if page.photometric == PALETTE:
        table = np.asarray(page.colormap).T
        return (table if table.max() < 256 else table >> 8).astype(np.uint8)[samples[..., 0]]
    if samples.dtype.kind == "f":
        samples = samples.astype(np.float64 if samples.dtype.itemsize == 8 else np.float32)
    else:
        top, dtype = 2**page.bitspersample - 1, np.uint8 if page.bitspersample <= 8 else np.uint16
        limit = np.iinfo(dtype).max
        samples = samples.astype(dtype) if top == limit else np.rint(samples * (limit / top)).astype(dtype)
    if page.photometric == WHITE_IS_ZERO:
        samples[..., 0] = np.iinfo(samples.dtype).max - samples[..., 0]
    if page.extrasamples[:1] == (PREMULTIPLIED,):
        samples = _straight(samples)
    return samples


def _straight(samples: Samples) -> Samples:
    """Colour divided by alpha; 0 where alpha is 0 and the colour is therefore lost."""
    top = np.iinfo(samples.dtype).max if samples.dtype.kind == "u" else 1.0
    alpha = samples[..., -1:].astype(np.float64)
    colour = samples[..., :-1] * np.divide(top, alpha, out=np.zeros_like(alpha), where=alpha > 0)
    if samples.dtype.kind == "u":
        colour = np.minimum(np.rint(colour), top)
    return np.concatenate([colour.astype(samples.dtype), samples[..., -1:]], axis=2)


def _metadata(root: Directory) -> Metadata:
    xmp, icc = root.values.get(XMP), root.values.get(ICC)
    values = {tag: value for tag, value in root.values.items() if tag in DESCRIPTIVE | {exif.ORIENTATION}}
    about = Directory(root.order, exif.CLASSIC, values, root.children)
    block = exif.block_of(about) if values or root.children else None
    return Metadata(block, icc.data if icc else None, exif.dpi(root), xmp.data if xmp else None)


def _with_tags(data: bytes, about: Directory | None, metadata: Metadata) -> bytes:
    """The file with a second, fuller directory at its end, and its start pointing there."""
    root = exif.parse(data)
    if root is None:
        raise RuntimeError("tifffile wrote a file without a directory")
    values = dict(root.values)
    if about is not None:
        values |= {
            tag: value for tag, value in about.values.items() if tag in DESCRIPTIVE and not _layout_note(tag, value)
        }
    if metadata.icc is not None:
        values[ICC] = Value(exif.UNDEFINED, len(metadata.icc), metadata.icc)
    if metadata.xmp is not None:
        values[XMP] = Value(exif.BYTE, len(metadata.xmp), metadata.xmp)
    root = replace(root, values=values, children=about.children if about else {})
    root = exif.with_dpi(root, metadata.dpi) if metadata.dpi else root
    data += b"\0" * (len(data) % 2)
    start = struct.pack(root.order + root.layout.word, len(data))
    at = len(start)  # 4, or 8 in a BigTIFF, is also where it stands
    return data[:at] + start + data[2 * at :] + exif.serialise(root, len(data))


def _layout_note(tag: int, value: Value) -> bool:
    """A description that programs use to say how the array is laid out: false as soon as the array is another."""
    return tag == DESCRIPTION and value.data.startswith((b'{"shape"', b"ImageJ="))
