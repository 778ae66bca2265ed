"""`untaught segment IN --scribbles S -o OUT`."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from untaught.cli.delivery import Places, carry_out
from untaught.cli.foretelling import foretell, seconds_of
from untaught.cli.options import Device, DryRun, Json, Output, Overwrite, Resume, Seed, Steps, Threads, Time
from untaught.errors import InputError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from untaught.core import Result
    from untaught.images import Picture

ScribbleFile = Annotated[
    Path,
    typer.Option(
        "--scribbles",
        metavar="S",
        help="An image of IN's size with strokes on it: white on the object, black on the background; unknown is what "
        "is transparent or mid-grey (127 or 128 of 255).",
    ),
]
AsProbability = Annotated[
    bool, typer.Option("--probability", help="Write the probability, not the mask: PNG of 16 bits, or float TIFF.")
]


@dataclass(frozen=True)
class MaskPlaces(Places):
    """Where a mask goes, or a probability."""

    probability: bool = False

    def write(self, result: "Result", picture: "Picture") -> None:
        from untaught import images
        from untaught.tasks.scribbled import mask_of

        kind = kind_of(self.output, probability=self.probability)
        pixels = as_stored(mask_of(result) if kind == "uint8" else result.image, kind)
        images.write(self.output, pixels, like=picture, overwrite=self.overwrite)


def segment(
    image: Annotated[Path, typer.Argument(metavar="IN", help="The image: PNG, JPEG, TIFF, WebP or DICOM.")],
    scribbles: ScribbleFile,
    output: Output,
    probability: AsProbability = False,
    frame: Annotated[int | None, typer.Option(min=1, help="Which frame of a DICOM cine.")] = None,
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
    """Find an object, vessels above all, in one image from a few strokes drawn on it.

    OUT is 255 on the object and 0 elsewhere. What is known of tubes is fitted to the strokes, and an untrained network
    improves on it. Small lone pieces are dropped; to keep such, scribble on one. Beside OUT goes OUT.json, the record
    of how it was made. Ctrl-C keeps the best so far.
    """
    began = time.monotonic()
    budget = None if time_budget is None else seconds_of(time_budget)
    if output.suffix.lower() in (".jpg", ".jpeg"):
        raise UsageError(f"{output} is a JPEG, which gives masks stray values near edges; wanted a PNG or a TIFF")
    from untaught import tasks
    from untaught.cli.running import use_threads

    places = MaskPlaces(output, resume, overwrite or dry_run, probability=probability)
    picture = read_image(image, frame)
    like = blank(picture, output, probability=probability)
    places.check(like, image, scribbles)
    drawn, source = read_scribbles(scribbles)
    use_threads(threads)

    job = tasks.segmenting(
        picture.pixels, drawn, quality=quality, seed=seed, device=device, time_budget=budget, steps=steps
    )
    job.provenance |= {"strokes": source} | ({} if frame is None else {"frame": frame})
    known = job.provenance["scribbles"]
    about = f"{100 * known['share']:.3g} % of the pixels were scribbled"
    if dry_run:
        foretell(job, about=about, known={"scribbles": known}, as_json=as_json)
        return
    carry_out(job, like, places, began=began, about=about, as_json=as_json)


def read_image(path: Path, frame: int | None) -> "Picture":
    """The image in a file; of a DICOM file one frame, in the greys that a viewer shows first.

    Raises: InputError where a cine's frame is not said, or there is none such; UsageError for one of another file.
    """
    from untaught import images
    from untaught.cli.vessels import measure
    from untaught.vessels.frames import is_dicom

    if is_dicom(path):
        shown = measure.read_image(path, frame)
        return images.Picture(shown.pixels, None, images.Metadata(), shown.sha256, path, "DICOM")
    if frame is not None:
        raise UsageError(f"--frame {frame} says which frame of a DICOM cine, and {path} is none; wanted no --frame")
    return images.read(path)


def read_scribbles(path: Path) -> "tuple[NDArray[Any], dict[str, str]]":
    """`[H, W]` uint8: 255 on the object, 0 on the background, 128 where nothing is said; and which file says it.

    Raises: InputError, one sentence that names the file.
    """
    import numpy as np

    from untaught import images
    from untaught.vessels.labels import label_of

    picture = images.read(path)
    label = label_of(picture, str(path))
    if label is None:
        raise InputError(f"nothing is scribbled in {path}: every pixel is transparent or mid-grey, which means unknown")
    if label.known.all():
        raise InputError(
            f"{path} labels every pixel, so that nothing is left to find; wanted strokes, and mid-grey or nothing "
            "(transparent) where it is not known"
        )
    values: NDArray[Any] = np.where(label.known, label.vessel * np.uint8(255), np.uint8(128))
    return values, {"path": str(path), "sha256": picture.sha256}


def blank(picture: "Picture", output: Path, *, probability: bool) -> "Picture":
    """A picture like the one to be written: of IN's size and resolution, without its alpha and its colours."""
    import numpy as np

    from untaught.images import Metadata

    kind = kind_of(output, probability=probability)
    pixels: NDArray[Any] = np.zeros(picture.pixels.shape[:2], kind)
    return replace(picture, pixels=pixels, alpha=None, metadata=Metadata(dpi=picture.metadata.dpi))


def kind_of(output: Path, *, probability: bool) -> str:
    """The dtype of what is written."""
    if not probability:
        return "uint8"
    return "float32" if output.suffix.lower() in (".tif", ".tiff") else "uint16"


def as_stored(found: Any, kind: str) -> "NDArray[Any]":
    """The mask, 0 and 255, if kind is uint8; or the probability, 65535 for 1 in uint16, as it is in float32."""
    import numpy as np

    stored: NDArray[Any] = found
    if kind == "uint8":
        stored = found * np.uint8(255)
    elif kind == "uint16":
        stored = np.rint(found.astype(np.float64) * 65535).astype(np.uint16)
    return stored
