"""Missing pixels bent as little as possible from the known ones."""

import torch.nn.functional as F
from torch import Tensor

from untaught.classical.conjugate import conjugate_gradients
from untaught.classical.fill import fill

STEPS = (
    20  # enough for half of the pixels missing at random, and for strokes of text; push-pull stays where it is wider
)


def biharmonic(y: Tensor, observed: Tensor, steps: int = STEPS) -> Tensor:
    """`y` `[B, C, H, W]` with its missing pixels filled; `observed` `[B, 1, H, W]` is 1 where a pixel is known, else 0.

    The x that minimises `|Laplacian x|^2` with the known pixels as they are, edges mirrored, by so many steps of
    conjugate gradients from the push-pull `fill`: near known pixels it is reached, deep in a hole it stays near where
    it began.
    Source: Damelin and Hoang 2018, "On surface completion and image inpainting by biharmonic functions" (what
    scikit-image's `inpaint_biharmonic` solves directly). Departs: stopped early.
    """
    x, missing = fill(y, observed), 1 - observed

    def bent(image: Tensor) -> Tensor:
        return missing * laplacian(laplacian(image))

    return conjugate_gradients(bent, x, -bent(x), steps)


def laplacian(x: Tensor) -> Tensor:
    """The four neighbours less four times the pixel; its own adjoint, as edges are repeated."""
    wide = F.pad(x, (1, 1, 1, 1), mode="replicate")
    return wide[..., :-2, 1:-1] + wide[..., 2:, 1:-1] + wide[..., 1:-1, :-2] + wide[..., 1:-1, 2:] - 4 * x
