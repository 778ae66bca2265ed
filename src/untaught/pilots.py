"""First estimates of a noisy image, made without a network, and whether one will improve on them."""

from collections.abc import Iterator

import torch
from torch import Tensor

from untaught.classical import (
    Estimate,
    GuidedFilter,
    as_far_as_it_helps,
    at_two_scales,
    denoise_classically,
    estimate,
)
from untaught.noise import Noise
from untaught.presets.row import Pilot, Preset

FEWEST = 24  # pixels a side: in a smaller image there is nothing to learn that could be checked on the rest of it


def estimates(y: Tensor, sigma: float, noise: Noise, pilot: Pilot, *, seed: int, clipped: bool) -> Iterator[Estimate]:
    """The first estimates of `y` `[1, C, H, W]`, each better than the one before.

    Noise that is not surely white, or was not before it was stabilised, gets the first alone (with a grain, at two
    scales): the others rely on recorruption, which gives noise of one law everywhere. A guide is then trusted by one
    share.
    """
    generator = torch.Generator().manual_seed(seed)

    def first(x: Tensor, level: float) -> Tensor:
        own = torch.Generator().manual_seed(seed)
        return denoise_classically(x, level, generator=own, rounds=0).image

    def alone(x: Tensor, level: float) -> Tensor:
        return at_two_scales(first, x, level) if noise.grain else first(x, level)

    if noise.grain or (pilot.guide is not None and not noise.is_white):
        if pilot.guide is None:
            image = alone(y, sigma)
        else:
            image = as_far_as_it_helps(y, sigma, GuidedFilter(guide=pilot.guide), alone, generator)
        yield Estimate(image=image, round=0, views=(), mixed=(), clipped=clipped)
        return
    for one in estimate(y, sigma, generator=generator, clipped=clipped, recipe=pilot.recipe()):
        yield one
        if one.round == pilot.rounds or not noise.is_white:
            return


def hindrance(row: Preset, noise: Noise, shape: tuple[int, int, int]) -> str | None:
    """Why a network will not improve on the first estimate of an image `[C, H, W]`, if it will not."""
    if row.pilot is None:
        return None
    if not row.fitted:
        return "the first estimate was all that was asked for"
    if noise.grain:
        return "the noise has a grain, for which every quality has the first estimate alone"
    if noise.gain > 0:
        return "the noise grows with the light, for which every quality has the first estimate alone"
    if noise.unsure:
        return "the noise may grow with the light, for which every quality has the first estimate alone"
    if min(shape[1:]) < FEWEST:
        return f"the image is under {FEWEST} pixels wide or high, too small to fit a network to"
    return None
