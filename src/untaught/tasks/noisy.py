"""Denoising: the noise is measured, and the Problem stated for the one loop."""

import time
from dataclasses import replace
from typing import Literal, overload

from torch import Tensor

from untaught.arrays import Frame, Image, take
from untaught.core import Problem, Result
from untaught.errors import UsageError
from untaught.job import Job
from untaught.likelihoods import Gaussian
from untaught.methods import R2R
from untaught.networks import Given, SmallUNet
from untaught.noise import Noise, measure_noise
from untaught.operators import Identity
from untaught.pilots import FEWEST
from untaught.presets import preset
from untaught.presets.row import Preset
from untaught.record import noise_found, provenance
from untaught.tasks.arguments import (
    LEAST_SIGMA,
    carried_out,
    channels_height_width,
    check_sigma,
    check_time_budget,
    pick_device,
    with_seed_and_steps,
)
from untaught.tiles import MOST_PIXELS, OVERLAP, USUAL, TiledJob

METHODS = ("auto", "network", "classical")
STRONG = 37.5 / 255  # midway between the two noise levels that the paper has settings for


def denoising(
    image: Image,
    *,
    sigma: float | Literal["auto"] = "auto",
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    method: str = "auto",
    time_budget: float | None = None,
    steps: int | None = None,
    tile: int | None = None,
) -> Job | TiledJob:
    """A denoising that has not begun; the arguments are those of `denoise`, and at most so many `steps`.

    tile: pixels a side of tiles that are restored one by one; None for the usual ones in images beyond two megapixels.
        A network alone is fitted to a whole image.
    """
    began = time.monotonic()
    check_sigma(sigma)
    check_time_budget(time_budget)
    row = denoising_preset(quality, method)
    x, frame = take(image)
    side = side_of_tiles(tile, row, x.shape[2] * x.shape[3])
    suggested = measure_noise(x)
    x, noise = x.to(pick_device(device, image)), told(sigma, suggested, frame)
    if isinstance(row.method, R2R) and not (noise.is_white and min(x.shape[2:]) >= FEWEST):
        row = without_recorruption(quality, noise)
    if quality == "paper" and noise.white_sigma > STRONG:
        row = preset("denoise, sigma 50", "paper")
    row = with_seed_and_steps(row, seed, steps)
    row = with_image(row, x, max(noise.white_sigma, LEAST_SIGMA), steps)
    job = job_on(x, "denoise", row, frame, noise, suggested, time_budget, side)
    job.before = time.monotonic() - began
    return job


def told(sigma: float | Literal["auto"], suggested: Noise, frame: Frame) -> Noise:
    """White noise of the sigma that was told, in the image's own units, else what was measured."""
    return suggested if sigma == "auto" else Noise(sigma=sigma / frame.scale.span, correlation=suggested.correlation)


def job_on(
    x: Tensor,
    task: str,
    row: Preset,
    frame: Frame,
    noise: Noise,
    suggested: Noise,
    time_budget: float | None,
    side: int | None,
) -> Job | TiledJob:
    """The job of a noisy image `[1, C, H, W]`, in tiles of so many pixels a side or whole.

    `noise` is what is taken for true, which a row need not know of, `suggested` what the image says.
    """
    level = max(noise.white_sigma, LEAST_SIGMA)
    treated = noise if row.knows_sigma else replace(noise, gain=0.0, grain=False, unsure=False)
    likelihood = Gaussian(sigma=level) if row.knows_sigma else Gaussian()
    problem = Problem(y=treated.forward(x), operator=Identity(), likelihood=likelihood, shape=channels_height_width(x))
    about = noise_found(noise, suggested, frame.scale, level, estimated=noise is suggested)
    record = provenance(task, row, problem, frame) | {"noise": about}
    if side is not None:
        record["settings"]["tile"] = side
    begun = (problem, row, frame, treated, record, time_budget)
    return Job(*begun) if side is None else TiledJob(*begun, side)


