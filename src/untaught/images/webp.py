"""WebP. Read through imagecodecs, written through Pillow, which alone keeps the colour under full transparency."""

import io
from collections.abc import Iterator
from dataclasses import replace

import imagecodecs
import numpy as np
from PIL import Image

from untaught.errors import InputError
from untaught.images import exif
from untaught.images.picture import Metadata, Samples


def recognises(data: bytes) -> bool:
    """Whether the file begins as a WebP does."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def decode(data: bytes, name: str) -> tuple[Samples, Metadata]:
    """uint8 samples, always RGB or RGBA (the format knows no grey), and metadata. No size is too large here: 14 bits.

    Raises: InputError for a file that is cut short or an animation.
    """
    promised = int.from_bytes(data[4:8], "little") + 8
    if len(data) < promised:
        raise InputError(f"{name} is cut short: it has {len(data)} of the {promised} bytes that its header promises")
    chunks = list(_chunks(data))
    frames = sum(kind == b"ANMF" for kind, _ in chunks)
    if frames > 1:
        raise InputError(f"{name} is an animation of {frames} frames; wanted one image")
    said = dict(chunks)
    block = said.get(b"EXIF", b"").removeprefix(b"Exif\0\0")
    return imagecodecs.webp_decode(data), Metadata(block or None, said.get(b"ICCP"), None, said.get(b"XMP "))


def encode(samples: Samples, metadata: Metadata) -> bytes:
    """A lossless WebP of uint8 samples; grey is stored as RGB. The format has no place for dpi but in EXIF."""
    if samples.shape[2] < 3:
        samples = np.concatenate([samples[..., :1]] * 3 + [samples[..., 1:]], axis=2)
        metadata = replace(metadata, icc=None)  # a profile for grey means nothing to RGB
    out = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(samples))
    image.save(
        out,
        "WEBP",
        lossless=True,
        exact=True,  # the colour under full transparency too
        exif=_block_with_dpi(metadata) or b"",
        icc_profile=metadata.icc or b"",
        xmp=metadata.xmp or b"",
    )
    return out.getvalue()


def _block_with_dpi(metadata: Metadata) -> bytes | None:
    directory = exif.parse(metadata.exif) if metadata.exif else exif.Directory("<")
    if metadata.dpi is None or directory is None or exif.dpi(directory) == metadata.dpi:
        return metadata.exif
    return exif.block_of(exif.with_dpi(directory, metadata.dpi))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
