"""Deblurring: a known blur is taken back, or an unknown one found together with the image."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, overload

import torch
from torch import Tensor

from untaught.arrays import Image, take
from untaught.classical import deconvolve, estimate_kernel
from untaught.core import Network, Operator, Problem, Result
from untaught.errors import UsageError
from untaught.job import Job
from untaught.likelihoods import Gaussian
from untaught.methods import BackProjected, Plain
from untaught.networks import Beside, Several, Skip, Uniform
from untaught.noise import Noise, estimate_sigma
from untaught.operators import Blur, UnknownBlur
from untaught.presets import preset
from untaught.presets.row import Preset
from untaught.record import provenance
from untaught.tasks.arguments import (
    carried_out,
    channels_height_width,
    check_sigma,
    check_time_budget,
    pick_device,
    with_seed_and_steps,
)
from untaught.tasks.kernels import account_of, check_fits, operator_of

SHARES = (1.0, 0.4, 3.0)  # of the noise's sigma, that total variation is told; the first gives the estimate
SPEED = 20.0  # of an unknown kernel beside the optimiser's rate for it
DETAIL = 0.09  # on [0, 1], standard deviation of the detail in photographs: where noise is greater, it is not sought
LEAST_SIGMA = 5e-3  # on [0, 1]: no kernel is known so well that less is left over


def deblurring(
    image: Image,
    psf: Image | None = None,
    *,
    gaussian: float | None = None,
    blind: bool = False,
    kernel_size: int | None = None,
    sigma: float | Literal["auto"] = "auto",
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    steps: int | None = None,
) -> Job:
    """A deblurring that has not begun; the arguments are those of `deblur`, and at most so many `steps`."""
    began = time.monotonic()
    check_sigma(sigma)
    check_time_budget(time_budget)
    operator = operator_of(psf, gaussian, blind, kernel_size)
    row = deblurring_preset("deblur blind" if blind else "deblur", quality)
    x, frame = take(image)
    check_fits(operator, x)
    level = estimate_sigma(x) if sigma == "auto" else float(sigma) / frame.scale.span
    if isinstance(operator, UnknownBlur) and isinstance(row.method, BackProjected):
        operator = UnknownBlur(operator.size, SPEED, estimate_kernel(x, operator.size))
    x = x.to(pick_device(device, image))
    row = with_seed_and_steps(row, seed, steps)
    channels, height, width = channels_height_width(x)
    rows, columns = operator.kernel.shape
    problem = Problem(
        y=x,
        operator=operator,
        likelihood=Gaussian(sigma=max(level, LEAST_SIGMA)) if row.knows_sigma else Gaussian(),
        shape=(channels, height + rows - 1, width + columns - 1),
    )
    row = with_estimates(row, problem)
    about = {"sigma": level * frame.scale.span, "estimated": sigma == "auto"}
    record = provenance("deblur", row, problem, frame) | {"noise": about, "blur": account_of(operator, gaussian)}
    job = Job(problem, row, frame, Noise(sigma=0.0), record, time_budget)
    job.before = time.monotonic() - began
    return job


def with_estimates(row: Preset, problem: Problem) -> Preset:
    """The row, where its method is `BackProjected`: told how much noise there is, and what total variation makes of y.

    That is made when the fit begins, at three strengths, which the network is shown; one is the estimate.
    """
    operator, likelihood = problem.operator, problem.likelihood
    if not isinstance(row.method, BackProjected):
        return row
    assert isinstance(likelihood, Gaussian)
    y, sigma, channels = problem.y, likelihood.sigma, problem.shape[0]

    def estimate(operator: Operator, share: float = SHARES[0]) -> Tensor:
        assert isinstance(operator, Blur | UnknownBlur)
        return deconvolve(y, operator.kernel.detach(), share * sigma)

    def estimates() -> Tensor:
        return torch.cat([estimate(operator, share) for share in SHARES], dim=1)

    method = replace(row.method, epsilon=(sigma / DETAIL) ** 2, estimate=estimate)
    return replace(row, method=method, network=with_input(row.network, estimates, len(SHARES) * channels))


def with_input(network: Network, images: Callable[[], Tensor], count: int) -> Network:
    """The network, or each of its members, shown `[1, count, H, W]` beside its noise; one of another kind as it is."""
    if isinstance(network, Several):
        return replace(network, network=with_input(network.network, images, count))
    if isinstance(network, Skip) and isinstance(network.input, Uniform):
        return replace(network, input=Beside(images, count, network.input))
    return network


def deblurring_preset(task: str, quality: str | Preset) -> Preset:
    """The row for a quality.

    Raises: UsageError for a quality that there is not, or settings that are for denoising or filling in.
    """
    row = preset(task, quality)
    if row.pilot is not None or not isinstance(row.method, Plain | BackProjected):
        raise UsageError("these settings are for denoising or filling in; wanted some for deblurring")
    return row


@overload
def deblur(
    image: Image,
    psf: Image | None = None,
    *,
    gaussian: float | None = None,
    blind: bool = False,
    kernel_size: int | None = None,
    sigma: float | Literal["auto"] = "auto",
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[False] = False,
) -> Image: ...
@overload
def deblur(
    image: Image,
    psf: Image | None = None,
    *,
    gaussian: float | None = None,
    blind: bool = False,
    kernel_size: int | None = None,
    sigma: float | Literal["auto"] = "auto",
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[True],
) -> Result: ...
def deblur(
    image: Image,
    psf: Image | None = None,
    *,
    gaussian: float | None = None,
    blind: bool = False,
    kernel_size: int | None = None,
    sigma: float | Literal["auto"] = "auto",
    quality: str | Preset = "normal",
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: bool = False,
) -> Image | Result:
    """Take a blur back that is the same everywhere in the image; told by one of `psf`, `gaussian` and `blind`.

    image: ndarray HW or HWC (1 to 4 channels) of any integer or floating dtype; or a tensor HW, CHW or [B, C, H, W],
        where a batch is so many independent fits.
    psf: the kernel, ndarray or tensor HW of odd height and width, the same for all channels: how a point of light was
        smeared (the image is its convolution with the kernel, SciPy's `convolve2d`). Integers are divided by their
        sum, as in an image file they are in proportion only; floats must sum to one.
    gaussian: the blur is a Gaussian of so many pixels' standard deviation.
    blind: the kernel is not known and is found together with the image; with `full_output` the result's
        `provenance["kernel"]` has it, in lists.
    kernel_size: of an unknown kernel, pixels a side; odd, and not smaller than the blur; 31 if None.
    sigma: the noise's standard deviation, in the image's own units; estimated from the image if "auto".
    quality: "draft", "normal" or "best", or a Preset of your own. The 2018 paper deblurs nothing.
    time_budget: seconds that it may take at most, for each image of a batch; no limit if None.
    device: "auto" is where a tensor lies, else the first CUDA GPU if there is one, else "cpu".

    Returns the image in the type, dtype, shape and range that came in, or with `full_output` a Result around it.
    Nothing is assumed about what lies beyond the borders: it is fitted too, and cut off.
    Raises: InputError for an image with nothing to restore or a kernel that is none, UsageError for arguments that
    can't be meant.
    Source: Zukerman, Tirer and Giryes 2020, "BP-DIP"; blind: Ren et al. 2020, "Neural blind deconvolution using deep
    priors" (SelfDeblur).
    """

    def begin(one: Image) -> Job:
        return deblurring(
            one,
            psf,
            gaussian=gaussian,
            blind=blind,
            kernel_size=kernel_size,
            sigma=sigma,
            quality=quality,
            seed=seed,
            device=device,
            time_budget=time_budget,
        )

    return carried_out(image, begin, full_output=full_output)
