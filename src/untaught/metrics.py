"""How near an image is to its truth: the only door through which a ground truth enters. Nothing that decides uses it.

Images are ndarrays, HW or HWC, of any real dtype; `image` and `truth` agree in size and in kind. `data_range`, where
it is not told, is the full range of an integer dtype (255 for uint8, 65535 for uint16 and for int16), 1 for bool and
1.0 for floats, whatever their values: photographs lie in [0, 1]. For floats on another scale, say so. All is reckoned
in float64.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from untaught.errors import UsageError

SIGMA = 1.5  # of the Gaussian window, in pixels
RADIUS = 5
WINDOW = 2 * RADIUS + 1  # pixels a side; SSIM needs an image at least as large
K1, K2 = 0.01, 0.03


def psnr(image: NDArray[Any], truth: NDArray[Any], *, data_range: float | None = None) -> float:
    """Peak signal-to-noise ratio in dB: `10 log10(data_range^2 / mse)`, the mean over all pixels and channels together.

    `math.inf` for identical images. Raises `UsageError` when the two cannot be compared.
    """
    a, b = _comparable(image, truth, data_range)
    mse = float(np.mean(np.square(a - b)))
    return math.inf if mse == 0.0 else -10.0 * math.log10(mse)


def ssim(image: NDArray[Any], truth: NDArray[Any], *, data_range: float | None = None) -> float:
    """Structural similarity, at most 1: the mean over channels and over all pixels 5 or more from the border.

    Raises `UsageError` when the two cannot be compared or are smaller than the 11 x 11 window.
    Source: Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 2004, section III: Gaussian window of sigma 1.5, population
    covariance, K1 = 0.01, K2 = 0.03. Departs: no down-sampling before, as the authors' later code has it.
    """
    a, b = _comparable(image, truth, data_range)
    height, width = a.shape[:2]
    if min(height, width) < WINDOW:
        raise UsageError(
            f"image is {height}x{width} but ssim needs {WINDOW}x{WINDOW} (height x width) or more, its window"
        )
    planes = [(a, b)] if a.ndim == 2 else [(a[..., c], b[..., c]) for c in range(a.shape[2])]
    return float(np.mean([_ssim_of_plane(x, y) for x, y in planes]))


def _ssim_of_plane(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """SSIM of two planes HW in units of the data range."""
    mean_x, mean_y = _window_mean(x), _window_mean(y)
    variances = _window_mean(x * x) + _window_mean(y * y) - mean_x**2 - mean_y**2
    covariance = _window_mean(x * y) - mean_x * mean_y
    c1, c2 = K1**2, K2**2
    above = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    below = (mean_x**2 + mean_y**2 + c1) * (variances + c2)
    return float(np.mean(above / below))


def _window_mean(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Gaussian-weighted mean around each pixel whose whole window lies inside the plane."""
    mean: NDArray[np.float64] = gaussian_filter(plane, SIGMA, radius=RADIUS)
    return mean[RADIUS:-RADIUS, RADIUS:-RADIUS]


def _comparable(
    image: NDArray[Any], truth: NDArray[Any], data_range: float | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both as float64 in units of the data range, once it is sure that comparing them means something."""
    for name, array in (("image", image), ("truth", truth)):
        if array.dtype.kind not in "buif":
            raise UsageError(f"{name} is {array.dtype} but must hold real numbers")
        if array.ndim not in (2, 3) or array.size == 0:
            raise UsageError(f"{name} has shape {array.shape} but must be height x width, or height x width x channels")
        if not np.isfinite(array).all():
            raise UsageError(f"{name} has {np.count_nonzero(~np.isfinite(array))} values that are not finite numbers")
    if image.shape != truth.shape:
        axes = "height x width x channels" if 3 in (image.ndim, truth.ndim) else "height x width"
        raise UsageError(f"image is {_size(image)} but truth is {_size(truth)} ({axes})")
    unit = _full_range(image, truth) if data_range is None else float(data_range)
    if not (math.isfinite(unit) and unit > 0):
        raise UsageError(f"data_range is {data_range} but must be a number above 0")
    return image.astype(np.float64) / unit, truth.astype(np.float64) / unit


def _full_range(image: NDArray[Any], truth: NDArray[Any]) -> float:
    """What `data_range` is when it is not told. See the top of this file."""
    dtypes = {array.dtype.newbyteorder("=") for array in (image, truth)}  # a big-endian file is of the same kind
    if all(dtype.kind == "f" for dtype in dtypes):
        return 1.0
    if len(dtypes) > 1:
        raise UsageError(f"image is {image.dtype} but truth is {truth.dtype}: give data_range, or convert one of them")
    (dtype,) = dtypes
    if dtype.kind == "b":
        return 1.0
    return float(int(np.iinfo(dtype).max) - int(np.iinfo(dtype).min))


def _size(array: NDArray[Any]) -> str:
    return "x".join(str(n) for n in array.shape)
