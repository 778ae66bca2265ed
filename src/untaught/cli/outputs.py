"""What every verb that writes does before it writes."""

from pathlib import Path

import typer

from untaught.errors import UsageError

SOME_FAILED = 3
"""The exit code where some of several things could not be done."""


def refuse_input(output: Path, *inputs: Path) -> None:
    """An input is never written over, whatever flags are given."""
    for path in inputs:
        if path.exists() and (output.resolve() == path.resolve()):
            raise UsageError(f"{output} is an input, which is never overwritten; choose another output")


def note(text: str) -> None:
    """A line for people."""
    typer.echo(text, err=True)
