"""The classics that ours are held against, and what the benchmarks share. Images are HW or HWC; sigma is on [0, 1]."""

import argparse
import importlib
import importlib.util
import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle, denoise_wavelet


def channels(y: np.ndarray) -> int | None:
    """The axis of the colours; None in a grey image."""
    return -1 if y.ndim == 3 else None


def nlm(y: np.ndarray, sigma: float) -> np.ndarray:
    """Non-local means, told sigma, with the settings of scikit-image's own example."""
    h = {"h": 0.6 * sigma, "sigma": sigma}
    return denoise_nl_means(y, patch_size=5, patch_distance=6, fast_mode=True, channel_axis=channels(y), **h)


def tv(y: np.ndarray, sigma: float) -> np.ndarray:
    """Total variation, with scikit-image's default weight; it is not told sigma."""
    del sigma
    return denoise_tv_chambolle(y, weight=0.1, channel_axis=channels(y))


def wavelet(y: np.ndarray, sigma: float) -> np.ndarray:
    """Wavelet shrinkage (BayesShrink), in luma and chroma if there is colour, told sigma; wants PyWavelets."""
    return denoise_wavelet(y, sigma=sigma, convert2ycbcr=y.ndim == 3, channel_axis=channels(y), rescale_sigma=True)


def bm3d(y: np.ndarray, sigma: float) -> np.ndarray:
    """BM3D, or CBM3D if there is colour, told sigma; only where the user has installed it (it has its own licence)."""
    module = importlib.import_module("bm3d")
    return module.bm3d_rgb(y, sigma) if y.ndim == 3 else module.bm3d(y, sigma)


CLASSICS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {"nlm": nlm, "tv": tv, "wavelet": wavelet}
REFERENCES = CLASSICS | {"bm3d": bm3d}
WANTS = {"wavelet": "pywt", "bm3d": "bm3d"}  # modules that may not be there


def runnable(methods: list[str]) -> list[str]:
    """Those of the methods that can run here; says which can't."""
    lacking = [method for method in methods if method in WANTS and importlib.util.find_spec(WANTS[method]) is None]
    for method in lacking:
        print(f"skipped {method}: the module {WANTS[method]} is not installed")
    return [method for method in methods if method not in lacking]


def in_eight_bits(method: str, y: np.ndarray, sigma: float) -> np.ndarray:
    """What a reference makes of an 8-bit image, as it would be stored."""
    return (REFERENCES[method](y / 255, sigma).clip(0, 1) * 255).round().astype(np.uint8)


def check(parser: argparse.ArgumentParser, option: str, words: str, known: list[str]) -> None:
    """End with a sentence if a word is not among those known."""
    for word in words.split(","):
        if word not in known:
            parser.error(f"{option} has {word!r}; wanted some of {','.join(known)}")


def rows(results: Path) -> list[dict[str, Any]]:
    """The JSON lines there are, oldest first."""
    return [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []


def versions() -> dict[str, str]:
    """What a line was measured with."""
    import torch

    from untaught import __version__

    return {
        "untaught": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def add_row(results: Path, row: dict[str, Any]) -> None:
    """One JSON line more."""
    results.parent.mkdir(parents=True, exist_ok=True)
    with results.open("a") as file:
        file.write(json.dumps(row) + "\n")
