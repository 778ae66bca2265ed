"""Three ways through two spaces: pixels alone, pixels with total variation, and the weights of a network.

All begin at the same image, the network's first, and all go down by gradient descent, the network's with momentum, or
it would take all day. A path is looked at in the plane of its two principal directions. The picture scores and is drawn
beside the paths; it decides nothing.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from untaught.core import Network, Problem, Step
from untaught.fit import Fit, under
from untaught.likelihoods import Gaussian
from untaught.networks import Added, Pixels
from untaught.operators import Downsample
from untaught.optimisers import GradientDescent
from untaught.priors import TotalVariation
from untaught.studies.courses import STILL, watch
from untaught.studies.fits import QuickSize, denoising, quick_hourglass
from untaught.studies.paths import Path, Plane, bent, rms
from untaught.studies.photographs import SEVERAL, Draw, Photograph, about, as_array, draws, photographs_of
from untaught.studies.pictures import Shown, gif, png, sheet
from untaught.studies.spaces_words import DEEP, DENOISE, NONE, TV, UPSCALE, WAYS, panels, paragraph
from untaught.studies.statistics import paired, spread
from untaught.studies.study import Asked, Numbers, Study

FACTOR = 4
PIXEL_RATE = 0.05  # of what is left of the squared misfit, a step
WEIGHT_RATE, MOMENTUM = 1.5, 0.9  # of the mean squared error's gradient
LAMBDA = {DENOISE: 0.07, UPSCALE: 0.0005}  # total variation against half of the squared misfit; found on `coffee`
KEPT = 60  # iterates of a path, spaced by the logarithm of their steps
FRAMES = 20
NORMS = "running_mean", "running_var", "num_batches_tracked"  # what batch norms count is no weight
SIZES = {
    "tiny": QuickSize(side=16, widths=(4, 4), draws=2, steps=12),
    "default": QuickSize(draws=3, steps=1500),
    "full": QuickSize(side=256, widths=(16, 32, 64, 128, 128), draws=6, steps=3000),
}


def asked_of(task: str, case: Draw) -> Problem:
    """The measurements, by the mean squared error."""
    if task == DENOISE:
        return denoising(case.noisy())
    small, photograph = Downsample(FACTOR), case.photograph
    return Problem(y=small(photograph.x), operator=small, likelihood=Gaussian(), shape=photograph.shape)


def numbers(asked: Asked) -> Numbers:
    """Both tasks, all draws; of the first draw the planes, films and ends too."""
    size = SIZES[asked.size]
    cases = draws(asked, SEVERAL, size.draws, size.side)

    def three(run: Numbers) -> Numbers:
        task, case = run["task"], cases[run["draw"]]
        picture, problem = case.photograph, asked_of(task, case)
        paths = walked(problem, case, task, size)
        for way, path in paths.items():
            asked.say(f"{task}, draw {run['draw'] + 1} of {size.draws}: {way}: at the end {path.psnr[-1]:.2f} dB")
        found = {"image": picture.name, "ways": {way: measured(path, problem, picture) for way, path in paths.items()}}
        if run["draw"] > 0:
            return found
        ends = [{"words": one.words, "pixels": one.pixels} for one in last_ones(task, paths, problem, picture)]
        shown = np.frombuffer(film(paths, picture), dtype=np.uint8)
        return found | {"planes": drawn_planes(paths, problem, picture), "film": shown, "ends": ends}

    found: Numbers = about(asked, size, photographs_of(cases))
    plan = [{"task": task, "draw": draw} for task in (DENOISE, UPSCALE) for draw in range(len(cases))]
    every = asked.each(found, plan, three)
    firsts = [run for run in every if run["draw"] == 0]
    for first in firsts:
        asked.keep(f"spaces-{first['task'].split()[0]}.gif", first["film"].tobytes())
    rows = [[Shown(one["words"], one["pixels"]) for one in first["ends"]] for first in firsts]
    asked.keep("spaces-ends.png", png(sheet(rows)))
    return found | {"tasks": {first["task"]: first["planes"] | of_task(first["task"], every) for first in firsts}}


def of_task(task: str, every: list[Numbers]) -> Numbers:
    """All three ways of all draws, and what comes of them."""
    runs = [
        {"image": run["image"], "draw": run["draw"], "way": way} | row
        for run in every
        if run["task"] == task
        for way, row in run["ways"].items()
    ]
    return summary(runs) | {"runs": runs}


def walked(problem: Problem, case: Draw, task: str, size: QuickSize) -> dict[str, Path]:
    """The three paths from the network's first image."""
    picture, seed = case.photograph, case.seed
    pixels, misfits = picture.x.numel(), problem.y.numel()
    down = GradientDescent(lr=WEIGHT_RATE, momentum=MOMENTUM)
    deep = walk(problem, picture, quick_hourglass(size.widths), Fit(optimiser=down, steps=size.steps, seed=seed))
    start = Added(network=Pixels(start="zeros"), start=deep.image(0, picture.shape))
    # x is start + w / 4: so the squared misfit's gradient moves x by PIXEL_RATE of it
    plain = Fit(optimiser=GradientDescent(lr=8 * pixels * PIXEL_RATE), steps=size.steps, seed=seed)
    flat = Fit(
        optimiser=plain.optimiser,
        steps=size.steps,
        seed=seed,
        prior=TotalVariation(),
        prior_weight=2 * LAMBDA[task] / misfits,
    )
    return {NONE: walk(problem, picture, start, plain), TV: walk(problem, picture, start, flat), DEEP: deep}


