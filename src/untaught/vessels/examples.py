"""Images with their labels: what a network is taught from."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from untaught.errors import InputError
from untaught.vessels.frames import Angiogram, Frames, files_in, read_frames, stem
from untaught.vessels.labels import Label, read_fov, read_labels
from untaught.vessels.pairing import OF_FIELDS, OF_LABELS, Pair, paired


@dataclass(frozen=True, eq=False)
class Example:
    """One image and what is known of its vessels.

    label  Bool `[H, W]`: vessel; False where it is not known.
    known  Bool `[H, W]`: where the label says vessel or background.
    fov    Bool `[H, W]`: the field of view; None where nobody gave one.
    """

    image: Angiogram
    label: NDArray[np.bool_] = field(repr=False)
    known: NDArray[np.bool_] = field(repr=False)
    fov: NDArray[np.bool_] | None = field(repr=False, default=None)

    @property
    def counted(self) -> NDArray[np.bool_]:
        """What is known, in the field of view if one was given: where a label may be held against anything."""
        return self.known if self.fov is None else self.known & self.fov


def read_examples(images: Path, labels: Path, fov: Path | None = None) -> list[Example]:
    """Every labelled frame of a folder of images and one of labels, or of two files, in the order of the images' names.

    Files are paired by name (`pairing.paired`), values of labels are explained in `labels.read_labels`. Of a cine only
    the labelled frames are decoded: one label `name#7` for frame 7, or a TIFF with a page for each frame, unknown all
    over where there is no label. `fov`: a folder of fields of view, or one file for all.
    What looks odd and may be meant is for `remarks.remarks`.

    Raises: InputError, one sentence that names the file, for whatever is missing, does not pair or cannot be meant.
    """
    images, labels = Path(images), Path(labels)
    if images.resolve() == labels.resolve():
        raise InputError(f"{images} is given for the images and for the labels; wanted two folders, or two files")
    files = files_in(images, called="images")
    pairs = paired(files, files_in(labels, called="labels"), endings=OF_LABELS, called="labels")
    fields = {} if fov is None else _fields(Path(fov), files)
    examples = []
    for pair in pairs:
        for example in _of_pair(pair):
            examples.append(_in_view(example, pair.label, fields.get(pair.image)))
    return examples


def _of_pair(pair: Pair) -> list[Example]:
    frames, pages = read_frames(pair.image), read_labels(pair.label)
    wanted = _numbers(pair, frames, len(pages))
    some = [(number, page) for number, page in zip(wanted, pages, strict=True) if page is not None]
    return [_example(frames.frame(number), page, pair.label) for number, page in some]


def _numbers(pair: Pair, frames: Frames, pages: int) -> list[int]:
    """The frame that each page of the label is for."""
    if pair.frame is not None and pages == 1:
        if not 1 <= pair.frame <= frames.count:
            raise InputError(f"{pair.label} is for frame {pair.frame}, but {pair.image} has {frames.count}")
        return [pair.frame]
    if pages == frames.count:
        return list(range(1, pages + 1))
    if pages == 1:
        number = f"{stem(pair.image)}#1{pair.label.suffix}"
        raise InputError(
            f"{pair.label} is one label, but {pair.image} has {frames.count} frames; "
            f"wanted its frame in its name, as in {number}, or a page for each frame"
        )
    raise InputError(f"{pair.label} has {pages} pages, but {pair.image} has {frames.count} frames; wanted one for each")


def _example(image: Angiogram, label: Label, path: Path) -> Example:
    _check_size(label.vessel, image, path)
    return Example(image, label.vessel, label.known)


def _check_size(mask: NDArray[np.bool_], image: Angiogram, path: Path) -> None:
    if mask.shape != image.pixels.shape:
        got, wanted = ("x".join(str(side) for side in shape) for shape in (mask.shape, image.pixels.shape))
        raise InputError(f"{path} is {got} but {image.path} is {wanted} (height x width)")


def _fields(fov: Path, images: list[Path]) -> dict[Path, Path]:
    """The field of view's file of each image."""
    if fov.is_file():
        return dict.fromkeys(images, fov)
    pairs = paired(images, files_in(fov, called="fields of view"), endings=OF_FIELDS, called="fields of view")
    return {pair.image: pair.label for pair in pairs}


def _in_view(example: Example, label: Path, path: Path | None) -> Example:
    if path is None:
        return example
    fov = read_fov(path)
    _check_size(fov, example.image, path)
    for what, there in (("vessel", example.label), ("background", example.known & ~example.label)):
        if not (there & fov).any():
            raise InputError(f"{label} marks no {what} inside the field of view {path}")
    return Example(example.image, example.label, example.known, fov)
