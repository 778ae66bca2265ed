"""What somebody drew over an image: some pixels of the object, some of the background, and nothing of the others."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from untaught.errors import InputError
from untaught.vessels.unknown import UNKNOWN

WANTED = "wanted the largest value on the object, 0 on the background, and NaN or mid-grey (128 of 255) elsewhere"


@dataclass(frozen=True, eq=False)
class Strokes:
    """Bool `[H, W]` both: which pixels were labelled, and which of those are of the object."""

    known: NDArray[np.bool_]
    object: NDArray[np.bool_]

    def account(self) -> dict[str, Any]:
        """For the record: how many, and a hash by which other scribbles are told."""
        packed = np.packbits(np.stack([self.known, self.object])).tobytes()
        known, drawn = int(self.known.sum()), int(self.object.sum())
        account: dict[str, Any] = {"object": drawn, "background": known - drawn, "share": known / self.known.size}
        return account | {"sha256": hashlib.sha256(packed).hexdigest()}


def strokes_of(scribbles: object, size: tuple[int, int]) -> Strokes:
    """What scribbles `[H, W]` say of an image of that (height, width): unknown are NaN and the middle of the range.

    The middle is 127 or 128 of 8 bits, 0.5 of floats (`UNKNOWN`); of what is known, 0 is background and one larger
    value the object.
    Raises: InputError for other sizes or values, and for scribbles that leave nothing to find or nothing to go by.
    """
    values = numbers(scribbles)
    if values.shape != size:
        got, wanted = ("x".join(map(str, sides)) for sides in (values.shape, size))
        raise InputError(f"the scribbles are {got} but the image is {wanted} (height x width)")
    known = ~np.isin(values, UNKNOWN.get(values.dtype.str[1:], ()))
    known &= ~np.isnan(values) if values.dtype.kind == "f" else True
    if not known.any():
        raise InputError(f"nothing is scribbled: every pixel is unknown; {WANTED}")
    levels = np.unique(values[known])
    if len(levels) > 2 or (len(levels) == 2 and levels[0] != 0) or levels[0] < 0:
        shown = ", ".join(f"{level:g}" for level in levels[:3].tolist()) + (" ..." if len(levels) > 3 else "")
        raise InputError(f"the scribbles have {len(levels)} grey levels ({shown}); {WANTED}")
    if len(levels) == 1:
        lacking = "object" if levels[0] == 0 else "background"
        raise InputError(f"only one class is scribbled: there is no {lacking} (every known pixel is {levels[0]:g})")
    if known.all():
        raise InputError("the scribbles label every pixel, so that nothing is left to find; " + WANTED)
    return Strokes(known, known & (values > 0))


def numbers(scribbles: object) -> NDArray[Any]:
    """`[H, W]`, of any type of number.

    Raises: InputError for what is none.
    """
    if not isinstance(scribbles, np.ndarray | Tensor):
        raise InputError(f"the scribbles are a {type(scribbles).__name__}; wanted a numpy array or a torch tensor")
    if scribbles.ndim != 2:
        raise InputError(f"the scribbles' shape is {list(scribbles.shape)}; wanted height x width")
    real = not scribbles.is_complex() if isinstance(scribbles, Tensor) else scribbles.dtype.kind in "biuf"
    if not real:
        raise InputError(f"the scribbles hold {scribbles.dtype} values; {WANTED}")
    if isinstance(scribbles, np.ndarray):
        return scribbles
    plain = scribbles.detach().cpu()
    array: NDArray[Any] = (plain.float() if plain.is_floating_point() else plain).numpy()
    return array
