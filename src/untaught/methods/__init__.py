"""How images come out of a network, one way per file."""

from untaught.methods.plain import Plain
from untaught.methods.recorrupted import Recorrupted

__all__ = ["Plain", "Recorrupted"]
