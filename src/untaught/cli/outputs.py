"""What every verb that writes does before it writes."""

from pathlib import Path

import typer

from untaught.errors import UsageError


def refuse_input(output: Path, *inputs: Path) -> None:
    """An input is never written over, whatever flags are given."""
    for path in inputs:
        if path.exists() and (output.resolve() == path.resolve()):
            raise UsageError(f"{output} is an input, which is never overwritten; choose another output")


def note(text: str) -> None:
    """A line for people."""
    typer.echo(text, err=True)
