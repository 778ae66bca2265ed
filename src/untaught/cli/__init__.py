"""One program, a file per group of verbs. Each parses, calls and prints; torch is loaded by the verbs that need it."""

import signal
import sys
from types import FrameType

import typer

from untaught.cli import (
    compare,
    deblur,
    dejpeg,
    denoise,
    doctor,
    fuse,
    guide,
    inpaint,
    segment,
    study,
    upscale,
    vessels,
)
from untaught.errors import InterruptedFitError, UntaughtError
from untaught.version import __version__

app = typer.Typer(
    name="untaught",
    help="Restore an image with a network that has never seen one.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich would take a third of the time that --help may take
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 internal error, 2 usage, 3 some items failed, 4 input missing or unreadable, "
    "5 out of disk or memory, 130 interrupted.",
)
app.command("denoise")(denoise.denoise)
app.command("inpaint")(inpaint.inpaint)
app.command("upscale")(upscale.upscale)
app.command("deblur")(deblur.deblur)
app.command("fuse")(fuse.fuse)
app.command("dejpeg")(dejpeg.dejpeg)
app.command("guide")(guide.guide)
app.command("segment")(segment.segment)
app.add_typer(vessels.app)
app.command("compare")(compare.compare)
app.command("study")(study.study)
app.command("doctor")(doctor.doctor)


def say_version(wanted: bool) -> None:
    """`--version`, from the installed packages' records, without loading torch."""
    if not wanted:
        return
    typer.echo(f"untaught {__version__} (torch {doctor.installed('torch') or 'missing'}, {doctor.python_line()})")
    raise typer.Exit


@app.callback()
def program(
    version: bool = typer.Option(False, "--version", callback=say_version, is_eager=True, help="Say it and stop."),
) -> None:
    """Restore an image with a network that has never seen one."""


def main() -> None:
    """Run the program; whatever goes wrong by the user's or the machine's doing ends in one sentence on stderr."""
    before = signal.signal(signal.SIGINT, interrupted)
    try:
        app()
    except UntaughtError as error:
        fail(str(error), error.exit_code)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        fail("memory ran out; a smaller image or another quality needs less", 5)
    finally:
        signal.signal(signal.SIGINT, before)


def interrupted(number: int, frame: FrameType | None) -> None:
    """Ctrl-C outside a fit: a sentence of ours, where typer would end in silence."""
    raise InterruptedFitError("interrupted; nothing was written")


def out_of_memory(error: Exception) -> bool:
    """Torch says it in several ways."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text


def fail(sentence: str, code: int) -> None:
    """One line on stderr, and out."""
    sys.stderr.write(f"untaught: {sentence}\n")
    sys.exit(code)
