"""What noise is in this image? The answer in one object."""

from dataclasses import dataclass

from torch import Tensor

from untaught.noise.dependent import estimate_law
from untaught.noise.grain import MOST_SIGMA, estimate_grain
from untaught.noise.stabilise import Stabiliser
from untaught.noise.white import estimate_sigma


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Noise of `variance(x) = gain * (x - pedestal) + sigma^2` on an image on [0, 1].

    A denoiser for white noise runs between `forward` and `backward`, told `white_sigma`; both leave an image with
    noise of one sigma as it is.
    """

    sigma: float  # standard deviation of what does not depend on the intensity
    gain: float = 0.0  # 0: the same noise everywhere
    pedestal: float = 0.0  # the value of black, where gain is not 0
    correlation: float = 0.0  # of neighbours, in the image's flattest patches
    grain: bool = False  # correlated noise: sigma is that of white noise as strong at low frequencies
    unsure: bool = False  # white as far as can be told, but it may grow with the light: nothing should rely on it

    def __post_init__(self) -> None:
        if not (self.sigma >= 0 and self.gain >= 0):
            raise ValueError(f"{self}: wanted a sigma and a gain of at least 0")

    @property
    def is_white(self) -> bool:
        """Without correlation to speak of, and surely the same everywhere?"""
        return self.gain == 0 and not self.grain and not self.unsure

    @property
    def kind(self) -> str:
        """In words."""
        if self.gain > 0:
            return "noise that grows with the light"
        if self.unsure:
            return "noise that may grow with the light"
        return "noise with a grain" if self.grain else "white"

    @property
    def white_sigma(self) -> float:
        """Standard deviation of the noise in `forward(image)`."""
        return self.sigma if self.gain == 0 else self.stabiliser().white_sigma

    def deviation(self, image: Tensor) -> Tensor:
        """The noise's standard deviation where the image without noise is `image`; in its shape."""
        return (self.gain * (image - self.pedestal).clamp(min=0) + self.sigma**2).sqrt()

    def forward(self, image: Tensor) -> Tensor:
        """The image with noise of one standard deviation; shape of `image`."""
        return image if self.gain == 0 else self.stabiliser().forward(image)

    def backward(self, image: Tensor) -> Tensor:
        """An estimate of `forward(image)` without noise, on the image's own scale, without bias."""
        return image if self.gain == 0 else self.stabiliser().backward(image)

    def stabiliser(self) -> Stabiliser:
        """The transform behind `forward` and `backward`, for a gain above 0."""
        return Stabiliser(self.gain, self.sigma, self.pedestal)


def measure_noise(image: Tensor) -> Noise:
    """The noise in `[1, C, H, W]`, an image on [0, 1], from the image alone.

    Signal-dependent noise first, if the image speaks for it clearly; then correlated noise, if flat places show more
    than white noise explains; else white noise, `unsure` if the image speaks faintly for the first.
    """
    law, grain = estimate_law(image), estimate_grain(image)
    if law is not None and law.is_sure():
        pedestal = max(-law.constant, 0.0) / law.gain
        return Noise(
            sigma=max(law.constant, 0.0) ** 0.5, gain=law.gain, pedestal=pedestal, correlation=grain.correlation
        )
    white = estimate_sigma(image)
    if grain.is_blotchy(white):
        return Noise(sigma=min(grain.white_sigma(), MOST_SIGMA), correlation=grain.correlation, grain=True)
    if grain.is_hidden(white):
        return Noise(sigma=grain.white_sigma(), correlation=grain.correlation)
    unsure = law is not None and law.is_suggested()
    return Noise(sigma=white, correlation=grain.correlation, unsure=unsure)
