"""What each copy teaches beside its mask: the skeleton made a little wider, and a target for each further head."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from untaught.errors import UsageError
from untaught.vessels.targets import FROM_DESCRIPTORS, TARGETS, tube

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]

BEST = {"vesselness": "sato", "top_hat": "top-hat 8", "wavelet_detail": "detail 4"}
"""Which descriptor stands for its kind."""


class Described(NamedTuple):
    """A copy's descriptors, what its channels are called, and which copy it is."""

    descriptors: Tensor  # [1, C, H, W]
    names: tuple[str, ...]
    number: int


class Taught(NamedTuple):
    """What a copy teaches beside its mask, `[1, 1 + channels, H, W]` both."""

    targets: Tensor
    told: Tensor  # bool: where


@dataclass(frozen=True)
class Lessons:
    """The heads beside the mask, by their names in `targets.TARGETS` and `targets.FROM_DESCRIPTORS`.

    Raises: UsageError for a name that is in neither.
    """

    heads: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.heads:
            if name not in TARGETS and name not in FROM_DESCRIPTORS:
                raise UsageError(f"there is no head called {name!r}; wanted one of {', '.join(all_heads())}")

    def channels(self) -> tuple[int, ...]:
        """How many each head has."""
        return tuple(TARGETS[name].channels if name in TARGETS else 1 for name in self.heads)

    def label_free(self) -> bool:
        """Can an image without a label teach any of them?"""
        return any(name in FROM_DESCRIPTORS or TARGETS[name].label_free for name in self.heads)

    def of(self, image: Grey, label: Mask | None, known: Mask, seen: Mask, described: Described) -> Taught:
        """What an image teaches, with a label known at some pixels, `[H, W]`, or with none. The tube comes first."""
        blank = np.zeros((1, *image.shape), dtype=np.float32)
        targets, told = [blank if label is None else tube(label)], [known]
        for name in self.heads:
            target = TARGETS.get(name)
            if target is None:
                made, counted = from_descriptors(name, described), seen
            elif label is None and not target.label_free:
                made, counted = np.repeat(blank, target.channels, 0), np.zeros_like(seen)
            else:
                made = target.make(image, label, np.random.default_rng(described.number))
                counted = seen if label is None else target.counted(known | ~seen, label) & seen
            targets.append(made)
            told += [counted] * len(made)
        return Taught(torch.from_numpy(np.concatenate(targets))[None], torch.from_numpy(np.stack(told))[None])


def from_descriptors(name: str, described: Described) -> Grey:
    """One of the bank's channels, `[1, H, W]`, between -1 and 1: 0 is where nothing stands out."""
    channel = described.descriptors[0, described.names.index(BEST[name])].float().numpy()
    made: Grey = np.tanh(channel)[None]
    return made


def all_heads() -> Sequence[str]:
    """Whatever a head can be taught."""
    return sorted({*TARGETS, *FROM_DESCRIPTORS})
