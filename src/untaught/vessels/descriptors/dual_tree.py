"""Details at octaves in six directions, with a magnitude that does not swing as a line moves: the dual-tree wavelet."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from untaught.vessels.descriptors.spectrum import MARGIN, Spectrum

DIRECTIONS = 15, 45, 75, 105, 135, 165
"""Degrees, of the lines that a sub-band answers to most: from the row axis pointing right towards the one down."""
LOW = -1 / 20, 5 / 20, 12 / 20, 5 / 20, -1 / 20
HIGH = 3 / 280, -15 / 280, -73 / 280, 170 / 280, -73 / 280, -15 / 280, 3 / 280
"""Weights of the first scale: near-symmetric, 5 and 7 long (Kingsbury 2001)."""
EARLY = (
    *(0.00325314, -0.00388321, 0.03466035, -0.03887280, -0.11720389, 0.27529538, 0.75614564),
    *(0.56881042, 0.01186609, -0.10671180, 0.02382538, 0.01702522, -0.00543948, -0.00455690),
)
"""Weights of the further scales: Q-shift, 14 long, ahead by a quarter of the distance between them (Kingsbury 2000)."""
SHARP = tuple(weight * (-1) ** k for k, weight in enumerate(reversed(EARLY)))


def reach(scales: Sequence[int]) -> int:
    """The margin, in pixels, that a spectrum has to have for the widest of these filters."""
    return max(MARGIN, *(7 << scale for scale in scales))


def dual_tree(image: Spectrum, scales: Sequence[int]) -> list[Tensor]:
    """The sub-bands of each scale: complex `[B, 6, H, W]`, in the order of `DIRECTIONS`, at every pixel.

    image   with a margin of `reach(scales)`: with less, a coarse scale answers to what lies at the opposite edge.
    scales  1 for the finest. At scale k a line answers most whose profile is a Gaussian of width 0.2 2^k pixels; one at
            45 degrees if it is three quarters as wide.

    The magnitude, in the image's units, is blind to sign: the same for a dark line and a bright one, and as large on an
    edge. Real parts are positive on a dark line and negative on a bright one; imaginary ones are of edges.

    Two trees of real wavelets, each the other in a mirror, are a complex wavelet that knows frequencies of nearly one
    sign. Source: Kingsbury 2001 (ACHA 10:234); Selesnick, Baraniuk and Kingsbury 2005 (IEEE SPM 22(6):123); at every
    pixel as Hill et al. 2015 (Signal Processing: Image Communication 35:61). Departs: each filter has a gain of 1; the
    first scale's trees lie half a pixel to each side of a pixel, where theirs are of it and the next.
    """
    return [image.cut(sub_bands(image, scale)) for scale in scales]


def strongest_band(size: Tensor) -> tuple[Tensor, Tensor]:
    """Of magnitudes `[B, 6, H, W]` the largest, and that at right angles to it. Each `[B, 1, H, W]`."""
    best, which = size.max(dim=1, keepdim=True)
    return best, size.gather(1, (which + len(DIRECTIONS) // 2) % len(DIRECTIONS))


def sub_bands(image: Spectrum, scale: int) -> Tensor:
    """Those of one scale, complex `[B, 6, H', W']`, with margins."""
    down, across = image.frequencies()
    there, back = quarters(down, across, scale), quarters(-down, -across, scale)
    return -torch.complex(image.filtered((there + back) / 2), image.filtered((there - back) / 2j))


def quarters(down: Tensor, across: Tensor, scale: int) -> Tensor:
    """The six transfers `[6, H', W' / 2 + 1]`, real; each is mostly of one quarter of the frequencies."""
    low_up, high_up = one_sided(-down, scale)
    low_down, high_down = one_sided(down, scale)
    low, high = one_sided(across, scale)
    pairs = (high_up, low), (high_up, high), (low_up, high), (low_down, high), (high_down, high), (high_down, low)
    return torch.stack([one * other for one, other in pairs])


def one_sided(frequency: Tensor, scale: int) -> tuple[Tensor, Tensor]:
    """What the complex scaling function and the complex wavelet do to frequencies, real, mostly to positive ones.

    With the mirrored tree beside it a filter h is `h(x) + i h(-x)`, whose transform is `(1 + i) (Re H + Im H)`; or, so
    are the further scales' wavelets, `h(x) - i h(-x)` with `(1 - i) (Re H - Im H)`. The phase in front is left out.
    """
    low, high = weighted(LOW, frequency, -1 / 2), weighted(HIGH, frequency, -1 / 2)
    mirrored = 1
    for octave in range(1, scale):
        coarse = 2**octave * frequency
        high = low * weighted(SHARP, coarse) / math.sqrt(2)
        low = low * weighted(EARLY, coarse) / math.sqrt(2)
        mirrored = -1
    return low.real + low.imag, mirrored * high.real + high.imag


def weighted(weights: Sequence[float], frequency: Tensor, middle: float = 0.0) -> Tensor:
    """The transform of `weights`, a pixel apart, the middle one of them (of an odd number) at `middle`."""
    first = middle - (len(weights) - 1) / 2
    each = (weight * torch.exp(-2j * math.pi * (first + k) * frequency) for k, weight in enumerate(weights))
    return sum(each, torch.zeros_like(frequency))
