"""The classics of filling in that ours are held against: they see the known pixels only, and leave them as they are."""

from collections.abc import Callable

import numpy as np
from scipy.interpolate import griddata
from skimage.restoration import inpaint_biharmonic

from references import channels


def biharmonic(given: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """The smoothest surface through the known pixels (scikit-image); wants about 5 kB for each hidden pixel."""
    return inpaint_biharmonic(given / 255, hidden, channel_axis=channels(given)) * 255


def linear(given: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Linear on the triangles between known pixels (SciPy); the nearest one's value outside all triangles."""
    out = interpolated(given, hidden, "linear")
    return np.where(np.isnan(out), nearest(given, hidden), out) if np.isnan(out).any() else out


def nearest(given: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Each hidden pixel as the nearest known one (SciPy)."""
    return interpolated(given, hidden, "nearest")


def interpolated(given: np.ndarray, hidden: np.ndarray, way: str) -> np.ndarray:
    """SciPy's griddata, all channels at once."""
    out = given.astype(float)
    out[hidden] = griddata(np.argwhere(~hidden), out[~hidden], np.argwhere(hidden), method=way)
    return out


FILLERS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "biharmonic": biharmonic,
    "linear": linear,
    "nearest": nearest,
}


def filled(method: str, given: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """What a classic makes of an 8-bit image, as it would be stored; given HW or HWC, hidden HW of bool."""
    out = FILLERS[method](given, hidden).round().clip(0, 255).astype(np.uint8)
    out[~hidden] = given[~hidden]
    return out
