"""Pictures that studies of restoration are made on: pieces of free photographs, or one that was asked for.

All come with scikit-image; in the public domain, CC0 or without known restrictions, by its notes: docs/gallery.md, and
docs/studies.md for those that are not there.
A picture is known whole here because a study scores by it: no rule, no stop and no setting of a fit may see it.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from untaught import metrics
from untaught.arrays import take
from untaught.errors import InputError, UsageError
from untaught.images import read
from untaught.studies.runs import fingerprint
from untaught.studies.study import Asked, Numbers
from untaught.version import __version__

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SIGMA = 25 / 255  # of the noise that most studies add
COLOURS = "chelsea", "astronaut", "coffee", "rocket"
SEVERAL = "astronaut", "chelsea", "camera", "coins", "retina", "brick"


@dataclass(frozen=True, eq=False)
class Photograph:
    """A square of a picture, made smaller by means over squares of pixels."""

    name: str
    x: Tensor = field(repr=False)  # [1, C, side, side] in [0, 1]

    @property
    def shape(self) -> tuple[int, int, int]:
        """[C, H, W]."""
        channels, height, width = self.x.shape[1:]
        return channels, height, width

    def psnr(self, x: Tensor) -> float:
        """In dB, all channels together, of values cut off below 0 and above 1; NaN where x is not finite."""
        if not bool(x.isfinite().all()):
            return float("nan")
        return metrics.psnr(as_array(x), as_array(self.x))


@dataclass(frozen=True, eq=False)
class Draw:
    """A photograph, and the seed of all that is random with it."""

    photograph: Photograph
    seed: int

    def noisy(self) -> Tensor:
        """With white noise; the same at every call."""
        generator = torch.Generator().manual_seed(10_000 + self.seed)
        return self.photograph.x + SIGMA * torch.empty_like(self.photograph.x).normal_(generator=generator)


def draws(asked: Asked, names: Sequence[str], count: int, side: int) -> list[Draw]:
    """So many photographs in turn, or the one that is asked for as often, each with a seed of its own.

    Raises: as `photographs` does.
    """
    some = photographs(asked, names[:count], side)
    return [Draw(some[k % len(some)], asked.seed + k) for k in range(count)]


def as_array(x: Tensor) -> NDArray[np.float32]:
    """`[1, C, H, W]` to HWC in [0, 1]."""
    array: NDArray[np.float32] = x[0].detach().clamp(0, 1).permute(1, 2, 0).float().numpy()
    return array


def photographs(asked: Asked, names: Sequence[str], side: int) -> list[Photograph]:
    """The picture that was asked for, else those of these names.

    Raises: InputError for a picture that can't be read or is smaller than side x side; UsageError for folders of
    labelled images, or without scikit-image.
    """
    if asked.images is not None or asked.labels is not None:
        raise UsageError(
            f"got a folder, {asked.images or asked.labels}; a study of photographs wants --image, or nothing"
        )
    if asked.image is None:
        return [shipped(name, side) for name in names]
    return [cut(read(asked.image).pixels, asked.image.name, side)]


def shipped(name: str, side: int) -> Photograph:
    """One that comes with scikit-image."""
    try:
        from skimage import data
    except ImportError as error:
        raise UsageError("a study's photographs come with scikit-image: pip install 'untaught[studies]'") from error
    known: dict[str, Callable[[], NDArray[Any]]] = {
        "astronaut": data.astronaut,
        "brick": data.brick,
        "camera": data.camera,
        "chelsea": data.chelsea,
        "coffee": data.coffee,
        "coins": data.coins,
        "gravel": data.gravel,
        "retina": data.retina,
        "rocket": data.rocket,
    }
    return cut(known[name](), name, side)


def cut(pixels: NDArray[Any], name: str, side: int) -> Photograph:
    """The largest square in the middle whose sides are a multiple of `side`, at that size.

    Raises: InputError if there is none.
    """
    height, width = pixels.shape[:2]
    times = min(height, width) // side
    if times < 1:
        raise InputError(f"{name} is {height}x{width} (height x width); wanted at least {side}x{side} for this study")
    top, left = (height - times * side) // 2, (width - times * side) // 2
    x, _ = take(pixels[top : top + times * side, left : left + times * side])
    return Photograph(name, torch.nn.functional.avg_pool2d(x, times))


def about(asked: Asked, size: "DataclassInstance", some: Sequence[Photograph]) -> Numbers:
    """What every study of photographs says of itself."""
    facts = {"untaught": __version__, "torch": torch.__version__, "threads": torch.get_num_threads()}
    facts |= {"seed": asked.seed, "images": [one.name for one in some], "size": asdict(size)}
    return facts | {"pixels": fingerprint(one.x.numpy() for one in some)}


def photographs_of(cases: Sequence[Draw]) -> list[Photograph]:
    """Each once."""
    return list(dict.fromkeys(case.photograph for case in cases))
