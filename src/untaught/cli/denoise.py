"""`untaught denoise IN -o OUT`."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from untaught.cli.delivery import Places, carry_out
from untaught.cli.foretelling import foretell, level_of, seconds_of
from untaught.cli.options import Device, DryRun, Json, Output, Overwrite, Resume, Seed, Steps, Threads
from untaught.cli.outputs import note
from untaught.errors import UsageError

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
Tile = Annotated[int | None, typer.Option(help="Pixels a side of tiles, not for a network alone; else as needed.")]


def denoise(
    image: Annotated[Path, typer.Argument(metavar="IN", help="The noisy image: PNG, JPEG, TIFF or WebP.")],
    output: Output,
    sigma: Sigma = None,
    quality: Annotated[str, typer.Option(help="draft, normal, best, or paper: the settings of 2018.")] = "normal",
    method: Method = "auto",
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
    """Remove noise from one image.

    Makes a first estimate and lets an untrained network improve on it with what the one image can teach. Beside OUT
    goes OUT.json, the record of how it was made. Ctrl-C keeps the best so far.
    """
    began = time.monotonic()
    from untaught import images, tasks
    from untaught.cli.running import use_threads

    check(sigma)
    places = Places(output, resume, overwrite or dry_run)
    picture = images.read(image)
    places.check(picture, image)
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
    about = level_of(job.provenance["noise"])
    if dry_run:
        foretell(job, about=about, known={"noise": job.provenance["noise"]}, as_json=as_json)
        return
    doubt(job.provenance["noise"])
    carry_out(job, picture, places, began=began, about=about, as_json=as_json)


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
