"""`untaught guide IN --guide FLASH -o OUT`."""

import time
from pathlib import Path
from typing import Annotated

import typer

from untaught.cli.delivery import Places, carry_out
from untaught.cli.denoise import Sigma, Tile, Time, check, doubt
from untaught.cli.foretelling import foretell, level_of, seconds_of
from untaught.cli.options import Device, DryRun, Json, Output, Overwrite, Resume, Seed, Steps, Threads
from untaught.errors import UsageError

GuideFile = Annotated[
    Path,
    typer.Option(
        "--guide",
        metavar="FLASH",
        help="A clean image of the same view under other light (by flash), of the same height and width; its alpha is "
        "not looked at.",
    ),
]


def guide(
    image: Annotated[Path, typer.Argument(metavar="IN", help="The noisy image: PNG, JPEG, TIFF or WebP.")],
    guide: GuideFile,
    output: Output,
    sigma: Sigma = None,
    quality: Annotated[str, typer.Option(help="draft, normal, best, or paper: the settings of 2018.")] = "normal",
    time_budget: Time = None,
    steps: Steps = None,
    seed: Seed = 0,
    device: Device = "auto",
    threads: Threads = None,
    tile: Tile = None,
    resume: Resume = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Remove noise from one image with the help of a clean one of the same view, such as one taken by flash.

    Light and colours stay those of IN. Beside OUT goes OUT.json, the record of how it was made. Ctrl-C keeps the best
    so far.
    """
    began = time.monotonic()
    check(sigma)
    if image.resolve() == guide.resolve():
        raise UsageError(f"--guide is {guide}, the image itself; wanted another picture of the same scene")
    from untaught import images, tasks
    from untaught.cli.running import use_threads

    places = Places(output, resume, overwrite or dry_run)
    picture = images.read(image)
    places.check(picture, image, guide)
    seen = images.read(guide)
    use_threads(threads)

    job = tasks.guiding(
        picture.pixels,
        seen.pixels,
        sigma="auto" if sigma is None else sigma,
        quality=quality,
        seed=seed,
        device=device,
        time_budget=None if time_budget is None else seconds_of(time_budget),
        steps=steps,
        tile=tile,
    )
    job.provenance["guide"] |= {"path": str(guide), "sha256": seen.sha256}
    about = f"{level_of(job.provenance['noise'])}, with a guide"
    if dry_run:
        foretell(job, about=about, known={"noise": job.provenance["noise"]}, as_json=as_json)
        return
    doubt(job.provenance["noise"])
    carry_out(job, picture, places, began=began, about=about, as_json=as_json)
