"""The classics that ours are held against, from scikit-image, and what the benchmarks share. Sigma is on [0, 1]."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle, denoise_wavelet


def nlm(y: np.ndarray, sigma: float) -> np.ndarray:
    """Non-local means, told sigma, with the settings of scikit-image's own example."""
    h = {"h": 0.6 * sigma, "sigma": sigma}
    return denoise_nl_means(y, patch_size=5, patch_distance=6, fast_mode=True, channel_axis=-1, **h)


def tv(y: np.ndarray, sigma: float) -> np.ndarray:
    """Total variation, with scikit-image's default weight; it is not told sigma."""
    del sigma
    return denoise_tv_chambolle(y, weight=0.1, channel_axis=-1)


def wavelet(y: np.ndarray, sigma: float) -> np.ndarray:
    """Wavelet shrinkage (BayesShrink) in luma and chroma, told sigma; wants PyWavelets."""
    return denoise_wavelet(y, sigma=sigma, convert2ycbcr=True, channel_axis=-1, rescale_sigma=True)


CLASSICS = {"nlm": nlm, "tv": tv, "wavelet": wavelet}


def in_eight_bits(method: str, y: np.ndarray, sigma: float) -> np.ndarray:
    """What a classic makes of an 8-bit image, as it would be stored."""
    return (CLASSICS[method](y / 255, sigma).clip(0, 1) * 255).round().astype(np.uint8)


def rows(results: Path) -> list[dict[str, Any]]:
    """The JSON lines there are, oldest first."""
    return [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
