"""What methods share whose z is itself an image, held against what the network makes of it."""

from torch import Tensor

from untaught.core import Problem
from untaught.errors import UsageError


def check_channels(problem: Problem, z: Tensor) -> None:
    """Raises: UsageError if z has not the channels of the image."""
    if z.shape[1] != problem.shape[0]:
        raise UsageError(
            f"the network's input has {z.shape[1]} channels but the image {problem.shape[0]}; this method wants as many"
        )


def check_size(x: Tensor, z: Tensor) -> None:
    """Raises: UsageError if z is not as large as what the network makes of it."""
    if x.shape != z.shape:
        made, shown = ("x".join(map(str, image.shape[-2:])) for image in (x, z))
        raise UsageError(
            f"the network makes {made} of {shown} (height x width); this method wants one that keeps the size"
        )


def mean_square(difference: Tensor) -> Tensor:
    """Over the numbers of a member `[B, ...]`, summed over the members."""
    return difference.square().flatten(1).mean(dim=1).sum()
