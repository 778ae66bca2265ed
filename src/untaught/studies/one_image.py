"""What the studies of one image share: photographs, one fit by the one loop, and a look at it as it goes.

A photograph without noise enters in scores alone: no stop and no choice depends on it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.fft import dctn
from torch import Tensor

from untaught import images, metrics
from untaught.arrays import take
from untaught.core import Method, Network, Problem, Stopper, Verdict
from untaught.errors import InputError, UsageError
from untaught.fit import Fit, steps
from untaught.likelihoods import Gaussian
from untaught.networks import Skip
from untaught.operators import Identity
from untaught.optimisers import Adam
from untaught.presets.denoising import DENOISING
from untaught.studies.figure import Series
from untaught.studies.study import Asked, Numbers
from untaught.version import __version__

PICTURES = "chelsea", "astronaut", "coffee", "rocket"  # in scikit-image without a download; docs/gallery.md: whose
SIGMA = 25 / 255  # of the noise, photographs in [0, 1]
RULE = DENOISING["deep image prior", "best"].stopper  # sigma is told, the photograph is not
EDGES = 1 / 32, 1 / 16, 1 / 8, 1 / 4  # of the bands, in cycles per pixel
BANDS = "< 1/32", "1/32", "1/16", "1/8", "> 1/4"  # by where they begin
TICKS = 14  # marks of a curve in a figure


@dataclass(frozen=True, eq=False)
class Case:
    """One draw: a photograph `[1, C, H, W]` in [0, 1], a square, and the seed of all that is random with it."""

    name: str
    photograph: Tensor = field(repr=False)
    seed: int

    def noise(self) -> Tensor:
        """Standard normal, in the shape of the photograph; the same at every call."""
        generator = torch.Generator().manual_seed(10_000 + self.seed)
        return torch.empty_like(self.photograph).normal_(generator=generator)


def draws(asked: Asked, count: int, side: int) -> list[Case]:
    """So many photographs in turn, or the one that is asked for as often, each with a seed of its own.

    Raises: UsageError for folders of labelled images, InputError for a photograph that is too small.
    """
    if asked.images is not None or asked.labels is not None:
        raise UsageError(
            "this study is of one photograph and wants no --images and --labels; wanted --image, or nothing"
        )
    names = PICTURES if asked.image is None else (str(asked.image),)
    some = [picture(asked, name, side) for name in names[:count]]
    return [Case(*some[k % len(some)], asked.seed + k) for k in range(count)]


def picture(asked: Asked, name: str, side: int) -> tuple[str, Tensor]:
    """Its name and the square in its middle, brought down to side x side by the mean over areas."""
    x = shipped(name) if asked.image is None else take(images.read(asked.image).pixels)[0]
    height, width = x.shape[-2:]
    if min(height, width) < side:
        raise InputError(f"{name} is {height}x{width}; wanted at least {side}x{side} (height x width)")
    square = min(height, width)
    top, left = (height - square) // 2, (width - square) // 2
    small = F.interpolate(x[..., top : top + square, left : left + square], (side, side), mode="area")
    return name if asked.image is None else asked.image.name, small


def shipped(name: str) -> Tensor:
    """A picture that comes with scikit-image. Raises: UsageError if that is not installed."""
    try:
        from skimage import data
    except ImportError as error:
        raise UsageError("the photographs want scikit-image: pip install 'untaught[studies]', or --image") from error
    made: dict[str, Callable[[], NDArray[Any]]] = {
        "chelsea": data.chelsea,
        "astronaut": data.astronaut,
        "coffee": data.coffee,
        "rocket": data.rocket,
    }
    return take(np.asarray(made[name]()))[0]


def denoising(y: Tensor, sigma: float = math.sqrt(0.5)) -> Problem:
    """What is seen is the image and white noise; with the default sigma the loss is the mean squared error."""
    _, channels, height, width = y.shape
    return Problem(y=y, operator=Identity(), likelihood=Gaussian(sigma=sigma), shape=(channels, height, width))


def hourglass(width: int, scales: int) -> Skip:
    """The paper's network, as small as wanted."""
    return Skip(down=(width,) * scales, up=(width,) * scales, skip=(4,) * scales)


def paper_fit(steps: int, seed: int) -> Fit:
    """Adam at the paper's rate. The average departs: its window grows with the steps, as these are few."""
    return Fit(optimiser=Adam(lr=0.01), steps=steps, average_power=4.0, seed=seed)


