"""`untaught inpaint IN -o OUT --mask M`."""

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from untaught.cli.delivery import Places, carry_out
from untaught.cli.foretelling import foretell, seconds_of
from untaught.cli.options import Device, DryRun, Json, Output, Overwrite, Resume, Seed, Steps, Threads, Time
from untaught.cli.outputs import note
from untaught.errors import InputError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from untaught.images import Picture

MaskFile = Annotated[
    Path | None, typer.Option(metavar="M", help="A grey or RGB image of IN's size: missing where it is not 0.")
]
Missing = Annotated[
    str | None,
    typer.Option(
        metavar="WHAT",
        help="In place of a mask: alpha (pixels that are fully transparent; they come out opaque), nan (in float "
        "TIFF), or a number in the file's own units (pixels with this value in all channels).",
    ),
]


def inpaint(
    image: Annotated[Path, typer.Argument(metavar="IN", help="The image with holes: PNG, JPEG, TIFF or WebP.")],
    output: Output,
    mask: MaskFile = None,
    missing: Missing = None,
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
    """Fill in missing pixels of one image.

    An untrained network learns from the pixels that are there, which are kept exactly (but for what a JPEG loses).
    Beside OUT goes OUT.json, the record of how it was made. Ctrl-C keeps the best so far.
    """
    began = time.monotonic()
    missing = missing.lower() if missing else missing
    if (mask is None) == (missing is None):
        got = "both" if mask is not None else "neither"
        raise UsageError(f"wanted either --mask or --missing, to say which pixels are missing; got {got}")
    budget = None if time_budget is None else seconds_of(time_budget)
    from untaught import images, tasks
    from untaught.cli.running import use_threads

    places = Places(output, resume, overwrite or dry_run)
    picture = images.read(image, finite=False)
    places.check(picture, image, *([] if mask is None else [mask]))
    where, source = mask_of(picture, mask, missing)
    use_threads(threads)

    job = tasks.inpainting(
        picture.pixels, where, quality=quality, seed=seed, device=device, time_budget=budget, steps=steps
    )
    job.provenance["mask"] = source
    about = f"{100 * job.provenance['missing']['share']:.3g} % of the pixels were missing"
    if dry_run:
        foretell(job, about=about, known={"missing": job.provenance["missing"]}, as_json=as_json)
        return
    if output.suffix.lower() in (".jpg", ".jpeg"):
        note(f"{output} is a JPEG, which is lossy: pixels that were there are not kept exactly")
    like = opaque(picture, where) if missing == "alpha" else picture
    carry_out(job, like, places, began=began, about=about, as_json=as_json)


def mask_of(picture: "Picture", mask: Path | None, missing: str | None) -> "tuple[NDArray[Any], dict[str, str]]":
    """`[H, W]`, True where a pixel is missing, and how that is known, for the record.

    Raises: InputError for a mask that can't be read or an image that can't have such missing pixels; UsageError for a
    value that is none.
    """
    if mask is not None:
        return read_mask(mask)
    assert missing is not None
    found = marked(picture, missing)
    if not found.any():
        what = {"alpha": "is fully transparent", "nan": "is NaN"}.get(missing, f"has the value {missing}")
        raise InputError(f"no pixel of {picture.path} {what}: there is nothing to fill")
    return found, {"marked": missing}


def read_mask(path: Path) -> "tuple[NDArray[Any], dict[str, str]]":
    """The same from a file; its alpha is not looked at."""
    from untaught import images

    drawn = images.read(path)
    pixels = drawn.pixels
    where = pixels != 0 if pixels.ndim == 2 else (pixels != 0).any(axis=2)
    if drawn.format == "JPEG":
        note(f"{path} is a JPEG: lossy masks have stray values near edges, and all that is not 0 counts as missing")
    if not where.any():
        alpha = "" if drawn.alpha is None else " (its alpha is not looked at)"
        raise InputError(f"{path} is 0 everywhere{alpha}; wanted a mask that is not 0 where a pixel is missing")
    return where, {"path": str(path), "sha256": drawn.sha256}


def marked(picture: "Picture", missing: str) -> "NDArray[Any]":
    """`[H, W]`, True where the image itself says that a pixel is missing."""
    import numpy as np

    pixels = picture.pixels if picture.pixels.ndim == 3 else picture.pixels[..., None]
    if missing == "alpha":
        if picture.alpha is None:
            raise InputError(f"{picture.path} has no alpha, and so no transparent pixels")
        transparent: NDArray[Any] = picture.alpha == 0
        return transparent
    if missing == "nan":
        if pixels.dtype.kind != "f":
            raise InputError(f"{picture.path} holds {pixels.dtype} values, none of which can be NaN")
        without: NDArray[Any] = np.isnan(pixels).any(axis=2)
        return without
    try:
        value = float(missing)
    except ValueError:
        value = float("nan")
    if value != value:
        raise UsageError(f"--missing is {missing}; wanted alpha, nan or a number in the file's own units")
    told = pixels.dtype.type(value) if pixels.dtype.kind == "f" else value  # a float file holds the nearest it can
    having: NDArray[Any] = (pixels == told).all(axis=2)
    return having


def opaque(picture: "Picture", where: "NDArray[Any]") -> "Picture":
    """The picture with full alpha at these pixels; elsewhere as it was."""
    import numpy as np

    if picture.alpha is None:
        return picture
    full = np.iinfo(picture.alpha.dtype).max if picture.alpha.dtype.kind == "u" else 1.0
    return replace(picture, alpha=np.where(where, picture.alpha.dtype.type(full), picture.alpha))
