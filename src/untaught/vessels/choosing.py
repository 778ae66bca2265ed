"""Which image should be labelled next: an ordinary one, of those that the model is not surest of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from torch import Tensor

from untaught.vessels.descriptors import Bank
from untaught.vessels.field_of_view import field_of_view
from untaught.vessels.frames import Angiogram
from untaught.vessels.model import Model
from untaught.vessels.views import Labelled, as_image

SURE = 1 / 3  # of the images: those of the greatest expected Dice, which have least to teach
ALIKE = 1 / 3  # of the usual distance from the middle: two images nearer than that are nearly the same
FLAT = 1e-3  # in a descriptor's units: a spread below it is none
Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Candidate:
    """An image without a label, as the model sees it, or the descriptors alone."""

    name: str
    expected_dice: float | None  # of its mask, were its probabilities right; None without a model
    moments: Vector = field(repr=False)


@dataclass(frozen=True)
class Choice:
    """An image to be labelled: why."""

    name: str
    expected_dice: float | None
    distance: float  # from the middle of all images; 1 is that of half of them


def candidate(model: Model | None, image: Angiogram) -> Candidate:
    """What the model makes of an image; before there is one, what its descriptors are like."""
    if model is None:
        return Candidate(image.name, None, kind_of(image, bright=False))
    likely = model.probability(image.pixels)
    return Candidate(image.name, expected_dice(likely, model.threshold), kind_of(image, bright=model.bright))


def expected_dice(likely: NDArray[np.float32], threshold: float = 0.5) -> float:
    """`2 sum_M p / (sum p + |M|)`, M where p is over the threshold: the Dice that probabilities foretell, nearly.

    The mean of the Dice over labels drawn from p, with the mean taken above and below the fraction apart. 0 where
    nothing is found.
    """
    mask = likely > threshold
    return float(2 * likely[mask].sum() / max(likely.sum() + mask.sum(), 1e-9))


def kind_of(image: Angiogram, *, bright: bool) -> Vector:
    """What kind of image it is: the moments of all descriptors, whichever of them a model is shown, in the field of
    view that is found.
    """
    plain = Labelled.of(1 - image.pixels if bright else image.pixels, None, None, field_of_view(image.pixels))
    with torch.no_grad():
        return moments(Bank().describe(as_image(plain.image), as_image(plain.fov)), plain.fov)


def moments(descriptors: Tensor, fov: NDArray[np.bool_]) -> Vector:
    """Mean and spread of each descriptor `[1, C, H, W]` in the field of view, `[2 C]`."""
    inside = descriptors[0][:, torch.from_numpy(fov)].double()
    found: Vector = torch.cat([inside.mean(1), inside.std(1, correction=0)]).numpy()
    return found


def placed(every: Sequence[Vector]) -> Vector:
    """Images `[N, 2 C]` by their moments, in units of each descriptor's usual spread, spreads by their logarithm."""
    mean, spread = np.split(np.stack(every), 2, axis=1)
    usual = np.median(spread, axis=0) + FLAT
    return np.hstack([mean / usual, np.log(spread / usual + FLAT)])


def choose(candidates: Sequence[Candidate], labelled: Iterable[Vector], count: int) -> list[Choice]:
    """The `count` most worth labelling, best first: those nearest to the middle (the median) of all images.

    After them the third that the model is surest of, and last what is nearly the same as a labelled or an earlier
    chosen image. The middle and what is nearly the same are by `placed`.
    Source: Hacohen, Dekel and Weinshall 2022 (ICML), "Active Learning on a Budget": with few labels, typical images.
    Departs: one middle in place of clusters, which gained less (decision 20), and the model has a say.
    """
    every = placed([*(one.moments for one in candidates), *labelled])
    far = np.linalg.norm(every - np.median(every, axis=0), axis=1)
    usual = float(np.median(far)) or 1.0
    apart = cdist(every, every)
    dice = np.array([one.expected_dice or 0.0 for one in candidates])
    sure = dice > np.quantile(dice, 1 - SURE)
    had = list(range(len(candidates), len(every)))
    done, found = np.zeros(len(candidates), bool), list[Choice]()
    while len(found) < min(count, len(candidates)):
        again = apart[: len(candidates), had].min(axis=1, initial=np.inf) <= ALIKE * usual
        best = int(np.lexsort((far[: len(candidates)], sure, again, done))[0])
        done[best] = True
        had.append(best)
        found.append(Choice(candidates[best].name, candidates[best].expected_dice, float(far[best]) / usual))
    return found
