"""Several frames of one scene, each shifted a little: one image with more pixels than any of them."""

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any, Literal, overload

import torch
from torch import Tensor

from untaught.arrays import Frame, Image
from untaught.classical.sampling import looked_at, reach, sampled
from untaught.core import Problem, Result
from untaught.errors import UsageError
from untaught.job import Job
from untaught.likelihoods import Gaussian
from untaught.noise import Noise
from untaught.operators import Frames
from untaught.presets import preset
from untaught.presets.fusing import ROUNDS
from untaught.presets.row import Preset
from untaught.record import provenance
from untaught.tasks.anything import with_start
from untaught.tasks.arguments import (
    channels_height_width,
    check_time_budget,
    pick_device,
    with_seed_and_steps,
)
from untaught.tasks.enlarge import kernel_for
from untaught.tasks.registered import Registered, registered
from untaught.tasks.series import taken

FACTORS = (2, 3, 4)
POOR = 0.5  # a frame of less weight does not fit


class Fusing(Job):
    """A fusion; its result also says how the frames were found to lie, and is a list of images if it is a `series`."""

    series: bool = False

    def result(self) -> Result:
        """As every job's, with the motions as they were fitted."""
        result = super().result()
        operator = self.fitted_operator()
        motions = operator.motions.detach()
        frames = [
            about | account_of(motion, operator)
            for about, motion in zip(self.provenance["frames"], motions, strict=True)
        ]
        result = replace(result, provenance=result.provenance | {"frames": frames})
        if not self.series:
            return result
        made = self.made()
        return replace(result, image=self.of_each(made.image, motions), iterate=self.of_each(made.iterate, motions))

    def fitted_operator(self) -> Frames:
        """With the motions as they stand."""
        operator = self.problem.operator if self.fitting is None else self.fitting.operator
        assert isinstance(operator, Frames)
        return operator

    def of_each(self, x: Tensor, motions: Tensor) -> list[Image]:
        """The scene as each frame lies, in the caller's type; beyond what the first frame shows, its nearest pixels."""
        height, width = x.shape[-2:]
        return [self.frame.back(sampled(x, looked_at(one, height, width))[:, 0]) for one in motions.split(1)]

    def misfits(self) -> list[tuple[int, float]]:
        """The frames that do not fit the others, and the weight that they have, in [0, 1]."""
        weights = [about["weight"] for about in self.provenance["frames"]]
        return [(number, weight) for number, weight in enumerate(weights) if weight < POOR]


def account_of(motion: Tensor, operator: Frames) -> dict[str, Any]:
    """A motion `[3]` as a shift in pixels of a frame and a turn in degrees."""
    down, right, turn = motion.tolist()
    factor = operator.factor
    degrees = math.degrees(turn / reach(*operator.size, factor))
    return {"shift": [round(down / factor, 4), round(right / factor, 4)], "degrees": round(degrees, 4)}


def fusing(
    frames: Sequence[Image],
    factor: int,
    *,
    series: bool = False,
    quality: str | Preset = "normal",
    kernel: str | None = None,
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    steps: int | None = None,
    names: Sequence[str] | None = None,
) -> Fusing:
    """A fusion that has not begun, its frames registered; the arguments are those of `fuse`, and at most so many
    `steps`.

    names: what errors call the frames; if None, frames[0], frames[1] ...
    """
    began = time.monotonic()
    check_time_budget(time_budget)
    check_factor(factor)
    pixels = kernel_for(kernel or "box", quality)
    row = fusing_preset(quality)
    rounds = ROUNDS[quality if isinstance(quality, str) else "normal"]
    y, frame = taken(frames, names)
    y = y.to(pick_device(device, frames[0]))
    with torch.no_grad():
        found = registered(y, int(factor), pixels, rounds=rounds)
    row = with_start(with_seed_and_steps(row, seed, steps), found.image)
    problem = Problem(
        y=found.operator.pack(y),
        operator=found.operator,
        likelihood=Gaussian(),
        shape=channels_height_width(found.image),
    )
    asked = {"factor": int(factor), "kernel": pixels, "frames": len(y), "rounds": rounds, "series": series}
    record = provenance("fuse", row, problem, frame) | {"fuse": asked, "frames": accounts(found, frame)}
    job = Fusing(problem, row, frame, Noise(sigma=0.0), record, time_budget)
    job.series = series
    job.before = time.monotonic() - began
    return job


