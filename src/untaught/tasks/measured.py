"""Does an operator do what a fit needs, and do the measurements fit it? Found out by calls, before the fit."""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from untaught.arrays import Image
from untaught.core import Operator
from untaught.errors import InputError, UsageError
from untaught.operators import EachAlone, Physics, as_operator

Shape = tuple[int, int, int]
FAR = 30.0  # times what an image in [0, 1] gives: measurements of an image in other units
SAME = 1e-3  # relative: how far two calls with one image may differ, on a device that adds in any order


def measurements(y: object, name: str = "y") -> Tensor:
    """Measurements as a tensor, float32, where they lie.

    Raises: InputError for what holds no finite real numbers.
    """
    if not isinstance(y, np.ndarray | Tensor):
        raise InputError(f"{name} is a {type(y).__name__}; wanted a numpy array or a torch tensor")
    real = not y.is_complex() if isinstance(y, Tensor) else y.dtype.kind in "biuf"
    if not real:
        raise InputError(
            f"{name} holds {y.dtype} values; wanted real ones, such as torch.view_as_real gives of complex ones"
        )
    values = y.detach() if isinstance(y, Tensor) else torch.from_numpy(y.astype(np.float64))
    if values.numel() == 0:
        raise InputError(f"{name} is empty: its shape is {list(values.shape)}")
    bad = ~values.isfinite()
    if bool(bad.any()):
        raise InputError(
            f"{name} has {int(bad.sum())} NaN or infinite values; wanted finite ones (an operator leaves out what was "
            "not measured)"
        )
    return values.float()


def estimate(start: Image, shape: Shape) -> Tensor:
    """An estimate of the image as `[1, C, H, W]`, float32, on the CPU.

    Raises: InputError if it is none, or of another shape.
    """
    channels, height, width = shape
    values = measurements(start, "start").cpu()
    if not isinstance(start, Tensor):
        values = values[..., None] if values.ndim == 2 else values
        values = values.permute(2, 0, 1) if values.ndim == 3 else values
    if values.shape not in ((1, *shape), shape):
        wanted = f"height x width x channels {[height, width, channels]}, or of a tensor {[1, *shape]}"
        raise InputError(f"start is {list(start.shape)}; wanted an image of the shape, {wanted}")
    return values.reshape(1, *shape)


def checked_shape(shape: object) -> Shape:
    """Raises: UsageError for what is no (channels, height, width)."""
    if isinstance(shape, tuple | list | torch.Size):
        sides = [int(side) for side in shape if isinstance(side, int | np.integer) and side is not True and side > 0]
        if len(sides) == len(shape) == 3:
            return sides[0], sides[1], sides[2]
    raise UsageError(f"shape is {shape}; wanted three positive whole numbers: channels, height, width")


def callable_operator(thing: Operator | Physics) -> Operator:
    """Raises: UsageError for what is no operator and no deepinv Physics."""
    try:
        return as_operator(thing)
    except TypeError as error:
        raise UsageError(str(error)) from error


def checked_operator(operator: Operator, shape: Shape, y: Tensor, *, any_units: bool) -> tuple[Operator, Tensor]:
    """The operator as the loop asks it, and y with its batch axis.

    Raises: UsageError, one sentence, for an operator that fails, gives something else each time, something that is not
    finite, or no gradient; InputError for measurements that are not what it gives.
    """
    trial = copy.deepcopy(operator).to(y.device) if isinstance(operator, nn.Module) else operator
    generator = torch.Generator().manual_seed(0)
    one, other = (torch.rand(1, *shape, generator=generator).to(y.device) for _ in range(2))
    measured = with_gradient(trial, one)
    with torch.no_grad():
        second, again = asked(trial, other), asked(trial, one)
    if second.shape != measured.shape:
        shapes = f"{list(measured.shape)} for one image and {list(second.shape)} for another"
        raise UsageError(f"the operator gives {shapes} of the same shape; wanted the same shape each time")
    if float((again - measured).abs().max()) > SAME * float(measured.abs().max()):
        raise UsageError(
            "the operator gives other values for the same image when asked again; wanted no noise in it, which is the "
            "likelihood's affair"
        )
    if y.shape not in (measured.shape, measured.shape[1:]):
        size = "x".join(map(str, shape))
        raise InputError(f"y is {list(y.shape)} but the operator gives {list(measured.shape)} for an image of {size}")
    if not any_units:
        check_units(trial, shape, y, measured)
    if takes_batches(trial, one, other, measured, second):
        return operator, y.reshape(measured.shape)
    return EachAlone(operator), y.reshape(1, *measured.shape)


