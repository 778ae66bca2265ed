"""What was done to the image, one kind per file."""

from untaught.operators.downsample import Downsample
from untaught.operators.identity import Identity
from untaught.operators.mask import Mask
from untaught.operators.outliers import WithOutliers

__all__ = ["Downsample", "Identity", "Mask", "WithOutliers"]
