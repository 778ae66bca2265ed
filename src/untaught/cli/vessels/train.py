"""`untaught vessels train --images DIR --labels DIR -o MODEL`."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from untaught.cli.delivery import resume_line
from untaught.cli.options import Resume, Seed, Threads
from untaught.cli.outputs import note
from untaught.cli.vessels.planes import remark_on_planes
from untaught.errors import UsageError

if TYPE_CHECKING:
    from untaught.vessels.teaching import Teaching

CHECKPOINT = "training.checkpoint"
MOST_UNLABELLED = 64
"""Frames that are learnt from; they take less memory than the copies that are made of some of them at a time."""


def train(
    images: Annotated[Path, typer.Option(metavar="DIR", help="Images that have labels: a folder, or one file.")],
    labels: Annotated[Path, typer.Option(metavar="DIR", help="Their labels, paired by name: vessels are not 0.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="MODEL", help="The folder for the model.")],
    unlabelled: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help=f"Images without labels, to learn from: {MOST_UNLABELLED} frames at most."),
    ] = None,
    fov: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Fields of view; else a dark border is found.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="So many, not as many as the labels can teach for.")] = None,
    seed: Seed = 0,
    threads: Threads = None,
    resume: Resume = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the model in MODEL.")] = False,
) -> None:
    """Learn to segment vessels from a handful of labelled images.

    With few labels it begins at a logistic model of hand-made descriptors, and a small network learns what that leaves;
    with many (some five angiograms, one retina) the network learns all by itself. MODEL gets the weights, a card that
    says where they come from, and the scores on the labelled images. Ctrl-C keeps what was learnt.
    Research use, not for diagnosis.
    """
    from untaught import checkpoint
    from untaught.cli.running import run, undisturbed, use_threads, waiting
    from untaught.vessels.examples import read_examples
    from untaught.vessels.frames import read_some
    from untaught.vessels.recipe import recipe_for
    from untaught.vessels.remarks import remarks
    from untaught.vessels.teaching import Teaching, vessel_pixels

    examples = read_examples(images, labels, fov)
    others, there = ([], 0) if unlabelled is None else read_some(unlabelled, MOST_UNLABELLED, seed=seed)
    remark_on_planes(one.image.path for one in examples)
    replace = check_place(output, resume, overwrite=overwrite)
    for remark in remarks(examples):
        note(f"note: {remark}")
    if there > len(others):
        note(f"note: took {len(others)} of {there:,} unlabelled frames, spread evenly")
    use_threads(threads)
    recipe = recipe_for(vessel_pixels(examples), steps, unlabelled=bool(others))
    with waiting("making copies of the images"):
        teaching = Teaching(examples, recipe, seed=seed, unlabelled=others)
        if resume is not None:
            teaching.training.resume(checkpoint.read(resume, teaching.about))
        teaching.make_copies()
    if teaching.bright:
        note("vessels are brighter than what is beside them; the model will expect that")
    teaching.about["command"] = shlex.join(["untaught", *sys.argv[1:]])
    with undisturbed():
        interrupted = run(teaching.training)
        deliver(teaching, output, resume or output / CHECKPOINT, interrupted=interrupted, overwrite=replace)


def check_place(output: Path, resume: Path | None, *, overwrite: bool) -> bool:
    """Is a model that is there to be replaced: as asked for, or as the one that the training gone on with has left?

    Raises: UsageError for a folder that is not to be written to.
    """
    from untaught.vessels.saved import check_folder

    left = output / CHECKPOINT
    own = resume is not None and resume.parent.resolve() == output.resolve()
    if resume is None and left.exists() and not overwrite:
        raise UsageError(
            f"{left} is left from an interrupted run: --resume {left} goes on from it, --overwrite begins anew"
        )
    check_folder(output, overwrite=overwrite or own)
    return overwrite or own


def deliver(teaching: "Teaching", folder: Path, kept: Path, *, interrupted: bool, overwrite: bool) -> None:
    """Write the model; after Ctrl-C the checkpoint before it, and how to go on."""
    from untaught import checkpoint
    from untaught.cli.running import waiting
    from untaught.vessels.saved import save

    if interrupted:
        checkpoint.write(kept, teaching.training.state(), teaching.about)
    with waiting("trying it on the labelled images"):
        model = teaching.model()
    save(model, folder, overwrite=overwrite)
    card = model.card
    dice = card["training_scores"]["dice"]
    if interrupted:
        note(f"{folder}: interrupted after {card['steps_run']} steps; the model so far is there. To go on:")
        note(f"  {resume_line(kept)}")
        raise typer.Exit(130)
    kept.unlink(missing_ok=True)
    count = len(card["images"])
    note(
        f"{folder}: {count} labelled image{'' if count == 1 else 's'}, {card['steps_run']} steps, "
        f"{card['seconds']:.0f} s, Dice {dice:.3f} on what it was trained on; stopped because {card['stopped_by']}"
    )
