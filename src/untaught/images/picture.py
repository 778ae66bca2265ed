"""What a file holds: pixels, alpha, and what is said about them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from untaught.errors import InputError

MAX_PIXELS = 2**28
"""268 million, 2.6 times the largest camera sensor sold (102 million). In colour the array that a fit works on
(float32) is then 3 GiB; a damaged or hostile header that promises more is refused before memory is asked for."""

MAX_BYTES = 32 * MAX_PIXELS
"""8 GiB: what `MAX_PIXELS` take uncompressed in the widest kind, RGBA of float64."""

Samples = NDArray[Any]
"""`[H, W, C]`: C = 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. What decoders give and encoders take."""


@dataclass(frozen=True)
class Metadata:
    """What is said about the pixels. Made by `read`, put back by `write`.

    exif    The EXIF block from its "II" or "MM" on, with Orientation 1, because the pixels have been turned upright.
    icc     The colour profile.
    dpi     Pixels per inch, (horizontal, vertical).
    xmp     The XMP packet.
    blocks  Named pieces that only the file's own format knows (PNG text and gamma, JPEG comments and IPTC): put back
            where the output has the input's format, left out elsewhere.
    """

    exif: bytes | None = None
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    xmp: bytes | None = None
    blocks: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, eq=False)
class Picture:
    """One file.

    pixels  `[H, W]` grey or `[H, W, 3]` RGB, upright, in the file's own range: uint8 in 0..255, uint16 in 0..65535
            (of 10, 12 or 14 bits: stretched to 16), float32 or float64 as the file has them (float64 stays float64,
            float16 becomes float32), always finite.
    alpha   `[H, W]` of the same dtype, or None. Not multiplied into the pixels.
    sha256  Of the file's bytes, in hexadecimal.
    format  "PNG", "JPEG", "TIFF" or "WebP"; "DICOM" of what `read_cine` made a picture of.
    """

    pixels: NDArray[Any]
    alpha: NDArray[Any] | None
    metadata: Metadata
    sha256: str
    path: Path
    format: str


def check_size(height: int, width: int, name: str) -> None:
    """Refuse, before memory is asked for, what a header promises and nobody can mean.

    Raises: InputError.
    """
    if height < 1 or width < 1:
        raise InputError(f"{name} is {height}x{width}; wanted at least 1x1 (height x width)")
    if height * width > MAX_PIXELS:
        raise InputError(
            f"{name} is {height}x{width} (height x width), {height * width / 1e6:.0f} million pixels; "
            f"wanted at most {MAX_PIXELS / 1e6:.0f} million"
        )
