"""The caller's array -> `[B, C, H, W]` float32, photographs in [0, 1] -> an array like the caller's."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from untaught.errors import InputError

Image = NDArray[Any] | Tensor
MOST_CHANNELS = 4
LEAST_SPAN = 0.25  # of floats within [0, 1] that count as a photograph on that scale


@dataclass(frozen=True)
class Scale:
    """`normalised = (value - low) / span`.

    8-bit integers are 0..255, and floats that use [0, 1] stay as they are; whatever else comes is stretched over its
    own range, so that 12-bit data in 16-bit words, counts in floats or faint floats are not left in a dark corner.
    """

    low: float
    span: float

    @classmethod
    def of(cls, values: Tensor, dtype: np.dtype[Any] | torch.dtype) -> "Scale":
        low, high = float(values.min()), float(values.max())
        if str(dtype).removeprefix("torch.") == "uint8":
            return cls(0.0, 255.0)
        floating = dtype.is_floating_point if isinstance(dtype, torch.dtype) else dtype.kind == "f"
        if floating and low >= 0 and high <= 1 and high - low >= LEAST_SPAN:
            return cls(0.0, 1.0)
        return cls(low, high - low)


@dataclass(frozen=True)
class Frame:
    """How an image was passed, so that the result can be given back the same way."""

    dtype: Any  # numpy's or torch's
    scale: Scale
    shape: tuple[int, ...]
    device: torch.device  # where a tensor lay
    copies: int = 1  # a grey picture stored as RGB is fitted once

    def back(self, x: Tensor) -> Image:
        """`[1, C, H, W]` to the caller's type, dtype and axes; H and W may have changed."""
        values = x.cpu().double() * self.scale.span + self.scale.low  # on the CPU: not every GPU has float64
        values = values.repeat(1, self.copies, 1, 1)
        if isinstance(self.dtype, torch.dtype):
            return fit_dtype(values, self.dtype).view(*self.shape[:-2], *x.shape[-2:]).to(self.device)
        array: NDArray[Any] = values[0].permute(1, 2, 0).numpy()
        if len(self.shape) == 2:
            array = array[..., 0]
        if np.issubdtype(self.dtype, np.integer):
            limits = np.iinfo(self.dtype)
            array = array.round().clip(limits.min, limits.max)
        return array.astype(self.dtype)


def fit_dtype(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Rounded and clipped where the type needs it."""
    if dtype.is_floating_point:
        return values.to(dtype)
    limits = torch.iinfo(dtype)
    return values.round().clamp(limits.min, limits.max).to(dtype)


def take(image: Image) -> tuple[Tensor, Frame]:
    """One image as `[1, C, H, W]` float32, and how to give it back. C is 1 if all channels are the same.

    ndarray: HW or HWC; tensor: HW, CHW or 1CHW; 1 to 4 channels, any integer or floating dtype.
    Raises: InputError if it is no image, is empty, has NaN or infinite pixels, or is constant.
    """
    if isinstance(image, Tensor):
        real, order = not (image.is_complex() or image.dtype is torch.bool), "channels x height x width"
    elif isinstance(image, np.ndarray):
        real, order = image.dtype.kind in "iuf", "height x width x channels"
    else:
        raise InputError(f"the image is a {type(image).__name__}; wanted a numpy array or a torch tensor")
    if not real:
        raise InputError(f"the image holds {image.dtype} values; wanted integers or floats")
    values = as_bchw(image, order)
    check_pixels(values)
    scale = Scale.of(values, image.dtype)
    copies = values.shape[1] if bool((values == values[:, :1]).all()) else 1
    values = values[:, : values.shape[1] // copies]
    device = image.device if isinstance(image, Tensor) else torch.device("cpu")
    x = ((values - scale.low) / scale.span).float()
    return x, Frame(image.dtype, scale, tuple(image.shape), device, copies)


def as_bchw(image: Image, order: str) -> Tensor:
    """Any layout to 1CHW, float64, on the CPU."""
    shape = tuple(image.shape)
    if not 2 <= len(shape) <= 4 or (len(shape) == 4 and (isinstance(image, np.ndarray) or shape[0] != 1)):
        raise InputError(f"the image's shape is {list(shape)}; wanted one image of 2 or 3 axes")
    if isinstance(image, Tensor):
        values = image.detach().cpu().double()
    else:
        wide = torch.from_numpy(image.astype(np.float64))
        values = wide if wide.ndim == 2 else wide.movedim(-1, 0)
    values = values.reshape(1, *values.shape[-3:]) if values.ndim > 2 else values[None, None]
    _, channels, height, width = values.shape
    if 0 in (height, width):
        raise InputError(f"the image is empty: {height}x{width} pixels (height x width)")
    if not 1 <= channels <= MOST_CHANNELS:
        raise InputError(
            f"the image has {channels} channels (its shape is {shape}, read as {order}); wanted 1 to {MOST_CHANNELS}"
        )
    return values


def check_pixels(values: Tensor) -> None:
    """Refuse what cannot be restored."""
    bad = ~torch.isfinite(values)
    if bool(bad.any()):
        row, column = bad[0].any(dim=0).nonzero()[0].tolist()
        raise InputError(
            f"the image has {int(bad.sum())} NaN or infinite values, the first at row {row}, column {column}; "
            "wanted finite ones (missing pixels are a case for inpainting)"
        )
    if bool((values == values.flatten()[0]).all()):
        raise InputError(
            f"the image is constant (every value is {float(values.flatten()[0]):g}): nothing can be restored"
        )
