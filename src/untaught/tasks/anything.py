"""Any operator: what was measured, how it was measured, and the shape of the image looked for."""

import time
from dataclasses import dataclass, replace
from typing import Literal, overload

import numpy as np
import torch
from torch import Tensor

from untaught.arrays import Frame, Image, Scale
from untaught.core import Likelihood, Network, Operator, Prior, Problem, Result, Stopper
from untaught.errors import UsageError
from untaught.fit import Fit
from untaught.job import Job
from untaught.likelihoods import Gaussian
from untaught.methods import Dropped
from untaught.networks import Added, Given, SmallUNet
from untaught.noise import Noise
from untaught.operators import Composed, Physics, Units
from untaught.presets import preset
from untaught.presets.row import Preset
from untaught.record import provenance
from untaught.stoppers import Discrepancy
from untaught.tasks.arguments import check_time_budget, is_positive, pick_device
from untaught.tasks.measured import Shape, callable_operator, checked_operator, checked_shape, estimate, measurements

SPREAD = 4.0  # what a network is shown of an estimate is so many times the distance from mid-grey


def restoring(
    y: Image,
    operator: Operator | Physics,
    shape: Shape,
    likelihood: Likelihood,
    row: Preset,
    *,
    start: Image | None = None,
    value_range: tuple[float, float] | None = None,
    device: str = "auto",
    time_budget: float | None = None,
) -> Job:
    """A restoration that has not begun: the arguments of `restore`, the likelihood and the row made of the others."""
    began = time.monotonic()
    check_time_budget(time_budget)
    low, high = checked_range(value_range)
    size, values = checked_shape(shape), measurements(y)
    row = row if start is None else with_start(row, (estimate(start, size) - low) / (high - low))
    values = values.to(pick_device(device, y))
    asked = callable_operator(operator)
    if (low, high) != (0.0, 1.0):
        asked = Composed(Units(low, high), asked)
    asked, values = checked_operator(asked, size, values, any_units=value_range is not None)
    problem = Problem(y=values, operator=asked, likelihood=likelihood, shape=size)
    frame = frame_of(y, size, Scale(low, high - low))
    record = provenance("restore", row, problem, frame) | {"operator": type(operator).__name__}
    job = Job(problem, row, frame, Noise(sigma=0.0), record | {"measurements": list(y.shape)}, time_budget)
    job.before = time.monotonic() - began
    return job


def likelihood_of(likelihood: Likelihood | None, sigma: float | None) -> Likelihood:
    """The law of the noise: what was given, or Gaussian of sigma, or with the mean squared error for its nll.

    Raises: UsageError for both, or a sigma that can't be meant.
    """
    if likelihood is not None and sigma is not None:
        raise UsageError(
            "both a likelihood and sigma were given; wanted one of them, sigma being Gaussian(sigma=sigma)"
        )
    if sigma is not None and not is_positive(sigma):
        raise UsageError(f"sigma is {sigma}; wanted a positive number, in the units of y, or None")
    return likelihood or (Gaussian() if sigma is None else Gaussian(sigma=float(sigma)))


def checked_range(limits: tuple[float, float] | None) -> tuple[float, float]:
    """Raises: UsageError for what is no (low, high)."""
    low, high = (0.0, 1.0) if limits is None else limits
    if not (np.isfinite([low, high]).all() and low < high):
        raise UsageError(f"value_range is {limits}; wanted the lowest and the highest value of the image")
    return float(low), float(high)


@dataclass(frozen=True, kw_only=True)
class Own:
    """What the caller has in place of a row's."""

    network: Network | None = None
    stopper: Stopper | None = None
    prior: Prior | None = None
    prior_weight: float | None = None


def restoring_row(
    quality: str | Preset, likelihood: Likelihood, own: Own, *, seed: int = 0, from_estimate: bool = False
) -> Preset:
    """The row for a quality, with what was given in place of its own; it goes by sigma if the likelihood knows it.

    Raises: UsageError for a quality that there is not, or settings that are for one task alone or can't be meant.
    """
    told = isinstance(likelihood, Gaussian) and likelihood != Gaussian()
    task = "restore, sigma told" if told else "restore"
    row = preset("restore from an estimate" if from_estimate else task, quality)
    if row.recorrupts or isinstance(row.method, Dropped):
        raise UsageError("these settings learn from a whole image, noisy or with holes; wanted some for any operator")
    if not told and (row.knows_sigma or isinstance(own.stopper, Discrepancy)):
        raise UsageError("these settings go by the noise's sigma; wanted to be told it, or other settings")
    fit = with_prior(replace(row.fit, seed=seed), own.prior, own.prior_weight)
    network, stopper = own.network or row.network, own.stopper or row.stopper
    return replace(row, network=network, stopper=stopper, fit=fit, knows_sigma=told)


