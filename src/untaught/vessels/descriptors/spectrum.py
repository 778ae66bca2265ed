"""An image's Fourier transform, and filters as what they do to it: exact Gaussians of any width, differentiable in it.

Frequencies are in cycles a pixel. An image is mirrored at its edges.
"""

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from scipy.fft import next_fast_len
from torch import Tensor

MARGIN = 32  # pixels of mirrored image around it
WIDEST = 4  # a filter this wide, in pixels of its grid, is as well computed on a grid half as fine


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The transform of an image with its margins, perhaps on a coarser grid."""

    values: Tensor  # [B, 1, H', W' / 2 + 1]
    padded: tuple[int, int]  # H', W' on this grid
    size: tuple[int, int]  # of the image, in its own pixels
    margin: tuple[int, int]  # above it and left of it, in its own pixels
    step: int = 1  # pixels of the image between points of this grid

    @classmethod
    def of(cls, image: Tensor) -> "Spectrum":
        """`image` `[B, 1, H, W]`."""
        height, width = image.shape[-2:]
        rows, columns = (fast(side + 2 * min(MARGIN, side - 1)) for side in (height, width))
        top, left = min(MARGIN, height - 1), min(MARGIN, width - 1)
        padded = mirrored(image, left, columns - width - left, top, rows - height - top)
        return cls(torch.fft.rfft2(padded), (rows, columns), (height, width), (top, left))

    def halved(self) -> "Spectrum":
        """The same image with nothing above half the highest frequency, on every second point."""
        rows, columns = (side // 2 for side in self.padded)
        low = self.values[..., : columns // 2 + 1]
        low = torch.cat([low[..., : rows // 2, :], low[..., -(rows - rows // 2) :, :]], dim=-2) / 4
        return replace(self, values=low, padded=(rows, columns), step=2 * self.step)

    def for_width(self, sigma: float) -> "Spectrum":
        """The coarsest grid on which a Gaussian of `sigma` pixels is still wide, at most every fourth point."""
        found = self
        while sigma >= WIDEST / 2 * found.step * 1.1 and found.step < 4:
            found = found.halved()
        return found

    def frequencies(self) -> tuple[Tensor, Tensor]:
        """Down `[H', 1]` and across `[W' / 2 + 1]`, in cycles a pixel of the image."""
        kind = {"device": self.values.device, "dtype": self.values.real.dtype}
        down = torch.fft.fftfreq(self.padded[0], d=self.step, **kind)
        return down[:, None], torch.fft.rfftfreq(self.padded[1], d=self.step, **kind)

    def filtered(self, transfer: Tensor) -> Tensor:
        """`transfer` `[..., H', W' / 2 + 1]`, real, to the filtered image with its margins, `[B, ..., H', W']`.

        `cut` makes an image of the image's own size of it.
        """
        values = self.values.reshape(self.values.shape[:1] + (1,) * (transfer.ndim - 2) + self.values.shape[-2:])
        filtered: Tensor = torch.fft.irfft2(values * transfer, s=self.padded)
        return filtered

    def cut(self, filtered: Tensor) -> Tensor:
        """`[B, C, H', W']` to `[B, C, H, W]`, on the image's own points (bicubic from a coarser grid)."""
        (height, width), (top, left) = self.size, self.margin
        if self.step == 1:
            return filtered[..., top : top + height, left : left + width]
        first = top // self.step - 2, left // self.step - 2  # two points more on every side: the cubic wants them
        last = -(-(top + height) // self.step) + 2, -(-(left + width) // self.step) + 2
        part = filtered[..., first[0] : last[0], first[1] : last[1]]
        # point k lies at pixel k * step: align_corners keeps the points where they are
        rows, columns = ((side - 1) * self.step + 1 for side in part.shape[-2:])
        fine = F.interpolate(part, size=(rows, columns), mode="bicubic", align_corners=True)
        above, before = top - first[0] * self.step, left - first[1] * self.step
        return fine[..., above : above + height, before : before + width]


def fast(side: int) -> int:
    """The next length that is quickly transformed and can be halved twice."""
    return 4 * int(next_fast_len(-(-side // 4), real=True))


def mirrored(image: Tensor, left: int, right: int, above: int, below: int) -> Tensor:
    """Reflected about the edge pixels; what is wanted beyond a reflection repeats the last one."""
    height, width = image.shape[-2:]
    near = tuple(min(one, side - 1) for one, side in ((left, width), (right, width), (above, height), (below, height)))
    rest = tuple(one - own for one, own in zip((left, right, above, below), near, strict=True))
    return F.pad(F.pad(image, near, mode="reflect"), rest, mode="replicate")


def gaussian(down: Tensor, across: Tensor, sigma: Tensor) -> Tensor:
    """The transfer of a Gaussian of `sigma` pixels (any shape that broadcasts with the frequencies)."""
    return torch.exp(-2 * math.pi**2 * sigma**2 * (down**2 + across**2))
