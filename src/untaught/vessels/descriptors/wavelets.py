"""Details at octaves, without decimation: what one smoothing takes away that the last did not."""

import torch
import torch.nn.functional as F
from torch import Tensor

SPLINE = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)


def a_trous(image: Tensor, octaves: int) -> tuple[list[Tensor], Tensor]:
    """`[B, 1, H, W]` to its details, finest first, and what is left. They add up to the image.

    Source: Holschneider et al. 1989; Starck, Fadili and Murtagh 2007 (IEEE TIP 16:297), the isotropic undecimated
    transform with the cubic B-spline.
    """
    details = []
    for octave in range(octaves):
        smooth = smoothed(image, 2**octave)
        details.append(image - smooth)
        image = smooth
    return details, image


def smoothed(image: Tensor, gap: int) -> Tensor:
    """By a cubic spline with `gap - 1` holes between its weights; mirrored at the edges as far as there is image."""
    taps = torch.tensor(SPLINE, dtype=image.dtype, device=image.device)
    for weights, sides in ((taps[:, None], (0, 0, 2 * gap, 2 * gap)), (taps[None, :], (2 * gap, 2 * gap, 0, 0))):
        room = image.shape[-2] if sides[0] == 0 else image.shape[-1]
        padded = F.pad(image, sides, mode="reflect" if room > 2 * gap else "replicate")
        image = F.conv2d(padded, weights[None, None], dilation=(gap, 1) if sides[0] == 0 else (1, gap))
    return image
