"""A blur that nobody knows: its kernel is fitted together with the image."""

from typing import Any

import torch
from torch import Tensor, nn

from untaught.operators.blur import convolved

SPREAD = 0.25  # of the kernel that the fit begins with: its standard deviation, as a share of its side


class UnknownBlur(nn.Module):
    """Convolve with a kernel of its own, `[size, size]`: `[B, C, H + size - 1, W + size - 1] -> [B, C, H, W]`.

    As `Blur`, but the kernel is a softmax of its parameters: nowhere negative, its mass one. It begins as a broad
    Gaussian. A kernel and an image that are moved against each other blur to the same: `asked` cuts the image out where
    the kernel's centre of mass, in whole pixels, says that it lies, and `found` tells the kernel moved back by as much.
    Source: Ren et al. 2020 (CVPR), "Neural blind deconvolution using deep priors", whose kernel is a softmax too.
    Departs: of free numbers and not of a network's output; `speed` says how much further than its rate the optimiser
    moves them.
    Raises: ValueError for a size that is even or not positive.
    """

    def __init__(self, size: int, speed: float = 1.0) -> None:
        super().__init__()
        if size < 1 or size % 2 == 0:
            raise ValueError(f"the kernel's size is {size}; wanted an odd number of pixels")
        self.size, self.speed = size, speed
        place = torch.arange(size, dtype=torch.float32) - size // 2
        row = -place.square() / (2 * (SPREAD * size) ** 2)
        self.logits = nn.Parameter((row[:, None] + row) / speed)

    @property
    def kernel(self) -> Tensor:
        """`[size, size]`, as it stands now."""
        return (self.speed * self.logits).flatten().softmax(0).view(self.size, self.size)

    def forward(self, x: Tensor) -> Tensor:
        return convolved(x, self.kernel.to(x))

    def off(self) -> tuple[int, int]:
        """How far the kernel's centre of mass lies below and to the right of its middle, in whole pixels."""
        with torch.no_grad():
            kernel = self.kernel.cpu().double()
        place = torch.arange(self.size, dtype=torch.float64) - self.size // 2
        return round(float((kernel.sum(1) * place).sum())), round(float((kernel.sum(0) * place).sum()))

    def asked(self, x: Tensor) -> Tensor:
        """Of x, the part that lies where the measurements do once the kernel is in its middle."""
        margin, (down, right) = self.size // 2, self.off()
        height, width = (side - 2 * margin for side in x.shape[-2:])
        return x[..., margin - down :, margin - right :][..., :height, :width]

    def found(self) -> dict[str, Any]:
        """The kernel, `[size, size]` in lists, its centre of mass in its middle; what falls off the edge is dropped."""
        with torch.no_grad():
            kernel = self.kernel.cpu()
        moved, (down, right) = torch.zeros_like(kernel), self.off()
        rows, columns = (slice(max(d, 0), self.size + min(d, 0)) for d in (down, right))
        to_rows, to_columns = (slice(max(-d, 0), self.size + min(-d, 0)) for d in (down, right))
        moved[to_rows, to_columns] = kernel[rows, columns]
        return {"kernel": (moved / moved.sum()).tolist()}
