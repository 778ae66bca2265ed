"""The explicit prior R(x), one per file."""

from untaught.priors.believed import Believed
from untaught.priors.red import RED
from untaught.priors.total_variation import TotalVariation
from untaught.priors.wavelets import Wavelets

__all__ = ["RED", "Believed", "TotalVariation", "Wavelets"]
