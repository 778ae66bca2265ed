"""How images come out of a network: one way per file."""

from untaught.methods.back_projected import BackProjected
from untaught.methods.dropped import Dropped
from untaught.methods.langevin import Langevin
from untaught.methods.plain import Plain
from untaught.methods.r2r import R2R
from untaught.methods.recompressed import Recompressed
from untaught.methods.recorrupted import Recorrupted
from untaught.methods.self_guided import SelfGuided
from untaught.methods.sequential import Sequential
from untaught.methods.shrunk import Shrunk

__all__ = [
    "R2R",
    "BackProjected",
    "Dropped",
    "Langevin",
    "Plain",
    "Recompressed",
    "Recorrupted",
    "SelfGuided",
    "Sequential",
    "Shrunk",
]
