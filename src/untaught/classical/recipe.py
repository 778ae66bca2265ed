"""The whole classical denoiser: estimates from block matching and NL-Bayes, mixed, and again from the mixture."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from untaught.classical.block_matching import BlockMatching
from untaught.classical.guided_filter import GuidedFilter
from untaught.classical.mixture import Mixture
from untaught.classical.nl_bayes import NLBayes
from untaught.classical.patches import Search
from untaught.classical.piecewise_linear import PiecewiseLinear
from untaught.classical.recorruption import View, recorrupt
from untaught.noise.clipping import clipped_deviation, unclip

Denoiser = Callable[[Tensor, Tensor, float], Tensor]  # noisy image, an earlier estimate, sigma -> a better one

BLOCK_MATCHING = BlockMatching()
PILOTS = (
    NLBayes(Search(size=4, step=3, radius=12, count=24)),
    NLBayes(Search(size=6, step=4, radius=20, count=24)),
)
LATER = (
    PiecewiseLinear(),
    NLBayes(Search(size=6, step=4, radius=28, count=24)),
    NLBayes(Search(size=4, step=3, radius=20, count=16)),
    NLBayes(Search(size=8, step=5, radius=24, count=32)),
    NLBayes(Search(size=5, step=3, radius=24, count=20)),
    NLBayes(Search(size=6, step=3, radius=24, count=32)),
)
MIXTURE = Mixture()
SHARE = Mixture(taps=1)
DOUBT, TRUST = 0.25, 0.75  # a share up to the first counts as none, from the second on as all


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Which estimates, in which order.

    Few patches a group, from a wide window, of another size each time: chosen on three crops of Kodak24 (see
    docs/decisions/0005-classical-estimates.md).
    """

    start: BlockMatching = BLOCK_MATCHING
    pilots: tuple[NLBayes, ...] = PILOTS  # each from the one before
    later: tuple[Denoiser, ...] = LATER  # each from the mixture of all before; one a round, from the second on
    mixture: Mixture = MIXTURE
    strength: float = 0.5  # of the recorruption, in sigmas
    pairs: int = 1  # of recorrupted images
    guided: tuple[GuidedFilter, ...] = ()  # by a picture of the same scene, where there is one

    def __post_init__(self) -> None:
        if not (self.pilots and self.strength > 0 and self.pairs >= 1):
            raise ValueError(f"{self}: wanted a pilot and a pair at least, and a strength above 0")

    def most_rounds(self) -> int:
        """How often the estimates can be mixed."""
        return len(self.later) + 1


