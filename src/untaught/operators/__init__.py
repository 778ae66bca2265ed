"""What was done to the image, one kind per file."""

from untaught.operators.blur import Blur
from untaught.operators.identity import Identity
from untaught.operators.mask import Mask
from untaught.operators.unknown_blur import UnknownBlur

__all__ = ["Blur", "Identity", "Mask", "UnknownBlur"]
