"""How frames of one scene lie to each other: shifts and turns, found from the frames alone."""

import math

import torch
from torch import Tensor

from untaught.classical.sampling import gaussian, looked_at, reach, sampled, smoothed, undone

TURNS = range(-15, 16, 3)  # degrees tried at first
LEVELS = (3.0, 1.5, 1.0)  # sigma, in pixels of a frame, that both are smoothed by
ROUNDS = 12  # of Gauss and Newton's, a level
LEAST = 1e-3  # pixels: a smaller move ends a level
TUKEY = 4.7  # deviations, beyond which a pixel has no say
EDGE = 1  # pixels of a scene's border that are not trusted


def register(frames: Tensor) -> Tensor:
    """`[K, C, h, w]` on [0, 1] to motions `[K, 3]` in pixels of a frame (see `looked_at`); the first has none.

    A pixel of frame k shows what frame 0 has where that pixel looks. Turns up to 15 degrees and shifts up to half a
    frame are found first by phase correlation, of frame 0 with the frame turned every three degrees, then all are
    refined by `refined` on frames smoothed less and less.
    Source: Kuglin and Hines 1975 (phase correlation); Lucas and Kanade 1981.
    """
    grey = frames.mean(1, keepdim=True)
    motions = torch.stack([coarse(frame, grey[:1]) for frame in grey.split(1)])
    motions[0] = 0
    for sigma in LEVELS:
        soft = smoothed(grey, gaussian(sigma))
        motions = refined(soft, soft[:1], motions)
    return motions


def coarse(frame: Tensor, reference: Tensor) -> Tensor:
    """`[3]`: to a pixel and a few degrees. Both `[1, 1, h, w]`."""
    height, width = frame.shape[-2:]
    taper = torch.hann_window(height + 2)[1:-1, None] * torch.hann_window(width + 2)[None, 1:-1]
    seen = torch.fft.rfft2(tapered(reference, taper.to(frame)))
    best, found = -math.inf, torch.zeros(3).to(frame)
    for degrees in TURNS:
        turn = torch.tensor([[0.0, 0.0, math.radians(degrees) * reach(height, width)]]).to(frame)
        straight = sampled(frame, looked_at(undone(turn, height, width), height, width))[:, 0]
        cross = seen * torch.fft.rfft2(tapered(straight, taper.to(frame))).conj()
        peaks = torch.fft.irfft2(cross / (cross.abs() + 1e-3 * cross.abs().max()), s=(height, width))[0, 0]
        peak = int(peaks.argmax())
        if float(peaks.flatten()[peak]) > best:
            best = float(peaks.flatten()[peak])
            row, column = divmod(peak, width)
            found = turn[0] + torch.tensor([wrapped(row, height), wrapped(column, width), 0.0]).to(frame)
    return found


def tapered(x: Tensor, taper: Tensor) -> Tensor:
    """Without its mean, fading towards the borders, smoothed a little: noise has no peak, borders no say."""
    x = smoothed(x, gaussian(1.0))
    return (x - x.mean()) * taper


def wrapped(place: int, side: int) -> int:
    """A shift that went round the border, counted the shorter way."""
    return place - side if place > side // 2 else place


def refined(frames: Tensor, scene: Tensor, motions: Tensor, factor: int = 1, offset: float = 0.0) -> Tensor:
    """Motions `[K, 3]` in pixels of the scene under which it agrees best with the frames `[K, C, h, w]`.

    scene: `[1, C, H, W]`, seen by pixels of the frames' size, so that a frame is the scene where its pixels look;
    `factor` times as large, and `offset` pixels up and left. Gauss and Newton's steps on Tukey's weighted squares: what
    only one of the two shows has no say. The first frame is the reference and stays.
    """
    height, width = frames.shape[-2:]
    size = (factor * height, factor * width)
    maps = torch.cat([scene, *slopes(scene)], dim=1)
    for _ in range(ROUNDS):
        places = looked_at(motions, height, width, factor)
        there, down, right = sampled(maps, places + offset)[0].chunk(3, dim=1)
        off = frames - there
        weights = tukey(off, inside(places, size, EDGE)[:, None])
        # a turn moves where a pixel looks across the line to the centre
        shift, centre = motions[:, :2], (motions.new_tensor(size) - 1) / 2
        rows, columns = (places - (centre + shift)[:, None, None]).unbind(-1)
        turning = (right * rows[:, None] - down * columns[:, None]) / reach(height, width, factor)
        jacobian = torch.stack([down, right, turning], dim=-1).flatten(1, -2).double()
        off, weights = off.flatten(1).double(), weights.flatten(1).double()
        normal = jacobian.mT @ (weights[..., None] * jacobian)
        ridge = 1e-6 * normal.diagonal(dim1=-2, dim2=-1).mean(-1) + 1e-12
        normal = normal + ridge[:, None, None] * torch.eye(3).to(normal)
        moves = torch.linalg.solve(normal, jacobian.mT @ (weights * off)[..., None])[..., 0].clamp(
            -1.0 * factor, factor
        )
        moves[0] = 0
        motions = motions + moves.to(motions)
        if float(moves.abs().max()) < LEAST * factor:
            break
    return motions


def slopes(x: Tensor) -> tuple[Tensor, Tensor]:
    """How much is gained a pixel, down and across: central differences, `[1, C, H, W]` each."""
    down, across = torch.gradient(x, dim=(-2, -1))
    return down, across


def inside(places: Tensor, size: tuple[int, int], edge: float) -> Tensor:
    """`[K, h, w]` bool: which places are so far or farther within an image of this size."""
    rows, columns = places.unbind(-1)
    return (rows >= edge) & (rows <= size[0] - 1 - edge) & (columns >= edge) & (columns <= size[1] - 1 - edge)


def tukey(off: Tensor, known: Tensor) -> Tensor:
    """`[K, C, h, w]` in [0, 1]: the biweight of each difference, its frame's deviation taken from the median.

    Source: Beaton and Tukey 1974; 1.4826 times the median makes a Gaussian's deviation.
    """
    known = known.expand_as(off)
    spread = 1.4826 * torch.where(known, off.abs(), torch.nan).flatten(1).nanmedian(1).values.nan_to_num(1.0)
    apart = off / (TUKEY * spread[:, None, None, None] + 1e-6)
    return (1 - apart.square()).clamp(min=0).square() * known