@dataclass(frozen=True, eq=False)
class Course:
    """One fit as it went, a value a step: nothing in it was seen by the fit.

    missing: the share of a band's power in what is fitted that the iterate has not; 1 and more is none of it.
    power: the iterate's mean power in each band. psnr: of the running average, against the photograph; dB.
    stop: the step that the rule kept, counted from 1; the last one if it stopped at none.
    """

    losses: list[float]
    psnr: list[float]
    missing: NDArray[np.float64] = field(repr=False)  # [steps, bands]
    power: NDArray[np.float64] = field(repr=False)  # [steps, bands]
    stop: int
    stopped: bool

    def scores(self) -> Numbers:
        """PSNR where the rule stopped, at its highest, and at the last step."""
        peak = int(np.argmax(self.psnr))
        return {
            "stop": self.stop, "stopped": self.stopped, "at_stop": self.psnr[self.stop - 1], "peak": peak + 1,
            "at_peak": self.psnr[peak], "at_last": self.psnr[-1],
        }  # fmt: skip

    def halves(self) -> list[int | None]:
        """The step by which the first half of each band's power is fitted."""
        return [reached(band, 0.5) for band in self.missing.T.tolist()]


def watch(
    problem: Problem, network: Network, method: Method, fit: Fit, *, photograph: Tensor, target: Tensor, rule: Stopper
) -> Course:
    """Fit to the last step, noting where the rule would have stopped. `target`: what bands are held against."""
    watching, rows, verdict = rule.watch(problem), list[tuple[float, float, Any, Any]](), Verdict.GO
    stop, scene, wanted = 1, array(photograph), bands(target)
    for step in steps(problem, network, method, fit):
        if verdict not in (Verdict.LAST, Verdict.STOP):
            verdict = watching.see(step)
            stop = step.index + 1 if verdict in (Verdict.BEST, Verdict.LAST) else stop
        lacking = bands(step.x - target) / wanted
        rows.append((float(step.loss), metrics.psnr(array(step.average), scene), lacking, bands(step.x)))
    losses, psnr, missing, power = zip(*rows, strict=True)
    stopped = verdict in (Verdict.LAST, Verdict.STOP)
    return Course(list(losses), list(psnr), np.array(missing), np.array(power), stop, stopped)


def array(x: Tensor) -> NDArray[np.float32]:
    """`[1, C, H, W]` to HWC."""
    out: NDArray[np.float32] = x[0].detach().movedim(0, -1).numpy()
    return out


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


def reached(values: Sequence[float], level: float) -> int | None:
    """The first step, counted from 1, at which it is down to the level; None if it never is."""
    return next((k for k, value in enumerate(values, 1) if value <= level), None)


def middle_of(values: Sequence[int | float | None]) -> float | None:
    """The median; what was never reached is above everything. None if the median never was."""
    found = median(math.inf if value is None else float(value) for value in values)
    return None if math.isinf(found) else found


def spots(count: int, ticks: int) -> list[int]:
    """Steps from 1 to `count`, at nearly equal ratios."""
    return sorted({round(count ** (k / (ticks - 1))) for k in range(ticks)})


def middles(curves: Sequence[Sequence[float]]) -> list[float | None]:
    """The median over draws, at each step noted."""
    return [middle_of(values) for values in zip(*curves, strict=True)]


def thinned(values: Sequence[Any], ticks: int = 60) -> Numbers:
    """A curve at steps of nearly equal ratios: for every step a file would be long."""
    at = spots(len(values), ticks)
    return {"steps": at, "values": [values[k - 1] for k in at]}


def curve(name: str, at: Sequence[int], values: Sequence[float | None]) -> Series:
    """As drawn: a few marks, evenly over what is noted. What is 0 is not drawn, axes being logarithmic."""
    some = sorted({round(float(k)) for k in np.linspace(0, len(at) - 1, TICKS)})
    return Series(name=name, x=[at[k] for k in some], y=[values[k] or None for k in some])


def in_steps(value: float | None, most: int) -> str:
    """`212`, or that it takes more than were taken."""
    return f"more than {most}" if value is None else f"{value:.0f}"


def about(asked: Asked, cases: Sequence[Case], size: Mapping[str, Any]) -> Numbers:
    """What every study of one image says of itself."""
    facts = {"untaught": __version__, "torch": torch.__version__, "threads": torch.get_num_threads()}
    names = list(dict.fromkeys(case.name for case in cases))
    return facts | {"seed": asked.seed, "images": names, "size": {**size, "draws": len(cases)}}


def basis(numbers: Numbers) -> str:
    """The sentence that ends every paragraph: how much was tried, on what."""
    size = numbers["size"]
    return (
        f"{size['draws']} draws, each with noise and weights of its own, of {len(numbers['images'])} photograph(s) "
        f"({', '.join(numbers['images'])}) of {size['side']}x{size['side']} pixels; {size['steps']} steps."
    )