def asked(operator: Operator, x: Tensor) -> Tensor:
    """What the operator gives for an image of values in [0, 1].

    Raises: UsageError for an operator that fails, or gives no finite real tensor.
    """
    try:
        measured = operator(x.clone())
    except Exception as error:
        raise UsageError(f"the operator fails on an image {list(x.shape)}: {in_a_line(error)}") from error
    if not isinstance(measured, Tensor):
        raise UsageError(f"the operator gives a {type(measured).__name__}; wanted a tensor")
    if measured.is_complex():
        raise UsageError("the operator gives complex values; wanted real ones, such as torch.view_as_real gives")
    bad = int((~measured.isfinite()).sum())
    if bad or not measured.numel():
        raise UsageError(f"the operator gives {bad} NaN or infinite values of {measured.numel()}; wanted finite ones")
    return measured


def in_a_line(error: Exception) -> str:
    """Its kind and the first line of what it says."""
    return ": ".join([type(error).__name__, *str(error).strip().splitlines()[:1]])


def with_gradient(operator: Operator, x: Tensor) -> Tensor:
    """What it gives, detached.

    Raises: UsageError if no gradient comes back through it.
    """
    image = x.clone().requires_grad_(True)
    measured = asked(operator, image)
    if not measured.requires_grad:
        raise UsageError("the operator is not differentiable: what it gives is detached from the image")
    weights = torch.rand(measured.shape, generator=torch.Generator().manual_seed(1)).to(measured)
    try:
        (slope,) = torch.autograd.grad((measured * weights).sum(), image, allow_unused=True)
    except Exception as error:
        raise UsageError(f"the operator is not differentiable: {in_a_line(error)}") from error
    if slope is None or not bool(slope.any()):
        raise UsageError("the operator is not differentiable: its gradient is 0 for every pixel of an image")
    if not bool(slope.isfinite().all()):
        raise UsageError("the operator is not differentiable: its gradient has NaN or infinite values")
    return measured.detach()


def check_units(operator: Operator, shape: Shape, y: Tensor, measured: Tensor) -> None:
    """Raises: InputError for measurements that no image in [0, 1] can have given."""
    channels, height, width = shape
    coarse = torch.rand(1, channels, 4, 4, generator=torch.Generator().manual_seed(2)).to(y.device)
    probes = [F.interpolate(coarse, (height, width), mode="bilinear"), torch.ones(1, *shape, device=y.device)]
    with torch.no_grad():
        most = max(float(one.abs().max()) for one in [measured, *(asked(operator, probe) for probe in probes)])
    reached = float(y.abs().max())
    if reached > FAR * most:
        raise InputError(
            f"y reaches {reached:.3g} but the operator gives at most {most:.3g} for images in [0, 1]; if the image is "
            "in other units, give their value_range, such as (0, 255)"
        )


def takes_batches(operator: Operator, one: Tensor, other: Tensor, first: Tensor, second: Tensor) -> bool:
    """Does it give for two images at once what it gives for each?"""
    if first.ndim == 0 or len(first) != 1:
        return False
    wanted = torch.cat([first, second])
    try:
        with torch.no_grad():
            both = operator(torch.cat([one, other]))
    except Exception:
        return False
    if both.shape != wanted.shape:
        return False
    return bool(torch.allclose(both, wanted, rtol=SAME, atol=SAME * float(wanted.abs().max())))
