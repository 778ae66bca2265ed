"""Noise whose neighbours resemble each other: what a camera's demosaicing, smoothing and JPEG leave of it."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.noise.clipping import cut_off

PATCH, STEP = 8, 4
FLATTEST = 0.1  # of the patches that are not quite flat
FLAT = (0.2 / 255) ** 2  # a patch of less variance is quite flat: JPEG has taken all its noise
LEAST_PATCHES = 16
MOST_CUT = 0.02  # of a patch's values may have been cut off at black or white
BLOTCHY, WHITE = 0.55, 0.3  # correlation, above and below; texture without noise lies between, most of it
EXCESS, HIDDEN = 1.3, 4.0  # spread over the standard deviation that the eigenvalues know of
MOST_SPREAD = 4 / 255  # of correlated noise: if the flattest patches have more, they show texture
MOST_SIGMA = 12 / 255  # for correlated noise


@dataclass(frozen=True)
class Grain:
    """What the flattest patches hold."""

    spread: float  # standard deviation
    correlation: float  # of neighbours, -1 to 1

    def most_white(self, channels: int) -> float:
        """The most that the standard deviation of white noise can be, when the flattest tenth of the patches has this.

        The variance over n values spreads by sqrt(2 / n); of a normal variate the lowest tenth has the mean -1.755.
        """
        values = channels * (PATCH**2 - 1)
        return self.spread / math.sqrt(1 - 1.755 * math.sqrt(2 / values))

    def white_sigma(self) -> float:
        """The standard deviation of white noise as strong as this is at low frequencies.

        If neighbours at distance d correlate as `correlation^d` along both axes, the spectrum's density at 0 is the
        variance times `((1 + correlation) / (1 - correlation))^2`. A denoiser told less leaves the blotches.
        """
        correlation = min(max(self.correlation, 0.0), 0.95)
        return self.spread * (1 + correlation) / (1 - correlation)

    def is_blotchy(self, white: float) -> bool:
        """Is it correlated noise, where the eigenvalues say `white`? Fine texture may be taken for it.

        Chosen on camera JPEGs and on photographs without noise.
        """
        return self.correlation > BLOTCHY and EXCESS * white < self.spread < MOST_SPREAD

    def is_hidden(self, white: float) -> bool:
        """Is it white noise that JPEG took the finest of, so that the eigenvalues see next to nothing?

        Texture has more correlation.
        """
        return self.correlation < WHITE and self.spread > HIDDEN * white


def estimate_grain(image: Tensor) -> Grain:
    """Spread and correlation of neighbours in the flattest patches of `[1, C, H, W]`, an image on [0, 1].

    The patches' means are taken off and the flattest are flattest by chance too, so both come out a little too small.
    """
    image = image.detach().cpu().float()
    if min(image.shape[-2:]) < PATCH:
        return Grain(0.0, 0.0)
    patches = image[0].unfold(1, PATCH, STEP).unfold(2, PATCH, STEP).flatten(1, 2).movedim(0, 1)  # [N, C, 8, 8]
    low, high = cut_off(image)
    cut = ((patches == low) | (patches == high)).float().mean((1, 2, 3))
    patches = patches[cut <= MOST_CUT]
    residuals = patches - patches.mean((-1, -2), keepdim=True)
    variances = residuals.square().sum((-1, -2)).mean(1) / (PATCH**2 - 1)
    order = variances.argsort()
    order = order[variances[order] > FLAT]
    chosen = order[: max(round(FLATTEST * len(order)), LEAST_PATCHES)]
    if len(chosen) < LEAST_PATCHES:
        return Grain(0.0, 0.0)
    flat = residuals[chosen].double()
    products = torch.stack([(flat[..., 1:] * flat[..., :-1]).mean(), (flat[..., 1:, :] * flat[..., :-1, :]).mean()])
    spread = float(variances[chosen].double().mean().sqrt())
    return Grain(spread, float(products.mean() / flat.square().mean()))
