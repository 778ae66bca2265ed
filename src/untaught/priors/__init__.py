"""The explicit prior R(x), one per file."""

from untaught.priors.total_variation import TotalVariation

__all__ = ["TotalVariation"]
