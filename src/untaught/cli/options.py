"""The flags that every verb that fits has."""

from pathlib import Path
from typing import Annotated

import typer

Output = Annotated[Path, typer.Option("-o", "--output", metavar="OUT", help="Where the result goes.")]
Steps = Annotated[int | None, typer.Option(min=1, help="At most so many steps, in place of the quality's own.")]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Another seed, another network and another result.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps ...")]
Time = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Take no longer than this: 90s, 5m, 1h or seconds. Reading the image counts."),
]
Threads = Annotated[int | None, typer.Option(min=1, help="CPU threads; else as many as are idle.")]
Resume = Annotated[Path | None, typer.Option(help="Go on from the checkpoint of an interrupted run.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace OUT if it exists.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it would take, and do nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Print the record of the run on stdout.")]
