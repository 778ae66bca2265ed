"""The kernel of an unknown blur, from the image's strongest edges: a first estimate that needs no network."""

import math

import torch
import torch.nn.functional as F
from scipy.ndimage import label
from torch import Tensor

from untaught.classical.deconvolution import deconvolve

RATIO = math.sqrt(2)  # between one scale and the next finer one
MOST = 384  # pixels a side that are looked at, in the middle: the blur is the same everywhere
ROUNDS = 6  # at each scale
SMOOTH = 0.02  # the noise that total variation is told: only strong edges are to be left
EDGES = 4  # of the strongest gradients, as many as so many times the kernel's pixels, in each of two directions
STIFF = 2e-3  # how much the kernel's square weighs, of the edges' power
FAINT = 0.05  # of the kernel's greatest: less is taken for an error


def estimate_kernel(y: Tensor, size: int) -> Tensor:
    """The kernel `[size, size]`, of mass one and its centre of mass in its middle, that blurred y `[1, C, H, W]`.

    From coarse to fine, image and kernel in turn: total variation takes the kernel of before out of y and leaves
    strong edges; the kernel is the one that, in least squares, blurs those to the gradients of y.
    Source: Cho and Lee 2009 (SIGGRAPH Asia), "Fast motion deblurring". Departs: total variation in place of their shock
    filter; a gradient counts by its strength alone.
    """
    top, left = (max(0, (side - MOST) // 2) for side in y.shape[-2:])
    y = y[..., top : top + MOST, left : left + MOST].mean(1, keepdim=True)
    count = max(0, round(math.log(size / 3) / math.log(RATIO)))
    kernel = torch.zeros(3, 3, dtype=y.dtype, device=y.device)
    kernel[1, 1] = 1
    for scale in range(count, -1, -1):
        share = RATIO**-scale
        side = max(3, 2 * round((size * share - 1) / 2) + 1)
        small = resized(y, share)
        kernel = normalised(resized(kernel[None, None], size=(side, side))[0, 0])
        if scale == count:
            kernel = torch.ones_like(kernel) / side**2
        for _ in range(ROUNDS):
            sharp = deconvolve(small, kernel, SMOOTH, rounds=30)
            kernel = normalised(from_edges(sharp, small, side))
    return kernel


def from_edges(sharp: Tensor, y: Tensor, side: int) -> Tensor:
    """`[side, side]` in least squares, from sharp `[1, 1, H + side - 1, W + side - 1]` and y `[1, 1, H, W]`."""
    margin = side // 2
    inner = sharp[..., margin : margin + y.shape[-2], margin : margin + y.shape[-1]]
    size = y.shape[-2:]
    window = torch.outer(*(torch.hann_window(n + 2, False, dtype=y.dtype, device=y.device)[1:-1] ** 0.25 for n in size))
    above: Tensor | float = 0.0
    below: Tensor | float = 0.0
    steps = [one.diff(dim=axis, append=one.narrow(axis, -1, 1)) for one in (inner, y) for axis in (-2, -1)]
    strength = (steps[0].square() + steps[1].square()).sqrt()
    kept = min(2 * EDGES * side**2, strength.numel() // 2)
    enough = strength >= strength.flatten().kthvalue(strength.numel() - kept + 1).values
    for edge, gradient in ((steps[0], steps[2]), (steps[1], steps[3])):
        seen, asked = (torch.fft.rfft2(one * window) for one in (edge * enough, gradient))
        above = above + seen.conj() * asked
        below = below + seen.abs().square()
    assert isinstance(below, Tensor)
    whole = torch.fft.irfft2(above / (below + STIFF * below.mean() * side), s=size)[0, 0]
    turned: Tensor = whole.roll((margin, margin), (0, 1))
    return turned[:side, :side]


def normalised(kernel: Tensor) -> Tensor:
    """Nowhere negative, without what is faint or lies alone, its centre of mass in its middle, of mass one."""
    kernel = kernel.clamp(min=0)
    kernel = kernel * (kernel >= FAINT * kernel.max())
    parts, count = label(kernel.cpu().numpy() > 0, structure=[[1] * 3] * 3)
    if count > 1:
        where = torch.from_numpy(parts).to(kernel.device)
        masses = torch.stack([kernel[where == one].sum() for one in range(1, count + 1)])
        for one in range(1, count + 1):
            if masses[one - 1] < 0.1 * masses.max():
                kernel = kernel * (where != one)
    if not bool(kernel.sum() > 0):
        kernel = torch.ones_like(kernel)
    kernel = kernel / kernel.sum()
    place = [torch.arange(n, dtype=kernel.dtype, device=kernel.device) - n // 2 for n in kernel.shape]
    down, right = (round(float((kernel.sum(1 - axis) * place[axis]).sum())) for axis in (0, 1))
    side = len(kernel)
    moved = F.pad(kernel, (side,) * 4)[side + down : 2 * side + down, side + right : 2 * side + right]
    return moved / moved.sum()


def resized(x: Tensor, share: float = 1.0, size: tuple[int, int] | None = None) -> Tensor:
    """`[1, 1, H, W]` at another size, bicubic; by averages where it gets smaller."""
    if size is None:
        size = (max(8, round(x.shape[-2] * share)), max(8, round(x.shape[-1] * share)))
    return F.interpolate(x, size=size, mode="bicubic", align_corners=False, antialias=True)