def accounts(found: Registered, frame: Frame) -> list[dict[str, Any]]:
    """What is known of each frame: how much it counts, and how far it is off, in the caller's units."""
    each = zip(found.weights.tolist(), found.rms.tolist(), found.operator.motions.detach(), strict=True)
    return [
        {"weight": round(weight, 4), "off": round(rms * frame.scale.span, 4) if math.isfinite(rms) else None}
        | account_of(motion, found.operator)
        for weight, rms, motion in each
    ]


def check_factor(factor: object) -> None:
    """Raises: UsageError for another one than 2, 3 and 4."""
    if not isinstance(factor, Integral) or isinstance(factor, bool) or int(factor) not in FACTORS:
        raise UsageError(f"factor is {factor}; wanted 2, 3 or 4")


def fusing_preset(quality: str | Preset) -> Preset:
    """The row for a quality.

    Raises: UsageError for a quality that there is not, or settings that want one image.
    """
    row = preset("fuse", quality)
    if row.recorrupts or row.knows_sigma:
        raise UsageError("these settings are for denoising one image; wanted some for fusing")
    return row


@overload
def fuse(
    frames: Sequence[Image],
    factor: int,
    *,
    series: Literal[False] = False,
    quality: str | Preset = "normal",
    kernel: str | None = None,
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[False] = False,
) -> Image: ...
@overload
def fuse(
    frames: Sequence[Image],
    factor: int,
    *,
    series: Literal[True],
    quality: str | Preset = "normal",
    kernel: str | None = None,
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[False] = False,
) -> list[Image]: ...
@overload
def fuse(
    frames: Sequence[Image],
    factor: int,
    *,
    series: bool = False,
    quality: str | Preset = "normal",
    kernel: str | None = None,
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[True],
) -> Result: ...
def fuse(
    frames: Sequence[Image],
    factor: int,
    *,
    series: bool = False,
    quality: str | Preset = "normal",
    kernel: str | None = None,
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: bool = False,
) -> Image | list[Image] | Result:
    """Several frames of one scene, each shifted and turned a little, to one image 2, 3 or 4 times as large.

    frames: 2 to 64 of one size and dtype, 16 pixels a side or more: ndarrays HW or HWC, or tensors HW, CHW or 1CHW. How
        they lie is found from them alone: shifts up to half a frame, turns up to 15 degrees from the first.
    factor: how many times as high and wide as a frame the result is. It lies as the first frame does.
    series: a list of images in place of one, the fused scene as each frame lies; what the first frame does not show
        is its border's pixels.
    kernel: what a frame's pixel is a mean of: "box", its own area, if None; else as in `upscale`.
    quality, seed, device, time_budget: as in `upscale`; there are no settings of 2018.

    Frames that do not fit the others (another scene, a blurred one, a hand before the camera) count less:
    `provenance["frames"]` of the Result that `full_output` gives has each frame's weight, shift in pixels of a frame,
    degrees, and how far it is `off` what the result says it should be, in the caller's units.
    Raises: InputError for frames that differ in size, channels or dtype or hold nothing, UsageError for arguments that
    can't be meant.
    Source: Irani and Peleg 1991; Ulyanov, Vedaldi and Lempitsky 2018, "Deep Image Prior".
    """
    job = fusing(
        frames,
        factor,
        series=series,
        quality=quality,
        kernel=kernel,
        seed=seed,
        device=device,
        time_budget=time_budget,
    )
    for _ in job:
        pass
    result = job.result()
    return result if full_output else result.image
