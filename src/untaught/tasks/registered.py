"""What is made of frames before a network: how they lie, which of them fit, and a first image."""

from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.classical.fusion import denoised_between, fitted, frame_weights, shift_and_add
from untaught.classical.registration import inside, refined, register
from untaught.classical.sampling import gaussian, looked_at, sampled, smoothed
from untaught.noise import estimate_sigma
from untaught.operators import Frames
from untaught.operators.downsample import Kernel

TURNS = 3  # of image, weights and motions, one after the other
GRADIENTS = 15  # conjugate, for an image
EDGE = 1.0  # pixels of a frame's border that two frames are not compared on
STEP = 0.075  # on [0, 1]: from pixel to pixel, as an image's edges have them; smaller ones may be noise
STAY = 0.1  # of the weight that the frames have in a pixel, that what was denoised has
LEAST_NOISE = 1e-3  # on [0, 1]
LEAST_SHARE = 0.1  # of a frame's pixels that look at the scene, for the frame to count


@dataclass(frozen=True, eq=False)
class Registered:
    """`[K, C, h, w]` frames, put together."""

    frames: Tensor
    operator: Frames
    image: Tensor  # [1, C, factor h, factor w], the classical estimate
    weights: Tensor  # [K] in [0, 1]
    rms: Tensor  # [K]: how far each frame is from what the image gives


def registered(frames: Tensor, factor: int, kernel: Kernel, *, rounds: int) -> Registered:
    """How `[K, C, h, w]` on [0, 1] lie, which fit, and the image that they agree on, from the frames alone.

    Registered to the first, weighted by how far each is from it, put together by shift-and-add. Then, in turn:
    the image that gives the frames with least squares and little roughness; the weights, by what it leaves of
    each frame; the motions, against that image, in which the frames are not aliased. At last the image is denoised and
    brought nearer to the frames, in turn, `rounds` times.
    """
    motions = register(frames)
    weights = frame_weights(apart(frames, motions))
    image = shift_and_add(frames, motions, factor, weights)
    sigma = max(estimate_sigma(frames[:1]), LEAST_NOISE)
    for turn in range(TURNS + 1):
        operator = frozen(motions, frames, factor, kernel, weights)
        image = fitted(operator, operator.pack(frames), image, smooth=(sigma / STEP) ** 2, rounds=GRADIENTS)
        rms = left_over(operator, image, frames)
        if turn == TURNS:
            break
        weights = frame_weights(rms)
        scene = operator.averaged(image)
        motions = refined(frames, scene, factor * motions, factor, operator.offset) / factor
    stay = STAY * float(weights.sum()) / factor**2
    image = denoised_between(operator, operator.pack(frames), image, sigma=sigma, stay=stay, rounds=rounds)
    rms = left_over(operator, image, frames)
    return Registered(frames, Frames(factor * motions, size_of(frames), factor, kernel, weights), image, weights, rms)


def frozen(motions: Tensor, frames: Tensor, factor: int, kernel: Kernel, weights: Tensor) -> Frames:
    """The operator for motions in pixels of a frame, which are known."""
    operator = Frames(factor * motions, size_of(frames), factor, kernel, weights).to(frames.device)
    return operator.requires_grad_(False)


def size_of(frames: Tensor) -> tuple[int, int]:
    """(h, w)."""
    return frames.shape[-2], frames.shape[-1]


def apart(frames: Tensor, motions: Tensor) -> Tensor:
    """`[K]`: how far each frame is from the first where both look, root mean square; of the first, the median's.

    Smoothed a little, so that noise and aliasing do not hide what is another scene.
    """
    soft, size = smoothed(frames, gaussian(1.0)), size_of(frames)
    places = looked_at(motions, *size)
    rms = over(soft - sampled(soft[:1], places)[0], inside(places, size, EDGE))
    rms[0] = rms[1:].median()
    return rms


def left_over(operator: Frames, image: Tensor, frames: Tensor) -> Tensor:
    """`[K]`: how far the image's frames are from the frames, where they look at it."""
    known = operator.within(looked_at(operator.motions, *operator.size, operator.factor))
    return over(frames - operator.unweighted(image)[0], known)


def over(off: Tensor, known: Tensor) -> Tensor:
    """`[K]`: root mean square of `[K, C, h, w]` over `[K, h, w]`; infinite where that is hardly a place."""
    square = (off.square().mean(1) * known).sum((-2, -1)) / known.sum((-2, -1)).clamp(min=1)
    enough = known.float().mean((-2, -1)) >= LEAST_SHARE
    return torch.where(enough, square.sqrt(), torch.inf)
