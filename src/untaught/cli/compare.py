"""`untaught compare A B`: how near is one image to another?"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from untaught.cli.outputs import note, refuse_input
from untaught.errors import InputError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHOWN = {"psnr": "{:.2f} dB", "ssim": "{:.4f}"}


def compare(
    image: Annotated[Path, typer.Argument(metavar="A", help="An image.")],
    reference: Annotated[Path, typer.Argument(metavar="B", help="What it is held against, the truth if there is one.")],
    page: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="PAGE", help="Where the page goes; else A_vs_B.html here.")
    ] = None,
    data_range: Annotated[
        float | None,
        typer.Option(min=0, help="What counts as full range; else the file type's, or for floats 1 or B's."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace PAGE if it exists.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as one JSON object.")] = False,
) -> None:
    """PSNR, SSIM and a before/after page.

    Scores A against B. The page has a slider between the two and needs no network and no other file.
    """
    from untaught import images, metrics, report

    page = page or Path(f"{image.stem}_vs_{reference.stem}.html")
    refuse_input(page, image, reference)
    if page.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{page} would hold a page; wanted a name that ends in .html")
    left, right = images.read(image), images.read(reference)
    if left.pixels.shape != right.pixels.shape:
        sizes = " and ".join(f"{path} is {size_of(one.pixels)}" for path, one in ((image, left), (reference, right)))
        raise InputError(f"{sizes} (height x width x channels); only images of the same size can be compared")
    a, b, span = on_one_scale(left.pixels, right.pixels, data_range)
    scores = {"psnr": metrics.psnr(a, b, data_range=span)}
    if min(a.shape[:2]) >= metrics.WINDOW:
        scores["ssim"] = metrics.ssim(a, b, data_range=span)
    rows = [(f"{name.upper()} of A against B", SHOWN[name].format(value)) for name, value in scores.items()]
    panes = [report.Pane(str(image), left.pixels), report.Pane(str(reference), right.pixels)]
    text = report.comparison_page(panes, title=f"A: {image.name}, B: {reference.name}", rows=rows)
    images.write_atomically(page, text.encode(), overwrite=overwrite)
    if as_json:
        finite = {name: value if value < float("inf") else None for name, value in scores.items()}
        typer.echo(json.dumps(finite | {"data_range": span, "page": str(page)}))
    else:
        typer.echo("\n".join(f"{name.upper()} {SHOWN[name].format(value)}" for name, value in scores.items()))
    note(f"data range {span:g}; page: {page}")


def size_of(pixels: "NDArray[Any]") -> str:
    """Height x width x channels."""
    return "x".join(map(str, (*pixels.shape, 1)[:3]))


def on_one_scale(
    a: "NDArray[Any]", b: "NDArray[Any]", data_range: float | None
) -> "tuple[NDArray[Any], NDArray[Any], float]":
    """Both as float64, and the range that counts as full.

    Two of one integer type: the type's. 8 and 16 bit: each over its own. Floats: 1 if B lies in [0, 1], else B's own.
    """
    import numpy as np

    kinds = {one.dtype if one.dtype.kind in "iu" else "float" for one in (a, b)}
    if data_range is not None or kinds == {"float"}:
        within = b.min() >= 0 and b.max() <= 1
        own = 1.0 if within else float(b.max()) - float(b.min())
        return a.astype(np.float64), b.astype(np.float64), own if data_range is None else data_range
    limits = [float(np.iinfo(one.dtype).max) if one.dtype.kind in "iu" else 1.0 for one in (a, b)]
    if len(kinds) == 1:
        return a.astype(np.float64), b.astype(np.float64), limits[0]
    return a / limits[0], b / limits[1], 1.0
