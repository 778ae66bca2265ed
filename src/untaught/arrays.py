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
    given: "Observed | None" = None  # pixels that come back as they came

    def back(self, x: Tensor) -> Image:
        """`[1, C, H, W]` to the caller's type, dtype and axes; H and W may have changed."""
        values = x.cpu().double() * self.scale.span + self.scale.low  # on the CPU: not every GPU has float64
        values = values.repeat(1, self.copies, 1, 1)
        made = self.typed(values)
        return made if self.given is None else self.given.into(made)

    def limits(self) -> tuple[float, float] | None:
        """The least and the greatest value that the dtype holds, on the loop's scale; None for floats."""
        holds: Any  # numpy's or torch's
        if isinstance(self.dtype, torch.dtype):
            holds = None if self.dtype.is_floating_point else torch.iinfo(self.dtype)
        else:
            holds = np.iinfo(self.dtype) if np.issubdtype(self.dtype, np.integer) else None
        if holds is None:
            return None
        low, high = holds.min, holds.max
        return (low - self.scale.low) / self.scale.span, (high - self.scale.low) / self.scale.span

    def typed(self, values: Tensor) -> Image:
        """`[1, C, H, W]` in the caller's units to the caller's type, dtype and axes."""
        if isinstance(self.dtype, torch.dtype):
            return fit_dtype(values, self.dtype).view(*self.shape[:-2], *values.shape[-2:]).to(self.device)
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


@dataclass(frozen=True, eq=False)
class Observed:
    """The caller's image, and which of its pixels were observed."""

    image: Image
    observed: Tensor  # [H, W], true where the pixel is known; on the CPU

    @classmethod
    def of(cls, image: Image, observed: Tensor) -> "Observed":
        """With a copy of the image: the caller may change it while the fit runs."""
        return cls(image.detach().clone() if isinstance(image, Tensor) else image.copy(), observed)

    def into(self, made: Image) -> Image:
        """`made`, of the image's type and shape, with every observed pixel exactly as the caller had it."""
        if isinstance(made, Tensor) and isinstance(self.image, Tensor):
            return torch.where(self.observed.to(made.device), self.image, made)
        known = self.observed.numpy()
        return np.where(known if self.image.ndim == 2 else known[..., None], self.image, made)


def take(image: Image, observed: Tensor | None = None) -> tuple[Tensor, Frame]:
    """One image as `[1, C, H, W]` float32, and how to give it back. C is 1 if all channels are the same.

    ndarray: HW or HWC; tensor: HW, CHW or 1CHW; 1 to 4 channels, any integer or floating dtype.
    observed: `[H, W]` bool on the CPU, where only some pixels are known. The others may hold anything, NaN too, have no
        say in the scale nor in whether all channels are the same, and come out as 0.
    Raises: InputError if it is no image, is empty, or of another size than `observed`; or if nothing of it is known,
        or what is known has NaN or infinite pixels or is constant.
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
    if observed is not None and observed.shape != values.shape[2:]:
        mask, size = ("x".join(map(str, sides)) for sides in (observed.shape, values.shape[2:]))
        raise InputError(f"mask is {mask} but image is {size} (height x width)")
    if observed is not None and not bool(observed.any()):
        raise InputError("every pixel is missing; wanted some that were observed")
    known = values if observed is None else values[..., observed]
    check_pixels(values, known, observed)
    scale = Scale.of(known, image.dtype)
    copies = values.shape[1] if bool((known == known[:, :1]).all()) else 1
    values = values[:, : values.shape[1] // copies]
    device = image.device if isinstance(image, Tensor) else torch.device("cpu")
    x = ((values - scale.low) / scale.span).float()
    x = x if observed is None else x.where(observed, 0.0)
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


def check_pixels(values: Tensor, known: Tensor, observed: Tensor | None) -> None:
    """Refuse what cannot be restored; `known` are those of the `values` that were `observed`, or all."""
    bad = ~torch.isfinite(values)
    where, which = "", "value"
    wanted = "wanted finite ones (missing pixels are a case for inpainting)"
    if observed is not None:
        bad = bad & observed
        where, which = " in observed pixels", "observed value"
        wanted = "wanted finite ones there, or a mask that says that they are missing"
    if bool(bad.any()):
        row, column = bad[0].any(dim=0).nonzero()[0].tolist()
        raise InputError(
            f"the image has {int(bad.sum())} NaN or infinite values{where}, the first at row {row}, column {column}; "
            f"{wanted}"
        )
    first = known.flatten()[0]
    if bool((known == first).all()):
        raise InputError(f"the image is constant (every {which} is {float(first):g}): nothing can be restored")
