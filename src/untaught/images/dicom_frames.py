"""The frames of a DICOM file: bytes to stored values. The codecs are those of imagecodecs: nothing else is installed.

Source: DICOM PS3.5 (2024), sections 8.1-8.2, annexes A.4, G; ITU-T T.81, B.2.2; T.800, A.5.1.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from untaught.errors import InputError

RLE = "1.2.840.10008.1.2.5"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
PLAIN = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", BIG_ENDIAN})
_JPEG = "1.2.840.10008.1.2.4."
DECODERS: dict[str, tuple[str, Callable[[bytes], Any]]] = {
    _JPEG + "50": ("JPEG", imagecodecs.jpeg8_decode),
    _JPEG + "51": ("JPEG of 12 bits", imagecodecs.jpeg8_decode),
    _JPEG + "57": ("lossless JPEG", imagecodecs.jpegsof3_decode),
    _JPEG + "70": ("lossless JPEG", imagecodecs.jpegsof3_decode),
    _JPEG + "80": ("JPEG-LS", imagecodecs.jpegls_decode),
    _JPEG + "81": ("JPEG-LS", imagecodecs.jpegls_decode),
    _JPEG + "90": ("JPEG 2000", imagecodecs.jpeg2k_decode),
    _JPEG + "91": ("JPEG 2000", imagecodecs.jpeg2k_decode),
    _JPEG + "201": ("high-throughput JPEG 2000", imagecodecs.htj2k_decode),
    _JPEG + "202": ("high-throughput JPEG 2000", imagecodecs.htj2k_decode),
    _JPEG + "203": ("high-throughput JPEG 2000", imagecodecs.htj2k_decode),
}
"""By transfer syntax: what people call it, and who reads a frame."""
READ = "none, RLE, JPEG, JPEG-LS or JPEG 2000"

COLOUR_TOLERANCE = 4 / 255
"""Of the range: what a lossy codec makes of three equal channels still counts as grey."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a frame lies in its bytes, as the header says."""

    height: int
    width: int
    channels: int  # 1, or 3
    planar: bool  # three planes, not pixels of three; uncompressed frames only
    luma: bool  # YBR: the first channel is grey already; raw frames only
    allocated: int  # bits of a value: 8 or 16
    stored: int  # bits of it that are used
    high: int  # the highest of those
    syntax: str  # the transfer syntax

    @property
    def size(self) -> int:
        """Bytes of an uncompressed frame."""
        return self.height * self.width * self.channels * self.allocated // 8

    @property
    def raw(self) -> bool:
        """Are values kept as they lie in memory, with their unused bits and in the file's own colours?"""
        return self.syntax in PLAIN or self.syntax == RLE

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of an uncompressed value."""
        return np.dtype(f"{'>' if self.syntax == BIG_ENDIAN else '<'}u{self.allocated // 8}")


def codes(data: bytes, layout: Layout, name: str) -> NDArray[np.uint16]:
    """One frame `[H, W]`: the used bits of each value, as an unsigned number less than `2 ** stored`.

    Raises: InputError for a frame that is cut short, of another size than the header says, or in colour.
    """
    if layout.syntax in PLAIN:
        values = _arranged(np.frombuffer(data, layout.dtype, layout.size * 8 // layout.allocated), layout)
    elif layout.syntax == RLE:
        little = np.dtype(f"<u{layout.allocated // 8}")
        expanded = imagecodecs.dicomrle_decode(data, little)
        if len(expanded) != layout.size:
            raise InputError(f"{name} is cut short: {len(expanded)} of its {layout.size} bytes come out of its RLE")
        values = _arranged(np.frombuffer(expanded, little), layout)
    else:
        values = _decoded(data, layout, name)
    unsigned = values.view(f"{values.dtype.byteorder}u{values.dtype.itemsize}").astype(np.uint16, copy=False)
    shift = np.uint16(layout.high + 1 - layout.stored if layout.raw else 0)
    used: NDArray[np.uint16] = (unsigned >> shift) & np.uint16(2**layout.stored - 1)
    return used if used.ndim == 2 else _grey(used, layout, name)


def _arranged(values: NDArray[Any], layout: Layout) -> NDArray[Any]:
    if layout.channels == 1:
        return values.reshape(layout.height, layout.width)
    if layout.planar or layout.syntax == RLE:
        return np.moveaxis(values.reshape(3, layout.height, layout.width), 0, 2)
    return values.reshape(layout.height, layout.width, 3)


def _decoded(data: bytes, layout: Layout, name: str) -> NDArray[Any]:
    called, decode = DECODERS[layout.syntax]
    wanted = layout.height, layout.width
    if b"\xff\xd9" not in data[-16:]:
        raise InputError(f"{name} is cut short: its {called} stream has no end")
    promised = size_in(data)  # before the decoder asks for as much memory
    if promised != wanted:
        got = "no size" if promised is None else f"{promised[0]}x{promised[1]}"
        raise InputError(
            f"{name} is damaged: its {called} stream says {got}, its header {wanted[0]}x{wanted[1]} (height x width)"
        )
    try:
        values = np.asarray(decode(data))
    except ImportError as error:
        raise InputError(
            f"{name} is compressed as {called}, which imagecodecs cannot read here; pip install --upgrade imagecodecs"
        ) from error
    if values.shape not in (wanted, (*wanted, 3)) or values.dtype.itemsize > 2:
        shape = "x".join(str(side) for side in values.shape)
        raise InputError(f"{name} is damaged: {shape} of {values.dtype} came out of its {called} stream")
    return np.ascontiguousarray(values)


def _grey(values: NDArray[np.uint16], layout: Layout, name: str) -> NDArray[np.uint16]:
    """One channel of three that say the same."""
    tolerance = COLOUR_TOLERANCE * (2**layout.stored - 1)
    if layout.raw and layout.luma:
        away = np.abs(values[..., 1:].astype(np.int32) - 2 ** (layout.stored - 1))
        channel = values[..., 0]
    else:
        away = np.ptp(values.astype(np.int32), axis=2)
        channel = values[..., 1]
    if away.max() > tolerance:
        raise InputError(f"{name} is in colour; wanted grey")
    return np.ascontiguousarray(channel)


def size_in(stream: bytes) -> tuple[int, int] | None:
    """(height, width) that a JPEG, JPEG-LS or JPEG 2000 stream says it has."""
    start = stream.find(b"\xff\x4f\xff\x51")  # JPEG 2000, alone or in its box
    if start >= 0 and len(stream) >= start + 24:
        width, height, left, top = struct.unpack_from(">4I", stream, start + 8)
        return height - top, width - left
    at = 2
    while at + 9 <= len(stream) and stream[at] == 0xFF:
        marker = stream[at + 1]
        if marker == 0xFF:  # a byte to fill up
            at += 1
            continue
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            height, width = struct.unpack_from(">2H", stream, at + 5)
            return height, width
        at += 2 + int.from_bytes(stream[at + 2 : at + 4])
    return None
