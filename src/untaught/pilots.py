"""First estimates of a noisy image, made without a network, and whether one will improve on them."""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from untaught.classical import Estimate, at_two_scales, denoise_classically, estimate
from untaught.noise import Noise
from untaught.presets.row import Pilot, Preset

FEWEST = 24  # pixels a side: in a smaller image there is nothing to learn that could be checked on the rest of it


def estimates(y: Tensor, sigma: float, noise: Noise, pilot: Pilot, *, seed: int, clipped: bool) -> Iterator[Estimate]:
    """The first estimates of `y` `[1, C, H, W]`, each better than the one before.

    Noise that is not surely white, or was not before it was stabilised, gets the first alone (with a grain, at two
    scales): the others rely on recorruption, which gives noise of one law everywhere.
    """

    def first(x: Tensor, level: float) -> Estimate:
        return denoise_classically(x, level, generator=torch.Generator().manual_seed(seed), rounds=0)

    if noise.grain:
        made = first(y, sigma)
        whole = made.image  # at_two_scales asks for it first
        both = at_two_scales(lambda x, level: whole if x is y else first(x, level).image, y, sigma)
        yield replace(made, image=both)
        return
    generator = torch.Generator().manual_seed(seed)
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
