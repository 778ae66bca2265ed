"""Which image should be labelled next: one that the model is unsure of, and that is unlike those it has."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from torch import Tensor

from untaught.vessels.frames import Angiogram
from untaught.vessels.model import Model

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Candidate:
    """An image without a label, as the model sees it."""

    name: str
    expected_dice: float  # of its mask, were its probabilities right
    signature: Vector = field(repr=False)


@dataclass(frozen=True)
class Choice:
    """An image to be labelled: why."""

    name: str
    expected_dice: float
    novelty: float  # distance to the nearest labelled or earlier chosen image; 1 is that of typical candidates


def candidate(model: Model, image: Angiogram) -> Candidate:
    """What the model makes of an image."""
    seen = model.seen(image.pixels)
    likely = model.from_descriptors(seen.descriptors) * seen.fov
    return Candidate(image.name, expected_dice(likely), signature(model, seen.descriptors, seen.fov))


def expected_dice(likely: NDArray[np.float32], threshold: float = 0.5) -> float:
    """`2 sum_M p / (sum p + |M|)`, M where p is over the threshold: the Dice that probabilities foretell, nearly.

    The mean of the Dice over labels drawn from p, with the mean taken above and below the fraction apart. 0 where
    nothing is found.
    """
    mask = likely > threshold
    return float(2 * likely[mask].sum() / max(likely.sum() + mask.sum(), 1e-9))


def signature(model: Model, descriptors: Tensor, fov: NDArray[np.bool_]) -> Vector:
    """What kind of image it is: mean and spread of each descriptor in the field of view, in the units of training."""
    count = descriptors.shape[1]
    scaling = model.module.state_dict()
    mean, spread = (scaling[name][:count, 0, 0].double() for name in ("mean", "spread"))
    inside = descriptors[0][:, torch.from_numpy(fov)].double()
    moments = torch.cat([(inside.mean(1) - mean) / spread, torch.log(inside.std(1, correction=0) / spread + 1e-3)])
    found: Vector = moments.numpy()
    return found


def choose(candidates: Sequence[Candidate], labelled: Iterable[Vector], count: int) -> list[Choice]:
    """The `count` most worth labelling, best first: (1 - expected Dice) times novelty, one after the other.

    Source: Yang et al. 2017 (MICCAI), "Suggestive Annotation": uncertain and unlike one another. Departs: likeness is
    of descriptors, and the product is taken in place of two rounds.
    """
    have = list(labelled)
    every = np.stack([one.signature for one in candidates])
    apart = cdist(every, every)
    typical = float(np.median(apart[apart > 0])) if (apart > 0).any() else 1.0
    left, found = list(range(len(candidates))), list[Choice]()
    while left and len(found) < count:
        near = [min((float(np.linalg.norm(every[k] - one)) for one in have), default=typical) / typical for k in left]
        worth = [(1 - candidates[k].expected_dice) * distance for k, distance in zip(left, near, strict=True)]
        at = int(np.argmax(worth))
        best = left.pop(at)
        have.append(every[best])
        found.append(Choice(candidates[best].name, candidates[best].expected_dice, near[at]))
    return found
