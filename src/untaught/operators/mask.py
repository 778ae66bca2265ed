"""Only some pixels were observed: inpainting."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from untaught.core import Recordable


@dataclass(frozen=True, eq=False)
class Mask(Recordable):
    """Keep the observed pixels, as a list: `[B, C, H, W] -> [B, C, N]`.

    `observed` is `[H, W]`, true where the pixel is known. A hidden pixel is absent, not zero, so that a mean over
    measurements is a mean over what was measured.
    Raises: ValueError for an image of another size, or if nothing was observed.
    """

    observed: Tensor = field(repr=False)
    _places: dict[torch.device, Tensor] = field(default_factory=dict, init=False, repr=False)  # flat, on each device

    def __post_init__(self) -> None:
        if self.observed.ndim != 2 or not bool(self.observed.any()):
            raise ValueError(f"the mask must be [H, W] with an observed pixel, got {list(self.observed.shape)}")

    def __call__(self, x: Tensor) -> Tensor:
        if x.shape[-2:] != self.observed.shape:
            mask, image = ("x".join(map(str, size)) for size in (self.observed.shape, x.shape[-2:]))
            raise ValueError(f"mask is {mask} but image is {image} (height x width)")
        if x.device not in self._places:  # once, so that no step waits for a copy
            self._places[x.device] = self.observed.flatten().nonzero().squeeze(1).to(x.device)
        return x.flatten(-2)[..., self._places[x.device]]
