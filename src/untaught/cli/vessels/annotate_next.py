"""`untaught vessels annotate-next [MODEL] --images DIR`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from untaught.cli.options import Json, Threads
from untaught.cli.outputs import SOME_FAILED, note
from untaught.cli.vessels.planes import remark_on_planes
from untaught.errors import InputError, ResourceError
from untaught.vessels.memory import refuse_what_does_not_fit

if TYPE_CHECKING:
    from untaught.vessels.choosing import Choice


def annotate_next(
    images: Annotated[Path, typer.Option(metavar="DIR", help="Images that could be labelled.")],
    model: Annotated[
        Path | None,
        typer.Argument(metavar="MODEL", help="The folder that `vessels train` wrote; none before the first label."),
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="How many to name.")] = 5,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Say which images would help most, were they labelled.

    Ordinary ones, best first: those nearest to the middle of all, by means and spreads of the descriptors. The third
    that the model is surest of comes later, and last what is nearly a labelled or an earlier named image. Printed: the
    name, the Dice that the model foretells for its own mask, and the distance from the middle (half are within 1).
    Images that it was trained on are passed over; files that are damaged or too large are named.
    """
    from untaught.cli.running import use_threads
    from untaught.vessels.choosing import candidate, choose
    from untaught.vessels.frames import files_in, frame_of, read_frames
    from untaught.vessels.saved import load

    trained = None if model is None else load(model)
    labelled = [] if trained is None else trained.card.get("images", [])
    known = {(one["image"], frame_of(one["name"])) for one in labelled}
    use_threads(threads)
    files = files_in(images, called="images")
    remark_on_planes(files)
    some, passed_over, failed = [], 0, list[str]()
    for file in files:
        try:
            for one in read_frames(file):
                if (one.sha256, frame_of(one.name)) in known:
                    passed_over += 1
                else:
                    refuse_what_does_not_fit(one.pixels.size, one.name)
                    some.append(candidate(trained, one))
        except (InputError, ResourceError) as error:
            if len(files) == 1:
                raise
            failed.append(str(error))
    for sentence in failed:
        note(f"untaught: {sentence}")
    if not some and failed:
        raise InputError(f"of {len(files)} files in {images} none is left to choose from; wanted images without labels")
    if not some:
        raise InputError(f"the model was trained on all {passed_over} images in {images}; wanted others")
    chosen = choose(some, [one["moments"] for one in labelled if one.get("moments")], count)
    typer.echo(json.dumps([asdict(one) for one in chosen]) if as_json else "\n".join(map(in_words, chosen)))
    left = f"; {len(failed)} of {len(files)} files could not be looked at" if failed else ""
    note(f"{len(chosen)} of {len(some)} images, the most useful first{left}")
    if failed:
        raise typer.Exit(SOME_FAILED)


def in_words(choice: "Choice") -> str:
    """A line of what is printed."""
    sure = "" if choice.expected_dice is None else f"\texpected Dice {choice.expected_dice:.2f}"
    return f"{choice.name}{sure}\tdistance {choice.distance:.2f}"
