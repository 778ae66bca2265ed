"""When to stop and which iterate to return, one rule per file."""

from untaught.stoppers.budget import Budget
from untaught.stoppers.discrepancy import Discrepancy
from untaught.stoppers.held_out import HeldOut
from untaught.stoppers.plateau import Plateau
from untaught.stoppers.windowed_variance import WindowedVariance

__all__ = ["Budget", "Discrepancy", "HeldOut", "Plateau", "WindowedVariance"]
