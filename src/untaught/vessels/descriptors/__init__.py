"""What is known of tubes, in torch, differentiable: scale-normalised, dark vessels, scales kept apart.

For bright vessels give the image upside down (1 - image). Images are `[B, 1, H, W]`.
"""

from untaught.vessels.descriptors.bank import Bank, ImageAlone
from untaught.vessels.descriptors.contrast import local_contrast
from untaught.vessels.descriptors.dual_tree import DIRECTIONS, dual_tree, reach
from untaught.vessels.descriptors.hessian import eigenvalues, frangi, ridge, sato
from untaught.vessels.descriptors.morphology import top_hat
from untaught.vessels.descriptors.oriented import bar, strongest, turned
from untaught.vessels.descriptors.spectrum import Spectrum
from untaught.vessels.descriptors.wavelets import a_trous

__all__ = [
    "DIRECTIONS",
    "Bank",
    "ImageAlone",
    "Spectrum",
    "a_trous",
    "bar",
    "dual_tree",
    "eigenvalues",
    "frangi",
    "local_contrast",
    "reach",
    "ridge",
    "sato",
    "strongest",
    "top_hat",
    "turned",
]
