"""`untaught study NAME [-o DIR]`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from untaught.cli.options import Overwrite, Seed, Threads
from untaught.cli.outputs import note
from untaught.errors import InterruptedFitError
from untaught.studies import STUDIES, Asked
from untaught.studies import study as study_called
from untaught.studies.runs import Runs

NAMES = ", ".join(STUDIES)


@contextmanager
def interruptible(runs: Runs, path: Path) -> Iterator[None]:
    """Ctrl-C within says what is kept, and how to go on.

    Raises: InterruptedFitError where nothing is kept.
    """
    from untaught.cli.delivery import same_again

    try:
        yield
    except (KeyboardInterrupt, InterruptedFitError) as error:
        if not path.exists() or runs.give_way:
            raise InterruptedFitError("interrupted before a run was done; nothing was written") from error
        note(f"{path}: interrupted; {f'{len(runs)} runs' if runs else 'runs'} that are done are kept there. To go on:")
        note(f"  {same_again()}")
        raise typer.Exit(InterruptedFitError.exit_code) from error


def study(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of {NAMES}.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="The folder for it; else study-NAME.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="As large as is worth quoting: hours or days.")] = False,
    images: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Of vessels: real images, in place of phantoms.")
    ] = None,
    labels: Annotated[Path | None, typer.Option(metavar="DIR", help="Their labels, paired by name.")] = None,
    image: Annotated[
        Path | None, typer.Option(metavar="PATH", help="A photograph, in place of those that come with scikit-image.")
    ] = None,
    seed: Seed = 0,
    threads: Threads = None,
    overwrite: Overwrite = False,
) -> None:
    """Put a claim to the test: a figure, every number behind it, and what they say, also where the claim fails.

    DIR gets NAME.json, NAME.png, NAME.svg and NAME.md. Some minutes on two cores. Studies of vessels take --images and
    --labels, the others --image. Each run is kept in DIR/NAME.runs.jsonl as soon as it is done, until all are: the same
    command again goes on from there.
    """
    from untaught.cli.running import undisturbed, use_threads
    from untaught.studies.figure import check_drawing
    from untaught.studies.writing import check_folder, write

    asked_for = study_called(name)
    folder = Path(f"study-{name}") if output is None else output
    path = folder / f"{name}.runs.jsonl"
    runs = Runs(path, overwrite=overwrite)
    check_folder(folder, overwrite=overwrite, beside=path)
    check_drawing()
    use_threads(threads)
    began = time.monotonic()

    def say(line: str) -> None:
        note(f"{time.monotonic() - began:5.0f} s  {line}")

    kept: dict[str, bytes] = {}
    size: Literal["default", "full"] = "full" if full else "default"
    asked = Asked(
        size=size, seed=seed, images=images, labels=labels, image=image, say=say, keep=kept.__setitem__, runs=runs
    )
    with interruptible(runs, path):
        numbers = asked_for.numbers(asked)
    with undisturbed():
        numbers |= {"seconds": round(time.monotonic() - began + runs.seconds)}
        said = write(asked_for, numbers, folder, overwrite=overwrite, beside=kept)
        runs.drop()
    typer.echo(said)
    note(f"{folder}: {', '.join([f'{name}.json', '.png', '.svg', '.md', *kept])}; {numbers['seconds']} s")
