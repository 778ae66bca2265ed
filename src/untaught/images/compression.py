"""How strongly a JPEG file compressed its picture."""

import io
import os
from dataclasses import dataclass
from pathlib import Path

from PIL import JpegImagePlugin

from untaught.errors import InputError
from untaught.images import exif, jpeg
from untaught.images.picture import Samples

SUBSAMPLINGS = {(1, 1): "4:4:4", (2, 1): "4:2:2", (1, 2): "4:4:0", (2, 2): "4:2:0", (4, 1): "4:1:1"}
READ = ("4:4:4", "4:2:0")
BACK = {6: 8, 8: 6}  # orientations that are undone by another one; the others undo themselves


@dataclass(frozen=True)
class Compression:
    """Of one JPEG.

    tables       One (grey) or two (luma, chroma) quantisation tables of 64 steps, row by row.
    subsampling  Of the colours: "4:4:4" or "4:2:0"; in a grey file "4:4:4".
    turn         The EXIF orientation: `read` gives the pixels upright, the blocks lie in them as they are stored.
    """

    tables: tuple[tuple[int, ...], ...]
    subsampling: str
    turn: int


def compression(path: str | os.PathLike[str]) -> Compression:
    """What the file says of it.

    Raises: InputError for what is no JPEG, or one that is not in YCbCr with both colours alike, 4:4:4 or 4:2:0.
    """
    path = Path(path)
    data = path.read_bytes()
    if not jpeg.recognises(data):
        raise InputError(f"{path} is no JPEG, and so does not say how it was compressed")
    metadata = jpeg.decode(data, str(path))[1]
    with JpegImagePlugin.JpegImageFile(io.BytesIO(data)) as image:
        held, turn = image.quantization, exif.orientation(metadata.exif)
        parts = [(across, down, held[table]) for _, across, down, table in image.layer]
        rgb = len(parts) == 3 and image.info.get("adobe_transform") == 0
    if rgb:
        raise InputError(f"{path} is a JPEG of red, green and blue as they are; wanted one in YCbCr")
    if len(parts) == 1:
        return Compression((tuple(parts[0][2]),), "4:4:4", turn)
    luma, chroma, other = parts
    if chroma != other:
        raise InputError(f"{path} is a JPEG that compresses its two chroma planes differently; wanted them alike")
    ratio = (luma[0] // chroma[0], luma[1] // chroma[1])
    found = SUBSAMPLINGS.get(ratio, f"{ratio[0]}x{ratio[1]}")
    if found not in READ:
        raise InputError(f"{path} is a JPEG with its colours subsampled {found}; wanted {' or '.join(READ)}")
    return Compression((tuple(luma[2]), tuple(chroma[2])), found, turn)


def as_stored(pixels: Samples, turn: int) -> Samples:
    """Upright pixels as they lie in the file."""
    return exif.turned(pixels, BACK.get(turn, turn))
