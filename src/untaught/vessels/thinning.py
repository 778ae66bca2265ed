"""A mask to lines one pixel wide. scikit-image does it, and is loaded when it is asked to: most need no lines."""

from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from untaught.errors import UsageError

Mask = NDArray[np.bool_]


def thin(mask: Mask) -> Mask:
    """Source: Guo and Hall 1989. Raises: UsageError where scikit-image is not installed."""
    found: Mask = morphology().thin(mask)
    return found


def skeletonize(mask: Mask, *, method: str = "zhang") -> Mask:
    """Source: Zhang and Suen 1984, or with `method="lee"` Lee, Kashyap and Chu 1994. Raises: as `thin`."""
    found: Mask = morphology().skeletonize(mask, method=method) > 0
    return found


def morphology() -> ModuleType:
    """`skimage.morphology`. Raises: UsageError."""
    try:
        from skimage import morphology as loaded
    except ImportError as error:
        raise UsageError(
            "scikit-image is not installed; wanted it for the centrelines of vessels: pip install 'untaught[vessels]'"
        ) from error
    return loaded
