"""The file formats, one row each. To add one: a module with `recognises`, `decode` and `encode`, and a row here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from untaught.errors import UsageError
from untaught.images import jpeg, png, tiff, webp
from untaught.images.picture import Metadata, Samples


@dataclass(frozen=True)
class Format:
    """How a format is called, what it can hold, and how it is read and written."""

    name: str
    suffixes: tuple[str, ...]
    dtypes: frozenset[str]
    alpha: bool
    longest_side: int
    recognises: Callable[[bytes], bool]
    decode: Callable[[bytes, str], tuple[Samples, Metadata]]
    encode: Callable[[Samples, Metadata], bytes]

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(self.suffixes)})"


_INTEGERS = frozenset({"uint8", "uint16"})
FORMATS = (
    Format("PNG", (".png",), _INTEGERS, True, 1_000_000, png.recognises, png.decode, png.encode),
    Format("JPEG", (".jpg", ".jpeg"), frozenset({"uint8"}), False, 65_500, jpeg.recognises, jpeg.decode, jpeg.encode),
    Format(
        "TIFF",
        (".tif", ".tiff"),
        _INTEGERS | {"float32", "float64"},
        True,
        2**31 - 1,
        tiff.recognises,
        tiff.decode,
        tiff.encode,
    ),
    Format("WebP", (".webp",), frozenset({"uint8"}), True, 16_383, webp.recognises, webp.decode, webp.encode),
)


def listed(names: list[str], last: str) -> str:
    """`a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def by_content(data: bytes) -> Format | None:
    """The format that a file's first bytes tell."""
    return next((each for each in FORMATS if each.recognises(data)), None)


def by_suffix(path: Path) -> Format:
    """The format that an output's extension asks for.

    Raises: UsageError.
    """
    for each in FORMATS:
        if path.suffix.lower() in each.suffixes:
            return each
    known = listed([suffix for each in FORMATS for suffix in each.suffixes], "or")
    got = f"the extension {path.suffix}" if path.suffix else "no extension"
    raise UsageError(f"{path} has {got}; wanted {known}")
