"""`untaught deblur IN -o OUT --kernel K | --gaussian S | --blind`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from untaught.cli.delivery import Places, carry_out
from untaught.cli.foretelling import foretell, seconds_of
from untaught.cli.options import Device, DryRun, Json, Output, Overwrite, Resume, Seed, Steps, Threads, Time
from untaught.errors import InputError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

KernelFile = Annotated[
    Path | None,
    typer.Option(
        metavar="K",
        help="A grey image of odd height and width: how a point of light was smeared. Of 8 or 16 bit it is divided by "
        "its sum; a float TIFF must sum to one.",
    ),
]
Gaussian = Annotated[
    float | None, typer.Option(metavar="S", help="The blur is a Gaussian of so many pixels' standard deviation.")
]
Blind = Annotated[
    bool, typer.Option("--blind", help="The blur is not known: find it too, and write it to OUT.kernel.png.")
]
KernelSize = Annotated[
    int | None, typer.Option(metavar="N", help="With --blind: height and width of the kernel, odd; else 31.")
]
Sigma = Annotated[
    float | None,
    typer.Option(help="The noise's standard deviation in the file's own units (2 for 8 bit); else estimated."),
]


def deblur(
    image: Annotated[Path, typer.Argument(metavar="IN", help="The blurred image: PNG, JPEG, TIFF or WebP.")],
    output: Output,
    kernel: KernelFile = None,
    gaussian: Gaussian = None,
    blind: Blind = False,
    kernel_size: KernelSize = None,
    sigma: Sigma = None,
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
    """Take a blur back: of one kernel, the same everywhere in the image.

    An untrained network finds the image that, blurred, is the one given. Beside OUT goes OUT.json, the record of how it
    was made. Ctrl-C keeps the best so far.
    """
    began = time.monotonic()
    check(kernel, gaussian, blind, kernel_size, sigma)
    from untaught import images, tasks
    from untaught.cli.running import use_threads

    places = Places(output, resume, overwrite or dry_run, kernel=blind)
    picture = images.read(image)
    places.check(picture, image, *([] if kernel is None else [kernel]))
    psf, source = (None, {}) if kernel is None else read_kernel(kernel)
    use_threads(threads)

    job = tasks.deblurring(
        picture.pixels,
        psf,
        gaussian=gaussian,
        blind=blind,
        kernel_size=kernel_size,
        sigma="auto" if sigma is None else sigma,
        quality=quality,
        seed=seed,
        device=device,
        time_budget=None if time_budget is None else seconds_of(time_budget),
        steps=steps,
    )
    job.provenance |= source
    about = about_blur(job.provenance["blur"])
    if dry_run:
        foretell(job, about=about, known={"blur": job.provenance["blur"]}, as_json=as_json)
        return
    carry_out(job, picture, places, began=began, about=about, as_json=as_json)


def check(
    kernel: Path | None, gaussian: float | None, blind: bool, kernel_size: int | None, sigma: float | None
) -> None:
    """Raises: UsageError for flags that can't be meant."""
    told = [("--kernel", kernel is not None), ("--gaussian", gaussian is not None), ("--blind", blind)]
    names = [name for name, there in told if there]
    if len(names) != 1:
        got = " and ".join(names) if names else "none of them"
        raise UsageError(f"wanted one of --kernel, --gaussian and --blind, to say what the blur is; got {got}")
    if gaussian is not None and not 0 < gaussian < float("inf"):
        raise UsageError(f"--gaussian is {gaussian:g}; wanted a standard deviation, a positive number of pixels")
    if kernel_size is not None and not blind:
        raise UsageError(f"--kernel-size {kernel_size} is for --blind alone; a kernel that is told has its own size")
    if kernel_size is not None and (kernel_size < 3 or kernel_size % 2 == 0):
        raise UsageError(f"--kernel-size is {kernel_size}; wanted an odd number of pixels, 3 or more")
    if sigma is not None and not 0 < sigma < float("inf"):
        raise UsageError(f"--sigma is {sigma:g}; wanted a positive number in the file's own units")


def read_kernel(path: Path) -> "tuple[NDArray[Any], dict[str, Any]]":
    """`[kh, kw]` as in the file, and which file that is, for the record; its alpha is not looked at.

    Raises: InputError for one in colour.
    """
    from untaught import images

    drawn = images.read(path)
    pixels = drawn.pixels
    if pixels.ndim == 3 and (pixels != pixels[..., :1]).any():
        raise InputError(f"{path} is in colour; wanted a grey image, one kernel for all channels")
    grey = pixels if pixels.ndim == 2 else pixels[..., 0]
    return grey, {"kernel_file": {"path": str(path), "sha256": drawn.sha256}}


def about_blur(blur: dict[str, Any]) -> str:
    """In a few words."""
    size = "x".join(map(str, blur["size"]))
    kinds = {"nothing": f"an unknown blur of up to {size} pixels", "kernel": f"a kernel of {size} pixels"}
    return kinds.get(blur["told"]) or f"a Gaussian blur of sigma {blur['sigma']:g}"
