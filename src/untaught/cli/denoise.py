"""`untaught denoise IN -o OUT`."""

import json
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from untaught.errors import ResourceError, UsageError

if TYPE_CHECKING:
    from untaught.images import Picture
    from untaught.tasks import Job

CHECKPOINT = ".checkpoint"


def denoise(
    image: Annotated[Path, typer.Argument(metavar="IN", help="The noisy image: PNG, JPEG, TIFF or WebP.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="OUT", help="Where the result goes.")],
    sigma: Annotated[
        float | None,
        typer.Option(help="The noise's standard deviation in the file's own units (25 for 8 bit); else estimated."),
    ] = None,
    quality: Annotated[str, typer.Option(help="normal, or paper: the settings of 2018.")] = "normal",
    steps: Annotated[
        int | None, typer.Option(min=1, help="At most so many steps, in place of the quality's own.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another network and another result.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps ...")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads; else as many as are idle.")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on from the checkpoint of an interrupted run.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT if it exists.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the record of the run on stdout.")] = False,
) -> None:
    """Remove noise from one image by fitting an untrained network to it.

    Beside OUT goes OUT.json, the record of how it was made. Ctrl-C keeps the best so far.
    """
    from untaught import checkpoint, images, tasks
    from untaught.cli.running import run, use_threads

    if sigma is not None and not 0 < sigma < float("inf"):
        raise UsageError(f"--sigma is {sigma:g}; wanted a positive number in the file's own units")
    record = output.with_name(output.name + ".json")
    picture = images.read(image)
    check_outputs(image, output, record, picture, overwrite=overwrite)
    use_threads(threads)

    job = tasks.denoising(
        picture.pixels,
        sigma="auto" if sigma is None else sigma,
        quality=quality,
        seed=seed,
        device=device,
        steps=steps,
    )
    job.provenance["input"] = {"path": str(image), "sha256": picture.sha256}
    job.provenance["command"] = shlex.join(["untaught", *sys.argv[1:]])
    places = Places(output, record, resume or output.with_name(output.name + CHECKPOINT), overwrite)
    if resume is not None:
        job.fitting.resume(checkpoint.read(resume, job.provenance))
        job.provenance["resumed"] = str(resume)
    interrupted = run(job.fitting)
    deliver(job, picture, places, interrupted=interrupted, as_json=as_json)


@dataclass(frozen=True)
class Places:
    """Where things are written."""

    output: Path
    record: Path
    checkpoint: Path
    overwrite: bool


def deliver(job: "Job", picture: "Picture", places: Places, *, interrupted: bool, as_json: bool) -> None:
    """Write the result and its record; after Ctrl-C the checkpoint too, and say how to go on."""
    from untaught import checkpoint, images, report

    result = job.result()
    images.write(places.output, result.image, like=picture, overwrite=places.overwrite)
    text = report.sidecar(result.provenance)
    images.write_atomically(places.record, text.encode(), overwrite=places.overwrite)
    if as_json:
        typer.echo(json.dumps(json.loads(text)))
    if not interrupted:
        places.checkpoint.unlink(missing_ok=True)
        note(f"{places.output}: stopped because {result.stopped_by}")
        return
    checkpoint.write(places.checkpoint, job.fitting.state(), job.provenance)
    note(f"{places.output}: interrupted after {result.steps_run} steps; this is the best so far. To go on:")
    note(resume_line(places.checkpoint))
    raise typer.Exit(130)


def resume_line(checkpoint_path: Path) -> str:
    """The same command again, from the checkpoint."""
    words = [word for word in sys.argv[1:] if word != "--overwrite"]
    if "--resume" in words:
        at = words.index("--resume")
        del words[at : at + 2]
    return "  " + shlex.join(["untaught", *words, "--overwrite", "--resume", str(checkpoint_path)])


def check_outputs(image: Path, output: Path, record: Path, picture: "Picture", *, overwrite: bool) -> None:
    """Before a long fit: can the results be written where they are to go?"""
    from untaught.images import check_writable

    if output.exists() and output.samefile(image):
        raise UsageError(
            f"{output} is the input itself, which is never overwritten; choose another name for the output"
        )
    check_writable(output, overwrite=overwrite, dtype=picture.pixels.dtype, alpha=picture.alpha is not None)
    if record.exists() and not overwrite:
        raise UsageError(f"{record} exists; --overwrite replaces it")
    free, wanted = shutil.disk_usage(output.parent).free, picture.pixels.nbytes
    if free < wanted:
        raise ResourceError(f"{output.parent} has {free} bytes free; the result may need {wanted}")


def note(text: str) -> None:
    """A line for people."""
    typer.echo(text, err=True)
