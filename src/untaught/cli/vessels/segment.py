"""`untaught vessels segment MODEL IN... -o OUT`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from untaught.cli.options import Json, Overwrite, Threads
from untaught.cli.outputs import SOME_FAILED, note, refuse_input
from untaught.cli.vessels.planes import remark_on_planes
from untaught.errors import InputError, InterruptedFitError, ResourceError, UsageError
from untaught.vessels.memory import refuse_what_does_not_fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from untaught.vessels.frames import Frames
    from untaught.vessels.model import Model

PAGES = ".tif", ".tiff"
KINDS = ".png", *PAGES


def segment(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="The folder that `vessels train` wrote.")],
    images: Annotated[list[Path], typer.Argument(metavar="IN...", help="Images, DICOM cines, or folders of them.")],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="OUT", help="A .png or .tif for one image, a .tif for a cine, a folder."
        ),
    ],
    probability: Annotated[bool, typer.Option("--probability", help="Write the probability, not the mask.")] = False,
    fov: Annotated[
        Path | None, typer.Option(metavar="MASK", help="The field of view; else a dark border is found.")
    ] = None,
    threads: Threads = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Find the vessels of images with a trained model.

    Masks are 0 and 255; probabilities are 16-bit, 65535 for 1. Of a DICOM cine every frame is segmented, a page of a
    TIFF each. Of several files those that are damaged or too large are named at the end. Beside OUT goes OUT.json.
    Research use, not for diagnosis.
    """
    from untaught import images as pictures
    from untaught.cli.running import use_threads
    from untaught.vessels.frames import files_in
    from untaught.vessels.labels import read_fov
    from untaught.vessels.saved import CAVEAT, load

    trained = load(model)
    files = [file for each in images for file in files_in(each, called="images")]
    inside = None if fov is None else read_fov(fov)
    inputs = [*files, *([] if fov is None else [fov])]
    jobs, beside = targets(files, output), beside_of(output)
    for path in (*(job.output for job in jobs), beside):
        refuse_input(path, *inputs)
        pictures.check_place(path, overwrite=overwrite)
    remark_on_planes(files)
    use_threads(threads)
    done, failed, interrupted = carried_out(jobs, Wanted(trained, inside, probability), overwrite=overwrite)
    record = {"caveat": CAVEAT, "model": str(model), "threshold": trained.threshold, "outputs": done, "failed": failed}
    record |= {"interrupted": interrupted}
    pictures.write_atomically(beside, (json.dumps(record, indent=2) + "\n").encode(), overwrite=overwrite)
    if as_json:
        typer.echo(json.dumps(record))
    for one in failed:
        note(f"untaught: {one['error']}")
    left = f", {len(failed)} of {len(jobs)} files not" if failed else ""
    if interrupted:
        left += f"; interrupted, {len(done) + len(failed)} of {len(jobs)} files were come to"
    note(f"{output}: {sum(one['frames'] for one in done)} segmented{left}. {CAVEAT}")
    if interrupted:
        raise typer.Exit(InterruptedFitError.exit_code)
    if failed:
        raise typer.Exit(SOME_FAILED)


@dataclass(frozen=True)
class Wanted:
    """What is asked of every file."""

    model: "Model"
    fov: "NDArray[Any] | None"
    probability: bool

    def of(self, frames: "Frames") -> "Iterator[NDArray[Any]]":
        """The frames of a file, segmented.

        Raises: InputError for a frame that is damaged, or not the fov's size; ResourceError for want of memory.
        """
        import numpy as np

        for frame in frames:
            if self.fov is not None and self.fov.shape != frame.pixels.shape:
                sizes = ["x".join(map(str, one.shape)) for one in (self.fov, frame.pixels)]
                raise InputError(f"the field of view is {sizes[0]} but {frame.name} is {sizes[1]} (height x width)")
            refuse_what_does_not_fit(frame.pixels.size, frame.name)
            likely = self.model.probability(frame.pixels, self.fov)
            if self.probability:
                yield np.rint(likely * 65535).astype(np.uint16)
            else:
                yield np.where(self.model.mask(likely), np.uint8(255), np.uint8(0))


@dataclass(frozen=True)
class Target:
    """Where the masks of one file go: a picture, or a TIFF with a page for each frame. It holds no pixels."""

    source: Path
    output: Path

    def carry_out(self, wanted: Wanted, *, overwrite: bool) -> dict[str, Any]:
        """Segment and write, of a cine one frame at a time; what was done, for the account beside it."""
        from untaught import images
        from untaught.vessels.frames import read_frames

        frames = read_frames(self.source)
        if frames.count == 1:
            images.write(self.output, next(wanted.of(frames)), overwrite=overwrite)
        else:
            images.write_pages(self.output, wanted.of(frames), overwrite=overwrite)
        said: dict[str, Any] = {"input": str(self.source), "sha256": frames.sha256}
        said |= {"output": str(self.output), "frames": frames.count}
        return said | {"spacing": frames.spacing, "plane": frames.plane}


def carried_out(
    jobs: list[Target], wanted: Wanted, *, overwrite: bool
) -> tuple[list[dict[str, Any]], list[dict[str, str]], bool]:
    """What was done, of which files it could not be: of those nothing is written; and whether Ctrl-C ended it.

    Raises: InputError or ResourceError if there is one file alone, InterruptedFitError if nothing was done.
    """
    done, failed = list[dict[str, Any]](), list[dict[str, str]]()
    for job in jobs:
        try:
            done.append(job.carry_out(wanted, overwrite=overwrite))
        except InterruptedFitError:
            if not done:
                raise
            return done, failed, True
        except (InputError, ResourceError) as error:
            if len(jobs) == 1:
                raise
            failed.append({"input": str(job.source), "error": str(error)})
    return done, failed, False


def beside_of(output: Path) -> Path:
    """Where the account goes."""
    a_file = output.suffix.lower() in KINDS
    return output.with_name(output.name + ".json") if a_file else output / "segmented.json"


def targets(files: list[Path], output: Path) -> list[Target]:
    """One output for one file; for several a folder. Raises: UsageError where they can't be meant."""
    from untaught.images import make_folder
    from untaught.images.formats import FORMATS
    from untaught.vessels.frames import stem

    kind = output.suffix.lower()
    if kind in KINDS:
        if len(files) > 1:
            raise UsageError(f"{len(files)} images cannot go to one file, {output}; wanted a folder")
        if kind not in PAGES and has_several(files[0]):
            raise UsageError(f"{files[0]} has several frames; wanted a .tif or a folder for them, not {output}")
        return [Target(files[0], output)]
    if kind in [suffix for each in FORMATS for suffix in each.suffixes] or (output.exists() and not output.is_dir()):
        raise UsageError(f"{output} can hold no mask; wanted a name that ends in .png or .tif, or a folder")
    names = [stem(file) for file in files]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"two of the images are called {twice}; their masks would have one name")
    make_folder(output)
    kinds = [".tif" if has_several(file) else ".png" for file in files]
    return [Target(file, output / f"{name}{kind}") for file, name, kind in zip(files, names, kinds, strict=True)]


def has_several(file: Path) -> bool:
    """Frames. A file that cannot be read has none; what is wrong is said when it is its turn."""
    from untaught.vessels.frames import count_frames

    try:
        return count_frames(file) > 1
    except InputError:
        return False
