"""`untaught vessels segment MODEL IN... -o OUT`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from untaught.cli.options import Json, Overwrite, Threads
from untaught.cli.outputs import note, refuse_input
from untaught.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from untaught.vessels.frames import Frames
    from untaught.vessels.model import Model

PAGES = ".tif", ".tiff"


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
    TIFF or a PNG each. Beside OUT goes OUT.json. Research use, not for diagnosis.
    """
    from untaught.cli.running import use_threads
    from untaught.vessels.frames import files_in, read_frames
    from untaught.vessels.labels import read_fov
    from untaught.vessels.saved import load

    trained = load(model)
    files = [file for each in images for file in files_in(each, called="images")]
    inside = None if fov is None else read_fov(fov)
    refuse_input(output, *files)
    use_threads(threads)
    done = []
    for target in targets(files, output, overwrite=overwrite):
        frames = read_frames(target.source)
        target.write(Found(trained, frames, inside, probability), overwrite=overwrite)
        done.append(target.record(frames, model))
    record = {"caveat": caveat(), "model": str(model), "threshold": trained.threshold, "outputs": done}
    beside = output / "segmented.json" if output.is_dir() else output.with_name(output.name + ".json")
    from untaught import images as pictures

    pictures.write_atomically(beside, (json.dumps(record, indent=2) + "\n").encode(), overwrite=overwrite)
    if as_json:
        typer.echo(json.dumps(record))
    note(f"{output}: {sum(one['frames'] for one in done)} segmented. {caveat()}")


@dataclass(frozen=True)
class Found:
    """The frames of a file, segmented as they are asked for."""

    model: "Model"
    frames: "Frames"
    fov: "NDArray[Any] | None"
    probability: bool

    def __iter__(self) -> "Iterator[NDArray[Any]]":
        import numpy as np

        from untaught.errors import InputError

        for frame in self.frames:
            if self.fov is not None and self.fov.shape != frame.pixels.shape:
                sizes = ["x".join(map(str, one.shape)) for one in (self.fov, frame.pixels)]
                raise InputError(f"the field of view is {sizes[0]} but {frame.name} is {sizes[1]} (height x width)")
            likely = self.model.probability(frame.pixels, self.fov)
            if self.probability:
                yield np.rint(likely * 65535).astype(np.uint16)
            else:
                yield np.where(self.model.mask(likely), np.uint8(255), np.uint8(0))


@dataclass(frozen=True)
class Target:
    """Where the masks of one file go: one file, or a folder with a PNG for each frame."""

    source: Path
    output: Path
    a_file_each: bool = False

    def write(self, found: Found, *, overwrite: bool) -> None:
        """Segment and write; of a cine one frame at a time."""
        from untaught import images

        if found.frames.count == 1 and not self.a_file_each:
            images.write(self.output, next(iter(found)), overwrite=overwrite)
        elif self.output.suffix.lower() in PAGES:
            images.write_pages(self.output, iter(found), overwrite=overwrite)
        else:
            self.output.mkdir(parents=True, exist_ok=True)
            digits = len(str(found.frames.count))
            for number, mask in enumerate(found, start=1):
                name = f"{self.source.stem}_{number:0{digits}}.png"
                images.write(self.output / name, mask, overwrite=overwrite)

    def record(self, frames: "Frames", model: Path) -> dict[str, Any]:
        """What was done, for the account beside it."""
        del model
        said: dict[str, Any] = {"input": str(self.source), "sha256": frames.sha256, "output": str(self.output)}
        return said | {"frames": frames.count, "spacing": frames.spacing, "plane": frames.plane}


def targets(files: list[Path], output: Path, *, overwrite: bool) -> list[Target]:
    """One output for one file; for several a folder.

    Raises: UsageError where they can't be written, before anything is segmented.
    """
    from untaught import images
    from untaught.vessels.frames import read_frames, stem

    a_file = output.suffix.lower() in (".png", *PAGES)
    if len(files) == 1 and a_file:
        cine = read_frames(files[0]).count > 1
        if cine and output.suffix.lower() not in PAGES:
            raise UsageError(f"{files[0]} has several frames; wanted a .tif or a folder for them, not {output}")
        images.check_place(output, overwrite=overwrite)
        return [Target(files[0], output)]
    if a_file:
        raise UsageError(f"{len(files)} images cannot go to one file, {output}; wanted a folder")
    if output.exists() and not output.is_dir():
        raise UsageError(f"{output} is a file; wanted a folder, or a name that ends in .png or .tif")
    names = [stem(file) for file in files]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"two of the images are called {twice}; their masks would have one name")
    output.mkdir(parents=True, exist_ok=True)
    found = []
    for file, name in zip(files, names, strict=True):
        cine = read_frames(file).count > 1
        place = output / (f"{name}.tif" if cine else f"{name}.png")
        images.check_place(place, overwrite=overwrite)
        found.append(Target(file, place))
    return found


def caveat() -> str:
    """On every report."""
    from untaught.vessels.saved import CAVEAT

    return CAVEAT
