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
        self._check_size(x)
        return x.flatten(-2)[..., self._places_on(x.device)]

    def adjoint(self, y: Tensor) -> Tensor:
        """`[B, C, N] -> [B, C, H, W]`: measurements where they were made, 0 at hidden pixels."""
        image = y.new_zeros(*y.shape[:-1], self.observed.numel())
        image = image.index_copy(-1, self._places_on(y.device), y)
        return image.view(*y.shape[:-1], *self.observed.shape)

    def project(self, x: Tensor, y: Tensor) -> Tensor:
        """x `[B, C, H, W]` with its observed pixels replaced by y, `[B, C, N]` or `[1, C, N]`; in the shape of x."""
        self._check_size(x)
        measured = y.expand(*x.shape[:-2], y.shape[-1])
        return x.flatten(-2).index_copy(-1, self._places_on(x.device), measured).view_as(x)

    def _check_size(self, x: Tensor) -> None:
        if x.shape[-2:] != self.observed.shape:
            mask, image = ("x".join(map(str, size)) for size in (self.observed.shape, x.shape[-2:]))
            raise ValueError(f"mask is {mask} but image is {image} (height x width)")

    def _places_on(self, device: torch.device) -> Tensor:
        if device not in self._places:  # once, so that no step waits for a copy
            self._places[device] = self.observed.flatten().nonzero().squeeze(1).to(device)
        return self._places[device]
