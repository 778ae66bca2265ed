"""Other views of a labelled image: moved as one, lit and blurred otherwise; few labels are made many."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from torch import Tensor

KNOTS = 6  # a side, of a field that changes slowly
NEGLIGIBLE = 1e-3  # of a pixel: so little of an unknown one makes none unknown


@dataclass(frozen=True)
class Range:
    """Numbers, all as likely; drawn for a share `often` of the copies, for the others nothing.

    Raises: ValueError for an empty range, or a share that is none.
    """

    least: float
    most: float
    often: float = 1.0

    def __post_init__(self) -> None:
        if not self.least <= self.most:
            raise ValueError(f"a range is from {self.least} to {self.most}; wanted the smaller number first")
        if not 0 <= self.often <= 1:
            raise ValueError(f"often is {self.often}; wanted a share, 0 to 1")

    def draw(self, generator: np.random.Generator) -> float | None:
        """A number, or None if this copy has none."""
        return self.number(generator) if generator.random() < self.often else None

    def number(self, generator: np.random.Generator) -> float:
        """Any of them."""
        return float(generator.uniform(self.least, self.most))


@dataclass(frozen=True)
class Factor(Range):
    """Numbers around 1, as often below as above."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.least <= 1 <= self.most:
            raise ValueError(f"factors are from {self.least} to {self.most}; wanted some around 1, more than 0")

    def number(self, generator: np.random.Generator) -> float:
        return float(generator.uniform(self.least, 1) if generator.random() < 0.5 else generator.uniform(1, self.most))


NEVER = Range(0, 0, often=0)


@dataclass(frozen=True, kw_only=True)
class Augment:
    """What is done to a copy, from how much to how much, in this order. Light and noise are told in deviations of the
    image itself: an image with little contrast is changed as much, to the eye, as one with more.
    """

    rotation: Range = Range(-180, 180)  # degrees, anticlockwise
    mirrored: float = 0.5  # how often, up and down and, apart from that, left and right
    scale: Range = Factor(0.7, 1.4)  # 2: all is twice as large
    shear: Range = Range(-0.15, 0.15)  # columns a row
    shift: Range = Range(-0.1, 0.1)  # of the height, and another of the width
    elastic: Range = Range(0, 5)  # deviation in pixels of a slowly changing field of shifts
    gamma: Range = Factor(0.6, 1.65)  # exponent; mean and deviation are kept
    gamma_of_negative: Range = NEVER  # the same of the image upside down, dark for bright
    contrast: Range = Factor(0.67, 1.5)  # about the mean
    contrast_in_range: Range = NEVER  # the same, cut at the image's least and greatest value
    brightness: Range = Range(-0.6, 0.6)  # deviations
    shading: Range = Range(0, 0.4)  # deviations of a slowly changing field
    resolution: Range = NEVER  # of the image's pixels a side, how many are left before it is enlarged again
    blur: Range = Range(0.3, 1, often=0.3)  # sigma in pixels
    noise: Range = Range(0, 0.2, often=0.7)  # sigma in deviations


def nnunet_style() -> Augment:
    """The ranges of nnU-Net's version 2 for images, not volumes, that are not half as long again as they are wide.

    Blur and resolution are done to 0.2 and 0.25 of the images there, but to half of the channels of those; ours have
    one. What is called brightness there multiplies an image of mean 0: it is `contrast` here. What is called the
    noise's variance there is used as its deviation.
    Source: Isensee et al. 2021 (Nature Methods 18), supplementary information; `get_training_transforms` of nnunetv2's
    default trainer. Departs: our order (noise, last here, is first there), border (0 there) and cubic interpolation
    (linear there); scales are as often above 1 as below (all are as likely there).
    """
    return Augment(
        rotation=Range(-180, 180, often=0.2),
        scale=Factor(1 / 1.4, 1 / 0.7, often=0.2),
        shear=NEVER,
        shift=NEVER,
        elastic=NEVER,
        gamma=Factor(0.7, 1.5, often=0.3),
        gamma_of_negative=Factor(0.7, 1.5, often=0.1),
        contrast=Factor(0.75, 1.25, often=0.15),
        contrast_in_range=Factor(0.75, 1.25, often=0.15),
        brightness=NEVER,
        shading=NEVER,
        resolution=Range(0.5, 1, often=0.25 / 2),
        blur=Range(0.5, 1, often=0.2 / 2),
        noise=Range(0, 0.1, often=0.1),
    )


class Copy(NamedTuple):
    """What an image, its label and what is known became, all `[H, W]`."""

    image: NDArray[np.float32]
    label: NDArray[np.bool_]
    known: NDArray[np.bool_]
    fov: NDArray[np.bool_] | None


def augmented(
    image: NDArray[np.float32],
    label: NDArray[np.bool_],
    known: NDArray[np.bool_],
    rule: Augment,
    generator: np.random.Generator,
    fov: NDArray[np.bool_] | None = None,
) -> Copy:
    """One copy of a grey image `[H, W]`, of the same size; the generator decides everything.

    Beyond its border an image goes on as its reflection. Between pixels it is cubic: lines would smooth it, and few
    images to segment were moved. The copy is not cut at 0 and 1, and may leave them a little.
    label: linear between pixels, true above one half.
    known: false wherever the label has something of an unknown pixel.
    fov: false wherever the image has something of a pixel outside; None if there was none.
    """
    looked_at = places(rule, image.shape, generator)
    inside = np.ones_like(known) if fov is None else fov
    moved, outside = sampled([image, ~inside], looked_at, "bicubic")
    share, unknown = sampled([label, ~known], looked_at, "bilinear")
    within = None if fov is None else np.abs(outside) < NEGLIGIBLE
    return Copy(relit(moved, rule, generator), share > 0.5, unknown < NEGLIGIBLE, within)


