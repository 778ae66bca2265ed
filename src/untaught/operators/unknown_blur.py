"""A blur that nobody knows: its kernel is fitted together with the image."""

from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from untaught.core import Operator
from untaught.operators.blur import Blur, Seen, convolved

SPREAD = 0.25  # of the Gaussian that the fit begins with: its standard deviation, as a share of its side
LEAST = 1e-2  # of a pixel of the kernel that it begins with, in means of all: what is 0 would never come back


class UnknownBlur(nn.Module):
    """Convolve with a kernel of its own, `[size, size]`: `[B, C, H + size - 1, W + size - 1] -> [B, C, H, W]`.

    As `Blur`, but the kernel is a softmax of its parameters: nowhere negative, its mass one. It begins as `begin`, of
    mass one, or as a broad Gaussian. A kernel and an image that are moved against each other blur to the same: `asked`
    cuts the image out where the kernel's centre of mass, in whole pixels, says that it lies, and `found` tells the
    kernel moved back by as much.
    Source: Ren et al. 2020 (CVPR), "Neural blind deconvolution using deep priors", whose kernel is a softmax too.
    Departs: of free numbers and not of a network's output; `speed` says how much further than its rate the optimiser
    moves them; it may begin anywhere.
    Raises: ValueError for a size that is even or not positive, or another kernel to begin with.
    """

    def __init__(self, size: int, speed: float = 1.0, begin: Tensor | None = None) -> None:
        super().__init__()
        if size < 1 or size % 2 == 0:
            raise ValueError(f"the kernel's size is {size}; wanted an odd number of pixels")
        self.size, self.speed = size, speed
        if begin is None:
            begin = Blur.gaussian(SPREAD * size).kernel
            cut = (len(begin) - size) // 2
            begin = F.pad(begin, (-cut,) * 4)
        if begin.shape != (size, size):
            raise ValueError(f"the kernel to begin with is {list(begin.shape)}; wanted [{size}, {size}]")
        self.logits = nn.Parameter((begin / begin.sum()).float().clamp(min=LEAST / size**2).log() / speed)

    @property
    def kernel(self) -> Tensor:
        """`[size, size]`, as it stands now."""
        return (self.speed * self.logits).flatten().softmax(0).view(self.size, self.size)

    def forward(self, x: Tensor) -> Tensor:
        return convolved(x, self.kernel.to(x))

    def balanced(self, y: Tensor, epsilon: float) -> tuple[Operator, Tensor]:
        """As `Blur.balanced`: the filter is that of the kernel as it stands now, what it is applied to moves on."""
        with torch.no_grad():
            seen, seen_y = Blur(self.kernel.detach()).balanced(y, epsilon)
        assert isinstance(seen, Seen)
        return replace(seen, blur=self), seen_y

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
