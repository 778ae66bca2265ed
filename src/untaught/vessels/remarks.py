"""What looks odd in a set of labelled images, and may yet be meant: a sentence each, for people to read."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from untaught.vessels.examples import Example

RING = 4
"""Pixels beside a vessel that it is compared with, from one pixel away on."""
PLAIN = 0.1
"""Standard deviations: a contrast under it says nothing about which of both is darker."""
MOSTLY_KNOWN = 0.9
MOST_NAMES = 5


def remarks(examples: Sequence[Example]) -> list[str]:
    """Labels that look inverted, vessels that are bright in some images and dark in others, several sizes, copies."""
    return [*_inverted(examples), *_of_two_contrasts(examples), *_of_several_sizes(examples), *_copies(examples)]


def contrast(example: Example) -> float:
    """How much darker the vessels are than what is known beside them, in standard deviations of what is known.

    Positive in X-ray angiograms and in the retina's green channel; 0 where nothing beside them is known.
    """
    label, pixels, inside = example.label, example.image.pixels, example.counted
    near = ndimage.distance_transform_edt(~label)
    ring = (near > 1) & (near <= 1 + RING) & inside
    spread = float(pixels[inside].std())
    if not ring.any() or not (label & inside).any() or spread == 0:
        return 0.0
    return float(pixels[ring].mean() - pixels[label & inside].mean()) / spread


def looks_inverted(example: Example) -> bool:
    """Is what is called vessel the greater part, or thicker than what lies between?

    Thickness is the mean distance to the edge. Vessels are thinner than their gaps, and fill less than half the image.
    Only asked where nearly all is known: strokes of a few pixels have the thickness of the brush.
    """
    inside = example.counted
    if example.known.mean() < MOSTLY_KNOWN:
        return False
    label = example.label
    return bool(label[inside].mean() > 0.5 or thickness(label, inside) > thickness(~label, inside))


def thickness(region: NDArray[np.bool_], inside: NDArray[np.bool_]) -> float:
    """Mean distance, in pixels, of the region's pixels to its edge; the image's border is none."""
    there = region & inside
    return float(ndimage.distance_transform_edt(region)[there].mean()) if there.any() and not region.all() else 0.0


def _inverted(examples: Sequence[Example]) -> list[str]:
    found = [each for each in examples if looks_inverted(each)]
    if not found:
        return []
    shares = [each.label[each.known].mean() for each in found]
    return [
        f"{_some(found, examples, 'label')} may be inverted ({_names(found)}): what is marked as vessel is "
        f"{100 * float(np.mean(shares)):.0f} % of the pixels, or thicker than what is not; the larger value is vessel"
    ]


def _of_two_contrasts(examples: Sequence[Example]) -> list[str]:
    values = [contrast(each) for each in examples]
    bright = [each for each, value in zip(examples, values, strict=True) if value < -PLAIN]
    dark = [each for each, value in zip(examples, values, strict=True) if value > PLAIN]
    if not bright or not dark:
        return []
    fewer, kind, others = (bright, "brighter", "darker") if len(bright) <= len(dark) else (dark, "darker", "brighter")
    return [
        f"in {len(fewer)} of {len(examples)} images vessels are {kind} than what is beside them ({_names(fewer)}), "
        f"in others {others}: one network does badly on both"
    ]


def _of_several_sizes(examples: Sequence[Example]) -> list[str]:
    sizes = sorted({each.image.pixels.shape for each in examples}, key=lambda size: size[0] * size[1])
    if len(sizes) < 2:
        return []
    small, large = ("x".join(str(side) for side in size) for size in (sizes[0], sizes[-1]))
    return [
        f"the images have {len(sizes)} sizes, from {small} to {large} (height x width): none is resized, "
        "and vessels are expected to be as many pixels wide in all of them"
    ]


def _copies(examples: Sequence[Example]) -> list[str]:
    by_content = defaultdict(set)
    for each in examples:
        by_content[each.image.sha256].add(each.image.path.name)
    return [f"{' and '.join(sorted(names))} are the same image" for names in by_content.values() if len(names) > 1]


def _some(found: Sequence[Example], every: Sequence[Example], kind: str) -> str:
    return f"the {kind}" if len(every) == 1 else f"{len(found)} of {len(every)} {kind}s"


def _names(some: Sequence[Example]) -> str:
    shown = ", ".join(each.image.name for each in some[:MOST_NAMES])
    return shown if len(some) <= MOST_NAMES else f"{shown} and {len(some) - MOST_NAMES} more"
