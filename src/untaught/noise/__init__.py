"""What noise is in this image?"""

from untaught.noise.clipping import cut_off, unclip
from untaught.noise.dependent import Law, estimate_law
from untaught.noise.grain import Grain, estimate_grain
from untaught.noise.measure import Noise, measure_noise
from untaught.noise.stabilise import Stabiliser
from untaught.noise.white import estimate_sigma

__all__ = [
    "Grain",
    "Law",
    "Noise",
    "Stabiliser",
    "cut_off",
    "estimate_grain",
    "estimate_law",
    "estimate_sigma",
    "measure_noise",
    "unclip",
]
