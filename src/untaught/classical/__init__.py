"""First estimates and references without a network."""

from untaught.classical.block_matching import BlockMatching
from untaught.classical.nl_bayes import NLBayes
from untaught.classical.patches import Search

__all__ = ["BlockMatching", "NLBayes", "Search"]
