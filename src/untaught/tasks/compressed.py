"""JPEG: an image was stored as one, and what that did to it is undone."""

import time
from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any, Literal, cast, overload

import numpy as np
import torch
from torch import Tensor

from untaught.arrays import Frame, Image, Scale, take
from untaught.classical.reapplied import luma, partly, reapplied, shares
from untaught.core import Operator, Problem, Result
from untaught.errors import InputError, UsageError
from untaught.job import Job
from untaught.methods import Recompressed
from untaught.networks import Convolutions, Given
from untaught.noise import Noise
from untaught.operators import Downsample, Identity, Jpeg
from untaught.operators.jpeg import SIDE, Table
from untaught.operators.jpeg import tables as tables_of
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

Tables = Sequence[Any]
LEAST_SIDE = 16  # pixels: of a smaller image, made smaller still, less than a block is left
SMALLER = 2  # how many times, for the network to learn on
GREATEST_STEP = 65535


def dejpegging(
    image: Image,
    *,
    jpeg_quality: int | None = None,
    tables: Tables | None = None,
    subsampling: str = "4:2:0",
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    steps: int | None = None,
) -> Job:
    """A removal of artefacts that has not begun; the arguments are those of `dejpeg`, and at most so many `steps`."""
    began = time.monotonic()
    check_time_budget(time_budget)
    jpeg = stored_as(jpeg_quality, tables, subsampling)
    row = row_for("dejpeg", quality, "a JPEG")
    x, frame = on_8_bits(*take(image))
    channels, height, width = channels_height_width(x)
    if channels not in (1, 3):
        raise InputError(f"the image has {channels} channels; a JPEG has 1 (grey) or 3 (RGB)")
    if min(height, width) < LEAST_SIDE:
        raise InputError(
            f"the image is {height}x{width} (height x width); wanted {LEAST_SIDE} pixels a side or more to learn from"
        )
    x = x.to(pick_device(device, image))
    row = with_image(with_seed_and_steps(row, seed, steps), x, jpeg)
    operator: Operator = Identity() if quality == "paper" else jpeg
    problem = Problem(y=x, operator=operator, likelihood=noiseless(row), shape=(channels, height, width))
    told: dict[str, Any] = {"tables": [list(map(list, table)) for table in jpeg.steps[: 1 if channels == 1 else 2]]}
    told |= {} if channels == 1 else {"subsampling": jpeg.subsampling}
    job = Job(
        problem, row, frame, Noise(sigma=0.0), provenance("dejpeg", row, problem, frame) | {"jpeg": told}, time_budget
    )
    job.before = time.monotonic() - began
    return job


