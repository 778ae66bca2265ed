"""`untaught dejpeg IN -o OUT`."""

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from untaught.cli.delivery import Places, carry_out
from untaught.cli.foretelling import foretell, seconds_of
from untaught.cli.options import Device, DryRun, Json, Output, Overwrite, Resume, Seed, Steps, Threads, Time
from untaught.cli.outputs import note
from untaught.errors import InputError, UsageError

if TYPE_CHECKING:
    from untaught.images import Compression, Picture

JpegQuality = Annotated[
    int | None,
    typer.Option(
        metavar="1..100",
        help="For an image that was a JPEG of this quality once and is in another format now (or in a JPEG of a "
        "better quality); a JPEG itself says how it was compressed.",
    ),
]
Subsampling = Annotated[str, typer.Option(help="With --jpeg-quality: of the colours, 4:2:0 or 4:4:4.")]


def dejpeg(
    image: Annotated[Path, typer.Argument(metavar="IN", help="The JPEG; uncropped, at its own size.")],
    output: Output,
    jpeg_quality: JpegQuality = None,
    subsampling: Subsampling = "4:2:0",
    quality: Annotated[str, typer.Option(help="draft, normal, best, or paper: the settings of 2018.")] = "normal",
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
    """Remove what JPEG left in one image: blocks, ringing, colours that bleed.

    An untrained network learns it from the image, made smaller and compressed again as IN was. Beside OUT goes
    OUT.json, the record of how it was made. Ctrl-C keeps the best so far.
    """
    began = time.monotonic()
    budget = None if time_budget is None else seconds_of(time_budget)
    from untaught import images, tasks
    from untaught.cli.running import use_threads

    places = Places(output, resume, overwrite or dry_run)
    picture = images.read(image)
    places.check(picture, image)
    found = compression_of(picture, jpeg_quality, subsampling)
    places = replace(places, turn=found.turn)
    use_threads(threads)

    job = tasks.dejpegging(
        images.as_stored(picture.pixels, found.turn),
        jpeg_quality=jpeg_quality,
        tables=found.tables or None,
        subsampling=found.subsampling,
        quality=quality,
        seed=seed,
        device=device,
        time_budget=budget,
        steps=steps,
    )
    told = job.provenance["jpeg"]
    about = f"a JPEG with steps of {told['tables'][0][0][0]} to {max(map(max, told['tables'][0]))} in luma"
    if dry_run:
        foretell(job, about=about, known={"jpeg": told}, as_json=as_json)
        return
    if output.suffix.lower() in (".jpg", ".jpeg"):
        note(f"{output} is a JPEG again, of quality 95; a PNG keeps what was made")
    carry_out(job, picture, places, began=began, about=about, as_json=as_json)


def compression_of(picture: "Picture", jpeg_quality: int | None, subsampling: str) -> "Compression":
    """How the picture was compressed: as told (no tables then), or as its file says.

    Raises: InputError for a picture with alpha, which no JPEG has, or a file that does not say it.
    """
    from untaught import images

    if picture.alpha is not None:
        raise InputError(f"{picture.path} has alpha, which no JPEG has; wanted an image that was one")
    if jpeg_quality is None and picture.format != "JPEG":
        raise UsageError(
            f"{picture.path} is a {picture.format}, which does not say how it was compressed before; wanted a JPEG, "
            "or --jpeg-quality"
        )
    if jpeg_quality is None:
        return images.compression(picture.path)
    turn = images.compression(picture.path).turn if picture.format == "JPEG" else 1
    return images.Compression((), subsampling, turn)
