"""JPEG. The pixels go through Pillow (libjpeg); all that is said about them stands in segments, which are read here.

Source: ITU-T T.81, annex B; Exif 2.32, section 4.7; ICC.1:2022, annex B.4; XMP part 3, section 1.1.3.
"""

import io
import re
import warnings
from collections.abc import Iterator

import numpy as np
from PIL import Image, JpegImagePlugin

from untaught.errors import InputError
from untaught.images.picture import Metadata, Samples, check_size

QUALITY = 95
START, END, SCAN, COMMENT, JFIF, APP1, APP2, IPTC = 0xD8, 0xD9, 0xDA, 0xFE, 0xE0, 0xE1, 0xE2, 0xED
BASELINE = frozenset({0xC0, 0xC1})
NOT_PIXELS = frozenset({APP1, APP2, IPTC, COMMENT})
EXIF, XMP, ICC = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
LONG_XMP = b"http://ns.adobe.com/xmp/extension/\0"
LONGEST = 65533
"""Bytes that a segment can hold."""

_MARKER = re.compile(rb"\xff([^\x00\x01\xff\xd0-\xd7])", re.DOTALL)

Segment = tuple[int, bytes]


def recognises(data: bytes) -> bool:
    """Whether the file begins as a JPEG does."""
    return data.startswith(b"\xff\xd8\xff")


def decode(data: bytes, name: str) -> tuple[Samples, Metadata]:
    """uint8 samples and metadata. Of a file with several pictures (MPO, gain maps) the first.

    Raises: InputError for a file that is cut short, damaged or CMYK: its colours mean nothing without the press they
    are for, and what came out would not be CMYK.
    """
    segments, scans = _segments(data, name)
    with JpegImagePlugin.JpegImageFile(io.BytesIO(_bare(segments, scans))) as image:
        check_size(image.height, image.width, name)
        if image.mode not in ("L", "RGB"):
            raise InputError(f"{name} is a JPEG in {image.mode}; wanted grey or RGB (convert it first)")
        samples = np.array(image)
    return (samples[..., np.newaxis] if samples.ndim == 2 else samples), _metadata(segments)


def encode(samples: Samples, metadata: Metadata) -> bytes:
    """A JPEG of uint8 samples: quality 95, colour at full resolution. Warns of metadata too long for a JPEG."""
    out = io.BytesIO()
    x, y = (round(value) for value in metadata.dpi or (0, 0))
    image = Image.fromarray(np.ascontiguousarray(samples[..., 0] if samples.shape[2] == 1 else samples))
    image.save(out, "JPEG", quality=QUALITY, subsampling=0, dpi=(x, y) if max(x, y) < 2**16 else (0, 0))
    bare = out.getvalue()
    after_jfif = 4 + int.from_bytes(bare[4:6])
    return bare[:after_jfif] + b"".join(_segment(*segment) for segment in _described(metadata)) + bare[after_jfif:]


def _segments(data: bytes, name: str) -> tuple[list[Segment], bytes]:
    """The segments before the first scan, and all from there up to the mark that ends the image."""
    segments: list[Segment] = []
    scan, at = -1, 2
    while found := _MARKER.search(data, at):
        code, at = found[1][0], found.end()
        if code == END:
            if scan < 0:
                raise InputError(f"{name} is damaged: it is a JPEG without pixels")
            return segments, data[scan : found.start()]
        if code == SCAN and scan < 0:
            scan = found.start()
        length = max(2, int.from_bytes(data[at : at + 2]))
        if scan < 0:
            segments.append((code, data[at + 2 : at + length]))
        at += length
    raise InputError(f"{name} is cut short: its {len(data)} bytes end before the end of the JPEG")


def _bare(segments: list[Segment], scans: bytes) -> bytes:
    """The JPEG without what is not pixels.

    libjpeg fills what is missing before the end mark with grey and says nothing. Where the image is one baseline scan
    the end mark is therefore left out, and bits that are no code stand there: a decoder that needs more than there is
    then waits for it, which Pillow reports. (Eight bytes, because the decoder looks ahead by that much.)
    """
    head = b"".join(_segment(code, body) for code, body in segments if code not in NOT_PIXELS)
    one_scan = BASELINE & {code for code, _ in segments} and not _MARKER.search(scans, 2)
    return b"\xff\xd8" + head + scans + (b"\xff\x00" * 8 if one_scan else b"\xff\xd9")


def _segment(code: int, body: bytes) -> bytes:
    return bytes((0xFF, code)) + (len(body) + 2).to_bytes(2) + body


def _metadata(segments: list[Segment]) -> Metadata:
    def bodies(code: int, start: bytes) -> list[bytes]:
        return [body[len(start) :] for found, body in segments if found == code and body.startswith(start)]

    exif, xmp = bodies(APP1, EXIF), bodies(APP1, XMP)
    icc = b"".join(part[2:] for part in sorted(bodies(APP2, ICC)))
    dpi = None
    for body in bodies(JFIF, b"JFIF\0")[:1]:
        per_inch = {1: 1.0, 2: 2.54}.get(body[2]) if len(body) >= 7 else None
        x, y = int.from_bytes(body[3:5]), int.from_bytes(body[5:7])
        dpi = (x * per_inch, y * per_inch) if per_inch and x and y else None
    kept = [(f"{code:02X}", body) for code, body in segments if code in (COMMENT, IPTC) or body.startswith(LONG_XMP)]
    return Metadata(exif[0] if exif else None, icc or None, dpi, xmp[0] if xmp else None, tuple(kept))


def _described(metadata: Metadata) -> Iterator[Segment]:
    for what, start, body in (("EXIF", EXIF, metadata.exif), ("XMP", XMP, metadata.xmp)):
        if body is not None and len(start + body) > LONGEST:
            warnings.warn(f"{what} of {len(body)} bytes left out: a JPEG holds {LONGEST - len(start)}", stacklevel=4)
        elif body is not None:
            yield APP1, start + body
    if metadata.icc is not None:
        step = LONGEST - len(ICC) - 2
        parts = [metadata.icc[at : at + step] for at in range(0, len(metadata.icc), step)]
        if len(parts) > 255:
            warnings.warn(f"ICC profile of {len(metadata.icc)} bytes left out: a JPEG holds {255 * step}", stacklevel=4)
            parts = []
        for index, part in enumerate(parts, 1):
            yield APP2, ICC + bytes((index, len(parts))) + part
    for code, body in metadata.blocks:
        yield int(code, 16), body
