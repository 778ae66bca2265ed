"""Inpainting: some pixels are missing, and the others are the measurements."""

import hashlib
import time
from dataclasses import replace
from typing import Any, Literal, overload

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from untaught import networks
from untaught.arrays import Image, Observed, take
from untaught.core import Problem, Result
from untaught.errors import InputError
from untaught.job import Job
from untaught.methods import Dropped
from untaught.networks import SmallUNet
from untaught.noise import Noise
from untaught.operators import Mask
from untaught.presets import preset
from untaught.presets.row import Preset
from untaught.record import provenance
from untaught.tasks.arguments import (
    carried_out,
    channels_height_width,
    check_time_budget,
    noiseless,
    pick_device,
    row_for,
    with_seed_and_steps,
)

HOLE = 12.0  # pixels from the known ones: further in there is nothing to predict a pixel from, and much to make up


def inpainting(
    image: Image,
    mask: Image,
    *,
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    steps: int | None = None,
) -> Job:
    """An inpainting that has not begun; the arguments are those of `inpaint`, and at most so many `steps`."""
    began = time.monotonic()
    check_time_budget(time_budget)
    row = row_for("inpaint", quality, "inpainting")
    observed = observed_pixels(mask)
    x, frame = take(image, observed)
    if bool(observed.all()):
        raise InputError("no pixel is missing (the mask is 0 everywhere): there is nothing to fill")
    if isinstance(quality, str) and deepest(observed) > HOLE:
        row = preset("inpaint hole", quality)
    if row.consistent:
        frame = replace(frame, given=Observed.of(image, observed))
    x = x.to(pick_device(device, image))
    row = with_observed(with_seed_and_steps(row, seed, steps), x, observed[None, None].to(x.device))
    operator = Mask(observed)
    problem = Problem(y=operator(x), operator=operator, likelihood=noiseless(row), shape=channels_height_width(x))
    record = provenance("inpaint", row, problem, frame) | {"missing": account_of(observed)}
    job = Job(problem, row, frame, Noise(sigma=0.0), record, time_budget)
    job.before = time.monotonic() - began
    return job


def with_observed(row: Preset, image: Tensor, observed: Tensor) -> Preset:
    """The row, where its method learns from the image: told here which image it is.

    image: `[1, C, H, W]` on the loop's scale, missing pixels 0; observed: `[1, 1, H, W]` bool.
    """
    if not (isinstance(row.method, Dropped) and isinstance(row.network, SmallUNet)):
        return row
    method = replace(row.method, image=image, observed=observed, last=row.fit.steps - 1)
    seen = networks.Given(torch.cat([image, observed.to(image)], dim=1))
    return replace(row, method=method, network=replace(row.network, input=seen))


def deepest(observed: Tensor) -> float:
    """How far the missing pixel that is farthest from a known one is from it, in pixels."""
    return float(distance_transform_edt(~observed.cpu().numpy()).max())


def observed_pixels(mask: object) -> Tensor:
    """`[H, W]` bool on the CPU, true where the mask is 0.

    Raises: InputError for what is no mask.
    """
    if not isinstance(mask, np.ndarray | Tensor):
        raise InputError(f"the mask is a {type(mask).__name__}; wanted a numpy array or a torch tensor")
    if mask.ndim != 2:
        raise InputError(f"the mask's shape is {list(mask.shape)}; wanted height x width, nonzero where missing")
    real = not mask.is_complex() if isinstance(mask, Tensor) else mask.dtype.kind in "biuf"
    if not real:
        raise InputError(f"the mask holds {mask.dtype} values; wanted booleans or numbers, nonzero where missing")
    values = mask.detach().cpu().double() if isinstance(mask, Tensor) else torch.from_numpy(mask.astype(np.float64))
    if bool(values.isnan().any()):
        raise InputError("the mask has NaN values; wanted 0 where a pixel is observed, another number where missing")
    return values == 0


def account_of(observed: Tensor) -> dict[str, Any]:
    """Which pixels are missing, for the record: how many, their share, and a hash by which another mask is told."""
    missing = ~observed
    packed = np.packbits(missing.numpy()).tobytes()
    count = int(missing.sum())
    return {"pixels": count, "share": count / missing.numel(), "sha256": hashlib.sha256(packed).hexdigest()}


@overload
def inpaint(
    image: Image,
    mask: Image,
    *,
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[False] = False,
) -> Image: ...
@overload
def inpaint(
    image: Image,
    mask: Image,
    *,
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[True],
) -> Result: ...
def inpaint(
    image: Image,
    mask: Image,
    *,
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: bool = False,
) -> Image | Result:
    """Fill in the missing pixels of one image, with what its other pixels can teach a network.

    image: ndarray HW or HWC (1 to 4 channels) of any integer or floating dtype; or a tensor HW, CHW or [B, C, H, W],
        where a batch is so many independent fits. Missing pixels may hold anything, NaN too: nothing looks at them.
    mask: ndarray or tensor HW of booleans or numbers, nonzero (or True) where a pixel is MISSING, as in scikit-image;
        the same for every image of a batch.
    quality: "draft", "normal" or "best"; "paper" for the settings of 2018; or a Preset of your own.
    time_budget: seconds that it may take at most, for each image of a batch; no limit if None.
    device: "auto" is where a tensor lies, else the first CUDA GPU if there is one, else "cpu".

    Returns the image in the type, dtype, shape and range that came in, or with `full_output` a Result around it.
    Observed pixels come back exactly as they were, but not with "paper", and with a Preset of your own only if it is
    `consistent`.
    Raises: InputError for an image with nothing to go by or a mask that does not fit it, UsageError for arguments that
    can't be meant.
    Source: Ulyanov, Vedaldi and Lempitsky 2018, "Deep Image Prior".
    """

    def begin(one: Image) -> Job:
        return inpainting(one, mask, quality=quality, seed=seed, device=device, time_budget=time_budget)

    return carried_out(image, begin, full_output=full_output)
