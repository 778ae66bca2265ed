"""How measurements scatter, one law per file."""

from untaught.likelihoods.gaussian import Gaussian

__all__ = ["Gaussian"]
