"""Frames as they are passed, made one tensor, and refused where they are no series."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from untaught.arrays import Frame, Image, as_bchw, take
from untaught.errors import InputError, UsageError

FEWEST, MOST = 2, 64  # frames
LEAST_SIDE = 16  # pixels: in smaller frames there is not enough to register them by


def check_count(count: int) -> None:
    """Raises: UsageError for too few frames or too many."""
    if not FEWEST <= count <= MOST:
        raise UsageError(f"there {'is 1 frame' if count == 1 else f'are {count} frames'}; wanted {FEWEST} to {MOST}")


def taken(frames: Sequence[Image], names: Sequence[str] | None) -> tuple[Tensor, Frame]:
    """All frames as `[K, C, h, w]` float32 on one scale, and how to give an image like the first back.

    Raises: InputError for frames that can't be one series; UsageError for too few or too many.
    """
    if isinstance(frames, str | bytes) or not isinstance(frames, Sequence | np.ndarray | Tensor):
        raise UsageError(f"the frames are a {type(frames).__name__}; wanted a list of images")
    check_count(len(frames))
    names = names or [f"frames[{number}]" for number in range(len(frames))]
    for one, name in zip(frames, names, strict=True):
        if type(one) is not type(frames[0]):
            kinds = type(one).__name__, type(frames[0]).__name__
            raise InputError(f"{name} is a {kinds[0]} but {names[0]} is a {kinds[1]}; wanted frames of one kind")
        try:
            take(one)
        except InputError as error:
            raise InputError(f"{name}: {error}") from error
        check_alike(one, frames[0], name, names[0])
    if isinstance(frames[0], Tensor):
        x, frame = take(torch.cat([one for one in frames if isinstance(one, Tensor)], dim=-2))
    else:
        x, frame = take(np.concatenate([one for one in frames if isinstance(one, np.ndarray)]))
    y = x.unflatten(-2, (len(frames), -1))[0].movedim(1, 0).contiguous()
    if min(y.shape[-2:]) < LEAST_SIDE:
        height, width = y.shape[-2:]
        raise InputError(
            f"the frames are {height}x{width} (height x width); wanted {LEAST_SIDE} pixels a side or more to register"
        )
    return y, replace(frame, shape=tuple(frames[0].shape))


def check_alike(one: Image, first: Image, name: str, first_name: str) -> None:
    """Raises: InputError for a frame that differs from the first in what it is."""
    if one.dtype != first.dtype:
        raise InputError(
            f"{name} holds {one.dtype} values but {first_name} holds {first.dtype}; wanted frames of one kind"
        )
    shape, wanted = as_bchw(one, "").shape, as_bchw(first, "").shape
    if shape[2:] != wanted[2:]:
        mine, theirs = ("x".join(map(str, size[2:])) for size in (shape, wanted))
        raise InputError(f"{name} is {mine} but {first_name} is {theirs} (height x width); wanted frames of one size")
    if shape[1] != wanted[1]:
        raise InputError(f"{name} has {shape[1]} channels but {first_name} has {wanted[1]}; wanted frames of one kind")
    if one.shape != first.shape:
        raise InputError(
            f"{name} is of shape {list(one.shape)} but {first_name} of {list(first.shape)}; wanted frames of one kind"
        )
