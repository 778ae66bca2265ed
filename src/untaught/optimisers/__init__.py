"""Which step is taken downhill, one rule per file."""

from untaught.optimisers.adam import Adam
from untaught.optimisers.muon import Muon

__all__ = ["Adam", "Muon"]
