"""What every verb that fits does around its fit: places to write to, going on from a checkpoint, the last line."""

import json
import shlex
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from untaught.cli.foretelling import refuse_what_does_not_fit
from untaught.cli.outputs import note, refuse_input
from untaught.errors import ResourceError, UntaughtError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from untaught.core import Result
    from untaught.images import Picture
    from untaught.tiles import AnyJob

CHECKPOINT = ".checkpoint"


@dataclass(frozen=True)
class Places:
    """Where things are written."""

    output: Path
    resumed: Path | None
    overwrite: bool
    kernel: bool = False  # is a kernel found and written too?
    turn: int = 1  # the EXIF orientation of the image that is worked on; it is written upright

    @property
    def kernel_file(self) -> Path:
        """The blur that was found with the image: grey levels in proportion, the greatest 65535."""
        return self.output.with_name(self.output.name + ".kernel.png")

    @property
    def record(self) -> Path:
        """The account of how the output was made."""
        return self.output.with_name(self.output.name + ".json")

    @property
    def checkpoint(self) -> Path:
        """The state of an interrupted fit: where it came from, if it did, else beside the output."""
        return self.resumed or self.output.with_name(self.output.name + CHECKPOINT)

    def check(self, picture: "Picture", *inputs: Path) -> None:
        """Before a long fit: can the results be written where they are to go, without harm to an input?

        picture: what the output will be like, in dtype, size and alpha.
        """
        from untaught import images

        refuse_input(self.output, *inputs)
        kind, alpha, size = picture.pixels.dtype, picture.alpha is not None, picture.pixels.shape[:2]
        images.check_writable(self.output, overwrite=self.overwrite, dtype=kind, alpha=alpha, size=size)
        self.check_beside(picture, *inputs)

    def check_beside(self, picture: "Picture", *inputs: Path) -> None:
        """The same of what goes beside the output, and of the room for all."""
        from untaught import images

        others = [self.record, *([self.kernel_file] if self.kernel else [])]
        for path in (*others, self.checkpoint):
            refuse_input(path, *inputs)
        for path in others:
            images.check_place(path, overwrite=self.overwrite)
        images.check_place(self.checkpoint, overwrite=True)
        if self.resumed is None and not self.overwrite and self.checkpoint.exists():
            raise UsageError(
                f"{self.checkpoint} is left from an interrupted run: --resume {self.checkpoint} goes on from it, "
                "--overwrite begins anew"
            )
        free, wanted = shutil.disk_usage(self.output.parent).free, picture.pixels.nbytes
        if free < wanted:
            raise ResourceError(f"{self.output.parent} has {free} bytes free; the result may need {wanted}")

    def write(self, result: "Result", picture: "Picture") -> None:
        """The result's image, with the alpha and the metadata of `picture`."""
        from untaught import images

        upright = images.turned(result.image, self.turn)
        images.write(self.output, upright, like=picture, overwrite=self.overwrite)


def take_up(job: "AnyJob", picture: "Picture", resumed: Path | None) -> None:
    """Note what the job works on, and go on where a checkpoint was taken, if there is one."""
    from untaught import checkpoint

    job.provenance["input"] = {"path": str(picture.path), "sha256": picture.sha256}
    job.provenance["command"] = shlex.join(["untaught", *sys.argv[1:]])
    if resumed is not None:
        job.resume(checkpoint.read(resumed, job.provenance))
        job.provenance["resumed"] = str(resumed)


def carry_out(job: "AnyJob", picture: "Picture", places: Places, *, began: float, about: str, as_json: bool) -> None:
    """Run the job, from a checkpoint if `places` has one, and write what came of it.

    `about` is what the last line says of it, `began` when it all began.

    Raises, before anything is done: UsageError for another job's checkpoint, ResourceError where memory is not enough;
    typer.Exit after Ctrl-C.
    """
    from untaught.cli.running import run, undisturbed

    take_up(job, picture, places.resumed)
    refuse_what_does_not_fit(job)
    job.before = time.monotonic() - began
    with undisturbed():
        interrupted = run(job, first="first estimate" if job.row.pilot else "network")
        deliver(job, picture, places, interrupted=interrupted, about=about, as_json=as_json)


def deliver(job: "AnyJob", picture: "Picture", places: Places, *, interrupted: bool, about: str, as_json: bool) -> None:
    """Write the result and its record; after Ctrl-C, or if they can't be written, the checkpoint before all else.

    The result has the alpha and the metadata of `picture`.
    """
    from untaught import checkpoint, images, report

    result = job.result()
    text = report.sidecar(result.provenance)
    if interrupted:
        checkpoint.write(places.checkpoint, job.state(), job.provenance)
    try:
        places.write(result, picture)
        images.write_atomically(places.record, text.encode(), overwrite=places.overwrite)
        if places.kernel:
            images.write(places.kernel_file, drawn(result.provenance["kernel"]), overwrite=places.overwrite)
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
    done = f"{about}, {result.steps_run} steps, {result.provenance['seconds']['all']:.0f} s"
    note(f"{places.output}: {done}; stopped because {result.stopped_by}")
    if places.resumed is not None and job.out_of_time:
        note(f"{places.resumed} is kept: to go on from it, resume it with more time")


def drawn(kernel: list[list[float]]) -> "NDArray[Any]":
    """As an image of 16 bit, which may be given as a kernel again."""
    import numpy as np

    values = np.array(kernel)
    image: NDArray[Any] = np.rint(values / values.max() * 65535).astype(np.uint16)
    return image


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
    """The same command again, from the checkpoint."""
    words = [word for word in asked_again("--resume") if word != "--overwrite"]
    return shlex.join(["untaught", *words, "--overwrite", "--resume", str(checkpoint_path)])


def asked_again(*without: str) -> list[str]:
    """The words of this command, less those flags, with as many threads: sums come out in the same order."""
    import torch

    words = sys.argv[1:]
    for flag in ("--threads", *without):
        words = [word for word in words if not word.startswith(f"{flag}=")]
        if flag in words:
            at = words.index(flag)
            del words[at : at + 2]
    return [*words, "--threads", str(torch.get_num_threads())]


def same_again() -> str:
    """The same command again, for one that goes on by itself."""
    return shlex.join(["untaught", *asked_again()])
