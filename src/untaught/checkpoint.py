"""A fit's state <-> one file, in safetensors (no pickle): tensors, and what they belong to as JSON in the header."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from untaught.core import State
from untaught.errors import InputError, UsageError
from untaught.images import write_atomically

ASKED = ("missing", "upscale", "blur", "fuse", "guide", "scribbles")  # what a task was told of the damage
IDENTITY = ("untaught", "task", "seed", "settings", "image", "likelihood", "device", "input", "frame", *ASKED)


def write(path: Path, state: State, provenance: dict[str, Any]) -> None:
    """Write `state`, replacing an earlier checkpoint, with all that a resumed fit must agree on."""
    about = identity(provenance)
    tensors = {key: value.cpu().contiguous() for key, value in state.items()}
    write_atomically(path, save(tensors, metadata={"about": json.dumps(about)}), overwrite=True)


def read(path: Path, provenance: dict[str, Any]) -> State:
    """The state in `path`, for a fit of the same image with the same settings as `provenance` says.

    Raises: InputError if it can't be read; UsageError, naming what differs, if it belongs to another fit.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such checkpoint")
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {})["about"])
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        raise InputError(f"{path} is not a checkpoint of untaught, or is damaged ({error})") from error
    if found := difference(about, identity(provenance)):
        raise UsageError(f"{path} belongs to another fit: {found}")
    return state


def difference(theirs: Any, ours: Any, name: str = "") -> str:
    """The first place where two plain records differ, or nothing."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        each = (difference(theirs.get(k), ours.get(k), f"{name}.{k}" if name else k) for k in theirs | ours)
        return next((one for one in each if one), "")
    return "" if theirs == ours else f"its {name} is {theirs}, this one's {ours}"


def identity(provenance: dict[str, Any]) -> dict[str, Any]:
    """What two fits must agree on to be the same; of the input its contents, wherever they lie."""
    about = {key: provenance[key] for key in IDENTITY if key in provenance}
    for file in ("input", "guide"):
        if "sha256" in about.get(file, {}):
            about[file] = about[file]["sha256"]
    plain: dict[str, Any] = json.loads(json.dumps(about))
    return plain
