"""`untaught vessels enhance IN -o OUT`: a classical filter, no learning."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from untaught.cli.options import Json, Overwrite, Threads
from untaught.cli.outputs import note, refuse_input
from untaught.cli.vessels.planes import remark_on_planes
from untaught.errors import InputError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from untaught.vessels.frames import Angiogram

TIFF = ".tif", ".tiff"
PERCENTILE = 99.9
LARGEST = 65535


def enhance(
    image: Annotated[Path, typer.Argument(metavar="IN", help="One image: PNG, JPEG, TIFF, WebP or DICOM.")],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="OUT", help="A .png (16 bits), or a .tif (floats, not scaled)."),
    ],
    which: Annotated[str, typer.Option("--filter", help="top-hat, bar, frangi, sato, ridge or dual-tree.")] = "top-hat",
    sigma: Annotated[
        str | None,
        typer.Option(metavar="PIXELS", help="Half the widths of the vessels sought; else 1.5,2.2,3.2,4.6."),
    ] = None,
    bright: Annotated[bool, typer.Option("--bright", help="Vessels are brighter than what is around them.")] = False,
    fov: Annotated[
        Path | None, typer.Option(metavar="MASK", help="The field of view; else a dark border is found.")
    ] = None,
    threads: Threads = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Make the vessels of an image stand out with a classical filter. Nothing is learnt, no label is needed.

    OUT is the largest response over the scales, black outside the field of view. In a PNG white is 1 for frangi, and
    for the others the response that one pixel in a thousand exceeds. Beside OUT goes OUT.json. Research use, not for
    diagnosis.
    """
    began = time.monotonic()
    sigmas = None if sigma is None else sigmas_of(sigma)
    floats = is_tiff(output)
    refuse_input(output, image, *([] if fov is None else [fov]))
    from untaught import images
    from untaught.cli.running import use_threads
    from untaught.vessels import enhancing

    record_place = output.with_name(output.name + ".json")
    for place in (output, record_place):
        images.check_place(place, overwrite=overwrite)
    frame = only_frame(image)
    remark_on_planes([image])
    inside = seen(frame, fov, bright=bright)
    use_threads(threads)
    sigmas = sigmas or enhancing.SIGMAS
    response = enhancing.enhance(frame.pixels, filter=which, sigmas=sigmas, bright=bright, fov=inside)
    white = None if floats else 1.0 if which == "frangi" else white_of(response[inside])
    images.write(output, response if white is None else scaled(response, white), overwrite=overwrite)

    about: dict[str, Any] = {"input": {"path": str(image), "sha256": frame.sha256}, "output": str(output)}
    about |= {"filter": which, "sigmas": list(sigmas), "bright": bright, "white": white}
    about |= {"field_of_view": {"from": None if fov is None else str(fov), "share": float(inside.mean())}}
    record = described(about, seconds=time.monotonic() - began)
    images.write_atomically(record_place, (json.dumps(record, indent=2) + "\n").encode(), overwrite=overwrite)
    if as_json:
        typer.echo(json.dumps(record))
    note(f"{output}: {told(about)}. {record['caveat']}")


def sigmas_of(words: str) -> tuple[float, ...]:
    """Numbers with commas between. Raises: UsageError for what is none."""
    try:
        return tuple(float(word) for word in words.split(","))
    except ValueError as error:
        raise UsageError(f"--sigma is {words}; wanted pixels, as 2 or 1,2,3") from error


def is_tiff(output: Path) -> bool:
    """Floats, not a PNG? Raises: UsageError for a name that says neither."""
    kind = output.suffix.lower()
    if kind not in (".png", *TIFF):
        raise UsageError(f"{output} says not what to write; wanted a name that ends in .png or .tif")
    return kind in TIFF


def only_frame(path: Path) -> "Angiogram":
    """The image in a file. Raises: InputError where there are several."""
    from untaught.vessels.frames import read_frames

    frames = read_frames(path)
    if frames.count != 1:
        raise InputError(f"{path} has {frames.count} frames; wanted one image")
    return frames.frame(1)


def seen(frame: "Angiogram", fov: Path | None, *, bright: bool) -> "NDArray[Any]":
    """The field of view: the one in a file, or what is found in the image."""
    from untaught.vessels.field_of_view import field_of_view
    from untaught.vessels.labels import read_fov

    return field_of_view(1 - frame.pixels if bright else frame.pixels) if fov is None else read_fov(fov)


def white_of(response: "NDArray[Any]") -> float:
    """What is shown as white: all but one in a thousand are below. 1 where nothing answers."""
    import numpy as np

    return float(np.percentile(response, PERCENTILE)) or 1.0


def scaled(response: "NDArray[Any]", white: float) -> "NDArray[Any]":
    """As 16 bits: 0 is 0, `white` and all above 65535."""
    import numpy as np

    pixels: NDArray[Any] = np.rint((response / white).clip(0, 1) * LARGEST).astype(np.uint16)
    return pixels


def described(about: dict[str, Any], *, seconds: float) -> dict[str, Any]:
    """The record."""
    from untaught.version import __version__
    from untaught.vessels.saved import CAVEAT

    return {"caveat": CAVEAT, "untaught": __version__} | about | {"seconds": round(seconds, 3)}


def told(about: dict[str, Any]) -> str:
    """The last line."""
    share = about["field_of_view"]["share"]
    seen = "" if share == 1 else f", {share:.0%} of the image in view"
    return f"{about['filter']} at {', '.join(f'{one:g}' for one in about['sigmas'])} pixels{seen}"
