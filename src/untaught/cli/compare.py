"""`untaught compare A B`: how near is one image to another?"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from untaught.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALLEST_FOR_SSIM = 11  # pixels: the side of its window


def compare(
    image: Annotated[Path, typer.Argument(metavar="A", help="An image.")],
    reference: Annotated[Path, typer.Argument(metavar="B", help="What it is held against, the truth if there is one.")],
    page: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="PAGE", help="Where the page goes; else A_vs_B.html here.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace PAGE if it exists.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as one JSON object.")] = False,
) -> None:
    """PSNR and SSIM of A against B, and a page with a slider between them that needs no network and no other file."""
    from untaught import images, metrics, report

    page = page or Path(f"{image.stem}_vs_{reference.stem}.html")
    left, right = images.read(image), images.read(reference)
    if left.pixels.shape != right.pixels.shape:
        sizes = " and ".join(f"{path} is {size_of(one.pixels)}" for path, one in ((image, left), (reference, right)))
        raise InputError(f"{sizes} (height x width x channels); only images of the same size can be compared")
    a, b = unit_range(left.pixels), unit_range(right.pixels)
    scores = {"psnr": metrics.psnr(a, b)}
    if min(a.shape[:2]) >= SMALLEST_FOR_SSIM:
        scores["ssim"] = metrics.ssim(a, b)
    finite = {name: value if value < float("inf") else None for name, value in scores.items()}
    rows = [("PSNR", f"{scores['psnr']:.2f} dB")] + [("SSIM", f"{scores['ssim']:.4f}") for _ in scores if _ == "ssim"]
    if as_json:
        typer.echo(json.dumps(finite | {"page": str(page)}))
    else:
        typer.echo("\n".join(f"{label} {value}" for label, value in rows))
    panes = [report.Pane(str(image), left.pixels), report.Pane(str(reference), right.pixels)]
    text = report.comparison_page(panes, title=f"{image.name} and {reference.name}", rows=rows)
    images.write_atomically(page, text.encode(), overwrite=overwrite)
    typer.echo(f"page: {page}", err=True)


def size_of(pixels: "NDArray[Any]") -> str:
    """Height x width x channels."""
    return "x".join(map(str, (*pixels.shape, 1)[:3]))


def unit_range(pixels: "NDArray[Any]") -> "NDArray[Any]":
    """Integers over their type's full range, so that an 8-bit and a 16-bit file can be compared; floats as they are."""
    import numpy as np

    return pixels / np.iinfo(pixels.dtype).max if pixels.dtype.kind in "iu" else pixels
