"""Controls: descriptors that say less, with as many channels."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from untaught.vessels.descriptors import Bank
from untaught.vessels.descriptors.bank import standardised

WINDOW = 15  # pixels: of a random filter


@dataclass(frozen=True, kw_only=True)
class Shuffled(Bank):
    """The image, and the descriptors with their pixels thrown about: their values without their places."""

    def describe(self, image: Tensor, fov: Tensor | None = None) -> Tensor:
        found = super().describe(image, fov)
        flat = found.flatten(2).clone()
        generator = torch.Generator().manual_seed(1)
        for channel in range(flat.shape[1]):
            flat[:, channel] = flat[:, channel, torch.randperm(flat.shape[2], generator=generator)]
        return with_grey(self, flat.reshape(found.shape), standardised(image, fov))


@dataclass(frozen=True, kw_only=True)
class RandomFilters(Bank):
    """The image, and what random smooth filters of it give, rectified: as many channels, made by no hand."""

    def describe(self, image: Tensor, fov: Tensor | None = None) -> Tensor:
        grey = standardised(image, fov)
        count, generator = len(self.names()), torch.Generator().manual_seed(2)
        filters = torch.randn(count, 1, WINDOW, WINDOW, generator=generator)
        ramp = torch.arange(WINDOW) - WINDOW // 2
        for k in range(count):  # from fine to wide, as the hand-made ones
            fall = torch.exp(-(ramp**2) / (2 * (0.7 + 3.5 * k / count) ** 2))
            filters[k] *= fall[:, None] * fall
        filters -= filters.mean((2, 3), keepdim=True)
        filters /= filters.norm(dim=(2, 3), keepdim=True)
        made = F.conv2d(F.pad(grey, [WINDOW // 2] * 4, mode="reflect"), filters)
        return with_grey(self, torch.where(torch.arange(count)[:, None, None] % 2 == 0, made, made.abs()), grey)


def with_grey(bank: Bank, found: Tensor, grey: Tensor) -> Tensor:
    """The channel that is the image is left the image."""
    place = bank.names().index("grey")
    return torch.cat([found[:, :place], grey, found[:, place + 1 :]], dim=1)
