"""What studies of restoration fit, and with what: two hourglasses, the paper's optimiser, white noise."""

import math
from dataclasses import dataclass

from torch import Tensor

from untaught.core import Problem
from untaught.fit import Fit
from untaught.likelihoods import Gaussian
from untaught.networks import Skip, Uniform
from untaught.operators import Identity
from untaught.optimisers import Adam
from untaught.presets.denoising import DENOISING

RULE = DENOISING["deep image prior", "best"].stopper  # sigma is told, the photograph is not


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is tried, of the paper's hourglass."""

    side: int = 64
    width: int = 32
    scales: int = 4
    draws: int = 3
    steps: int


@dataclass(frozen=True, kw_only=True)
class QuickSize:
    """How much is tried, of the hourglass of the quick rows."""

    side: int = 96
    widths: tuple[int, ...] = (16, 32, 64, 64)
    draws: int  # a photograph, its noise and a network, each of a seed
    steps: int


def hourglass(width: int, scales: int) -> Skip:
    """The paper's network, as small as wanted."""
    return Skip(down=(width,) * scales, up=(width,) * scales, skip=(4,) * scales)


def quick_hourglass(widths: tuple[int, ...]) -> Skip:
    """That of the package's quick rows, as wide as this."""
    return Skip(
        input=Uniform(8),
        down=widths,
        up=widths,
        skip=(4,) * len(widths),
        padding="zeros",
        upsampling="nearest",
        one_by_one=False,
        normalise_joined=False,
    )


def denoising(y: Tensor, sigma: float = math.sqrt(0.5)) -> Problem:
    """What is seen is the image and white noise; with the default sigma the loss is the mean squared error."""
    _, channels, height, width = y.shape
    return Problem(y=y, operator=Identity(), likelihood=Gaussian(sigma=sigma), shape=(channels, height, width))


def paper_fit(steps: int, seed: int) -> Fit:
    """Adam at the paper's rate. The average departs: its window grows with the steps, as these are few."""
    return Fit(optimiser=Adam(lr=0.01), steps=steps, average_power=4.0, seed=seed)
