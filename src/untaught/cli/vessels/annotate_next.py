"""`untaught vessels annotate-next MODEL --images DIR`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from untaught.cli.options import Json, Threads
from untaught.cli.outputs import SOME_FAILED, note
from untaught.cli.vessels.planes import remark_on_planes
from untaught.errors import InputError, ResourceError
from untaught.vessels.memory import refuse_what_does_not_fit


def annotate_next(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="The folder that `vessels train` wrote.")],
    images: Annotated[Path, typer.Option(metavar="DIR", help="Images that could be labelled.")],
    count: Annotated[int, typer.Option(min=1, help="How many to name.")] = 5,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Say which images would help most, were they labelled.

    Those that the model is unsure of and that are unlike the ones it has, best first: the name, the Dice that the model
    foretells for its own mask, and how new the image is (1: as far from the nearest labelled one as images are from
    one another). Images that it was trained on are passed over; files that are damaged or too large are named.
    """
    from untaught.cli.running import use_threads
    from untaught.vessels.choosing import candidate, choose
    from untaught.vessels.frames import files_in, frame_of, read_frames
    from untaught.vessels.saved import load

    trained = load(model)
    labelled = trained.card.get("images", [])
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
    chosen = choose(some, [one["signature"] for one in labelled if "signature" in one], count)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in chosen]))
    else:
        for each in chosen:
            typer.echo(f"{each.name}\texpected Dice {each.expected_dice:.2f}\tnovelty {each.novelty:.2f}")
    left = f"; {len(failed)} of {len(files)} files could not be looked at" if failed else ""
    note(f"{len(chosen)} of {len(some)} images, the most useful first{left}")
    if failed:
        raise typer.Exit(SOME_FAILED)
