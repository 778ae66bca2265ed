"""Registered frames to one image, without a network."""

import torch
from torch import Tensor

from untaught.abilities import Linear
from untaught.classical.conjugate import conjugate_gradients
from untaught.classical.recipe import denoise_classically
from untaught.classical.registration import inside
from untaught.classical.sampling import looked_at, sampled, undone

GRADIENTS = 8  # conjugate, between two of them
TOLD = 1.5  # sigmas of the frames' noise
SPREAD = 3.0  # deviations above the median, at which a frame's residual begins to be too much to count at all
LEAST_SPREAD = 0.25  # of the median: residuals so near to each other are all one


def shift_and_add(frames: Tensor, motions: Tensor, factor: int, weights: Tensor | None = None) -> Tensor:
    """`[K, C, h, w]` to `[1, C, factor h, factor w]`: the weighted mean of the frames, enlarged and put upon the first.

    motions: `[K, 3]` in pixels of a frame. Each frame is enlarged by cubic interpolation, at the places that its motion
    undone says. Where only a frame of no weight looks, the first is taken.
    Source: Elad and Hel-Or 2001, "A fast super-resolution reconstruction algorithm for pure translational motion";
    Departs: interpolates where the source takes the nearest pixel.
    """
    count, _, height, width = frames.shape
    weights = frames.new_ones(count) if weights is None else weights
    total, share = torch.zeros(()), torch.zeros(())
    for number, back in enumerate(undone(motions, height, width).split(1)):
        places = finer(back, height, width, factor)
        there = inside(places, (height, width), -0.5)[:, None] * weights[number]
        there = there.clamp(min=1e-6) if number == 0 else there
        total = total + there * sampled(frames[number : number + 1], places)[:, 0]
        share = share + there
    return total / share


def finer(motion: Tensor, height: int, width: int, factor: int) -> Tensor:
    """`[1, factor h, factor w, 2]`: where pixels `factor` times as small look, all in pixels of a frame."""
    large = looked_at(motion * factor, factor * height, factor * width)
    return (large + 0.5) / factor - 0.5


def fitted(
    operator: Linear, y: Tensor, start: Tensor, *, rounds: int, smooth: float = 0.0, stay: float = 0.0
) -> Tensor:
    """The image that minimises `|A x - y|^2 + smooth |grad x|^2 + stay |x - start|^2`, summed, by conjugate gradients.

    `rounds` of them, from `start`. This is iterated back-projection with the best step each time.
    Source: Irani and Peleg 1991 (back-projection).
    """

    def normal(x: Tensor) -> Tensor:
        return operator.adjoint(operator(x)) + smooth * roughness(x) + stay * x

    residual = operator.adjoint(y) + stay * start - normal(start)
    return conjugate_gradients(normal, start, residual, rounds)


def denoised_between(operator: Linear, y: Tensor, x: Tensor, *, sigma: float, stay: float, rounds: int) -> Tensor:
    """x `[1, C, H, W]`, in turn denoised (NL-Bayes) and brought nearer to what y says; last denoised.

    sigma: of the noise in y. stay: how much the denoised image counts beside y, as in `fitted`; `rounds` of both. What
    is left of the noise after a fit is not white, and NL-Bayes is told a little more than the frames' own.
    Source: Venkatakrishnan, Bouman and Wohlberg 2013, "Plug-and-play priors". Departs: half-quadratic splitting with
    one strength throughout.
    """
    generator = torch.Generator().manual_seed(0)  # without rounds nothing is drawn
    for number in range(rounds):
        x = denoise_classically(x, TOLD * sigma, generator=generator, rounds=0).image
        if number < rounds - 1:
            x = fitted(operator, y, x, rounds=GRADIENTS, stay=stay)
    return x


def roughness(x: Tensor) -> Tensor:
    """Half the gradient of the sum of squared differences of neighbours, in the shape of x."""
    down, across = x.diff(dim=-2), x.diff(dim=-1)
    out = torch.zeros_like(x)
    out[..., :-1, :] -= down
    out[..., 1:, :] += down
    out[..., :-1] -= across
    out[..., 1:] += across
    return out


def frame_weights(rms: Tensor) -> Tensor:
    """`[K]` in [0, 1] from how far each frame is off (root mean square): Tukey's biweight of what is above the median.

    A frame as good as the median one, or better, has weight 1.
    """
    median = middle_of(rms)
    spread = (1.4826 * middle_of((rms - median).abs())).clamp(min=LEAST_SPREAD * float(median) + 1e-9)
    above = ((rms - median) / (2 * SPREAD * spread)).clamp(0, 1)
    return (1 - above.square()).square()


def middle_of(values: Tensor) -> Tensor:
    """The median of `[K]`: of an even number, the mean of the middle two, if both are finite, else the lower."""
    low, high = values.sort().values[[(len(values) - 1) // 2, len(values) // 2]]
    median: Tensor = (low + high) / 2 if bool(high.isfinite()) else low
    return median
