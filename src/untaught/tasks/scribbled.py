"""Segmentation: of some pixels it is told what they are, and these labels are the measurements."""

import time
from dataclasses import replace
from typing import Any, Literal, overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from untaught.arrays import Frame, Image, Scale, take
from untaught.core import Problem, Result
from untaught.errors import InputError, UsageError
from untaught.job import Job
from untaught.likelihoods import Bernoulli
from untaught.networks import Given, Probability, SmallUNet
from untaught.noise import Noise
from untaught.operators import Composed, Mask, PointedOut
from untaught.presets.row import Preset
from untaught.priors import Believed
from untaught.record import provenance
from untaught.tasks.arguments import check_time_budget, pick_device, row_for, with_seed_and_steps
from untaught.tasks.strokes import Strokes, strokes_of
from untaught.vessels.few_pixels import Beginning, beginning
from untaught.vessels.pieces import smallest_from, without_small

SMALLEST = 16  # pixels a side: below there are no surroundings to describe
Answer = NDArray[Any] | Tensor


class Segmenting(Job):
    """A segmentation; its result also says how small a lone piece of the mask may be, which the strokes decide."""

    strokes: Strokes

    def result(self) -> Result:
        """As every job's, with the size in pixels below which pieces are dropped: see `mask_of`."""
        result = super().result()
        likely = as_array(result.image > 0.5)
        smallest = smallest_from([likely], [self.strokes.object], [self.strokes.known])
        found = result.provenance["found"] | {"smallest": smallest}
        return replace(result, provenance=result.provenance | {"found": found})


def mask_of(result: Result) -> Answer:
    """Where the object is, bool `[H, W]`, an array or a tensor as the probability is: no lone piece is too small."""
    mask = without_small(as_array(result.image > 0.5), result.provenance["found"]["smallest"])
    return torch.from_numpy(mask).to(result.image.device) if isinstance(result.image, Tensor) else mask


def as_array(mask: Answer) -> NDArray[np.bool_]:
    """On the CPU."""
    array: NDArray[np.bool_] = mask.cpu().numpy() if isinstance(mask, Tensor) else mask
    return array


def segmenting(
    image: Image,
    scribbles: Image,
    *,
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    steps: int | None = None,
) -> Segmenting:
    """A segmentation that has not begun; the arguments are those of `segment`, and at most so many `steps`.

    Its result is the probability, float32 `[H, W]`.
    """
    began = time.monotonic()
    check_time_budget(time_budget)
    row = with_seed_and_steps(row_for("segment", quality, "segmenting"), seed, steps)
    if row.knows_sigma:
        raise UsageError(
            "these settings go by the noise's sigma, which labels have none of; wanted some for segmenting"
        )
    x, frame = take(image)
    height, width = x.shape[-2:]
    if min(height, width) < SMALLEST:
        raise InputError(f"the image is {height}x{width} (height x width); wanted {SMALLEST} pixels a side or more")
    strokes = strokes_of(scribbles, (height, width))
    found = beginning(x, strokes.known, strokes.object)
    known = torch.from_numpy(strokes.known)
    operator = Composed(PointedOut(found.odds), Mask(known))
    y = torch.from_numpy(strokes.object)[known].float()[None, None].to(pick_device(device, image))
    problem = Problem(y=y, operator=operator, likelihood=Bernoulli(), shape=(1, height, width))
    record = provenance("segment", row, problem, frame) | {"scribbles": strokes.account()}
    record["found"] = {"share": found.share, "odds": found.odds, "bright": found.bright}
    record["found"]["in_view"] = float(found.inside.mean())
    row = shown(row, found, y.device)
    job = Segmenting(problem, row, as_probability(image, height, width), Noise(sigma=0.0), record, time_budget)
    job.strokes = strokes
    job.before = time.monotonic() - began
    return job


def shown(row: Preset, found: Beginning, device: torch.device) -> Preset:
    """The row, told what is believed of the image at hand: its network changes that, its prior stays near it."""
    network, fit = row.network, row.fit
    if isinstance(network, SmallUNet):
        network = replace(network, input=Given(found.shown))
    if isinstance(fit.prior, Believed):
        fit = replace(fit, prior=replace(fit.prior, probability=torch.sigmoid(found.logit).to(device)))
    return replace(row, network=Probability(network=network, start=found.logit), fit=fit)


def as_probability(image: Image, height: int, width: int) -> Frame:
    """`[1, 1, H, W]` back to float32 `[H, W]`, an array or a tensor as the image is."""
    if isinstance(image, Tensor):
        return Frame(torch.float32, Scale(0.0, 1.0), (height, width), image.device)
    return Frame(np.dtype(np.float32), Scale(0.0, 1.0), (height, width), torch.device("cpu"))


@overload
def segment(
    image: Image,
    scribbles: Image,
    *,
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[False] = False,
) -> Answer: ...
@overload
def segment(
    image: Image,
    scribbles: Image,
    *,
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[True],
) -> Result: ...
def segment(
    image: Image,
    scribbles: Image,
    *,
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: bool = False,
) -> Answer | Result:
    """Find an object, vessels above all, in one image of which a few pixels are labelled.

    image: ndarray HW or HWC (1 to 4 channels) of any integer or floating dtype; or one image as a tensor HW, CHW or
        1CHW. The object may be darker or brighter than what is around it: the scribbles tell.
    scribbles: ndarray or tensor HW of numbers: the largest value on the object, 0 on the background; unknown are NaN
        and the middle of the range (127 or 128 of 8 bits, 0.5 of floats). Strokes of a few pixels' width will do.
    quality: "draft", "normal" or "best"; or a Preset of your own.
    time_budget: seconds that it may take at most; no limit if None.
    device: "auto" is where a tensor lies, else the first CUDA GPU if there is one, else "cpu".

    Returns bool `[H, W]`, True on the object: an array or a tensor as the image is. With `full_output` a Result whose
    `image` is the probability of it, float32 `[H, W]` in (0, 1). A scribbled pixel is evidence and may come out as the
    other kind: hands slip. The mask has no lone piece of fewer than `provenance["found"]["smallest"]` pixels: the
    largest size up to 300 that costs next to nothing on the scribbled pixels. To keep small pieces, scribble on one.
    Raises: InputError for an image with nothing to go by or scribbles that do not fit it, UsageError for arguments that
    can't be meant.
    """
    job = segmenting(image, scribbles, quality=quality, seed=seed, device=device, time_budget=time_budget)
    for _ in job:
        pass
    result = job.result()
    return result if full_output else mask_of(result)