def with_prior(fit: Fit, prior: Prior | None, weight: float | None) -> Fit:
    """The fit with an explicit prior, if one is given.

    Raises: UsageError for a prior without a weight or a weight without a prior.
    """
    if (prior is None) != (weight is None) or (weight is not None and not is_positive(weight)):
        raise UsageError(f"prior is {prior}, prior_weight is {weight}; wanted both, the weight positive, or neither")
    return fit if prior is None or weight is None else replace(fit, prior=prior, prior_weight=float(weight))


def with_start(row: Preset, start: Tensor) -> Preset:
    """The row, its network adding to an estimate `[1, C, H, W]` on [0, 1], which it is shown.

    Raises: UsageError for a network that can't.
    """
    if not isinstance(row.network, SmallUNet):
        raise UsageError(f"an estimate is improved on by a SmallUNet; got a {type(row.network).__name__}")
    return replace(row, network=Added(network=replace(row.network, input=Given(SPREAD * (start - 0.5))), start=start))


def frame_of(y: Image, shape: Shape, scale: Scale) -> Frame:
    """How the image is given back: an array or a tensor as y is, floating, in the shape of an image."""
    if isinstance(y, Tensor):
        return Frame(y.dtype if y.is_floating_point() else torch.float32, scale, (1, *shape), y.device)
    channels, height, width = shape
    dtype = y.dtype if y.dtype.kind == "f" else np.dtype(np.float32)
    axes = (height, width) if channels == 1 else (height, width, channels)
    return Frame(dtype, scale, axes, torch.device("cpu"))


@overload
def restore(
    y: Image,
    operator: Operator | Physics,
    shape: Shape,
    *,
    likelihood: Likelihood | None = None,
    sigma: float | None = None,
    start: Image | None = None,
    value_range: tuple[float, float] | None = None,
    quality: str | Preset = "normal",
    network: Network | None = None,
    stopper: Stopper | None = None,
    prior: Prior | None = None,
    prior_weight: float | None = None,
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[False] = False,
) -> Image: ...
@overload
def restore(
    y: Image,
    operator: Operator | Physics,
    shape: Shape,
    *,
    likelihood: Likelihood | None = None,
    sigma: float | None = None,
    start: Image | None = None,
    value_range: tuple[float, float] | None = None,
    quality: str | Preset = "normal",
    network: Network | None = None,
    stopper: Stopper | None = None,
    prior: Prior | None = None,
    prior_weight: float | None = None,
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: Literal[True],
) -> Result: ...
def restore(
    y: Image,
    operator: Operator | Physics,
    shape: Shape,
    *,
    likelihood: Likelihood | None = None,
    sigma: float | None = None,
    start: Image | None = None,
    value_range: tuple[float, float] | None = None,
    quality: str | Preset = "normal",
    network: Network | None = None,
    stopper: Stopper | None = None,
    prior: Prior | None = None,
    prior_weight: float | None = None,
    seed: int = 0,
    device: str = "auto",
    time_budget: float | None = None,
    full_output: bool = False,
) -> Image | Result:
    """The image that gives the measurements y, by a network fitted to them alone.

    y: ndarray or tensor of any shape, with or without the batch axis of what the operator gives.
    operator: any differentiable callable from an image `[B, C, H, W]` (`[1, C, H, W]` if it can't take several) to
        measurements, without noise: `untaught.operators` has some. Of a `nn.Module` the parameters are unknowns, fitted
        too (`untaught.steps` shows them). A deepinv `Physics` works as it is: its `A` is asked.
    shape: (C, H, W) of the image.
    likelihood: how y scatters around `operator(x)`; else Gaussian, of `sigma` in the units of y if that is told.
    start: an estimate of the image, HW or HWC or `[1, C, H, W]`, to improve on; without, it begins with nothing.
    value_range: the least and the greatest value of the image, (0, 1) if not told; the operator is given and the image
        comes back in these units.
    quality: "draft", "normal" or "best"; "paper" for the settings of 2018; or a Preset of your own. network and stopper
        in place of its own; prior with prior_weight: R(x) beside the network's, x on [0, 1], added to the mean nll.
    time_budget: seconds that it may take at most. device: "auto" is where a tensor lies, else CUDA if there is one.

    With sigma it stops when the misfit is that of the noise, without when iterates vary least (`WindowedVariance`),
    "paper" and with `start` when its steps are done. Returns ndarray HW or HWC if y was one, else a tensor
    `[1, C, H, W]`, in y's dtype if that is floating; with `full_output` a Result around it.
    Raises, before the fit: InputError for measurements that are not finite or not what the operator gives; UsageError
    for an operator that fails, gives NaN, another shape or other values from call to call, or no gradient, and for
    arguments that can't be meant.
    Source: Ulyanov, Vedaldi and Lempitsky 2018, "Deep Image Prior".
    """
    law = likelihood_of(likelihood, sigma)
    own = Own(network=network, stopper=stopper, prior=prior, prior_weight=prior_weight)
    row = restoring_row(quality, law, own, seed=seed, from_estimate=start is not None)
    job = restoring(
        y, operator, shape, law, row, start=start, value_range=value_range, device=device, time_budget=time_budget
    )
    for _ in job:
        pass
    result = job.result()
    return result if full_output else result.image
