"""What every verb checks of its arguments, and makes of them."""

import math
from collections.abc import Callable
from dataclasses import replace
from numbers import Real

import torch
from torch import Tensor

from untaught.arrays import Image
from untaught.core import Result
from untaught.errors import UsageError
from untaught.job import Job
from untaught.likelihoods import Gaussian
from untaught.presets import preset
from untaught.presets.row import Preset
from untaught.tiles import TiledJob

LEAST_SIGMA = 1e-3  # on [0, 1]: an image with no noise at all still needs a scale for its misfit


def is_positive(number: object) -> bool:
    """A number above 0 that is not infinite?"""
    real = isinstance(number, Real) and not isinstance(number, bool)
    return real and 0 < float(number) < math.inf  # type: ignore[arg-type]


def check_sigma(sigma: object) -> None:
    """Raises: UsageError for what can't be a standard deviation."""
    if not is_positive(sigma) and sigma != "auto":
        raise UsageError(f"sigma is {sigma}; wanted a positive number in the image's own units, or 'auto'")


def row_for(task: str, quality: str | Preset, wanted: str) -> Preset:
    """The row for a quality of a task whose images need not be noisy; `wanted` is what settings are wanted for.

    Raises: UsageError for a quality that there is not, or settings that add noise to a noisy image.
    """
    row = preset(task, quality)
    if row.recorrupts:
        raise UsageError(f"these settings recorrupt a noisy image, which is for denoising; wanted some for {wanted}")
    return row


def noiseless(row: Preset) -> Gaussian:
    """The likelihood of measurements without noise."""
    return Gaussian(sigma=LEAST_SIGMA) if row.knows_sigma else Gaussian()


def check_time_budget(seconds: object) -> None:
    """Raises: UsageError for what can't be a time."""
    if seconds is not None and not is_positive(seconds):
        raise UsageError(f"time_budget is {seconds}; wanted a positive number of seconds, or None")


def pick_device(name: str, image: Image) -> torch.device:
    """Raises: UsageError for a device that is not there."""
    if name == "auto":
        if isinstance(image, Tensor):
            return image.device
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.Generator(device)
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, NotImplementedError, ImportError) as error:
        there = ["cpu"] + [f"cuda:{number}" for number in range(torch.cuda.device_count())]
        raise UsageError(f"device '{name}' is not there; this machine has {', '.join(there)}") from error
    return device


def channels_height_width(x: Tensor) -> tuple[int, int, int]:
    """The last three axes."""
    channels, height, width = x.shape[-3:]
    return channels, height, width


def carried_out(image: Image, begin: Callable[[Image], Job | TiledJob], *, full_output: bool) -> Image | Result:
    """What the job that `begin` makes for the image comes to; of a batch of tensors, each image's result in one.

    Raises: UsageError for the full output of a batch.
    """
    if isinstance(image, Tensor) and image.ndim == 4 and image.shape[0] > 1:
        if full_output:
            raise UsageError(f"full_output wants one image, got a batch of {image.shape[0]}")
        each = [carried_out(one, begin, full_output=False) for one in image.split(1)]
        return torch.cat([one for one in each if isinstance(one, Tensor)])
    job = begin(image)
    for _ in job:
        pass
    result = job.result()
    return result if full_output else result.image


def with_seed_and_steps(row: Preset, seed: int, steps: int | None) -> Preset:
    """The row with this seed, and with at most so many steps if they are given."""
    return replace(row, fit=replace(row.fit, seed=seed, steps=row.fit.steps if steps is None else steps))
