"""Which label belongs to which image: by their names."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from untaught.errors import InputError
from untaught.vessels.frames import stem

OF_IMAGES = "image|img|original|orig|training|train|test|angiogram"
OF_LABELS = "masks?|labels?|seg|segmentation|vessels?|manual[12]?|1stho|2ndho|gt|annotation|scribbles?|ah|vk"
OF_FIELDS = "mask|fov|roi"
"""What names end in, after `_`, `-` or `.`, beside what they have in common."""
MOST_NAMES = 5


class Pair(NamedTuple):
    """An image's file, a label's (or another file that goes with an image), and the frame that the label names."""

    image: Path
    label: Path
    frame: int | None


def paired(images: list[Path], labels: list[Path], *, endings: str, called: str) -> list[Pair]:
    """Each label with its image, in the order of the images.

    A label is called as its image (`a.png`, `a.tif`), or that and one of `endings` (`a_mask.png`); if that leaves
    pairs, an ending of the image's own is passed over too (`21_training`, `21_manual1`). `a#7` is frame 7 of `a`.
    One image and one label are a pair, whatever they are called. Whatever could be two pairs is none.

    Raises: InputError that names what has no partner.
    """
    image_keys: list[Callable[[str], str]] = [str, lambda name: without(name, OF_IMAGES)]
    label_keys: list[Callable[[str], str]] = [str, lambda name: without(name, endings)]
    pairs: list[Pair] = []
    for numbered in (False, True):
        for of_image in image_keys:
            for of_label in label_keys:
                used, done = {pair.image for pair in pairs if pair.frame is None}, {pair.label for pair in pairs}
                left = [each for each in images if each not in used]
                rest = [each for each in labels if each not in done]
                pairs += _matching(left, rest, of_image, of_label, numbered=numbered)
    if len(images) == len(labels) == 1 and not pairs:
        return [Pair(images[0], labels[0], None)]
    _check_all(images, labels, pairs, called)
    return sorted(pairs, key=lambda pair: (images.index(pair.image), pair.frame or 0))


def _matching(
    images: list[Path],
    labels: list[Path],
    of_image: Callable[[str], str],
    of_label: Callable[[str], str],
    *,
    numbered: bool,
) -> list[Pair]:
    """Pairs whose keys are equal, where nothing else has the same key."""
    keys = {each: _key(of_label(stem(each)), numbered=numbered) for each in labels}
    of_images, of_labels = Counter(of_image(stem(each)) for each in images), Counter(keys.values())
    by_key = {of_image(stem(each)): each for each in images}
    return [
        Pair(by_key[key[0]], label, key[1])
        for label, key in keys.items()
        if of_images[key[0]] == of_labels[key] == 1 and (key[1] is not None) == numbered
    ]


def _key(name: str, *, numbered: bool) -> tuple[str, int | None]:
    """`run#07` is frame 7 of run; with an ending in between, `run_mask#7`, too."""
    found = re.fullmatch(r"(.+)#(\d+)", name) if numbered else None
    return (found[1], int(found[2])) if found else (name, None)


def without(name: str, endings: str) -> str:
    """`a_mask` is `a`; what would leave nothing stays."""
    return re.sub(rf"(?<=.)[_\-. ](?:{endings})(?=$|#\d+$)", "", name, flags=re.IGNORECASE)


def _check_all(images: list[Path], labels: list[Path], pairs: list[Pair], called: str) -> None:
    with_label, with_image = {pair.image for pair in pairs}, {pair.label for pair in pairs}
    lonely = [each for each in images if each not in with_label], [each for each in labels if each not in with_image]
    said = [
        f"{len(some)} of {len(every)} {kind} without {partner} ({_named(some)})"
        for some, every, kind, partner in (
            (lonely[0], images, "images", f"one of the {called}"),
            (lonely[1], labels, called, "an image"),
        )
        if some
    ]
    if said:
        raise InputError(f"{' and '.join(said)}; wanted pairs with the same name before the ending")


def _named(some: list[Path]) -> str:
    shown = ", ".join(each.name for each in some[:MOST_NAMES])
    return shown if len(some) <= MOST_NAMES else f"{shown} and {len(some) - MOST_NAMES} more"
