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


@dataclass(frozen=True)
class Scale:
    """`normalised = (value - low) / span`.

    8-bit integers are 0..255 and floats within [0, 1] stay as they are; whatever else comes is stretched over its own
    range, so that 12-bit data in 16-bit words, or counts in floats, are not left in a dark corner.
    """

    low: float
    span: float

    @classmethod
    def of(cls, values: Tensor, dtype: np.dtype[Any] | torch.dtype) -> "Scale":
        low, high = float(values.min()), float(values.max())
        if str(dtype).removeprefix("torch.") == "uint8":
            return cls(0.0, 255.0)
        floating = dtype.is_floating_point if isinstance(dtype, torch.dtype) else dtype.kind == "f"
        if floating and low >= 0 and high <= 1:
            return cls(0.0, 1.0)
        return cls(low, high - low)


@dataclass(frozen=True)
class Frame:
    """How an image was passed, so that the result can be given back the same way."""

    dtype: Any  # numpy's or torch's
    scale: Scale
    shape: tuple[int, ...]

    def back(self, x: Tensor) -> Image:
        """`[1, C, H, W]` to the caller's type, dtype and axes; H and W may have changed."""
        values = x.double() * self.scale.span + self.scale.low
        if isinstance(self.dtype, torch.dtype):
            return fit_dtype(values, self.dtype).view(*self.shape[:-2], *x.shape[-2:])
        array: NDArray[Any] = values[0].permute(1, 2, 0).cpu().numpy()
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
    """One image as `[1, C, H, W]` float32, and how to give it back.

    ndarray: HW or HWC with 1 to 4 channels; tensor: HW, CHW or 1CHW. Any integer or floating dtype.
    Raises: InputError if it is no image, is empty, has NaN or infinite pixels, or is constant.
    """
    if isinstance(image, Tensor):
        values = as_bchw(image.detach())
        dtype: Any = image.dtype
        real = not (image.is_complex() or image.dtype is torch.bool)
    elif isinstance(image, np.ndarray):
        values = as_bchw(torch.from_numpy(from_hwc(image)))
        dtype, real = image.dtype, True
    else:
        raise InputError(f"the image is a {type(image).__name__}; wanted a numpy array or a torch tensor")
    if not real:
        raise InputError(f"the image holds {dtype} values; wanted integers or floats")
    check_pixels(values)
    scale = Scale.of(values, dtype)
    return ((values.double() - scale.low) / scale.span).float(), Frame(dtype, scale, tuple(image.shape))


def from_hwc(image: NDArray[Any]) -> NDArray[Any]:
    """HW or HWC to CHW, in a dtype that torch knows."""
    if image.dtype.kind not in "iuf":
        raise InputError(f"the image holds {image.dtype} values; wanted integers or floats")
    if image.ndim == 3 and not 1 <= image.shape[2] <= MOST_CHANNELS:
        raise InputError(
            f"the image has {image.shape[2]} channels (its shape is {image.shape}, read as height x width x channels); "
            f"wanted 1 to {MOST_CHANNELS}"
        )
    wide = image.astype(np.float64)
    return wide if image.ndim == 2 else np.moveaxis(wide, -1, 0)


def as_bchw(values: Tensor) -> Tensor:
    """HW, CHW or 1CHW to 1CHW."""
    if not 2 <= values.ndim <= 4 or (values.ndim == 4 and values.shape[0] != 1):
        raise InputError(f"the image's shape is {list(values.shape)}; wanted one image of 2 or 3 axes")
    values = values.reshape(1, *values.shape[-3:]) if values.ndim > 2 else values[None, None]
    if 0 in values.shape:
        _, channels, height, width = values.shape
        raise InputError(f"the image is empty: {height}x{width} pixels (height x width), {channels} channels")
    return values


def check_pixels(values: Tensor) -> None:
    """Refuse what cannot be restored."""
    if values.is_floating_point():
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
