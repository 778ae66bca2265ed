"""`untaught upscale IN -o OUT --factor 4`."""

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from untaught.cli.delivery import Places, carry_out
from untaught.cli.foretelling import foretell, seconds_of
from untaught.cli.options import Device, DryRun, Json, Output, Overwrite, Resume, Seed, Steps, Threads, Time
from untaught.errors import UsageError

if TYPE_CHECKING:
    from untaught.images import Picture

Factor = Annotated[str, typer.Option(metavar="2|3|4|8", help="How many times as high and wide OUT is.")]
KernelName = Annotated[
    str | None,
    typer.Option(
        "--kernel",
        help="How IN is taken to have been made from what is looked for: box, bicubic (if nothing is said), lanczos2 "
        "(the paper's) or lanczos3.",
    ),
]


def upscale(
    image: Annotated[Path, typer.Argument(metavar="IN", help="The small image: PNG, JPEG, TIFF or WebP.")],
    output: Output,
    factor: Factor,
    kernel: KernelName = None,
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
    """Enlarge one image.

    Two untrained networks learn from it: one how it looks beside itself made smaller, one to draw an image that is IN
    when made as small. Beside OUT goes OUT.json, the record of how it was made. Ctrl-C keeps the best so far.
    """
    began = time.monotonic()
    times = times_of(factor)
    budget = None if time_budget is None else seconds_of(time_budget)
    from untaught import images, tasks
    from untaught.cli.running import use_threads
    from untaught.tasks.enlarge import check_factor

    check_factor(times)
    places = Places(output, resume, overwrite or dry_run)
    picture = images.read(image)
    places.check(enlarged(picture, times), image)
    use_threads(threads)

    job = tasks.upscaling(
        picture.pixels,
        times,
        kernel=kernel,
        quality=quality,
        seed=seed,
        device=device,
        time_budget=budget,
        steps=steps,
    )
    height, width = job.problem.shape[1:]
    about = f"enlarged {times} times to {height}x{width} (height x width)"
    if dry_run:
        foretell(job, about=about, known={"upscale": job.provenance["upscale"]}, as_json=as_json)
        return
    carry_out(job, picture, places, began=began, about=about, as_json=as_json)


def times_of(factor: str, wanted: str = "2, 3, 4 or 8") -> int:
    """The factor as a number.

    Raises: UsageError for what is no whole number.
    """
    try:
        return int(factor)
    except ValueError:
        raise UsageError(f"--factor is {factor}; wanted {wanted}") from None


def enlarged(picture: "Picture", times: int) -> "Picture":
    """What the output will be like, without its pixels' memory."""
    import numpy as np

    height, width, *channels = picture.pixels.shape
    size = (times * height, times * width, *channels)
    return replace(picture, pixels=np.broadcast_to(picture.pixels[:1, :1], size))