def with_image(row: Preset, image: Tensor, jpeg: Jpeg) -> Preset:
    """The row, where its method learns from the image: told here which image it is."""
    if not isinstance(row.method, Recompressed) or not isinstance(row.network, Convolutions):
        return row
    height, width = (side // SMALLER * SMALLER for side in image.shape[-2:])
    with torch.no_grad():
        again = reapplied(jpeg, image)
        small = Downsample(SMALLER, "lanczos2")(again[..., :height, :width]).clamp(0, 1)
        share, of_chroma = shares(jpeg, small)
        again = jpeg.project(partly(image, again, share, of_chroma), image).clamp(0, 1)
        grey, taught = luma(again), (luma(small),)
    last = row.fit.steps - 1
    method = replace(row.method, image=image, again=again, share=share, taught=taught, last=last)
    seen = Given(torch.cat([luma(image), grey], dim=1))
    return replace(row, method=method, network=replace(row.network, input=seen))


def on_8_bits(x: Tensor, frame: Frame) -> tuple[Tensor, Frame]:
    """The image and its frame on the scale of a JPEG: 0 to 255, or 0 to 1 in floats.

    Raises: InputError for values that no JPEG has.
    """
    scale, name = frame.scale, str(frame.dtype).removeprefix("torch.")
    if name == "uint8":
        return x, frame
    low, high = (float(value) * scale.span + scale.low for value in (x.min(), x.max()))
    if "float" not in name or low < -1e-4 or high > 1 + 1e-4:
        raise InputError(
            f"the image holds {name} values from {low:g} to {high:g}; wanted what comes out of a JPEG, "
            "8-bit integers, or floats from 0 to 1"
        )
    return x * scale.span + scale.low, replace(frame, scale=Scale(0.0, 1.0))


def stored_as(jpeg_quality: object, tables: object, subsampling: str) -> Jpeg:
    """The JPEG that the image went through.

    Raises: UsageError for what can't be meant, or a JPEG that loses nothing.
    """
    if (jpeg_quality is None) == (tables is None):
        got = "neither" if tables is None else "both"
        raise UsageError(f"wanted either the JPEG's quality or its quantisation tables, to know what it did; got {got}")
    if subsampling not in ("4:4:4", "4:2:0"):
        raise UsageError(f"subsampling is {subsampling!r}; wanted '4:2:0' or '4:4:4'")
    if tables is not None:
        steps = checked_tables(tables)
    elif not isinstance(jpeg_quality, Integral) or isinstance(jpeg_quality, bool) or not 1 <= int(jpeg_quality) <= 100:
        raise UsageError(f"the JPEG's quality is {jpeg_quality}; wanted a whole number from 1 to 100")
    else:
        steps = tables_of(int(jpeg_quality))
    if max(step for table in steps for row in table for step in row) == 1:
        raise UsageError("all steps of the JPEG's quantisation are 1 (quality 100): there is nothing to undo")
    return Jpeg(steps=steps, subsampling=cast(Literal["4:4:4", "4:2:0"], subsampling))


def checked_tables(tables: object) -> tuple[Table, Table]:
    """One table or two, each of 64 steps in natural order, flat or 8x8.

    Raises: UsageError for anything else.
    """
    wanted = "wanted one (grey) or two (luma, chroma), each of 8x8 whole numbers from 1, rows of low frequency first"
    try:
        steps = np.array([np.asarray(table, dtype=np.float64).reshape(SIDE, SIDE) for table in cast(Tables, tables)])
    except (TypeError, ValueError):
        raise UsageError(f"the quantisation tables are none; {wanted}") from None
    if len(steps) not in (1, 2) or not ((steps >= 1) & (steps <= GREATEST_STEP) & (steps == steps.round())).all():
        raise UsageError(f"the quantisation tables are {len(steps)}, or not of such numbers; {wanted}")
    luma, chroma = (tuple(tuple(map(int, row)) for row in steps[which]) for which in (0, -1))
    return luma, chroma


@overload
def dejpeg(
    image: Image,
    *,
    jpeg_quality: int | None = None,
    tables: Tables | None = None,
    subsampling: str = "4:2:0",
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[False] = False,
) -> Image: ...
@overload
def dejpeg(
    image: Image,
    *,
    jpeg_quality: int | None = None,
    tables: Tables | None = None,
    subsampling: str = "4:2:0",
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[True],
) -> Result: ...
def dejpeg(
    image: Image,
    *,
    jpeg_quality: int | None = None,
    tables: Tables | None = None,
    subsampling: str = "4:2:0",
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: bool = False,
) -> Image | Result:
    """Undo what JPEG did to an image, by a network that learns from that image, made smaller and compressed again.

    image: what came out of a JPEG. ndarray HW or HWC (1 or 3 channels), uint8, or floats from 0 to 1; or a tensor HW,
        CHW or [B, C, H, W], where a batch is so many independent fits; 16 pixels a side or more, uncropped: the blocks
        begin at its top left corner.
    jpeg_quality: 1 to 100, as libjpeg (Pillow, most programs) counts it. Not to be confused with `quality`.
    tables: or the quantisation tables themselves, one or two (luma, chroma), of 64 steps each, row by row (Pillow's
        `Image.quantization.values()`); one of the two has to be told.
    subsampling: of the colours, "4:2:0" or "4:4:4"; not looked at where the image is grey.
    quality: "draft", "normal" or "best"; "paper" for the settings of 2018, which know nothing of the JPEG; or a Preset.
    time_budget: seconds that it may take at most, for each image of a batch; no limit if None.
    device: "auto" is where a tensor lies, else the first CUDA GPU if there is one, else "cpu".

    Returns the image in the type, dtype and range that came in, or with `full_output` a Result around it. It lies in
    the quantisation cells of the JPEG's luma (and of its chroma at "4:4:4"), up to rounding, but for "paper".
    Raises: InputError for an image that no JPEG gives, UsageError for arguments that can't be meant.
    Source: see `methods.Recompressed`; Ulyanov, Vedaldi and Lempitsky 2018, "Deep Image Prior", for "paper".
    """

    def begin(one: Image) -> Job:
        return dejpegging(
            one,
            jpeg_quality=jpeg_quality,
            tables=tables,
            subsampling=subsampling,
            quality=quality,
            seed=seed,
            device=device,
            time_budget=time_budget,
        )

    return carried_out(image, begin, full_output=full_output)
