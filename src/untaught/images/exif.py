"""The EXIF block, which is a small TIFF: directories of tags. A TIFF file's own directory is read and written here too.

What is changed in a block is changed in place, so that everything else in it, maker notes too, stays byte for byte.
Source: TIFF 6.0, section 2; Exif 2.32, section 4.6; BigTIFF (AWare Systems), which has wider words.
"""

import struct
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from numpy.typing import NDArray

ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 274, 282, 283, 296
DETAILS, PIXELS_ACROSS, PIXELS_DOWN = 0x8769, 0xA002, 0xA003
BYTE, SHORT, LONG, RATIONAL, UNDEFINED = 1, 3, 4, 5, 7
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of each type of value."""

Pointers = dict[int, "Pointers"]
POINTERS: Pointers = {DETAILS: {0xA005: {}}, 0x8825: {}}
"""Tags whose value is the place of another directory: Exif (and in it Interoperability) and GPS."""


class Layout(NamedTuple):
    """How wide numbers are: struct codes for the number of entries, and for counts and places."""

    entries: str
    word: str

    @property
    def inline(self) -> int:
        """A value of at most so many bytes stands in its entry."""
        return struct.calcsize(self.word)


CLASSIC, BIG = Layout("H", "I"), Layout("Q", "Q")


@dataclass(frozen=True)
class Value:
    """A tag's value: its type, how many, the raw bytes, and where in the block they stand."""

    type: int
    count: int
    data: bytes
    at: int = -1


@dataclass(frozen=True)
class Directory:
    """Tags and the directories under them.

    lost     Tags whose value does not lie in the block.
    next_at  Where the place of the next directory stands in the block.
    """

    order: str
    layout: Layout = CLASSIC
    values: dict[int, Value] = field(default_factory=dict)
    children: dict[int, "Directory"] = field(default_factory=dict)
    lost: tuple[int, ...] = ()
    next_at: int = -1

    def integer(self, tag: int) -> int | None:
        """The first number of a SHORT or LONG."""
        value = self.values.get(tag)
        if value is None or value.type not in (SHORT, LONG) or not value.count:
            return None
        return int(struct.unpack_from(self.order + ("H" if value.type == SHORT else "I"), value.data)[0])

    def rational(self, tag: int) -> float | None:
        """The first RATIONAL, if it is above zero."""
        value = self.values.get(tag)
        if value is None or value.type != RATIONAL or not value.count:
            return None
        over, under = struct.unpack_from(self.order + "2I", value.data)
        return over / under if over and under else None


