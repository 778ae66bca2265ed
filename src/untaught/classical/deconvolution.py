"""An image without its known blur, by total variation alone: a first estimate that needs no network."""

import torch
from scipy.fft import next_fast_len
from torch import Tensor

ROUNDS = 200
EDGE = 0.05  # the length of an image's gradient that its total variation goes by, photographs in [0, 1]


def deconvolve(y: Tensor, kernel: Tensor, sigma: float, *, rounds: int = ROUNDS) -> Tensor:
    """The image `[B, C, H + kh - 1, W + kw - 1]` that minimises the misfit to y `[B, C, H, W]` and its total variation.

    kernel: `[kh, kw]`, odd, of a true convolution; sigma: of the noise in y, photographs in [0, 1].
    `argmin_x |k * x - y|^2 / (2 sigma^2) + TV(x) / EDGE`, the convolution only where all of it was seen: of what lies
    beyond y nothing is assumed but that it changes seldom.
    Source: Almeida and Figueiredo 2013 (IEEE TIP 22:8), "Deconvolving images with unknown boundaries using the
    alternating direction method of multipliers": all steps are Fourier transforms or pixel by pixel.
    """
    height, width = y.shape[-2:]
    rows, columns = kernel.shape
    whole = height + rows - 1, width + columns - 1
    size = [next_fast_len(side, real=True) for side in whole]
    seen = (..., slice(rows - 1, rows - 1 + height), slice(columns - 1, columns - 1 + width))
    blur = torch.fft.rfft2(kernel.to(y), s=size)
    steps = differences(size, y)
    force = 1 / (2 * sigma * EDGE)  # of the multipliers: decides how fast, not where to
    pull = force / 10
    normal = pull * blur.abs().square() + force * sum(step.abs().square() for step in steps)
    normal[0, 0] += 1e-8 * float(normal[0, 0].abs())
    blurred = y.new_zeros(*y.shape[:2], *size) + y.mean((-2, -1), keepdim=True)
    blurred[seen] = y
    owed = torch.zeros_like(blurred)
    slopes = [torch.zeros_like(blurred) for _ in steps]
    debts = [torch.zeros_like(blurred) for _ in steps]
    x = blurred
    for _ in range(rounds):
        wanted = pull * blur.conj() * torch.fft.rfft2(blurred - owed)
        for step, slope, debt in zip(steps, slopes, debts, strict=True):
            wanted = wanted + force * step.conj() * torch.fft.rfft2(slope - debt)
        spectrum = wanted / normal
        x = torch.fft.irfft2(spectrum, s=size)
        made = torch.fft.irfft2(blur * spectrum, s=size) + owed
        blurred = made.clone()
        blurred[seen] = (y / sigma**2 + pull * made[seen]) / (1 / sigma**2 + pull)
        owed = made - blurred
        found = [torch.fft.irfft2(step * spectrum, s=size) + debt for step, debt in zip(steps, debts, strict=True)]
        length = sum((one.square() for one in found), start=torch.zeros_like(x)).sqrt()
        kept = (1 - 1 / (EDGE * force * length.clamp(min=1e-12))).clamp(min=0)
        slopes = [one * kept for one in found]
        debts = [one - slope for one, slope in zip(found, slopes, strict=True)]
    return x[..., : whole[0], : whole[1]]


def differences(size: list[int], like: Tensor) -> list[Tensor]:
    """The spectra of the steps to the next pixel, down and right, round about."""
    down, right = like.new_zeros(2, *size).unbind()
    down[0, 0], down[-1, 0], right[0, 0], right[0, -1] = -1, 1, -1, 1
    return [torch.fft.rfft2(down), torch.fft.rfft2(right)]