class Kept:
    """Looks at a fit, and keeps some of its iterates, and of the network's weights."""

    def __init__(self, count: int, weighed: bool) -> None:
        self.wanted = set(np.unique(np.geomspace(1, count, KEPT).round().astype(int) - 1).tolist())
        self.weighed = weighed
        self.steps, self.images, self.weights = list[int](), list[Tensor](), list[Tensor]()

    def __call__(self, step: Step) -> None:
        """One more, if it is wanted."""
        if step.index not in self.wanted:
            return
        self.steps.append(step.index)
        self.images.append(step.x.flatten())
        if self.weighed:
            state = under("network", step.snapshot())
            self.weights.append(torch.cat([v.flatten() for k, v in state.items() if k.split(".")[-1] not in NORMS]))


def walk(problem: Problem, picture: Photograph, network: Network, fit: Fit) -> Path:
    """Every iterate scored, some kept."""
    kept = Kept(fit.steps, weighed=not isinstance(network, Added))
    psnr = watch(problem, network, STILL, fit, picture, look=kept).psnr
    images, weights = torch.stack(kept.images), torch.stack(kept.weights) if kept.weights else None
    last = images[-1].view(1, *picture.shape)
    return Path(kept.steps, images, weights, psnr, float(problem.likelihood.nll(problem.operator(last), problem.y)))


def measured(path: Path, problem: Problem, picture: Photograph) -> dict[str, Any]:
    """Of one path. Distances are root mean squares, in units of the range from black to white."""
    x, start, end = picture.x.flatten(), path.images[0], path.images[-1]
    away = rms(path.images - x)
    best = int(np.nanargmax(path.psnr))
    moved = (end - start).view(1, *picture.shape)
    operator = problem.operator
    found = {"peak": path.psnr[best], "peak_at": best, "end": path.psnr[-1], "misfit": path.misfit}
    found |= {"bent": bent(path.images), "nearest": float(away.min()), "left_at_the_end": float(away[-1])}
    if isinstance(operator, Downsample):
        unseen = moved - operator.inverse(operator(moved))
        found |= {"unseen": float(rms(unseen.flatten())), "moved": float(rms(moved.flatten()))}
    if path.weights is not None:
        far = path.weights[-1] - path.weights[0]
        found |= {"bent_in_weights": bent(path.weights), "weights_moved": float(far.norm() / path.weights[0].norm())}
    return found


def drawn_planes(paths: dict[str, Path], problem: Problem, picture: Photograph) -> Numbers:
    """All three paths in the plane of their images, the network's in that of its weights; PSNR at steps kept."""
    plane = Plane.of(torch.cat([path.images for path in paths.values()]))
    points = {"the photograph": picture.x.flatten()[None]}
    if problem.y.shape == picture.x.shape:
        points["as measured"] = problem.y.flatten()[None]
    weights = paths[DEEP].weights
    assert weights is not None
    own = Plane.of(weights)
    return {
        "plane": {
            "share": plane.share,
            "paths": {way: plane.places(path.images) for way, path in paths.items()},
            "points": {name: plane.places(point)[0] for name, point in points.items()},
        },
        "weights": {"share": own.share, "count": weights.shape[1], "path": own.places(weights)},
        "course": {
            way: {"steps": path.steps, "psnr": [path.psnr[k] for k in path.steps]} for way, path in paths.items()
        },
    }


def film(paths: dict[str, Path], picture: Photograph) -> bytes:
    """The three of them, step by step."""
    count = len(next(iter(paths.values())).steps)
    pages = []
    for number in np.unique(np.linspace(0, count - 1, FRAMES).round().astype(int)).tolist():
        row = [caught(f"{way}, step {path.steps[number]}", path, number, picture) for way, path in paths.items()]
        pages.append(sheet([row]))
    return gif(pages, 0.25)


def caught(words: str, path: Path, number: int, picture: Photograph) -> Shown:
    """An iterate and its PSNR."""
    psnr = path.psnr[path.steps[number]]
    return Shown(f"{words}: {psnr:.1f} dB", as_array(path.image(number, picture.shape)))


def last_ones(task: str, paths: dict[str, Path], problem: Problem, picture: Photograph) -> Sequence[Shown]:
    """What is given, where all begin, where each ends, and the network at its best of those kept."""
    deep = paths[DEEP]
    y = torch.nn.functional.interpolate(problem.y, picture.shape[1:], mode="nearest")
    best = int(np.argmax([deep.psnr[k] for k in deep.steps]))
    row = [Shown(f"{task.split(maxsplit=1)[0]}: given", as_array(y)), caught("start", deep, 0, picture)]
    row += [caught(f"{way}, end", path, -1, picture) for way, path in paths.items()]
    return [*row, caught("network, best", deep, best, picture), Shown("the photograph", as_array(picture.x))]


def summary(runs: list[dict[str, Any]]) -> Numbers:
    """Means over draws; the network's path against the others'."""

    def of(way: str, what: str) -> list[float]:
        return [run[what] for run in runs if run["way"] == way]

    kinds = {
        way: [key for run in runs if run["way"] == way for key in run if isinstance(run[key], float)] for way in WAYS
    }
    table = {way: {what: spread(of(way, what)) for what in dict.fromkeys([*kinds[way], "peak_at"])} for way in WAYS}
    passes = {way: paired([-d for d in of(DEEP, "nearest")], [-d for d in of(way, "nearest")]) for way in (NONE, TV)}
    loses = {way: paired(of(way, "peak"), of(way, "end")) for way in WAYS}
    return {"table": table, "passes_nearer": passes, "loses": loses}


STUDY = Study(
    name="spaces",
    title="Spaces: pixels against weights",
    numbers=numbers,
    panels=panels,
    paragraph=paragraph,
)
