"""Super-resolution: an image is the down-sampled one of another, which is looked for."""

import time
from dataclasses import replace
from numbers import Integral
from typing import Literal, overload

from torch import Tensor

from untaught.arrays import Image, take
from untaught.core import Network, Problem, Result
from untaught.errors import InputError, UsageError
from untaught.job import Job
from untaught.methods import Shrunk
from untaught.methods.shrunk import Stages
from untaught.networks import Several, SubPixel, Uniform
from untaught.noise import Noise
from untaught.operators import Downsample
from untaught.operators.downsample import KERNELS, Kernel
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

STAGES = {2: (2,), 3: (3,), 4: (2, 2), 8: (2, 2, 2)}  # factors, and what they are made of
LEAST_SIDE = 8  # pixels: of a smaller image, made smaller still, nothing is left to learn from


def upscaling(
    image: Image,
    factor: int,
    *,
    quality: str | Preset = "normal",
    kernel: str | None = None,
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    steps: int | None = None,
) -> Job:
    """An enlargement that has not begun; the arguments are those of `upscale`, and at most so many `steps`."""
    began = time.monotonic()
    check_time_budget(time_budget)
    check_factor(factor)
    kernel = kernel_for(kernel, quality)
    task = "upscale 8" if factor == 8 else "upscale 4"  # the paper's row for 4 serves 2 and 3 too
    row = row_for(task, quality, "upscaling")
    x, frame = take(image)
    operator = Downsample(int(factor), kernel, frame.limits())
    channels, height, width = channels_height_width(x)
    if min(height, width) < LEAST_SIDE:
        raise InputError(
            f"the image is {height}x{width} (height x width); wanted {LEAST_SIDE} pixels a side or more to learn from"
        )
    x = x.to(pick_device(device, image))
    row = with_image(with_seed_and_steps(row, seed, steps), x, operator)
    shape = (channels, operator.factor * height, operator.factor * width)
    problem = Problem(y=x, operator=operator, likelihood=noiseless(row), shape=shape)
    asked = {"upscale": {"factor": operator.factor, "kernel": operator.kernel}}
    record = provenance("upscale", row, problem, frame) | asked
    job = Job(problem, row, frame, Noise(sigma=0.0), record, time_budget)
    job.before = time.monotonic() - began
    return job


def with_image(row: Preset, image: Tensor, operator: Downsample) -> Preset:
    """The row, where its method learns from the image: told here which image it is, and how it is to be enlarged."""
    if not isinstance(row.method, Shrunk):
        return row
    each = STAGES[operator.factor]
    so_far = tuple(replace(operator, factor=each[0] ** (number + 1)) for number in range(len(each)))
    stages = Stages(factor=each[0], once=so_far[0], so_far=so_far)
    learner = fitted(row.method.learner, image.shape[1], each[0])
    last = row.fit.steps - 1
    return replace(row, method=replace(row.method, learner=learner, image=image, stages=stages, last=last))


def fitted(learner: Network, channels: int, factor: int) -> Network:
    """The learner for an image of so many channels and a stage of this factor."""
    if isinstance(learner, Several):
        return replace(learner, network=fitted(learner.network, channels, factor))
    return replace(learner, input=Uniform(channels), factor=factor) if isinstance(learner, SubPixel) else learner


def check_factor(factor: object) -> None:
    """Raises: UsageError for another one than 2, 3, 4 and 8."""
    if not isinstance(factor, Integral) or isinstance(factor, bool) or int(factor) not in STAGES:
        raise UsageError(f"factor is {factor}; wanted 2, 3, 4 or 8")


def kernel_for(kernel: str | None, quality: str | Preset) -> Kernel:
    """The kernel of that name; without one the usual one, or the one that the paper had.

    Raises: UsageError for another name.
    """
    if kernel is None:
        return "lanczos2" if quality == "paper" else "bicubic"
    for known in KERNELS:
        if kernel == known:
            return known
    raise UsageError(f"kernel is {kernel!r}; wanted one of {', '.join(KERNELS)}")


@overload
def upscale(
    image: Image,
    factor: int,
    *,
    quality: str | Preset = "normal",
    kernel: str | None = None,
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[False] = False,
) -> Image: ...
@overload
def upscale(
    image: Image,
    factor: int,
    *,
    quality: str | Preset = "normal",
    kernel: str | None = None,
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[True],
) -> Result: ...
def upscale(
    image: Image,
    factor: int,
    *,
    quality: str | Preset = "normal",
    kernel: str | None = None,
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: bool = False,
) -> Image | Result:
    """Enlarge one image, 2, 3, 4 or 8 times, with what it can teach a network about itself.

    image: ndarray HW or HWC (1 to 4 channels) of any integer or floating dtype; or a tensor HW, CHW or [B, C, H, W],
        where a batch is so many independent fits; 8 pixels a side or more.
    factor: how many times as high and as wide the result is.
    quality: "draft", "normal" or "best"; "paper" for the settings of 2018; or a Preset of your own.
    kernel: how the image is taken to have been made from the large one: by "box" means, "bicubic" (antialiased, as by
        Pillow and most programs that scale pictures), "lanczos2" or "lanczos3" (Pillow's LANCZOS); see
        `operators.Downsample`. If None, "bicubic", or with "paper" "lanczos2". What a lens and a sensor do is none of
        them exactly.
    time_budget: seconds that it may take at most, for each image of a batch; no limit if None.
    device: "auto" is where a tensor lies, else the first CUDA GPU if there is one, else "cpu".

    Returns the image in the type, dtype and range that came in, `factor` times as high and wide, or with `full_output`
    a Result around it. Put through the down-sampling it gives the image that came in, up to the rounding of its dtype
    (not with "paper", and with a Preset of your own only if it is `consistent`).
    Raises: InputError for an image that there is nothing to learn from, UsageError for arguments that can't be meant.
    Source: Ulyanov, Vedaldi and Lempitsky 2018, "Deep Image Prior"; Shocher, Cohen and Irani 2018, "Zero-shot
    super-resolution using deep internal learning".
    """

    def begin(one: Image) -> Job:
        return upscaling(one, factor, quality=quality, kernel=kernel, seed=seed, device=device, time_budget=time_budget)

    return carried_out(image, begin, full_output=full_output)
