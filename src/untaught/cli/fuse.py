"""`untaught fuse F1 F2 ... --factor 2 -o OUT`."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from untaught.cli.delivery import Places, carry_out
from untaught.cli.foretelling import foretell, seconds_of
from untaught.cli.options import Device, DryRun, Json, Output, Overwrite, Resume, Seed, Steps, Threads, Time
from untaught.cli.upscale import enlarged, times_of
from untaught.errors import UsageError

if TYPE_CHECKING:
    from untaught.core import Result
    from untaught.images import Picture
    from untaught.tasks.frames import Fusing

Inputs = Annotated[list[Path], typer.Argument(metavar="F1 F2 ...", help="2 to 64 frames of one scene, of one size.")]
Factor = Annotated[str, typer.Option(metavar="2|3|4", help="How many times as high and wide as a frame OUT is.")]
KernelName = Annotated[
    str | None,
    typer.Option(
        "--kernel",
        help="What a frame's pixel is a mean of: box (its own area, as in a camera; if nothing is said), bicubic, "
        "lanczos2 or lanczos3.",
    ),
]
Series = Annotated[bool, typer.Option("--series", help="OUT is a folder: one image for each frame, where it lies.")]


@dataclass(frozen=True)
class Folder(Places):
    """Where a series is written: a folder with an image for each frame, named as the frame is."""

    names: tuple[str, ...] = ()

    def check(self, picture: "Picture", *inputs: Path) -> None:
        self.check_names(inputs)
        if self.output.exists() and not self.output.is_dir():
            raise UsageError(f"{self.output} is a file; wanted a folder for the series")
        self.check_beside(picture, *inputs)
        from untaught import images

        if not self.output.exists():
            return
        for name in self.names:
            path = self.output / name
            alpha, size = picture.alpha is not None, picture.pixels.shape[:2]
            images.check_writable(path, overwrite=self.overwrite, dtype=picture.pixels.dtype, alpha=alpha, size=size)

    def check_names(self, inputs: tuple[Path, ...]) -> None:
        """No two of one name, none of them an input."""
        for name in self.names:
            if self.names.count(name) > 1:
                raise UsageError(f"two frames are called {name}; wanted names of their own, for the series")
        if self.output.resolve() in [path.resolve().parent for path in inputs]:
            raise UsageError(f"{self.output} is the folder of the frames, which are never overwritten; choose another")

    def write(self, result: "Result", picture: "Picture") -> None:
        from untaught import images

        try:
            self.output.mkdir(exist_ok=True)
        except OSError as error:
            raise UsageError(f"{self.output} can't be made: {error.strerror}") from error
        for name, image in zip(self.names, result.image, strict=True):
            images.write(self.output / name, image, like=picture, overwrite=self.overwrite)


def fuse(
    frames: Inputs,
    output: Output,
    factor: Factor,
    series: Series = False,
    kernel: KernelName = None,
    quality: Annotated[str, typer.Option(help="draft, normal or best.")] = "normal",
    time_budget: Time = None,
    steps: Steps = None,
    seed: Seed = 0,
    device: Device = "auto",
    threads: Threads = None,
    resume: Resume = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Several shifted frames of one scene to one larger image, which lies as the first frame does.

    How the frames lie is found from them alone; those that do not fit the others count less, and are named. An
    untrained network then looks for the image that, seen from where each frame was, gives that frame. Beside OUT goes
    OUT.json, the record of how it was made. Ctrl-C keeps the best so far.
    """
    began = time.monotonic()
    times = times_of(factor, "2, 3 or 4")
    budget = None if time_budget is None else seconds_of(time_budget)
    from untaught import images, tasks
    from untaught.cli.running import use_threads
    from untaught.tasks.frames import check_factor
    from untaught.tasks.series import check_count

    check_factor(times)
    check_count(len(frames))
    names = tuple(path.name for path in frames) if series else ()
    places = places_of(output, resume, overwrite or dry_run, names)
    pictures = [images.read(path) for path in frames]
    places.check(enlarged(pictures[0], times), *frames)
    use_threads(threads)

    job = tasks.fusing(
        [picture.pixels for picture in pictures], times, series=series, kernel=kernel, quality=quality, seed=seed,
        device=device, time_budget=budget, steps=steps, names=[str(path) for path in frames]
    )  # fmt: skip
    note_inputs(job, pictures)
    about = said(job, frames)
    if dry_run:
        foretell(job, about=about, known={key: job.provenance[key] for key in ("fuse", "frames")}, as_json=as_json)
        return
    carry_out(job, pictures[0], places, began=began, about=about, as_json=as_json)


def places_of(output: Path, resume: Path | None, overwrite: bool, names: tuple[str, ...]) -> Places:
    """A folder for images of these names, or a file if there are none."""
    return Folder(output, resume, overwrite, names=names) if names else Places(output, resume, overwrite)


def note_inputs(job: "Fusing", pictures: "list[Picture]") -> None:
    """Which files the frames are, for the record; what they hold, for a checkpoint to agree on."""
    about: list[dict[str, Any]] = job.provenance["frames"]
    named = zip(pictures, about, strict=True)
    job.provenance["frames"] = [{"path": str(picture.path)} | one for picture, one in named]
    job.provenance["fuse"]["sha256"] = [picture.sha256 for picture in pictures]


def said(job: "Fusing", frames: list[Path]) -> str:
    """What was done, and which frames do not fit."""
    height, width = job.problem.shape[1:]
    done = f"{len(frames)} frames fused, {job.provenance['fuse']['factor']} times as large: "
    done += f"{height}x{width} (height x width)"
    for number, weight in job.misfits():
        done += f"; frame {frames[number]} does not fit: weight {weight:.2f}"
    return done
