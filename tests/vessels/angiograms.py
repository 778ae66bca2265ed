"""A drawn angiogram: dark tubes on a shaded ground, with noise."""

import numpy as np

from untaught.vessels.augment import Augment
from untaught.vessels.descriptors import Bank
from untaught.vessels.filters import Tubes
from untaught.vessels.recipe import Recipe
from untaught.vessels.views import Labelled

SMALL = Recipe(
    bank=Bank(sigmas=(1.5, 3.0), bars=((2.0, 8.0),), radii=(3,), octaves=2),
    tubes=Tubes(sigmas=(1.5, 3.0), bars=((2.0, 6.0),)),
    widths=(8, 8),
    augment=Augment(),
    copies=3,
    steps=6,
    crop=32,
    crops=2,
    renew=2,
)


def angiogram(number=0, height=56, width=64, radius=2.0, crossed=False):
    """The image `[H, W]` in [0, 1] and its label: three waves across it.

    crossed: dark stripes down it too, in pairs, which are no vessels.
    """
    draw = np.random.default_rng(number)
    row, column = np.mgrid[0:height, 0:width].astype(float)
    label = np.zeros((height, width), bool)
    for _ in range(3):
        middle, slope, swing = draw.uniform(8, height - 8), draw.uniform(-0.3, 0.3), draw.uniform(0, 4)
        path = middle + slope * (column - width / 2) + swing * np.sin(column / 9)
        label |= np.abs(row - path) <= radius
    shade = 0.6 + 0.2 * row / height
    stripes = (np.abs(np.abs(column % 24 - 12) - 4) <= radius) & crossed
    image = shade - 0.2 * (label | stripes) + draw.normal(0, 0.03, label.shape)
    return image.clip(0, 1).astype(np.float32), label


def labelled(number=0, **about):
    """The same, ready to be learnt from."""
    image, label = angiogram(number, **about)
    return Labelled.of(image, label)
