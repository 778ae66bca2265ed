"""What a picture in the gallery is: a piece of one that comes with scikit-image, damaged, and who undoes it."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from skimage import data
from torch import Tensor

from likelihoods import stored
from untaught.operators import Blur


@dataclass(frozen=True)
class Scene:
    """A picture, what was done to it, and who undoes it. Images are of 8 bits, HW or HWC."""

    picture: str
    damage: str  # in words
    truth: np.ndarray
    given: np.ndarray  # as it is shown; a fraction of the truth's size where it is small
    classic: str  # in words
    by_classic: Callable[[], np.ndarray]
    ours: Callable[[str], Any]  # quality -> Result
    seen: Callable[[Any], np.ndarray] = lambda image: image  # what was restored, in 8 bits
    quality: str = "normal"
    where: np.ndarray | None = None  # HW, where to look: everywhere, if None
    may_be_off: bool = False  # image and kernel are known up to a common shift


def cut(picture: str, top: int, left: int, height: int = 256, width: int = 256) -> np.ndarray:
    """A piece of a picture of scikit-image."""
    return np.ascontiguousarray(getattr(data, picture)()[top : top + height, left : left + width])


def noisy(pixels: np.ndarray, sigma: float, task: str) -> np.ndarray:
    """With white noise, the same each time, clipped and stored in 8 bits."""
    noise = np.random.default_rng(zlib.crc32(task.encode())).normal(0, sigma, pixels.shape)
    return (pixels + noise).round().clip(0, 255).astype(np.uint8)


def tensor(pixels: np.ndarray) -> Tensor:
    """`[1, C, H, W]` on [0, 1]."""
    return torch.from_numpy(np.atleast_3d(pixels)).movedim(-1, 0)[None].float() / 255


def array(x: Tensor) -> np.ndarray:
    """Back, in 8 bits; HW if there is one channel."""
    pixels = stored(x)
    return pixels[..., 0] if pixels.shape[2] == 1 else pixels


def blurred(task: str, pixels: np.ndarray, kernel: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The piece that a camera saw, and the same blurred, with noise of sigma 2."""
    y = Blur(kernel)(tensor(pixels).double())
    rows, columns = (side // 2 for side in kernel.shape)
    truth = pixels[rows : pixels.shape[0] - rows, columns : pixels.shape[1] - columns]
    return truth, noisy(255 * y[0, 0].numpy(), 2, task)


def shake() -> Tensor:
    """`[17, 17]`: a bent path of uneven speed, its centre of mass in the middle."""
    time, pixel = np.linspace(0, 1, 400), np.arange(-8, 9)
    path = [4 * np.sin(4 * time), 10 * time**1.5]
    down, right = ((1 - np.abs((at - at.mean())[:, None] - pixel)).clip(0) for at in path)
    return torch.from_numpy(down.T @ right / len(time))
