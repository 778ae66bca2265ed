"""The account of a run: what is needed to do it again."""

import platform
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

import torch
from torch import Tensor

from untaught.arrays import Frame, Scale
from untaught.core import Problem
from untaught.noise import Noise
from untaught.presets.row import Preset
from untaught.version import __version__


def provenance(task: str, row: Preset, problem: Problem, frame: Frame) -> dict[str, Any]:
    """What is needed to do it again."""
    return {
        "untaught": __version__,
        "task": task,
        "seed": row.fit.seed,
        "settings": describe(row),
        "image": {"shape": list(frame.shape), "dtype": str(frame.dtype), "scale": describe(frame.scale)},
        "likelihood": describe(problem.likelihood),
        "device": str(problem.y.device),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def describe(thing: object) -> Any:
    """A frozen description as plain data: its class and its fields."""
    if is_dataclass(thing) and not isinstance(thing, type):
        named = {field.name: describe(getattr(thing, field.name)) for field in fields(thing) if field.repr}
        return {"is": type(thing).__name__} | named
    if isinstance(thing, tuple | list):
        return [describe(one) for one in thing]
    if isinstance(thing, Tensor):
        return {"is": "Tensor", "shape": list(thing.shape)}
    return thing


def rebuilt(plain: Any, classes: Mapping[str, type]) -> Any:
    """What `describe` made plain: the descriptions again, and tuples of lists.

    Raises: KeyError for a class that is not among `classes`; TypeError for fields that its class has not.
    """
    if isinstance(plain, Mapping):
        named = {key: rebuilt(value, classes) for key, value in plain.items() if key != "is"}
        return classes[plain["is"]](**named)
    if isinstance(plain, list):
        return tuple(rebuilt(one, classes) for one in plain)
    return plain


def noise_found(noise: Noise, suggested: Noise, scale: Scale, level: float, *, estimated: bool) -> dict[str, Any]:
    """The noise that was taken for true, which the method need not know of, and what the image suggests.

    In the image's own units; `level` is that of white noise on the scale of the loop's images.
    """
    about: dict[str, Any] = {"sigma": noise.sigma * scale.span, "gain": noise.gain * scale.span, "grain": noise.grain}
    about |= {"correlation": noise.correlation, "pedestal": noise.pedestal * scale.span + scale.low}
    about |= {"white_sigma": level, "estimated": estimated, "estimate": suggested.white_sigma * scale.span}
    return about | {"suggested": suggested.kind, "unsure": noise.unsure}
