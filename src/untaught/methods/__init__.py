"""How images come out of a network: one way per file."""

from untaught.methods.back_projected import BackProjected
from untaught.methods.dropped import Dropped
from untaught.methods.plain import Plain
from untaught.methods.r2r import R2R
from untaught.methods.recorrupted import Recorrupted

__all__ = ["R2R", "BackProjected", "Dropped", "Plain", "Recorrupted"]
