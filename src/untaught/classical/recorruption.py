"""Recorruption: two noisy images out of one, whose noises have nothing to do with each other."""

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class View:
    """The noisy image, or one made from it, with the estimates that were made from it alone."""

    y: Tensor = field(repr=False)  # [1, C, H, W]
    sigma: float  # of the noise in y
    target: Tensor = field(repr=False)  # [1, C, H, W]; of the measured image, itself
    estimates: tuple[Tensor, ...] = field(repr=False, default=())  # [1, C, H, W] each

    def joined(self, *estimates: Tensor) -> "View":
        """With more estimates at the end."""
        return View(y=self.y, sigma=self.sigma, target=self.target, estimates=self.estimates + estimates)


def recorrupt(
    y: Tensor, sigma: float, strength: float, generator: torch.Generator, deviation: Tensor | None = None
) -> tuple[View, View]:
    """`y + a n` held against `y - n / a`, and `y - a n` against `y + n / a`, with fresh noise n of the image's sigma.

    `deviation`, in the shape of `y`, says where the noise has another sigma than elsewhere: n has it too.

    Where y = x + sigma e with Gaussian e, the noises e + a n and e - n / a are independent: an error against the target
    is the error against the truth, plus a constant. Of the pair's sum the products of e with n drop out.
    Source: Pang, Zheng, Quan and Ji 2021 (CVPR), "Recorrupted-to-Recorrupted". Departs: in antithetic pairs.
    """
    noise = (sigma if deviation is None else deviation) * fresh(y, generator)
    told = sigma * (1 + strength**2) ** 0.5
    plus = View(y=y + strength * noise, sigma=told, target=y - noise / strength)
    minus = View(y=y - strength * noise, sigma=told, target=y + noise / strength)
    return plus, minus


def fresh(y: Tensor, generator: torch.Generator) -> Tensor:
    """Standard normal noise, drawn again while it resembles `y`.

    Somebody who adds noise with seed 0 to try a denoiser, and lets it recorrupt with seed 0, has added the same noise
    twice: what is fitted then is worthless (17 dB in place of 32 when it happened to us).
    """
    while True:
        noise = torch.randn(y.shape, generator=generator, device=generator.device).to(y)
        if not alike(noise, y):
            return noise


def alike(noise: Tensor, y: Tensor) -> bool:
    """Are differences of neighbours correlated beyond chance (6 standard deviations)?"""
    one, other = (torch.diff(image.flatten()).double() for image in (noise, y))
    spread = float(one.norm() * other.norm())
    return spread > 0 and abs(float(one @ other)) > 6 * len(one) ** -0.5 * spread
