"""Vessels from a handful of labels: train, segment, score, measure. Research use, not for diagnosis.

The names below are loaded when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from untaught.vessels.evaluating import evaluate
    from untaught.vessels.front import train
    from untaught.vessels.measuring import measure
    from untaught.vessels.model import Model
    from untaught.vessels.saved import load, save

__all__ = ["Model", "evaluate", "load", "measure", "save", "train"]

_HOME = {
    "Model": "model",
    "evaluate": "evaluating",
    "load": "saved",
    "measure": "measuring",
    "save": "saved",
    "train": "front",
}


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(f"untaught.vessels.{_HOME[name]}"), name)
    raise AttributeError(f"module 'untaught.vessels' has no attribute {name!r}")
