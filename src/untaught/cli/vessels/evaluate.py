"""`untaught vessels evaluate MODEL --images DIR --labels DIR`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from untaught.cli.options import Json, Overwrite, Threads
from untaught.cli.outputs import note, refuse_input
from untaught.cli.vessels.planes import remark_on_planes
from untaught.errors import InterruptedFitError, UsageError
from untaught.vessels.memory import refuse_what_does_not_fit

if TYPE_CHECKING:
    from untaught.vessels.examples import Example
    from untaught.vessels.model import Model

MOST_NAMES = 5
HEADS = {
    "dice": "Dice",
    "cl_dice": "clDice",
    "auc": "AUC",
    "sensitivity": "sensitivity",
    "precision": "precision",
    "thin_recall": "thin recall",
    "e_b0": "b0 error",
    "e_b1": "b1 error",
}


def evaluate(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="The folder that `vessels train` wrote.")],
    images: Annotated[Path, typer.Option(metavar="DIR", help="Images that have labels: a folder, or one file.")],
    labels: Annotated[Path, typer.Option(metavar="DIR", help="Their labels, paired by name.")],
    fov: Annotated[Path | None, typer.Option(metavar="DIR", help="Fields of view; else all counts.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="OUT", help="A .json for them all.")] = None,
    overlays: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A PNG for each image: found green, false orange, missed pink."),
    ] = None,
    threads: Threads = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Score a model on labelled images that it has not seen.

    Dice, clDice, AUC, sensitivity, precision, recall of thin vessels (radius up to 1.5 pixels), and errors of the Betti
    numbers: of each image, and their means and standard deviations. Research use, not for diagnosis.
    """
    from untaught import images as pictures
    from untaught.cli.running import use_threads
    from untaught.vessels.evaluating import seen_before, summary
    from untaught.vessels.examples import read_examples
    from untaught.vessels.saved import CAVEAT, load

    if output is not None:
        if output.suffix.lower() != ".json":
            raise UsageError(f"{output} would hold scores; wanted a name that ends in .json")
        pictures.check_place(output, overwrite=overwrite)
    trained = load(model)
    examples = read_examples(images, labels, fov)
    remark_on_planes(one.image.path for one in examples)
    if old := seen_before(trained, examples):
        names = ", ".join(old[:MOST_NAMES]) + (" ..." if len(old) > MOST_NAMES else "")
        note(f"note: the model was trained on {len(old)} of these {len(examples)} images ({names})")
    use_threads(threads)
    if overlays is not None:
        sources = [images, labels, *([] if fov is None else [fov])]
        check_overlays(overlays, [one.image.name for one in examples], sources, overwrite=overwrite)
    rows = scored(trained, examples, overlays, overwrite=overwrite)
    means = summary(rows)
    record = {"caveat": CAVEAT, "model": str(model), "seen_in_training": old, "summary": means, "images": rows}
    text = json.dumps(plain(record), indent=2) + "\n"
    if output is not None:
        pictures.write_atomically(output, text.encode(), overwrite=overwrite)
    if as_json:
        typer.echo(json.dumps(plain(record)))
    else:
        typer.echo("\n".join(table(rows, means)))
    note(f"{len(rows)} image{'' if len(rows) == 1 else 's'}. {CAVEAT}")


def scored(
    model: "Model", examples: "list[Example]", overlays: Path | None, *, overwrite: bool
) -> list[dict[str, Any]]:
    """The scores of each; the overlays are written on the way.

    Raises: ResourceError where an image wants more memory than is free; InterruptedFitError.
    """
    from untaught import images
    from untaught.vessels.evaluating import evaluate as scores_of
    from untaught.vessels.evaluating import overlay

    for one in examples:
        refuse_what_does_not_fit(one.image.pixels.size, one.image.name)
    rows = []
    try:
        for held in scores_of(model, examples):
            if overlays is not None:
                images.write(overlays / f"{held.scores['name']}.png", overlay(held), overwrite=overwrite)
            rows.append(held.scores)
    except InterruptedFitError as error:
        if overlays is None or not rows:
            raise
        drawn = f"overlays of {len(rows)} of {len(examples)} images were written, scores were not"
        raise InterruptedFitError(f"interrupted; {drawn}") from error
    return rows


def check_overlays(folder: Path, names: list[str], sources: list[Path], *, overwrite: bool) -> None:
    """Can they be written there, without harm to an input?"""
    from untaught import images
    from untaught.vessels.frames import files_in

    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; wanted a folder for the overlays")
    images.make_folder(folder)
    kept = [path for each in sources for path in files_in(each, called="images")]
    for name in names:
        refuse_input(folder / f"{name}.png", *kept)
        images.check_place(folder / f"{name}.png", overwrite=overwrite)


def table(rows: list[dict[str, Any]], means: dict[str, dict[str, float]]) -> list[str]:
    """Fixed columns, a line for each image, then means and deviations."""
    wide = max(len("image"), *(len(row["name"]) for row in rows))
    lines = [" ".join([f"{'image':{wide}}", *(f"{head:>11}" for head in HEADS.values())])]
    for row in rows:
        lines.append(" ".join([f"{row['name']:{wide}}", *(cell(row[name]) for name in HEADS)]))
    for kind in ("mean", "sd"):
        values = [means[name][kind] if name in means else None for name in HEADS]
        lines.append(" ".join([f"{kind:{wide}}", *(cell(value) for value in values)]))
    return lines


def cell(value: float | int | None) -> str:
    """Eleven wide."""
    if value is None or value != value:
        return f"{'-':>11}"
    return f"{value:11d}" if isinstance(value, int) else f"{value:11.3f}"


def plain(thing: Any) -> Any:
    """For JSON, which has no word for what is no number."""
    if isinstance(thing, dict):
        return {key: plain(value) for key, value in thing.items()}
    if isinstance(thing, list):
        return [plain(one) for one in thing]
    return None if isinstance(thing, float) and thing != thing else thing
