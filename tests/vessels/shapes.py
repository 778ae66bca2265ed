"""Vessels whose length and width are known: masks drawn by a formula at any angle and offset."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def axes(size: int, degrees: float, offset: tuple[float, float] = (0.0, 0.0)) -> tuple[Floats, Floats]:
    """Along and across a line through the middle, each `[size, size]`, in pixels."""
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    rows, columns, turn = rows - offset[0], columns - offset[1], np.radians(degrees)
    return columns * np.cos(turn) + rows * np.sin(turn), rows * np.cos(turn) - columns * np.sin(turn)


def bar(width, degrees=0.0, *, length=110.0, size=160, offset=(0.0, 0.0)):
    """A bar with square ends; `width` may be a function of the way along it, from its middle."""
    along, across = axes(size, degrees, offset)
    wide = width(along) if callable(width) else width
    return (np.abs(across) <= wide / 2) & (np.abs(along) <= length / 2)


def ring(width, radius, *, size=160, offset=(0.0, 0.0)):
    """A closed loop."""
    away = np.hypot(*(np.mgrid[:size, :size] - (size - 1) / 2 - np.reshape(offset, (2, 1, 1))))
    return np.abs(away - radius) <= width / 2
