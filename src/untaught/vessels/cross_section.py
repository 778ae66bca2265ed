"""A branch as a smooth line, and the width of the mask across it."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, map_coordinates

Floats = NDArray[np.float64]

STEP = 0.5  # pixels from one sample of a line to the next
ACROSS = 0.25  # pixels from one sample across it to the next
LEAST_SIGMA = 1.5  # pixels that a line is smoothed by; a staircase's treads are shorter
NEAR = 1.0  # pixel: so far from the line the width may yet begin, where the line has left a thin vessel
SOFT = 1.5  # pixels along the line that widths are averaged over: the grid makes them rough


def smooth_line(pixels: Floats, *, sigma: float, closed: bool) -> Floats:
    """Pixels `[N, 2]` in their order to points `[M, 2]` (row, column) half a pixel apart, the ends where they were.

    The coordinates are smoothed by a Gaussian; beyond an end the line goes on turned about that end, so that a
    straight line stays as it is.
    """
    if closed:
        ring = gaussian_filter1d(pixels[:-1], sigma, axis=0, mode="wrap")
        line = np.concatenate([ring, ring[:1]])
    else:
        beyond = int(np.ceil(4 * sigma))
        padded = np.pad(pixels, ((beyond, beyond), (0, 0)), mode="reflect", reflect_type="odd")
        line = gaussian_filter1d(padded, sigma, axis=0)[beyond:-beyond]
    way = lengths(line)
    places = np.linspace(0, way[-1], max(2, round(way[-1] / STEP) + 1))
    return np.stack([np.interp(places, way, line[:, axis]) for axis in (0, 1)], axis=1)


def lengths(line: Floats, spacing: tuple[float, float] = (1.0, 1.0)) -> Floats:
    """`[M]`: the way along the line from its start to each of its points."""
    steps = np.hypot(*(np.diff(line, axis=0) * spacing).T)
    return np.concatenate([[0.0], np.cumsum(steps)])


def widths(mask: NDArray[np.bool_], line: Floats, *, reach: float, spacing: tuple[float, float]) -> Floats:
    """`[M]`: the mask's width at right angles to the line, in units of `spacing`; NaN where a wall is not in the image.

    The mask, interpolated linearly between pixels, is integrated from the line outwards to both sides until it is 0,
    or rises again from under a half. Its mean along a line is the mask's area over its length: no bias of the grid,
    as the distance to the nearest background pixel has it.
    reach: pixels to either side at which the search ends.
    """
    run = np.gradient(line, axis=0) * spacing
    size = np.hypot(*run.T)[:, np.newaxis]
    normal = run[:, ::-1] * (-1.0, 1.0) / np.where(size > 0, size, 1.0) / spacing  # pixels a unit of length
    step = ACROSS * min(spacing)
    offsets = np.arange(0, int(np.ceil(reach / ACROSS)) + 1) * step
    values = mask.view(np.uint8)  # no copy: a mask is large, and has many lines
    found = np.zeros(len(line))
    for side in (-1.0, 1.0):
        places = line[:, np.newaxis] + side * offsets[:, np.newaxis] * normal[:, np.newaxis]
        profile = map_coordinates(values, places.transpose(2, 0, 1), output=np.float64, order=1, cval=np.nan)
        found += inner_area(profile) * step
    return found


def inner_area(profile: Floats) -> Floats:
    """The sum over each row of `[M, T]` up to where it ends (trapezia); NaN where it does not, or is not known."""
    falls = profile <= 0.0
    rises = np.zeros_like(falls)
    rises[:, 1:] = (profile[:, 1:] > profile[:, :-1]) & (profile[:, :-1] < 0.5)
    rises[:, : int(NEAR / ACROSS) + 1] = False
    falls[:, : int(NEAR / ACROSS)] = False
    over = falls | rises
    last = np.where(over.any(axis=1), over.argmax(axis=1), profile.shape[1])
    places = np.arange(profile.shape[1])
    weights = np.where(places == 0, 0.5, 1.0) * (places < last[:, np.newaxis])
    known = np.where(weights > 0, profile, 0.0)
    return np.where(over.any(axis=1), (known * weights).sum(axis=1), np.nan)


def averaged(values: Floats) -> Floats:
    """Widths averaged along the line by a Gaussian of 1.5 pixels over those that are known; NaN stays NaN."""
    known = np.isfinite(values)
    sums = gaussian_filter1d(np.where(known, values, 0.0), SOFT / STEP, mode="constant")
    shares = gaussian_filter1d(known.astype(np.float64), SOFT / STEP, mode="constant")
    return np.where(known, sums / np.maximum(shares, 1e-12), np.nan)
