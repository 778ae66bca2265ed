"""Power by octaves of frequency, and the spectrum of a fit as it goes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn
from torch import Tensor

from untaught.core import Step
from untaught.studies.statistics import reached

EDGES = 1 / 32, 1 / 16, 1 / 8, 1 / 4  # of the bands, in cycles per pixel
BANDS = "< 1/32", "1/32", "1/16", "1/8", "> 1/4"  # by where they begin


def bands(x: Tensor) -> NDArray[np.float64]:
    """Mean power `[bands]` of `[1, C, H, W]` by octaves of frequency, the mean left out.

    By the discrete cosine transform, which sees no jump from one border to the other. NaN for a band without a wave.
    """
    waves = np.square(dctn(x[0].detach().double().numpy(), axes=(-2, -1), norm="ortho")).mean(axis=0)
    rows, columns = (np.arange(size) / (2 * size) for size in waves.shape)
    which = np.digitize(np.hypot(rows[:, None], columns), EDGES).ravel()
    which[0] = len(BANDS)
    counts = np.bincount(which, minlength=len(BANDS) + 1)[:-1]
    sums = np.bincount(which, waves.ravel(), minlength=len(BANDS) + 1)[:-1]
    return np.asarray(np.divide(sums, counts, out=np.full(len(BANDS), np.nan), where=counts > 0))


class Spectrum:
    """Looks at a fit, and has a row of bands a step.

    missing: the share of a band's power in what is fitted that the iterate has not; 1 and more is none of it.
    power: the iterate's mean power in each band.
    """

    def __init__(self, target: Tensor) -> None:
        self.target, self.wanted = target, bands(target)
        self.missing: list[list[float]] = []
        self.power: list[list[float]] = []

    def __call__(self, step: Step) -> None:
        """One more row."""
        self.missing.append((bands(step.x - self.target) / self.wanted).tolist())
        self.power.append(bands(step.x).tolist())

    def halves(self) -> list[int | None]:
        """The step by which the first half of each band's power is fitted."""
        return [reached(band, 0.5) for band in zip(*self.missing, strict=True)]

    def over(self, other: Tensor) -> Any:
        """The power of each band in units of another image's, `[steps, bands]`."""
        return np.array(self.power) / bands(other)
