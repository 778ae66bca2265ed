"""torch's layers with quicker gradients on a CPU, and the same numbers. Elsewhere they are torch's own.

On a CPU torch's own convolution is quick forward in the channels-last layout and slow backward, in either layout
(docs/performance.md). Here the gradient of the image is one more forward convolution, with turned weights, and that of
the weights one matrix product for each of the kernel's taps over the padded image, whose rows of pixels are a matrix
[pixels, channels] already: shifting it is beginning at another row.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


class Conv2d(nn.Conv2d):
    """`nn.Conv2d`, quicker on a CPU where it keeps H and W (stride 1, odd kernel, half of it as padding)."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.fits(input):
            return super().forward(input)
        out: Tensor
        if self.kernel_size == (1, 1):
            out = OneByOne.apply(input, self.weight, self.bias)  # type: ignore[no-untyped-call]
        else:
            out = Same.apply(input, self.weight, self.bias, self.padding_mode)  # type: ignore[no-untyped-call]
        return out

    def fits(self, x: Tensor) -> bool:
        """Is this a case that is quicker here?"""
        size = self.kernel_size[0]
        square = self.kernel_size == (size, size) and self.padding == (size // 2, size // 2)
        plain = self.stride == self.dilation == (1, 1) and self.groups == 1 and size % 2 == 1
        reach = size // 2 if self.padding_mode == "reflect" else 0
        known = self.padding_mode in ("zeros", "reflect", "replicate")
        return on_cpu(x) and square and plain and known and min(x.shape[-2:]) > reach  # too few pixels: torch will say


class BatchNorm2d(nn.BatchNorm2d):
    """`nn.BatchNorm2d`, which takes a slow way back where the gradient that comes in is not dense: it is made so."""

    def forward(self, input: Tensor) -> Tensor:
        out: Tensor = super().forward(input)
        if out.requires_grad and on_cpu(out):
            out.register_hook(channels_last)
        return out


def on_cpu(x: Tensor) -> bool:
    """Is x a batch of images that these layers are for? Not under vmap or autocast, which know torch's own alone."""
    foreign = torch._C._functorch.is_batchedtensor(x) or torch.is_autocast_enabled("cpu")
    return x.device.type == "cpu" and x.ndim == 4 and not foreign


def twice(x: Tensor, mode: str) -> Tensor:
    """`[B, C, H, W]` to `[B, C, 2H, 2W]`: F.interpolate, "nearest" or "bilinear"."""
    if not on_cpu(x):
        return F.interpolate(x, scale_factor=2, mode=mode)
    out: Tensor = Twice.apply(x, mode)  # type: ignore[no-untyped-call]
    return out


class Twice(torch.autograd.Function):
    """Twice the size. Bilinear: a new pixel is 3/4 of the nearest old one and 1/4 of the next, in either direction."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, mode: str) -> Tensor:
        """`[B, C, H, W]` to `[B, C, 2H, 2W]`, in channels-last."""
        ctx.mode = mode
        return F.interpolate(channels_last(x), scale_factor=2, mode=mode)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        """Sums of slices, of a gradient that need not be dense; the edge is its own neighbour."""
        rows = grad.permute(0, 2, 3, 1)
        for axis in (1, 2):
            first, second = rows.unflatten(axis, (-1, 2)).unbind(axis + 1)
            rows, length = first + second, first.shape[axis]
            if ctx.mode == "nearest":
                continue
            rows.narrow(axis, 0, length - 1).add_(first.narrow(axis, 1, length - 1), alpha=1 / 3)
            rows.narrow(axis, 1, length - 1).add_(second.narrow(axis, 0, length - 1), alpha=1 / 3)
            rows.select(axis, 0).add_(first.select(axis, 0), alpha=1 / 3)
            rows.select(axis, -1).add_(second.select(axis, -1), alpha=1 / 3)
        return image(rows if ctx.mode == "nearest" else rows.mul_(9 / 16)), None


class OneByOne(torch.autograd.Function):
    """A convolution of one pixel is a product of matrices [pixels, cin] and [cin, cout]."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """x `[B, cin, H, W]`, weight `[cout, cin, 1, 1]`, bias `[cout]`; `[B, cout, H, W]` in channels-last."""
        rows = pixels(x)
        ctx.save_for_backward(rows, weight)
        out = image_like(x, weight.shape[0])  # and no view of it, which could not be changed in place
        flat, matrix = out.permute(0, 2, 3, 1).flatten(0, 2), weight.flatten(1).t()
        if bias is None:
            torch.mm(rows.flatten(0, 2), matrix, out=flat)
        else:
            torch.addmm(bias, rows.flatten(0, 2), matrix, out=flat)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients of x, weight and bias."""
        rows, weight = ctx.saved_tensors
        wanted = ctx.needs_input_grad
        flat = pixels(grad).flatten(0, 2)
        of_x = image(flat.mm(weight.flatten(1)).view_as(rows)) if wanted[0] else None
        of_weight = flat.t().mm(rows.flatten(0, 2)).view_as(weight) if wanted[1] else None
        return of_x, of_weight, sums(flat) if wanted[2] else None


class Same(torch.autograd.Function):
    """A convolution that keeps H and W, with its padding."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, mode: str) -> Tensor:
        """x `[B, cin, H, W]`, weight `[cout, cin, k, k]`, bias `[cout]`; `[B, cout, H, W]` in channels-last.

        Not the padded image is kept for the way back but x, which the layer before keeps anyhow.
        """
        rows, margin = pixels(x), weight.shape[-1] // 2
        ctx.save_for_backward(rows, weight)
        ctx.mode = mode
        if mode == "zeros":
            return F.conv2d(image(rows), channels_last(weight), bias, padding=margin)
        return F.conv2d(image(padded(rows, margin, mode)), channels_last(weight), bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients of x, weight and bias."""
        rows, weight = ctx.saved_tensors
        wanted, margin = ctx.needs_input_grad, weight.shape[-1] // 2
        of_y = pixels(grad)
        of_x = image(gradient_of_input(of_y, weight, margin, ctx.mode)) if wanted[0] else None
        of_weight = gradient_of_weight(of_y, rows, margin, ctx.mode) if wanted[1] else None
        return of_x, of_weight, sums(of_y.flatten(0, 2)) if wanted[2] else None, None


def gradient_of_input(of_y: Tensor, weight: Tensor, margin: int, mode: str) -> Tensor:
    """`[B, H, W, cout]` to `[B, H, W, cin]`: convolved with the turned weights, what fell on the padding given back."""
    turned = channels_last(weight.flip(2, 3).transpose(0, 1))
    if mode == "zeros":
        return pixels(F.conv2d(image(of_y), turned, padding=margin))
    return folded(pixels(F.conv2d(image(of_y), turned, padding=2 * margin)), margin, mode)


def gradient_of_weight(of_y: Tensor, rows: Tensor, margin: int, mode: str) -> Tensor:
    """`[cout, cin, k, k]`, from the gradient `[B, H, W, cout]` and the image `[B, H, W, cin]`.

    With the gradient in a frame of the padded image's size (zeros right and below), the pixel under a tap lies
    `down * width + right` rows further on for all pixels alike.
    """
    x = padded(rows, margin, mode)
    _, _, width, cin = x.shape
    cout, size = of_y.shape[-1], 2 * margin + 1
    framed = within(of_y, (0, 2 * margin)).flatten(0, 2)
    x = x.flatten(0, 2)
    count = len(x) - 2 * margin * (width + 1)
    out = x.new_empty(size, size, cin, cout)
    for down in range(size):
        for right in range(size):
            first = down * width + right
            torch.mm(x[first : first + count].t(), framed[:count], out=out[down, right])
    return out.permute(3, 2, 0, 1)


def padded(rows: Tensor, margin: int, mode: str) -> Tensor:
    """`[B, H, W, C]` to `[B, H + 2 margin, W + 2 margin, C]`."""
    if mode == "zeros":
        return within(rows, (margin, margin))
    batch, height, width, channels = rows.shape
    out = rows.new_empty(batch, height + 2 * margin, width + 2 * margin, channels)
    out[:, margin:-margin, margin:-margin] = rows
    for axis, size in ((1, height), (2, width)):
        for new, old in sources(size, margin, mode):
            out.select(axis, new).copy_(out.select(axis, old))
    return out


def within(rows: Tensor, margins: tuple[int, int]) -> Tensor:
    """`[B, H, W, C]` with zeros around: so many lines above and to the left, so many below and to the right."""
    before, after = margins
    batch, height, width, channels = rows.shape
    out = rows.new_empty(batch, before + height + after, before + width + after, channels)
    out[:, before : before + height, before : before + width] = rows
    for axis, size in ((1, height), (2, width)):
        out.narrow(axis, 0, before).zero_()
        out.narrow(axis, before + size, after).zero_()
    return out


def folded(rows: Tensor, margin: int, mode: str) -> Tensor:
    """What `padded` does, turned round: `[B, H + 2 margin, W + 2 margin, C]` to `[B, H, W, C]`. Changes `rows`."""
    for axis in (2, 1):
        for new, old in sources(rows.shape[axis] - 2 * margin, margin, mode):
            rows.select(axis, old).add_(rows.select(axis, new))
    return rows[:, margin:-margin, margin:-margin]


def sources(size: int, margin: int, mode: str) -> list[tuple[int, int]]:
    """Along one side: which line of the padded image repeats which other one."""
    pairs = []
    last = margin + size - 1
    for step in range(1, margin + 1):
        low, high = (margin + step, last - step) if mode == "reflect" else (margin, last)
        pairs += [(margin - step, low), (last + step, high)]
    return pairs


def sums(rows: Tensor) -> Tensor:
    """The sum over pixels, `[pixels, C]` to `[C]`."""
    return rows.new_ones(1, len(rows)).mm(rows)[0]


def pixels(x: Tensor) -> Tensor:
    """`[B, C, H, W]` to `[B, H, W, C]`, contiguous: no copy is made of a channels-last x."""
    return x.permute(0, 2, 3, 1).contiguous()


def image(rows: Tensor) -> Tensor:
    """`[B, H, W, C]` to `[B, C, H, W]`, a view."""
    return rows.permute(0, 3, 1, 2)


def image_like(x: Tensor, channels: int) -> Tensor:
    """Room for `[B, channels, H, W]`, in channels-last."""
    batch, _, height, width = x.shape
    return torch.empty(
        (batch, channels, height, width), dtype=x.dtype, device=x.device, memory_format=torch.channels_last
    )


def channels_last(x: Tensor) -> Tensor:
    """The same numbers, each pixel's channels side by side."""
    return x.contiguous(memory_format=torch.channels_last)
