"""`untaught denoise IN -o OUT`."""

import json
import shlex
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from untaught.cli.foretelling import foretell, level_of, refuse_what_does_not_fit, seconds_of
from untaught.cli.outputs import note, refuse_input
from untaught.errors import ResourceError, UntaughtError, UsageError

if TYPE_CHECKING:
    from untaught.images import Picture
    from untaught.tiles import AnyJob

CHECKPOINT = ".checkpoint"
FAR = 4  # a told sigma that is so many times the estimate, or the estimate it, is remarked upon

Sigma = Annotated[
    float | None,
    typer.Option(help="The noise's standard deviation in the file's own units (25 for 8 bit); else estimated."),
]
Method = Annotated[str, typer.Option(help="auto, network (fitted alone) or classical (the first estimate alone).")]
Time = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Take no longer than this for an image: 90s, 5m, 1h or seconds. Reading it and measuring its noise count; "
        "a first estimate is made in any case.",
    ),
]
Steps = Annotated[int | None, typer.Option(min=1, help="At most so many steps, in place of the quality's own.")]
Tile = Annotated[int | None, typer.Option(help="Pixels a side of tiles, not for a network alone; else as needed.")]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Another seed, another network and another result.")]


def denoise(
    image: Annotated[Path, typer.Argument(metavar="IN", help="The noisy image: PNG, JPEG, TIFF or WebP.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="OUT", help="Where the result goes.")],
    sigma: Sigma = None,
    quality: Annotated[str, typer.Option(help="draft, normal, best, or paper: the settings of 2018.")] = "normal",
    method: Method = "auto",
    time_budget: Time = None,
    steps: Steps = None,
    seed: Seed = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps ...")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads; else as many as are idle.")] = None,
    tile: Tile = None,
    resume: Annotated[Path | None, typer.Option(help="Go on from the checkpoint of an interrupted run.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT if it exists.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would take, and do nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the record of the run on stdout.")] = False,
) -> None:
    """Remove noise from one image.

    Makes a first estimate and lets an untrained network improve on it with what the one image can teach. Beside OUT
    goes OUT.json, the record of how it was made. Ctrl-C keeps the best so far.
    """
    began = time.monotonic()
    from untaught import images, tasks
    from untaught.cli.running import run, undisturbed, use_threads

    check(sigma)
    places = Places(output, resume, overwrite or dry_run)
    picture = images.read(image)
    places.check(image, picture)
    use_threads(threads)

    job = tasks.denoising(
        picture.pixels,
        sigma="auto" if sigma is None else sigma,
        quality=quality,
        seed=seed,
        device=device,
        method=method,
        time_budget=None if time_budget is None else seconds_of(time_budget),
        steps=steps,
        tile=tile,
    )
    if dry_run:
        foretell(job, as_json=as_json)
        return
    job.provenance["input"] = {"path": str(image), "sha256": picture.sha256}
    job.provenance["command"] = shlex.join(["untaught", *sys.argv[1:]])
    take_up(job, resume)
    doubt(job.provenance["noise"])
    refuse_what_does_not_fit(job)
    job.before = time.monotonic() - began
    with undisturbed():
        interrupted = run(job)
        deliver(job, picture, places, interrupted=interrupted, as_json=as_json)


@dataclass(frozen=True)
class Places:
    """Where things are written."""

    output: Path
    resumed: Path | None
    overwrite: bool

    @property
    def record(self) -> Path:
        """The account of how the output was made."""
        return self.output.with_name(self.output.name + ".json")

    @property
    def checkpoint(self) -> Path:
        """The state of an interrupted fit: where it came from, if it did, else beside the output."""
        return self.resumed or self.output.with_name(self.output.name + CHECKPOINT)

    def check(self, image: Path, picture: "Picture") -> None:
        """Before a long fit: can the results be written where they are to go?"""
        from untaught import images

        for path in (self.output, self.record, self.checkpoint):
            refuse_input(path, image)
        kind, alpha = picture.pixels.dtype, picture.alpha is not None
        images.check_writable(self.output, overwrite=self.overwrite, dtype=kind, alpha=alpha)
        images.check_place(self.record, overwrite=self.overwrite)
        images.check_place(self.checkpoint, overwrite=True)
        if self.resumed is None and not self.overwrite and self.checkpoint.exists():
            raise UsageError(
                f"{self.checkpoint} is left from an interrupted run: --resume {self.checkpoint} goes on from it, "
                "--overwrite begins anew"
            )
        free, wanted = shutil.disk_usage(self.output.parent).free, picture.pixels.nbytes
        if free < wanted:
            raise ResourceError(f"{self.output.parent} has {free} bytes free; the result may need {wanted}")


