"""`untaught doctor`: is everything here that it needs?"""

import platform

import typer

from untaught.cli.outputs import SOME_FAILED

NEEDED = ("torch", "numpy", "scipy", "pillow", "tifffile", "imagecodecs", "typer", "safetensors")
EXTRAS = {
    "ui": ("gradio",),
    "dicom": ("pydicom",),
    "geo": ("rasterio",),
    "photo": ("pyvips",),
    "cluster": ("ray",),
    "vessels": ("monai", "PyWavelets", "scikit-image"),
    "studies": ("matplotlib", "scikit-image"),
    "bench": ("scikit-image",),
}


def doctor() -> None:
    """Check what is installed.

    Says what the machine has, too; exit code 3 if something needs mending.
    """
    ills = []
    typer.echo(f"untaught {installed('untaught')}, {python_line()}")
    for name in NEEDED:
        typer.echo(f"{name} {installed(name) or 'MISSING'}")
        if installed(name) is None:
            ills.append(f"{name} is missing; install untaught again: pip install -c constraints.txt untaught")
    for extra, names in EXTRAS.items():
        missing = [name for name in names if installed(name) is None]
        typer.echo(f"extra [{extra}]: " + (f"without {', '.join(missing)}" if missing else "complete"))
    if installed("torch") is not None:
        ills += torch_ills()
    for ill in ills:
        typer.echo(f"! {ill}")
    if ills:
        raise typer.Exit(SOME_FAILED)
    typer.echo("all is well")


def torch_ills() -> list[str]:
    """What is wrong with torch or beside it."""
    import torch

    gpus = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    typer.echo(f"GPU: {', '.join(gpus) or 'none'}; CPU threads: {torch.get_num_threads()}")
    if installed("torchvision") is None:
        return []
    try:
        import torchvision  # noqa: F401
    except (ImportError, RuntimeError) as error:
        return [f"torchvision is installed and broken ({error}); untaught never needs it: pip uninstall torchvision"]
    return []


def installed(name: str) -> str | None:
    """The version in the installed packages' records."""
    from importlib import metadata  # here, for it brings the whole of email with it

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def python_line() -> str:
    """Which Python."""
    return f"Python {platform.python_version()}"