def parse(block: bytes, at: int | None = None) -> Directory | None:
    """The directory at `at`, or the first, of an EXIF block or a TIFF file; None if there is none."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return None
    layout, place = (BIG, 8) if block[2:4] in (b"+\0", b"\0+") else (CLASSIC, 4)
    try:
        (first,) = struct.unpack_from(order + layout.word, block, place)
        return _directory(block, Directory(order, layout), first if at is None else at, POINTERS)
    except (struct.error, OverflowError):
        return None


def _directory(block: bytes, empty: Directory, at: int, pointers: Pointers) -> Directory:
    order, layout = empty.order, empty.layout
    (count,) = struct.unpack_from(order + layout.entries, block, at)
    at += struct.calcsize(layout.entries)
    values: dict[int, Value] = {}
    children: dict[int, Directory] = {}
    lost: list[int] = []
    room = len(block)  # values that together are longer than the block overlap: not a file anyone wrote
    for entry in range(at, at + count * (4 + 2 * layout.inline), 4 + 2 * layout.inline):
        tag, kind, number = struct.unpack_from(order + "HH" + layout.word, block, entry)
        size, place = SIZES.get(kind, 0) * number, entry + 4 + layout.inline
        if size > layout.inline or tag in pointers:
            (place,) = struct.unpack_from(order + layout.word, block, place)
        room -= size
        if tag in pointers:
            try:
                children[tag] = _directory(block, empty, place, pointers[tag])
            except (struct.error, OverflowError):
                continue
        elif place + size > len(block) or room < 0:
            lost.append(tag)
        elif size > 0 and tag not in values:
            values[tag] = Value(kind, number, block[place : place + size], place)
    next_at = at + count * (4 + 2 * layout.inline)
    return Directory(order, layout, values, children, tuple(lost), next_at)


def serialise(directory: Directory, at: int) -> bytes:
    """The bytes of a directory and all under it, in its layout, to stand at place `at` (even)."""
    order, layout = directory.order, directory.layout
    tags = sorted(directory.values.keys() | directory.children.keys())
    head = struct.pack(order + layout.entries, len(tags))
    pool_at = at + len(head) + len(tags) * (4 + 2 * layout.inline) + layout.inline
    pool = b""
    for tag in tags:
        child = directory.children.get(tag)
        if child is not None:
            place = pool_at + len(pool)
            head += struct.pack(order + "HH" + 2 * layout.word, tag, LONG if layout == CLASSIC else 16, 1, place)
            pool += serialise(replace(child, layout=layout), place)
            continue
        value = directory.values[tag]
        head += struct.pack(order + "HH" + layout.word, tag, value.type, value.count)
        if len(value.data) <= layout.inline:
            head += value.data.ljust(layout.inline, b"\0")
        else:
            head += struct.pack(order + layout.word, pool_at + len(pool))
            pool += value.data + b"\0" * (len(value.data) % 2)
    return head + b"\0" * layout.inline + pool


def block_of(directory: Directory) -> bytes:
    """A whole EXIF block."""
    start = b"II*\0\x08\0\0\0" if directory.order == "<" else b"MM\0*\0\0\0\x08"
    return start + serialise(replace(directory, layout=CLASSIC), len(start))


def orientation(block: bytes | None) -> int:
    """1 to 8; 1, upright, where the block does not say or says something else."""
    directory = parse(block) if block else None
    found = directory.integer(ORIENTATION) if directory else None
    return found if found is not None and 1 <= found <= 8 else 1


def turned(samples: NDArray[Any], turn: int) -> NDArray[Any]:
    """`[H, W, ...]` as stored to upright, by its orientation."""
    if turn >= 5:  # rows and columns change places
        samples = samples.swapaxes(0, 1)
    if turn in (3, 4, 7, 8):
        samples = samples[::-1]
    return samples[:, ::-1] if turn in (2, 3, 6, 7) else samples


def upright(block: bytes) -> bytes:
    """The block with Orientation 1, if it has an Orientation."""
    directory = parse(block)
    value = directory.values.get(ORIENTATION) if directory else None
    if directory is None or value is None or value.type not in (SHORT, LONG):
        return block
    one = struct.pack(directory.order + ("H" if value.type == SHORT else "I"), 1)
    return block[: value.at] + one + block[value.at + len(one) :]


def without_thumbnail(block: bytes) -> bytes:
    """The block with its small preview blanked and unlinked: it shows the pixels as they were."""
    directory = parse(block)
    if directory is None or len(block) < directory.next_at + 4 or directory.layout != CLASSIC:
        return block
    (second,) = struct.unpack_from(directory.order + "I", block, directory.next_at)
    out = bytearray(block)
    out[directory.next_at : directory.next_at + 4] = bytes(4)
    try:
        thumbnail = _directory(block, Directory(directory.order), second, {}) if second else Directory("<")
    except (struct.error, OverflowError):
        thumbnail = Directory("<")
    start, length = thumbnail.integer(513), thumbnail.integer(514)
    if start is not None and length is not None and start + length <= len(block):
        out[start : start + length] = bytes(length)
    return bytes(out)


def resized(block: bytes, height: int, width: int, growth: tuple[float, float]) -> bytes:
    """The block for height x width pixels, `growth` (across, down) times as many: as large on paper as before."""
    directory = parse(block)
    if directory is None:
        return block
    out, order = bytearray(block), directory.order
    details = directory.children.get(DETAILS, Directory(order))
    for tag, size in ((PIXELS_ACROSS, width), (PIXELS_DOWN, height)):
        value = details.values.get(tag)
        if value is not None and details.integer(tag) is not None and (value.type == LONG or size < 2**16):
            struct.pack_into(order + ("H" if value.type == SHORT else "I"), out, value.at, size)
    for tag, times in ((X_RESOLUTION, growth[0]), (Y_RESOLUTION, growth[1])):
        before = directory.rational(tag)
        if before is not None:
            struct.pack_into(order + "2I", out, directory.values[tag].at, *_fraction(before * times))
    return bytes(out)


def dpi(directory: Directory | None) -> tuple[float, float] | None:
    """Pixels per inch (horizontal, vertical), where the directory gives both."""
    if directory is None:
        return None
    x, y = directory.rational(X_RESOLUTION), directory.rational(Y_RESOLUTION)
    per_inch = {None: 1.0, 2: 1.0, 3: 2.54}.get(directory.integer(RESOLUTION_UNIT))
    return (x * per_inch, y * per_inch) if x and y and per_inch else None


def with_dpi(directory: Directory, resolution: tuple[float, float]) -> Directory:
    """The directory with pixels per inch set."""
    order = directory.order
    x, y = (Value(RATIONAL, 1, struct.pack(order + "2I", *_fraction(value))) for value in resolution)
    inch = Value(SHORT, 1, struct.pack(order + "H", 2))
    return replace(directory, values={**directory.values, X_RESOLUTION: x, Y_RESOLUTION: y, RESOLUTION_UNIT: inch})


def _fraction(value: float) -> tuple[int, int]:
    """A positive number as a RATIONAL's two words; a microscope may have 10 million pixels per inch, a map 0.001."""
    under = 10_000 if value < 400_000 else 1
    return min(max(1, round(value * under)), 2**32 - 1), under
