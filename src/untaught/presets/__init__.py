"""One table: which network, method, optimiser and rule for which task and quality. Every row has a source.

One setting serves all images: no row is for a picture. The rows called "paper" are in `published.py`, ours in a file
for each task.
"""

from collections.abc import Mapping
from types import MappingProxyType

from untaught.errors import UsageError
from untaught.presets.deblurring import DEBLURRING
from untaught.presets.dejpegging import DEJPEGGING
from untaught.presets.denoising import DENOISING
from untaught.presets.fusing import FUSING
from untaught.presets.guiding import GUIDING
from untaught.presets.inpainting import INPAINTING
from untaught.presets.published import PUBLISHED
from untaught.presets.restoring import RESTORING
from untaught.presets.row import Preset
from untaught.presets.segmenting import SEGMENTING
from untaught.presets.upscaling import UPSCALING

LEVELS = ("draft", "normal", "best", "paper")  # from the quickest to the slowest

PRESETS: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {
        **PUBLISHED,
        **DEBLURRING,
        **DEJPEGGING,
        **DENOISING,
        **FUSING,
        **GUIDING,
        **INPAINTING,
        **RESTORING,
        **SEGMENTING,
        **UPSCALING,
    }
)


def preset(task: str, quality: str | Preset) -> Preset:
    """The row for a task, or the caller's own.

    Raises: UsageError naming the qualities that the task has.
    """
    if isinstance(quality, Preset):
        return quality
    if (task, quality) not in PRESETS:
        known = ", ".join(level for level in LEVELS if (task, level) in PRESETS)
        raise UsageError(f"quality is {quality!r}; wanted one of {known}")
    return PRESETS[task, quality]
