"""What was done to the image, one kind per file."""

from untaught.operators.composed import Composed
from untaught.operators.fourier import SubsampledFourier
from untaught.operators.identity import Identity
from untaught.operators.jpeg import Jpeg
from untaught.operators.mask import Mask
from untaught.operators.pansharpening import Binned, Panchromatic, Pansharpening
from untaught.operators.radon import Radon
from untaught.operators.stacked import Stacked
from untaught.operators.stripes import Stripes

__all__ = [
    "Binned",
    "Composed",
    "Identity",
    "Jpeg",
    "Mask",
    "Panchromatic",
    "Pansharpening",
    "Radon",
    "Stacked",
    "Stripes",
    "SubsampledFourier",
]
