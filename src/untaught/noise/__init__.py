"""What noise is in this image?"""

from untaught.noise.white import estimate_sigma

__all__ = ["estimate_sigma"]