RECIPE = Recipe()


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An estimate and what it was made of."""

    image: Tensor = field(repr=False)  # [1, C, H, W]
    round: int  # how often estimates were mixed
    views: tuple[View, ...] = field(repr=False)  # the measured image first, then the recorrupted ones
    mixed: tuple[Tensor, ...] = field(repr=False)  # each view's mixture
    clipped: bool  # was the noise cut off beyond 0 ... 1?

    def pilots(self) -> tuple[Tensor, ...]:
        """All the estimates of the measured image that were mixed, the base first, then the noisy image itself."""
        return self.views[0].estimates


def denoise_classically(
    y: Tensor,
    sigma: float,
    *,
    generator: torch.Generator,
    rounds: int = RECIPE.most_rounds(),
    clipped: bool = False,
    recipe: Recipe = RECIPE,
) -> Estimate:
    """The estimate after `rounds` mixtures, of `y` `[1, C, H, W]` with white Gaussian noise of `sigma` on its scale.

    0 rounds is NL-Bayes alone, without recorruption, and takes a seventh of the time of four. `clipped` says that
    values beyond 0 ... 1 were cut off after the noise came; that bias is undone. Noise is drawn from `generator`.
    """
    if not (sigma > 0 and 0 <= rounds <= recipe.most_rounds()):
        raise ValueError(f"sigma {sigma:g}, rounds {rounds}: wanted sigma > 0, 0 to {recipe.most_rounds()} rounds")
    with torch.no_grad():
        estimates = estimate(y, sigma, generator=generator, clipped=clipped, recipe=recipe)
        return next(one for one in estimates if one.round == rounds)


def estimate(
    y: Tensor, sigma: float, *, generator: torch.Generator, clipped: bool = False, recipe: Recipe = RECIPE
) -> Iterator[Estimate]:
    """The estimate after 0, 1, 2 ... rounds; stop when you like. What is fitted is fitted on recorrupted images.

    Arguments as of `denoise_classically`. Clipped noise is narrower towards black and white: it is recorrupted with as
    much as the first estimate says it has, or the mixture would take it for more than there is and smooth too much.
    """

    def offer(number: int) -> Estimate:
        image = unclip(mixed[0], sigma) if clipped else mixed[0]
        return Estimate(image=image, round=number, views=tuple(views), mixed=tuple(mixed), clipped=clipped)

    views = [begin(View(y=y, sigma=sigma, target=y), recipe)]
    mixed = [views[0].estimates[0]]
    first = offer(0)
    yield first
    deviation = clipped_deviation(first.image, sigma) if clipped else None
    for _ in range(recipe.pairs):
        views += [begin(view, recipe) for view in recorrupt(y, sigma, recipe.strength, generator, deviation)]
    for number in range(recipe.most_rounds()):
        weights = recipe.mixture.fit(views[1:])
        mixed = [recipe.mixture.apply(view.estimates, weights) for view in views]
        yield offer(number + 1)
        if number < len(recipe.later):
            again = recipe.later[number]
            views = [v.joined(again(v.y, x, v.sigma)) for v, x in zip(views, mixed, strict=True)]


def begin(view: View, recipe: Recipe) -> View:
    """The estimates made before any mixture: the last one first, as the base, then the noisy image.

    With a guide, the last is what it explains of the image, and the remainder denoised as if that were the image: a
    shadow that only one of the two has is in the remainder.
    """
    estimates = chain(view.y, view.sigma, recipe)
    if recipe.guided:
        estimates += [guided(view.y) for guided in recipe.guided]
        estimates.append(remainder(view.y, estimates[-1], lambda y: chain(y, view.sigma, recipe)[-1]))
    return view.joined(estimates[-1], view.y, *estimates[:-1])


def chain(y: Tensor, sigma: float, recipe: Recipe) -> list[Tensor]:
    """Estimates of `y` from itself alone, each from the one before."""
    estimates = [recipe.start.thresholded(y, sigma)]
    estimates.append(recipe.start.wiener(y, estimates[0], sigma))
    for pilot in recipe.pilots:
        estimates.append(pilot(y, estimates[-1], sigma))
    return estimates


def remainder(y: Tensor, explained: Tensor, denoise: Callable[[Tensor], Tensor]) -> Tensor:
    """`explained` and what `denoise` makes of the rest of `y`."""
    return explained + denoise(y - explained)


def as_far_as_it_helps(
    y: Tensor,
    sigma: float,
    guided: GuidedFilter,
    denoise: Callable[[Tensor, float], Tensor],
    generator: torch.Generator,
) -> Tensor:
    """`denoise(y, sigma)`, or its guided likeness, as recorrupted images say: by the share that is best in brightness.

    For noise that is not quite Gaussian or white: recorruption finds too small a share there, in colours most. `y` and
    what comes out: `[1, C, H, W]`.
    """

    def with_and_without(view: View) -> View:
        made = denoise(view.y, view.sigma)
        other = remainder(view.y, guided(view.y), lambda rest: denoise(rest, view.sigma))
        return view.joined(made, other)

    views = [with_and_without(view) for view in recorrupt(y, sigma, RECIPE.strength, generator)]
    share = (SHARE.fit(views)[:1] - DOUBT).div(TRUST - DOUBT).clamp(0, 1)
    return SHARE.apply(with_and_without(View(y=y, sigma=sigma, target=y)).estimates, share.expand(y.shape[1], 1))
