"""How a pixel compares with what is around it."""

import torch
from torch import Tensor

from untaught.vessels.descriptors.spectrum import Spectrum, gaussian

WINDOW = 18.0  # pixels: sigma of the surroundings
FLAT = 0.0063  # grey levels on [0, 1]: a spread below this is taken for noise


def local_contrast(image: Tensor, sigma: float = WINDOW, flat: float = FLAT) -> Tensor:
    """Standard deviations from the mean of a Gaussian window, `[B, 1, H, W]` to the same.

    Unchanged, but where the window is flat, when light or contrast change slowly over the image.
    """
    mean = windowed(image, sigma)
    variance = windowed((image - mean) ** 2, sigma).clamp(min=0)
    return (image - mean) / torch.sqrt(variance + flat**2)


def windowed(image: Tensor, sigma: float) -> Tensor:
    """The mean in a Gaussian window."""
    spectrum = Spectrum.of(image).for_width(sigma)
    return spectrum.cut(spectrum.filtered(gaussian(*spectrum.frequencies(), spectrum.pixels([sigma])[:, None, None])))
