"""A trained LFNet: an image to a probability of a vessel at each pixel, and to a mask."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from untaught.core import State
from untaught.vessels.field_of_view import field_of_view, filled
from untaught.vessels.lfnet import LFNet
from untaught.vessels.pieces import without_small
from untaught.vessels.recipe import Recipe
from untaught.vessels.views import as_image


class Seen(NamedTuple):
    """An image's descriptors `[1, C, H, W]`, and its field of view `[H, W]`."""

    descriptors: Tensor
    fov: NDArray[np.bool_]


@dataclass(frozen=True, eq=False, kw_only=True)
class Model:
    """Weights and all that goes with them."""

    recipe: Recipe
    module: nn.Module = field(repr=False)
    threshold: float = 0.5  # of the probability
    smallest: int = 0  # pixels: lone pieces below are dropped
    bright: bool = False  # are vessels brighter than what is around them?
    card: dict[str, Any] = field(default_factory=dict, repr=False)  # where it comes from, and what it scored

    @classmethod
    def of(cls, recipe: Recipe, network: LFNet, weights: State) -> "Model":
        """The network with these weights."""
        module = network.build(1, recipe.crop, recipe.crop)
        module.load_state_dict(weights)
        return cls(recipe=recipe, module=module.eval())

    def probability(self, image: NDArray[np.floating], fov: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """Of a vessel at each pixel of an image `[H, W]` in [0, 1]; 0 outside the field of view."""
        seen = self.seen(image, fov)
        found: NDArray[np.float32] = self.from_descriptors(seen.descriptors) * seen.fov
        return found

    def seen(self, image: NDArray[np.floating], fov: NDArray[np.bool_] | None = None) -> "Seen":
        """An image `[H, W]` in [0, 1] as the network is shown it."""
        dark = 1 - image if self.bright else image
        inside = field_of_view(dark) if fov is None else fov
        plane = filled(dark, inside).astype(np.float32)
        with torch.no_grad():
            return Seen(self.recipe.bank.describe(as_image(plane), as_image(inside)), inside)

    def from_descriptors(self, descriptors: Tensor) -> NDArray[np.float32]:
        """The same of the bank's descriptors `[1, C, H, W]`."""
        with torch.no_grad():
            logit: Tensor = self.module(descriptors)[0, 0]
        found: NDArray[np.float32] = torch.sigmoid(logit).numpy()
        return found

    def segment(self, image: NDArray[np.floating], fov: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
        """Where there is a vessel in an image `[H, W]` in [0, 1]."""
        return self.mask(self.probability(image, fov))

    def mask(self, probability: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Where there is a vessel."""
        return without_small(probability > self.threshold, self.smallest)
