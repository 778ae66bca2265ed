"""Tubes by the second derivatives: across a dark one the image is curved upwards, along it it is not.

All responses are scale-normalised, the derivatives taken in units of sigma (Lindeberg 1998, gamma = 1): a tube and a
filter twice as wide give the same response. (scikit-image 0.26's `frangi` lacks this factor; its `sato` has it.)
"""

import math

import torch
from torch import Tensor

from untaught.vessels.descriptors.spectrum import Spectrum, gaussian

SMALL = 1e-6


def eigenvalues(image: Spectrum, sigma: Tensor) -> tuple[Tensor, Tensor]:
    """The larger and the smaller eigenvalue of `sigma^2` times the Hessian at scales `sigma` `[S]`, in pixels.

    Both `[B, S, H', W']`, with margins: `image.cut` takes them off. In the image's units: a dark line of depth d whose
    profile is a Gaussian of width w has `d w s^2 / (w^2 + s^2)^(3/2)` at its middle as the larger, 0 as the smaller.
    """
    down, across = image.frequencies()
    scale = sigma[:, None, None]
    smooth = gaussian(down, across, scale) * -((2 * math.pi * scale) ** 2)
    yy, xx, yx = (image.filtered(smooth * term) for term in (down**2, across**2, down * across))
    mean, away = (yy + xx) / 2, torch.sqrt(((yy - xx) / 2) ** 2 + yx**2 + SMALL**2)
    return mean + away, mean - away


def frangi(larger: Tensor, smaller: Tensor, *, beta: Tensor | float = 0.5, c: Tensor | float = 0.5) -> Tensor:
    """Vesselness of dark tubes, in [0, 1), at each scale apart, from the two eigenvalues.

    beta  how unlike a line a structure may be (the ratio of the eigenvalues)
    c     how strong it must be, in the image's units: half the largest norm of the Hessian in the paper
    Source: Frangi, Niessen, Vincken and Viergever 1998 (MICCAI), equation 15.
    """
    strong, weak = torch.maximum(larger.abs(), smaller.abs()), torch.minimum(larger.abs(), smaller.abs())
    ratio = weak / (strong + SMALL)
    norm = larger**2 + smaller**2
    vesselness = torch.exp(-(ratio**2) / (2 * beta**2)) * -torch.expm1(-norm / (2 * c**2))
    return vesselness * (larger > -smaller)  # the eigenvalue of greater magnitude is positive: dark


def sato(larger: Tensor) -> Tensor:
    """Tubeness of dark tubes, at each scale apart, in the image's units.

    Source: Sato et al. 1998 (Medical Image Analysis 2:143), equation 2, in two dimensions.
    """
    return larger.clamp(min=0)


def ridge(larger: Tensor, smaller: Tensor) -> Tensor:
    """How much more the image is curved across than along, in the image's units: 0 on a spot, whole on a line."""
    return (larger - smaller.abs()).clamp(min=0)
