"""Which step is taken downhill, one rule per file."""

from untaught.optimisers.adam import Adam
from untaught.optimisers.apart import Apart
from untaught.optimisers.gradient_descent import GradientDescent
from untaught.optimisers.lbfgs import LBFGS
from untaught.optimisers.muon import Muon

__all__ = ["LBFGS", "Adam", "Apart", "GradientDescent", "Muon"]
