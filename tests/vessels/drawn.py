"""A vessel and its label, drawn."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from untaught import images


def vessel(height: int = 40, width: int = 48, *, bright: bool = False) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Image (dark vessel on a ramp with noise) and label (0, 255), uint8 `[H, W]`."""
    y, x = np.mgrid[:height, :width]
    label = np.abs(y - height / 2 - 0.2 * (x - width / 2)) < 2
    ground = 120 + x + np.random.default_rng(0).normal(0, 3, label.shape)
    return (ground + (60 if bright else -60) * label).clip(0, 255).astype(np.uint8), label.astype(np.uint8) * 255


def folders(tmp_path: Path, files: dict[str, NDArray[Any]], labels: dict[str, NDArray[Any]]) -> tuple[Path, Path]:
    """Two folders with those pictures."""
    for folder, some in (("images", files), ("labels", labels)):
        (tmp_path / folder).mkdir(exist_ok=True)
        for name, pixels in some.items():
            images.write(tmp_path / folder / name, pixels)
    return tmp_path / "images", tmp_path / "labels"