def deliver(job: "AnyJob", picture: "Picture", places: Places, *, interrupted: bool, as_json: bool) -> None:
    """Write the result and its record; after Ctrl-C, or if they can't be written, the checkpoint before all else."""
    from untaught import checkpoint, images, report

    result = job.result()
    text = report.sidecar(result.provenance)
    if interrupted:
        checkpoint.write(places.checkpoint, job.state(), job.provenance)
    try:
        images.write(places.output, result.image, like=picture, overwrite=places.overwrite)
        images.write_atomically(places.record, text.encode(), overwrite=places.overwrite)
    except UntaughtError as error:
        raise type(error)(f"{error}; {rescue(job, places, done=interrupted)}") from error
    if as_json:
        typer.echo(json.dumps(json.loads(text)))
    if interrupted:
        note(f"{places.output}: interrupted after {result.steps_run} steps; this is the best so far. To go on:")
        note(f"  {resume_line(places.checkpoint)}")
        raise typer.Exit(130)
    if places.resumed is not None and job.out_of_time:
        checkpoint.write(places.resumed, job.state(), job.provenance)
    elif places.resumed is not None:
        places.resumed.unlink(missing_ok=True)
    noise, seconds = result.provenance["noise"], result.provenance["seconds"]["all"]
    done = f"{level_of(noise)}, {result.steps_run} steps, {seconds:.0f} s"
    note(f"{places.output}: {done}; stopped because {result.stopped_by}")
    if places.resumed is not None and job.out_of_time:
        note(f"{places.resumed} is kept: to go on from it, resume it with more time")


def take_up(job: "AnyJob", resumed: Path | None) -> None:
    """Go on where a checkpoint was taken, if there is one."""
    from untaught import checkpoint

    if resumed is not None:
        job.resume(checkpoint.read(resumed, job.provenance))
        job.provenance["resumed"] = str(resumed)


def check(sigma: float | None) -> None:
    """Raises: UsageError for what can't be a standard deviation."""
    if sigma is not None and not 0 < sigma < float("inf"):
        raise UsageError(f"--sigma is {sigma:g}; wanted a positive number in the file's own units")


def doubt(noise: dict[str, Any]) -> None:
    """A sigma in other units than the file's is a common slip."""
    told, estimate = noise["sigma"], noise["estimate"]
    if not noise["estimated"] and noise["suggested"] != "white":
        note(f"the image suggests {noise['suggested']}; with --sigma it is treated as white noise, the same everywhere")
    elif not noise["estimated"] and not estimate / FAR <= told <= estimate * FAR:
        note(f"--sigma {told:g} is far from the {estimate:.3g} that the image suggests; is it in the file's own units?")


def rescue(job: "AnyJob", places: Places, *, done: bool) -> str:
    """A result that can't be written must not be lost: save the state, here or in the temporary folder; say where."""
    from untaught import checkpoint

    for path in (places.checkpoint, Path(tempfile.gettempdir()) / places.checkpoint.name):
        try:
            if not done:
                checkpoint.write(path, job.state(), job.provenance)
        except UntaughtError:
            continue
        return f"the fit is saved; write its result with: {resume_line(path)}"
    return "nor could the fit be saved anywhere"


def resume_line(checkpoint_path: Path) -> str:
    """The same command again, from the checkpoint, with as many threads: sums come out in the same order."""
    import torch

    words = [word for word in sys.argv[1:] if word != "--overwrite"]
    for flag in ("--resume", "--threads"):
        words = [word for word in words if not word.startswith(f"{flag}=")]
        if flag in words:
            at = words.index(flag)
            del words[at : at + 2]
    threads = str(torch.get_num_threads())
    return shlex.join(["untaught", *words, "--overwrite", "--threads", threads, "--resume", str(checkpoint_path)])
