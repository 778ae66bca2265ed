"""The logarithm of a mean that an operator or a network may bring to zero or below."""

from torch import Tensor


def logarithm(mean: Tensor, floor: float) -> Tensor:
    """`log(mean)`, below `floor` (above 0) its tangent there: finite, with a slope that leads back up."""
    return mean.clamp(min=floor).log() + (mean - floor).clamp(max=0) / floor
