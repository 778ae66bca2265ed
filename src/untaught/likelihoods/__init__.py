"""How measurements scatter, one law per file."""

from untaught.likelihoods.gaussian import Gaussian
from untaught.likelihoods.laplace import Laplace

__all__ = ["Gaussian", "Laplace"]
