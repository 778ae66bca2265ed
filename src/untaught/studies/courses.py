"""A fit as it goes, scored: what the image was worth after so many gradients and so many seconds of the processor."""

import math
import time
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from untaught.core import Likelihood, Network, Optimiser, Problem
from untaught.fit import Fit, steps
from untaught.likelihoods import Gaussian
from untaught.methods import Plain
from untaught.networks import Skip, Uniform
from untaught.operators import Identity, Mask
from untaught.studies.photographs import Photograph

SIGMA = 25 / 255
MISSING = 0.5
DAMAGES = {  # in words, and in fewer
    "noise": ("Gaussian noise of sigma 25 of 255", "noise, sigma 25"),
    "missing": ("half of the pixels missing", "missing pixels"),
}
KEPT = 40  # points of a course that are written down


def hourglass(widths: tuple[int, ...]) -> Skip:
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


class Counted:
    """A likelihood that knows how often it was asked: once for each gradient."""

    def __init__(self, inner: Likelihood) -> None:
        self.inner, self.asked = inner, 0

    def nll(self, mean: Tensor, y: Tensor) -> Tensor:
        """The inner one's."""
        self.asked += 1
        return self.inner.nll(mean, y)

    def sample(self, mean: Tensor, generator: torch.Generator) -> Tensor:
        """The inner one's."""
        return self.inner.sample(mean, generator)


@dataclass
class Course:
    """One value for every iterate. `gradients` and `seconds`: taken before it was there."""

    gradients: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    psnr: list[float] = field(default_factory=list)  # of the iterate; NaN where it is not finite
    averaged: list[float] = field(default_factory=list)  # of the running average

    def best_so_far(self) -> list[float]:
        """In dB, at every iterate."""
        return [float(psnr) for psnr in np.fmax.accumulate(self.psnr)]

    def peak(self) -> float:
        """The highest PSNR of an iterate."""
        return float(np.nanmax(self.psnr))

    def peak_at(self) -> float:
        """The gradients that it took."""
        return self.gradients[int(np.nanargmax(self.psnr))]

    def to(self, level: float, what: str) -> float:
        """The gradients or seconds to the first iterate as good; infinite if there is none."""
        taken = self.along(what)
        return next((at for at, psnr in zip(taken, self.psnr, strict=True) if psnr >= level), math.inf)

    def at(self, taken: float, what: str) -> float:
        """The PSNR of the newest iterate then."""
        place = int(np.searchsorted(self.along(what), taken, side="right")) - 1
        return self.psnr[max(place, 0)]

    def along(self, what: str) -> list[float]:
        """`gradients` or `seconds`."""
        return {"gradients": self.gradients, "seconds": self.seconds}[what]

    def score(self) -> float:
        """The best PSNR so far, its mean over all gradients: quick and high is better than either."""
        until = np.diff([*self.gradients, self.gradients[-1] + 1])
        return float(np.average(self.best_so_far(), weights=until))

    def record(self) -> dict[str, object]:
        """What is written down: all it came to, and some of its points."""
        some = np.unique(np.linspace(0, len(self.psnr) - 1, KEPT).round().astype(int)).tolist()
        points = [[self.gradients[k], self.seconds[k], self.psnr[k]] for k in some]
        return {"peak": self.peak(), "peak_at": self.peak_at(), "last": self.psnr[-1], "course": points}


def damaged(picture: Photograph, damage: str, seed: int) -> Problem:
    """A problem whose measurements are drawn from the seed."""
    drawn = torch.Generator().manual_seed(seed)
    if damage == "noise":
        law = Gaussian(sigma=SIGMA)
        return Problem(y=law.sample(picture.x, drawn), operator=Identity(), likelihood=law, shape=picture.shape)
    seen = Mask(torch.rand(picture.shape[1:], generator=drawn) > MISSING)
    return Problem(y=seen(picture.x), operator=seen, likelihood=Gaussian(sigma=SIGMA), shape=picture.shape)


def follow(
    problem: Problem, picture: Photograph, network: Network, optimiser: Optimiser, gradients: int, seed: int
) -> Course:
    """A fit of so many gradients, or a few more where one step takes several. The picture scores, and that is all."""
    counted, course, spent = Counted(problem.likelihood), Course(), 0.0
    fit = Fit(optimiser=optimiser, steps=gradients, seed=seed, average_decay=0.98, average_power=4.0)
    loop = steps(replace(problem, likelihood=counted), network, Plain(jitter=0.0), fit)
    while counted.asked < gradients:
        course.gradients.append(counted.asked)
        course.seconds.append(spent)
        began = time.process_time()
        step = next(loop)
        spent += time.process_time() - began
        course.psnr.append(picture.psnr(step.x))
        course.averaged.append(picture.psnr(step.average))
    return course
