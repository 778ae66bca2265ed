"""`untaught vessels ...`: a file a verb."""

import typer

from untaught.cli.vessels import measure

app = typer.Typer(
    name="vessels",
    help="Vessels in images: measure them. Research use, not for diagnosis.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("measure")(measure.measure)


@app.callback()
def vessels() -> None:
    """Vessels in images: measure them. Research use, not for diagnosis."""
