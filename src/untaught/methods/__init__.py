"""How images come out of a network, one way per file."""

from untaught.methods.plain import Plain

__all__ = ["Plain"]
