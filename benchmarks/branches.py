"""A drawn angiogram: a branching vessel over a piece of a picture, by the law by which X-rays are weakened."""

import numpy as np
from scipy.ndimage import gaussian_filter

DEEP = 0.08  # of the light that is left is lost in a pixel of vessel
THINNEST, SHRINKS, SPLITS = 0.8, 0.995, 0.022  # pixels; of the radius a pixel; branchings a pixel


def tree(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """How thick the vessel is at each pixel, HW, 0 where there is none."""
    thick = np.zeros((height, width))
    down, right = np.mgrid[:height, :width]
    ends = [(0.0, 0.3 * width, 0.9, 4.5)]  # row, column, angle, radius
    while ends:
        row, column, angle, radius = ends.pop()
        bend = rng.uniform(-0.03, 0.03)
        while radius > THINNEST and -5 < row < height + 5 and -5 < column < width + 5:
            inside = radius**2 - (down - row) ** 2 - (right - column) ** 2
            thick = np.maximum(thick, 2 * np.sqrt(inside.clip(0)))
            angle += bend + rng.normal(0, 0.03)
            row, column, radius = row + np.sin(angle), column + np.cos(angle), radius * SHRINKS
            if rng.random() < SPLITS:
                side = rng.choice([-1, 1])
                ends.append((row, column, angle + side * rng.uniform(0.4, 0.9), 0.75 * radius))
                angle, radius, bend = angle - 0.2 * side, 0.9 * radius, rng.uniform(-0.03, 0.03)
    return thick


def angiogram(ground: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The ground, a picture HW of 8 bits, behind a tree, blurred and with noise; and where the tree is, bool."""
    thick = tree(*ground.shape, rng)
    light = (90 + 0.5 * ground) * np.exp(-DEEP * gaussian_filter(thick, 0.8))
    noisy = light + rng.normal(0, 5, ground.shape)
    return noisy.round().clip(0, 255).astype(np.uint8), thick > 0
