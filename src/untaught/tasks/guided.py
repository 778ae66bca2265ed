"""A noisy image restored with the help of a sharp one of the same scene: flash and no flash."""

import time
from dataclasses import replace
from typing import Literal, overload

import torch
from torch import Tensor

from untaught.arrays import Image, take
from untaught.classical import without_detail
from untaught.core import Network, Result
from untaught.errors import InputError, UsageError
from untaught.job import Job
from untaught.methods import Plain
from untaught.networks import Given, Pixels
from untaught.networks.around import Around
from untaught.noise import Noise, measure_noise
from untaught.presets import preset
from untaught.presets.row import Preset
from untaught.tasks.arguments import (
    carried_out,
    check_sigma,
    check_time_budget,
    pick_device,
    with_seed_and_steps,
)
from untaught.tasks.noisy import job_on, side_of_tiles, told
from untaught.tiles import TiledJob


def guiding(
    image: Image,
    guide: Image,
    *,
    sigma: float | Literal["auto"] = "auto",
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    steps: int | None = None,
    tile: int | None = None,
) -> Job | TiledJob:
    """A guided restoration that has not begun; the arguments are those of `guide` and `denoising`."""
    began = time.monotonic()
    check_sigma(sigma)
    check_time_budget(time_budget)
    row = preset("guide", quality)
    x, frame = take(image)
    lamp = taken_guide(guide, x)
    side = side_of_tiles(tile, row, x.shape[2] * x.shape[3])
    where, suggested = pick_device(device, image), noise_beside(x, lamp)
    row = with_guide(with_seed_and_steps(row, seed, steps), lamp.to(where))
    job = job_on(x.to(where), "guide", row, frame, told(sigma, suggested, frame), suggested, time_budget, side)
    job.provenance["guide"] = {"shape": list(guide.shape), "dtype": str(guide.dtype)}
    job.before = time.monotonic() - began
    return job


def taken_guide(guide: Image, x: Tensor) -> Tensor:
    """The guide as `[1, G, H, W]`, stretched so that its darkest is 0 and its brightest 1, for an image `x`.

    Raises: InputError for what can't guide it; UsageError for the image itself.
    """
    try:
        lamp, _ = take(guide)
    except InputError as error:
        raise InputError(f"the guide can't be used: {str(error).replace('the image', 'it')}") from error
    if lamp.shape[2:] != x.shape[2:]:
        theirs, ours = ("x".join(map(str, one.shape[2:])) for one in (lamp, x))
        raise InputError(f"the guide is {theirs} but the image is {ours} (height x width); wanted the same view")
    if torch.equal(lamp, x):
        raise UsageError("the guide is the image itself; wanted another picture of the same scene")
    least, most = lamp.aminmax()
    return (lamp - least) / (most - least)


def noise_beside(x: Tensor, guide: Tensor) -> Noise:
    """The noise in `x`. If it may grow with the light, it is measured where the guide explains nothing.

    Texture hides how it grows: without the detail that the guide explains there is little of it.
    """
    found = measure_noise(x)
    return found if found.gain == 0 and not found.unsure else measure_noise(without_detail(x, guide))


def with_guide(row: Preset, guide: Tensor) -> Preset:
    """The row, told what the guide is.

    Raises: UsageError for settings that have no place for a guide.
    """
    if row.pilot is not None:
        return replace(row, pilot=replace(row.pilot, guide=guide))
    if not isinstance(row.method, Plain) or isinstance(row.network, Pixels):
        raise UsageError("these settings have no place for a guide; wanted some whose network can see it")
    return replace(row, network=with_input(row.network, guide))


def with_input(network: Network, guide: Tensor) -> Network:
    """The network, or the one inside it, with the guide as its input."""
    if isinstance(network, Around):
        return replace(network, network=with_input(network.network, guide))
    changed: Network = replace(network, input=Given(guide))  # type: ignore[type-var]
    return changed


@overload
def guide(
    image: Image,
    guide: Image,
    *,
    sigma: float | Literal["auto"] = "auto",
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[False] = False,
) -> Image: ...
@overload
def guide(
    image: Image,
    guide: Image,
    *,
    sigma: float | Literal["auto"] = "auto",
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[True],
) -> Result: ...
def guide(
    image: Image,
    guide: Image,
    *,
    sigma: float | Literal["auto"] = "auto",
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: bool = False,
) -> Image | Result:
    """Remove noise from one image with the help of a clean one of the same scene under other light (flash / no flash).

    What of the image a guided filter explains by the guide joins the estimates that are made of the image alone; they
    are mixed, and an untrained network improves on the mixture, as `denoise` does it. A guide that says nothing of the
    image does little harm: what it is worth is found on recorrupted copies of the image.

    image: as of `denoise`: ndarray HW or HWC (1 to 4 channels) of any integer or floating dtype, or a tensor HW, CHW or
        [B, C, H, W], where a batch is so many independent fits with one guide.
    guide: one image of the same height and width, pixel on pixel; grey or colour, any dtype, on a scale of its own.
    sigma: the noise's standard deviation, in the image's own units; estimated from the image if "auto". Strong noise
        with a grain is taken for texture (docs/guiding.md).
    quality: "draft", "normal" or "best"; "paper" for the settings of 2018, whose network sees the guide alone and is
        fitted to the image; or a Preset of your own.
    time_budget: seconds that it may take at most, for each image of a batch; no limit if None.
    device: "auto" is where a tensor lies, else the first CUDA GPU if there is one, else "cpu".

    Returns the image in the type, dtype, shape and range that came in, or with `full_output` a Result around it.
    Raises: InputError for an image with nothing to restore, or a guide that is constant or of another size; UsageError
        for arguments that can't be meant, such as the image as its own guide.
    Source: He, Sun and Tang 2013 for the filter; Ulyanov, Vedaldi and Lempitsky 2018, "Deep Image Prior", for "paper".
    """

    def begin(one: Image) -> Job | TiledJob:
        return guiding(one, guide, sigma=sigma, quality=quality, seed=seed, device=device, time_budget=time_budget)

    return carried_out(image, begin, full_output=full_output)
