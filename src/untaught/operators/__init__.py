"""What was done to the image, one kind per file."""

from untaught.operators.blur import Blur
from untaught.operators.composed import Composed
from untaught.operators.downsample import Downsample
from untaught.operators.fourier import SubsampledFourier
from untaught.operators.frames import Frames
from untaught.operators.identity import Identity
from untaught.operators.jpeg import Jpeg
from untaught.operators.mask import Mask
from untaught.operators.outliers import WithOutliers
from untaught.operators.pansharpening import Panchromatic, Pansharpening
from untaught.operators.physics import Physics, as_operator
from untaught.operators.pointed_out import PointedOut
from untaught.operators.radon import Radon
from untaught.operators.stacked import Stacked
from untaught.operators.stripes import Stripes
from untaught.operators.units import EachAlone, Units
from untaught.operators.unknown_blur import UnknownBlur
from untaught.operators.warp import Warp

__all__ = [
    "Blur",
    "Composed",
    "Downsample",
    "EachAlone",
    "Frames",
    "Identity",
    "Jpeg",
    "Mask",
    "Panchromatic",
    "Pansharpening",
    "Physics",
    "PointedOut",
    "Radon",
    "Stacked",
    "Stripes",
    "SubsampledFourier",
    "Units",
    "UnknownBlur",
    "Warp",
    "WithOutliers",
    "as_operator",
]
