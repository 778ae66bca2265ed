"""The classical filters as a layer: the same formulas, with their scales and sensitivities as weights."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from untaught.vessels.descriptors import Spectrum, eigenvalues, frangi, strongest

PACE = 0.1  # a weight that moves by 1 changes a scale by a tenth
SHARP = 4.0  # of the gate, at first: the best scale counts for nearly all where it stands out


@dataclass(frozen=True, kw_only=True)
class Tubes:
    """Where a learnable layer begins. `sigmas` and `bars` in pixels, `c` in local standard deviations.

    gate: how scales are put together, by what is learnt of when to believe which, or by taking the largest.
    """

    sigmas: tuple[float, ...] = (1.0, 1.7, 2.9, 5.0, 8.5)
    beta: float = 0.5
    c: float = 0.5
    bars: tuple[tuple[float, float], ...] = ((1.5, 6.0), (3.0, 10.0))
    gate: Literal["soft", "max"] = "soft"

    def channels(self) -> int:
        """How many come out: vesselness at each scale, the gated one, the strongest bar of each kind."""
        return len(self.sigmas) + 1 + len(self.bars)


class TubeFilters(nn.Module):
    """`[B, 1, H, W]`, local contrast, to `[B, channels, H, W]`.

    Before the first step the vesselness of each scale is Frangi's (1998), the bars are `strongest` on every second
    point, and the gate is a soft maximum over the scales, `sum v exp(4 v) / sum exp(4 v)`. Learnt are each scale, beta
    and c, each bar's width and length, and the gate: which scale is believed at a pixel, from what all say there.
    """

    def __init__(self, start: Tubes) -> None:
        super().__init__()
        self.start = start
        scales, bars = len(start.sigmas), len(start.bars)
        self.sigma, self.beta, self.c = (nn.Parameter(torch.empty(scales)) for _ in range(3))
        self.width, self.length = (nn.Parameter(torch.empty(bars)) for _ in range(2))
        self.gate = nn.Parameter(torch.empty(scales, scales))

    def draw(self, generator: torch.Generator | None = None) -> None:
        """Nothing is drawn: it begins as the classical filters."""
        del generator
        with torch.no_grad():
            for weights in (self.sigma, self.beta, self.c, self.width, self.length):
                weights.zero_()
            self.gate.copy_(torch.eye(len(self.gate)))

    def scaled(self, start: tuple[float, ...] | float, weights: Tensor) -> Tensor:
        """A positive quantity that begins at `start`."""
        return torch.as_tensor(start, device=weights.device, dtype=weights.dtype) * torch.exp(PACE * weights)

    def forward(self, contrast: Tensor) -> Tensor:
        spectrum = Spectrum.of(contrast)
        larger, smaller = (
            spectrum.cut(one) for one in eigenvalues(spectrum, self.scaled(self.start.sigmas, self.sigma))
        )
        beta, c = (
            self.scaled(start, weights)[:, None, None]
            for start, weights in ((self.start.beta, self.beta), (self.start.c, self.c))
        )
        each = frangi(larger, smaller, beta=beta, c=c)
        parts = [each, self.gated(each)]
        if self.start.bars:
            parts.append(self.longest(spectrum))
        return torch.cat(parts, dim=1)

    def gated(self, each: Tensor) -> Tensor:
        """One vesselness of those of all scales: `[B, S, H, W]` to `[B, 1, H, W]`."""
        if self.start.gate == "max":
            return each.amax(1, keepdim=True)
        believed = torch.softmax(SHARP * torch.einsum("ts,bshw->bthw", self.gate, each), dim=1)
        return (believed * each).sum(1, keepdim=True)

    def longest(self, spectrum: Spectrum) -> Tensor:
        """The strongest bar of each kind, over the angles."""
        widths, lengths = zip(*self.start.bars, strict=True)
        grid = spectrum.halved()
        best, _, _ = strongest(grid, self.scaled(widths, self.width), self.scaled(lengths, self.length))
        return grid.cut(best)
