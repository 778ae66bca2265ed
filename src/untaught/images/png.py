"""PNG. The pixels go through imagecodecs, which gives and takes 16 real bits; what is said about them is in chunks.

Source: PNG, third edition (W3C 2025), sections 5, 11.
"""

import logging
import struct
import zlib
from collections.abc import Iterator

import imagecodecs
import numpy as np

from untaught.errors import InputError
from untaught.images.picture import Metadata, Samples, check_size

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEPT = frozenset({b"gAMA", b"cHRM", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"tEXt", b"zTXt", b"iTXt"})
XMP = b"XML:com.adobe.xmp"
LONGEST_TEXT = 2**26
"""64 MiB: no profile or XMP packet is longer; a compressed one that claims to be is left out."""
METRES_PER_INCH = 0.0254

Chunk = tuple[bytes, bytes]

logging.getLogger("imagecodecs").addHandler(logging.NullHandler())  # or its remarks end up on the error output


def recognises(data: bytes) -> bool:
    """Whether the file begins as a PNG does."""
    return data.startswith(SIGNATURE)


def decode(data: bytes, name: str) -> tuple[Samples, Metadata]:
    """Samples (uint8 or uint16; 1, 2 and 4 bits stretched to 8, palettes looked up) and metadata.

    Raises: InputError for a file that is cut short, damaged or an animation.
    """
    chunks = list(_chunks(data, name))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        raise InputError(f"{name} is damaged: its first chunk is not a PNG header")
    if not any(kind == b"IDAT" for kind, _ in chunks):
        raise InputError(f"{name} is damaged: it is a PNG without pixels")
    width, height = struct.unpack_from(">2I", chunks[0][1])
    check_size(height, width, name)
    for kind, body in chunks:
        if kind == b"acTL" and len(body) >= 4 and body[:4] != b"\0\0\0\x01":
            raise InputError(f"{name} is an animation of {int.from_bytes(body[:4])} frames; wanted one image")
    samples = imagecodecs.png_decode(data)
    return (samples[..., np.newaxis] if samples.ndim == 2 else samples), _metadata(chunks)


def encode(samples: Samples, metadata: Metadata) -> bytes:
    """A PNG of uint8 or uint16 samples."""
    bare = bytes(imagecodecs.png_encode(np.ascontiguousarray(samples[..., 0] if samples.shape[2] == 1 else samples)))
    after_header = len(SIGNATURE) + 25
    return bare[:after_header] + b"".join(framed(*chunk) for chunk in _described(metadata)) + bare[after_header:]


def _chunks(data: bytes, name: str) -> Iterator[Chunk]:
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        kind, body, check = (
            data[at + 4 : at + 8],
            data[at + 8 : at + 8 + length],
            data[at + 8 + length : at + 12 + length],
        )
        if len(check) < 4:
            break
        if int.from_bytes(check) == zlib.crc32(kind + body):
            yield kind, body
        elif kind[:1].isupper():  # a chunk that readers must understand
            shown = repr(kind)[2:-1]  # four letters; in a damaged file anything, line ends too
            raise InputError(f"{name} is damaged: the checksum of its {shown} chunk at byte {at} is wrong")
        if kind == b"IEND":
            return
        at += 12 + length
    raise InputError(f"{name} is cut short: its {len(data)} bytes end before the end of the PNG")


def framed(kind: bytes, body: bytes) -> bytes:
    """A chunk as it stands in a file."""
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


def _metadata(chunks: list[Chunk]) -> Metadata:
    first = dict(reversed(chunks))
    blocks = [(kind.decode(), body) for kind, body in chunks if kind in KEPT and not body.startswith(XMP + b"\0")]
    packets = [_international_text(body) for kind, body in chunks if kind == b"iTXt" and body.startswith(XMP + b"\0")]
    dpi = None
    if len(first.get(b"pHYs", b"")) == 9:
        x, y, unit = struct.unpack(">2IB", first[b"pHYs"])
        dpi = (x * METRES_PER_INCH, y * METRES_PER_INCH) if unit == 1 and x and y else None
    exif = first.get(b"eXIf", b"").removeprefix(b"Exif\0\0")
    profile = first.get(b"iCCP", b"").partition(b"\0")[2]
    return Metadata(exif or None, _inflate(profile[1:]), dpi, packets[0] if packets else None, tuple(blocks))


def _described(metadata: Metadata) -> Iterator[Chunk]:
    if metadata.icc is not None:
        yield b"iCCP", b"icc\0\0" + zlib.compress(metadata.icc)
    for kind, body in metadata.blocks:
        yield kind.encode(), body
    if metadata.dpi is not None:
        x, y = (round(value / METRES_PER_INCH) for value in metadata.dpi)
        if min(x, y) > 0 and max(x, y) < 2**31:
            yield b"pHYs", struct.pack(">2IB", x, y, 1)
    if metadata.exif is not None:
        yield b"eXIf", metadata.exif
    if metadata.xmp is not None:
        yield b"iTXt", XMP + bytes(5) + metadata.xmp


def _international_text(body: bytes) -> bytes | None:
    """The text of an iTXt chunk: keyword, compressed or not, method, language, keyword again, text."""
    rest = body.partition(b"\0")[2]
    text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    return _inflate(text) if rest[:1] == b"\x01" else text or None


def _inflate(data: bytes) -> bytes | None:
    unzip = zlib.decompressobj()
    try:
        text = unzip.decompress(data, LONGEST_TEXT)
    except zlib.error:
        return None
    return text if unzip.eof else None
