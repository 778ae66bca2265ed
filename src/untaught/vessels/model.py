"""A trained LFNet: an image to a probability of a vessel at each pixel, and to a mask."""

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from untaught.core import State
from untaught.errors import UsageError
from untaught.vessels.field_of_view import field_of_view, filled
from untaught.vessels.frames import as_pixels
from untaught.vessels.lfnet import LFNet
from untaught.vessels.memory import refuse_what_does_not_fit
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

    def probability(self, image: NDArray[Any], fov: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """Of a vessel at each pixel, `[H, W]`; 0 outside the field of view. Images are those that `seen` takes.

        Raises: as `seen`; ResourceError where the image wants more memory than is free.
        """
        refuse_what_does_not_fit(math.prod(np.shape(image)[:2]), "the image")
        seen = self.seen(image, fov)
        found: NDArray[np.float32] = self.from_descriptors(seen.descriptors) * seen.fov
        return found

    def seen(self, image: NDArray[Any], fov: NDArray[np.bool_] | None = None) -> "Seen":
        """An image, `[H, W]` or `[H, W, 3]`, as the network is shown it.

        Raises: UsageError for what is no image, or a field of view of another size; InputError for floats outside
        [0, 1].
        """
        pixels = as_pixels(image, "the image")
        inside = field_of_view(pixels) if fov is None else np.asarray(fov) != 0
        if inside.shape != pixels.shape:
            sizes = ["x".join(map(str, one.shape)) for one in (inside, pixels)]
            raise UsageError(f"the field of view is {sizes[0]} but the image is {sizes[1]} (height x width)")
        dark = 1 - pixels if self.bright else pixels
        plane = filled(dark, inside).astype(np.float32)
        with torch.no_grad():
            return Seen(self.recipe.bank.describe(as_image(plane), as_image(inside)), inside)

    def from_descriptors(self, descriptors: Tensor) -> NDArray[np.float32]:
        """The same of the bank's descriptors `[1, C, H, W]`."""
        with torch.no_grad():
            logit: Tensor = self.module(descriptors)[0, 0]
        found: NDArray[np.float32] = torch.sigmoid(logit).numpy()
        return found

    def segment(self, image: NDArray[Any], fov: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
        """Where there is a vessel in an image, `[H, W]`. Images are those that `seen` takes."""
        return self.mask(self.probability(image, fov))

    def mask(self, probability: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Where there is a vessel."""
        return without_small(probability > self.threshold, self.smallest)
