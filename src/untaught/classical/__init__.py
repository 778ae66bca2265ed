"""First estimates and references without a network: nothing learnt from other images, no truth seen."""

from untaught.classical.block_matching import BlockMatching
from untaught.classical.deconvolution import deconvolve
from untaught.classical.grain import at_two_scales
from untaught.classical.guided_filter import GuidedFilter, filters, without_detail
from untaught.classical.kernel import estimate_kernel
from untaught.classical.mixture import Mixture
from untaught.classical.nl_bayes import NLBayes
from untaught.classical.patches import Search
from untaught.classical.piecewise_linear import PiecewiseLinear
from untaught.classical.reapplied import reapplied
from untaught.classical.recipe import RECIPE, Estimate, Recipe, as_far_as_it_helps, denoise_classically, estimate
from untaught.classical.recorruption import View, recorrupt
from untaught.noise.clipping import unclip

__all__ = [
    "RECIPE",
    "BlockMatching",
    "Estimate",
    "GuidedFilter",
    "Mixture",
    "NLBayes",
    "PiecewiseLinear",
    "Recipe",
    "Search",
    "View",
    "as_far_as_it_helps",
    "at_two_scales",
    "deconvolve",
    "denoise_classically",
    "estimate",
    "estimate_kernel",
    "filters",
    "reapplied",
    "recorrupt",
    "unclip",
    "without_detail",
]