def sampled(layers: list[NDArray[Any]], looked_at: Tensor, mode: str) -> NDArray[np.float32]:
    """Several `[H, W]` at the same places, `[layers, H, W]`."""
    x = torch.from_numpy(np.stack(layers).astype(np.float32))[None]
    found: NDArray[np.float32] = F.grid_sample(x, looked_at, mode, "reflection", align_corners=False)[0].numpy()
    return found


def places(rule: Augment, size: tuple[int, ...], generator: np.random.Generator) -> Tensor:
    """Where in the image each pixel of the copy looks, `[1, H, W, 2]`, as `grid_sample` wants it."""
    height, width = size
    to_image = matrix(
        math.radians(rule.rotation.draw(generator) or 0.0),
        rule.scale.draw(generator) or 1.0,
        rule.shear.draw(generator) or 0.0,
        [generator.random() < rule.mirrored for _ in range(2)],
    )
    down, right = (np.arange(side, dtype=np.float32) - (side - 1) / 2 for side in (height, width))
    amount = rule.elastic.draw(generator)
    found = []
    for row, side in zip(to_image, (height, width), strict=True):
        place = row[0] * down[:, None] + row[1] * right + (rule.shift.draw(generator) or 0.0) * side
        if amount is not None:
            place = place + amount * slow_field(size, generator)
        found.append(2 * place / side)  # -1 and 1 are the outer edges of the outer pixels
    return torch.from_numpy(np.stack(found[::-1], axis=-1).astype(np.float32))[None]


def matrix(angle: float, scale: float, shear: float, mirrored: list[bool]) -> NDArray[np.float64]:
    """From a place in the copy to that in the image, (rows, columns) from the middle of each: what turns the image
    anticlockwise by `angle`, in radians, and enlarges it, undone.
    """
    cosine, sine = math.cos(angle), math.sin(angle)
    turn_back = np.array([[cosine, sine], [-sine, cosine]])
    flip = np.diag([-1.0 if mirror else 1.0 for mirror in mirrored])
    found: NDArray[np.float64] = flip @ turn_back @ np.array([[1.0, 0.0], [shear, 1.0]]) / scale
    return found


def slow_field(size: tuple[int, ...], generator: np.random.Generator) -> NDArray[np.float32]:
    """White noise of deviation 1 on a few knots, with a smooth surface through them."""
    coarse = torch.from_numpy(generator.standard_normal((1, 1, KNOTS, KNOTS), dtype=np.float32))
    field: NDArray[np.float32] = F.interpolate(coarse, size=size, mode="bicubic", align_corners=True)[0, 0].numpy()
    return field


def relit(image: NDArray[np.float32], rule: Augment, generator: np.random.Generator) -> NDArray[np.float32]:
    """The image in other light, through another lens and with more noise; nothing in it moves."""
    x, deviation = image, float(image.std())
    if (exponent := rule.gamma.draw(generator)) is not None:
        x = to_the_power(x, exponent)
    if (exponent := rule.gamma_of_negative.draw(generator)) is not None:
        x = -to_the_power(-x, exponent)
    if (factor := rule.contrast.draw(generator)) is not None:
        x = stretched(x, factor)
    if (factor := rule.contrast_in_range.draw(generator)) is not None:
        x = stretched(x, factor).clip(x.min(), x.max())
    if (amount := rule.brightness.draw(generator)) is not None:
        x = x + amount * deviation
    if (amount := rule.shading.draw(generator)) is not None:
        x = x + amount * deviation * slow_field(x.shape, generator)
    if (share := rule.resolution.draw(generator)) is not None:
        x = coarsened(x, share)
    if (sigma := rule.blur.draw(generator)) is not None:
        x = gaussian_filter(x, sigma)
    if (sigma := rule.noise.draw(generator)) is not None:
        x = x + sigma * deviation * generator.standard_normal(x.shape, dtype=np.float32)
    return x.astype(np.float32)


def to_the_power(x: NDArray[np.float32], exponent: float) -> NDArray[np.float32]:
    """From its least value 0 to its greatest 1, with the mean and the deviation that it had."""
    low, span = x.min(), np.ptp(x)
    if span == 0:
        return x
    bent = ((x - low) / span) ** exponent
    found: NDArray[np.float32] = (bent - bent.mean()) * (x.std() / bent.std()) + x.mean()
    return found


def stretched(x: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """So many times as far from the mean."""
    mean = float(x.mean())
    return mean + factor * (x - mean)


def coarsened(x: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """The nearest pixels for a share of the rows and of the columns, with straight lines between them."""
    size = tuple(max(round(share * side), 1) for side in x.shape)
    small = F.interpolate(torch.from_numpy(x)[None, None], size=size, mode="nearest-exact")
    back: NDArray[np.float32] = F.interpolate(small, size=x.shape, mode="bilinear")[0, 0].numpy()
    return back
