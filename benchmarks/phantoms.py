"""Four phantoms above their labels, docs/studies/phantoms.png: `python benchmarks/phantoms.py`."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from untaught import images
from untaught.vessels.phantom import phantom

PAGE = Path(__file__).parent.parent / "docs" / "studies" / "phantoms.png"
NUMBERS = range(4)


def drawn() -> NDArray[np.uint8]:
    """Angiograms in a row, in grey; below them their labels, in white."""
    made = [phantom(number) for number in NUMBERS]
    above = np.hstack([(255 * one.image).round() for one in made])
    below = np.hstack([255 * one.label for one in made])
    return np.vstack([above, below]).astype(np.uint8)


if __name__ == "__main__":
    images.write(PAGE, drawn(), overwrite=True)
