"""`untaught vessels ...`: a file a verb."""

import typer

from untaught.cli.vessels import annotate_next, enhance, evaluate, measure, segment, train

app = typer.Typer(
    name="vessels",
    help="Vessels in images, learnt from a handful of labels. Research use, not for diagnosis.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("enhance")(enhance.enhance)
app.command("train")(train.train)
app.command("segment")(segment.segment)
app.command("evaluate")(evaluate.evaluate)
app.command("annotate-next")(annotate_next.annotate_next)
app.command("measure")(measure.measure)


@app.callback()
def vessels() -> None:
    """Vessels in images, learnt from a handful of labels. Research use, not for diagnosis."""
