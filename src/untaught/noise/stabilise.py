"""Image -> image whose noise is white -> back, so that a denoiser for white noise may run between."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Stabiliser:
    """For noise of `variance(x) = gain * (x - pedestal) + sigma^2`, gain > 0, on images that reach from 0 to about 1.

    The generalised Anscombe transform, scaled so that 0 and 1 stay where they are.
    Source: Makitalo and Foi 2013 (IEEE TIP 22:1), "Optimal Inversion of the Generalized Anscombe Transformation for
    Poisson-Gaussian Noise": the transform and the closed-form approximation of its exact unbiased inverse.
    """

    gain: float
    sigma: float = 0.0
    pedestal: float = 0.0

    def __post_init__(self) -> None:
        if not (self.gain > 0 and self.sigma >= 0):
            raise ValueError(f"{self}: wanted a gain above 0 and a sigma of at least 0")

    @property
    def white_sigma(self) -> float:
        """Standard deviation of the noise in `forward(image)`, the same at all intensities but the very darkest."""
        return 1 / (self.anscombe(torch.ones(1)) - self.anscombe(torch.zeros(1))).item()

    def forward(self, image: Tensor) -> Tensor:
        """The image with white noise; shape of `image`."""
        return (self.anscombe(image) - self.anscombe(image.new_zeros(1))) * self.white_sigma

    def backward(self, stabilised: Tensor) -> Tensor:
        """What the image's mean was where `forward` of it has the mean `stabilised`; not the inverse function."""
        d = stabilised / self.white_sigma + self.anscombe(stabilised.new_zeros(1))
        spread = (self.sigma / self.gain) ** 2
        d = d.clamp(min=2 * math.sqrt(3 / 8 + spread))  # what no photon at all gives
        root = math.sqrt(3 / 2)
        counts = d.square() / 4 - 1 / 8 - spread + root / 4 / d - 11 / 8 / d.square() + 5 / 8 * root / d**3
        return self.gain * counts.clamp(min=0) + self.pedestal

    def anscombe(self, image: Tensor) -> Tensor:
        """`2 / gain * sqrt(gain * (image - pedestal) + 3/8 gain^2 + sigma^2)`: noise of standard deviation 1."""
        inside = self.gain * (image - self.pedestal) + 3 / 8 * self.gain**2 + self.sigma**2
        return 2 / self.gain * inside.clamp(min=0).sqrt()