def with_image(row: Preset, y: Tensor, sigma: float, steps: int | None) -> Preset:
    """A network alone learns from the image: told which, how noisy, and when to look at it if the steps are few.

    Noise that it learns from is white, so `y` is the image as it came.
    """
    if not (isinstance(row.method, R2R) and isinstance(row.network, SmallUNet)):
        return row
    every = row.method.every if steps is None else min(row.method.every, max(steps // 5, 1))
    method = replace(row.method, sigma=sigma, every=every, last=row.fit.steps - 1)
    return replace(row, method=method, network=replace(row.network, input=Given(y)))


def without_recorruption(quality: str | Preset, noise: Noise) -> Preset:
    """A network alone where there is no white noise to learn from, or too few pixels.

    Raises: UsageError if the caller's own settings recorrupt the image.
    """
    if isinstance(quality, Preset):
        raise UsageError(f"the method R2R wants white noise and {FEWEST} pixels a side; here is {noise.kind}")
    return preset("deep image prior", quality)


def side_of_tiles(tile: int | None, row: Preset, pixels: int) -> int | None:
    """Pixels a side of the tiles for an image of so many pixels; None if it is restored whole.

    Raises: UsageError for tiles that would be nothing but overlap, or where there are none.
    """
    if tile is not None and row.pilot is None:
        raise UsageError(f"tile is {tile}; a network alone (method network, quality paper) is fitted to whole images")
    if tile is not None and tile < 2 * OVERLAP:
        raise UsageError(f"tile is {tile}; wanted {2 * OVERLAP} pixels a side or more")
    if row.pilot is None or (tile is None and pixels <= MOST_PIXELS):
        return None
    return tile or USUAL


def denoising_preset(quality: str | Preset, method: str) -> Preset:
    """The row for a quality and a way.

    Raises: UsageError for a way that there is not, or not at this quality.
    """
    if method not in METHODS:
        raise UsageError(f"method is {method!r}; wanted one of {', '.join(METHODS)}")
    if isinstance(quality, Preset) or method != "network":
        row = preset("denoise", quality)
        if method == "classical" and row.pilot is None:
            raise UsageError("method is 'classical', but this quality makes no first estimate without a network")
        return replace(row, fitted=False) if method == "classical" else row
    return preset("denoise, network", quality)


@overload
def denoise(
    image: Image,
    *,
    sigma: float | Literal["auto"] = "auto",
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    method: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[False] = False,
) -> Image: ...
@overload
def denoise(
    image: Image,
    *,
    sigma: float | Literal["auto"] = "auto",
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    method: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[True],
) -> Result: ...
def denoise(
    image: Image,
    *,
    sigma: float | Literal["auto"] = "auto",
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    method: str = "auto",
    time_budget: float | None = None,
    full_output: bool = False,
) -> Image | Result:
    """Remove noise from one image, with what that image alone can teach a network.

    A first estimate is made without a network; then an untrained one learns on recorrupted copies of the image what to
    change in it, for as long as parts of the image that it does not see gain from that.

    image: ndarray HW or HWC (1 to 4 channels) of any integer or floating dtype; or a tensor HW, CHW or [B, C, H, W],
        where a batch is so many independent fits.
    sigma: the noise's standard deviation, in the image's own units (25 for a common noisy 8-bit photograph); estimated
        from the image if "auto".
    quality: "draft", "normal", "best", or "paper" for the settings of 2018 (hundreds of times slower), or a Preset of
        your own.
    method: "auto"; "network" for a network alone (slower, and not as good): on white noise one that learns from
        recorrupted squares of the image, else a deep image prior; or "classical" for the first estimate alone.
    time_budget: seconds that it may take at most, measuring the noise included, for each image of a batch; no limit if
        None. A first estimate is always made.
    device: "auto" is where a tensor lies, else the first CUDA GPU if there is one, else "cpu".

    Returns the image in the type, dtype, shape and range that came in, or with `full_output` a Result around it.
    Raises: InputError for an image with nothing to restore, UsageError for arguments that can't be meant.
    Source: Ulyanov, Vedaldi and Lempitsky 2018, "Deep Image Prior".
    """

    def begin(one: Image) -> Job | TiledJob:
        return denoising(
            one, sigma=sigma, quality=quality, seed=seed, device=device, method=method, time_budget=time_budget
        )

    return carried_out(image, begin, full_output=full_output)
