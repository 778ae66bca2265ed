"""`untaught vessels measure MASK -o OUT`: lengths, diameters and narrowings."""

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from untaught.cli.options import Json
from untaught.cli.outputs import note, refuse_input
from untaught.errors import InputError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from untaught.vessels.frames import Angiogram
    from untaught.vessels.tree import Tree

KINDS = (".json", ".csv", ".html", ".htm")
WANTED = "wanted a name that ends in .json, .csv or .html"


def measure(
    mask: Annotated[Path, typer.Argument(metavar="MASK", help="A picture that is not 0 in vessels: PNG or TIFF.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="OUT", help="A .json, a .csv (a row a branch) or a .html page.")
    ],
    image: Annotated[
        Path | None,
        typer.Option(metavar="IN", help="The angiogram, for a page; a DICOM says how large a pixel is."),
    ] = None,
    frame: Annotated[int | None, typer.Option(min=1, help="Which frame, where MASK or IN has several.")] = None,
    spacing: Annotated[
        str | None,
        typer.Option(
            metavar="MM",
            help="Millimetres a pixel: 0.2, or row,column: 0.2,0.25. Else as IN or the account beside MASK says.",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT if it exists.")] = False,
    as_json: Json = False,
) -> None:
    """Measure the vessels of a mask: length and diameter of each branch, and narrowings.

    OUT says by its name what it is: all numbers, a table, or a page with the vessels drawn. Research use, not for
    diagnosis.
    """
    kind = output.suffix.lower()
    if kind not in KINDS:
        raise UsageError(f"{output} says not what to write; {WANTED}")
    scale = None if spacing is None else spacing_of(spacing)
    refuse_input(output, mask, *([] if image is None else [image]))
    from untaught import images
    from untaught.vessels.measuring import measure as measured

    images.check_place(output, overwrite=overwrite)
    vessels, source = read_mask(mask, frame)
    shown = None if image is None else of_size(read_image(image, frame), vessels, mask)
    if scale is None:
        scale = beside(mask) if shown is None or shown.spacing is None else shown.spacing
    tree = measured(vessels, spacing=scale)
    record = {"mask": source} | tree.record()
    if kind == ".json":
        text = sidecar(record)
    elif kind == ".csv":
        text = rows_of(tree)
    else:
        text = page_of(tree, vessels, mask, None if shown is None else shown.pixels)
    images.write_atomically(output, text.encode(), overwrite=overwrite)
    if as_json:
        typer.echo(json.dumps(record))
    note(f"{output}: {told(tree)}")


def spacing_of(words: str) -> tuple[float, float]:
    """Millimetres (row, column). Raises: UsageError for what is none."""
    parts = words.split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2) or not all(0 < number < float("inf") for number in numbers):
        raise UsageError(f"--spacing is {words}; wanted millimetres a pixel above 0, one number or row,column")
    return numbers[0], numbers[-1]


def read_image(path: Path, frame: int | None) -> "Angiogram":
    """The angiogram, or one frame of a cine. Raises: InputError where it is not said which, or there is none such."""
    from untaught.vessels.frames import read_frames

    frames = read_frames(path)
    return frames.frame(one_of(frames.count, frame, path))


def of_size(shown: "Angiogram", vessels: "NDArray[Any]", mask: Path) -> "Angiogram":
    """The angiogram. Raises: InputError where it is not the mask's size: another one's, whose pixels are others."""
    if shown.pixels.shape != vessels.shape:
        got, wanted = ("x".join(map(str, one.shape)) for one in (shown.pixels, vessels))
        raise InputError(f"{shown.path} is {got} but {mask} is {wanted} (height x width)")
    return shown


def one_of(count: int, frame: int | None, path: Path) -> int:
    """Which of so many frames. Raises: InputError."""
    if count == 1:
        return 1
    if frame is None or frame > count:
        got = "no --frame" if frame is None else f"--frame {frame}"
        raise InputError(f"{path} has {count} frames and there is {got}; wanted one from 1 to {count}")
    return frame


def beside(mask: Path) -> tuple[float, float] | None:
    """The spacing (row, column) in the account that `vessels segment` wrote beside a mask, if there is one."""
    for account in (mask.with_name(mask.name + ".json"), mask.with_name("segmented.json")):
        try:
            outputs = json.loads(account.read_text())["outputs"]
            found = next(one["spacing"] for one in outputs if Path(one["output"]).name == mask.name)
            if found is not None:
                return float(found[0]), float(found[1])
        except (OSError, ValueError, KeyError, TypeError, StopIteration, IndexError):
            continue  # no account, or another's
    return None


def read_mask(path: Path, frame: int | None) -> "tuple[NDArray[Any], dict[str, Any]]":
    """`[H, W]`, True in a vessel, and where it is from, for the record. Alpha is not looked at.

    Raises: InputError for a picture with more than two values, which is no mask.
    """
    import numpy as np

    from untaught import images

    pages = images.read_pages(path)
    number = one_of(len(pages), frame, path)
    picture = pages[number - 1]
    pixels = picture.pixels
    if pixels.ndim == 3 and not (pixels == pixels[..., :1]).all():
        raise InputError(f"{path} is in colour; wanted a mask of two greys, 0 and the vessels'")
    grey = pixels if pixels.ndim == 2 else pixels[..., 0]
    values = np.unique(grey)
    if values.size > 2 or (values.size == 2 and values[0] != 0):
        found = f"{values.size} grey levels" if values.size > 2 else f"the values {values[0]:g} and {values[1]:g}"
        raise InputError(f"{path} has {found}; wanted a mask of two, 0 and the vessels' (an image is to be segmented)")
    source = {"path": str(path), "sha256": picture.sha256}
    return grey != 0, source if len(pages) == 1 else source | {"frame": number}


def sidecar(record: dict[str, Any]) -> str:
    """As JSON."""
    from untaught import report

    return report.sidecar(record)


def page_of(tree: "Tree", vessels: "NDArray[Any]", mask: Path, image: "NDArray[Any] | None") -> str:
    """As a page."""
    from untaught.vessels.measured_page import measured_page

    return measured_page(tree, vessels, title=f"Vessels in {mask.name}", image=image)


def rows_of(tree: "Tree") -> str:
    """As a table, a row a branch; what is not measured is left empty. Each row says what it is not for, and
    where a millimetre holds.
    """
    from untaught.vessels.tree import PLANE, USE

    unit = tree.unit
    lines = io.StringIO()
    table = csv.writer(lines, lineterminator="\n")
    places = [f"{end}_{axis}_px" for end in ("start", "end") for axis in ("row", "column")]
    widths = [f"{which}_diameter_{unit}" for which in ("median", "least", "greatest")]
    lesion = ["narrowing_percent", "narrowing_row_px", "narrowing_column_px"]
    lesion += [f"narrowing_diameter_{unit}", f"narrowing_reference_{unit}"]
    table.writerow(["branch", "start", "end", *places, f"length_{unit}", *widths, *lesion, "marked_narrowings", "use"])
    use = USE if tree.spacing is None else f"{USE} {PLANE}"
    for branch in tree.record()["branches"]:
        one = branch["greatest_narrowing"]
        narrowed = [""] * 5 if one is None else [one["percent"], *one["at"], one["diameter"], one["reference"]]
        ends = [branch["start"]["kind"], branch["end"]["kind"], *branch["start"]["at"], *branch["end"]["at"]]
        found = [branch["diameter"][which] for which in ("median", "least", "greatest")]
        table.writerow([branch["number"], *ends, branch["length"], *found, *narrowed, len(branch["narrowings"]), use])
    return lines.getvalue()


def told(tree: "Tree") -> str:
    """The last line."""
    from untaught.vessels.tree import PLANE, USE

    branches = "1 branch" if len(tree.branches) == 1 else f"{len(tree.branches)} branches"
    count = len(tree.narrowings)
    narrowed = f"{count} narrowing{'' if count == 1 else 's'} of 30 % or more"
    plane = "" if tree.spacing is None else f" {PLANE}"
    return f"{branches}, {tree.length:.4g} {tree.unit} of centreline, {narrowed}.{plane} {USE}"
