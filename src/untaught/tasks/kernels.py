"""Which blur is meant: what a caller says of it, checked."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from untaught.errors import InputError, UsageError
from untaught.operators import Blur, UnknownBlur
from untaught.tasks.arguments import is_positive

SIZE = 31  # of an unknown kernel, where it is not told
NEAR_ONE = 1e-3  # how far from one the sum of a kernel of floats may be


def operator_of(psf: object, gaussian: object, blind: bool, kernel_size: object) -> Blur | UnknownBlur:
    """The blur that is told, or one with unknowns.

    Raises: UsageError unless it is told in one way, or for a width or a size that can't be meant; InputError for what
    is no kernel.
    """
    said = {"psf": psf is not None, "gaussian": gaussian is not None, "blind": blind}
    told = [name for name, there in said.items() if there]
    if len(told) != 1:
        got = " and ".join(told) if told else "none of them"
        raise UsageError(f"wanted one of psf (the kernel), gaussian and blind, to say what the blur is; got {got}")
    if psf is not None:
        return Blur(kernel_of(psf))
    if blind:
        kernel_size = SIZE if kernel_size is None else kernel_size
        if not isinstance(kernel_size, int) or kernel_size < 3 or kernel_size % 2 == 0:
            raise UsageError(f"kernel_size is {kernel_size}; wanted an odd number of pixels, 3 or more")
        return UnknownBlur(kernel_size)
    if not is_positive(gaussian):
        raise UsageError(f"gaussian is {gaussian}; wanted a standard deviation, a positive number of pixels")
    return Blur.gaussian(float(gaussian))  # type: ignore[arg-type]


def kernel_of(psf: object) -> Tensor:
    """`[kh, kw]` float64 on the CPU, of mass one.

    A kernel of integers is proportional, as an image file's grey levels are, and is divided by its sum; one of floats
    must have that sum already.
    Raises: InputError for what is no kernel.
    """
    if not isinstance(psf, np.ndarray | Tensor):
        raise InputError(f"the kernel is a {type(psf).__name__}; wanted a numpy array or a torch tensor")
    if psf.ndim != 2:
        raise InputError(f"the kernel's shape is {list(psf.shape)}; wanted height x width, one for all channels")
    floating = psf.dtype.is_floating_point if isinstance(psf, Tensor) else psf.dtype.kind == "f"
    real = floating or str(psf.dtype).removeprefix("torch.").startswith(("int", "uint"))
    if not real:
        raise InputError(f"the kernel holds {psf.dtype} values; wanted integers or floats")
    values = psf.detach().cpu().double() if isinstance(psf, Tensor) else torch.from_numpy(psf.astype(np.float64))
    size = "x".join(map(str, values.shape))
    if 0 in values.shape or any(side % 2 == 0 for side in values.shape):
        raise InputError(f"the kernel is {size} (height x width); wanted odd sides, so that it has a middle")
    if not bool(values.isfinite().all()):
        raise InputError("the kernel has NaN or infinite values; wanted finite ones")
    if bool((values < 0).any()):
        raise InputError(f"the kernel has negative values, the least {float(values.min()):g}; wanted none below 0")
    mass = float(values.sum())
    if mass == 0:
        raise InputError("the kernel is 0 everywhere; wanted one that sums to one")
    if floating and abs(mass - 1) > NEAR_ONE:
        raise InputError(f"the kernel sums to {mass:.6g}; wanted 1 (or integers, which are divided by their sum)")
    return values / mass


def check_fits(operator: Blur | UnknownBlur, x: Tensor) -> None:
    """Raises: InputError for a kernel larger than the image `[1, C, H, W]`."""
    (rows, columns), (height, width) = operator.kernel.shape, x.shape[-2:]
    if rows > height or columns > width:
        raise InputError(
            f"the kernel is {rows}x{columns} but the image {height}x{width} (height x width); wanted a smaller kernel"
        )


def account_of(operator: Blur | UnknownBlur, gaussian: float | None) -> dict[str, Any]:
    """What was told of the blur, for the record."""
    size = {"size": list(operator.kernel.shape)}
    if isinstance(operator, UnknownBlur):
        return {"told": "nothing"} | size
    if gaussian is not None:
        return {"told": "gaussian", "sigma": float(gaussian)} | size
    return {"told": "kernel", "values": operator.kernel.tolist()} | size
