"""Add noise to a photograph, take it out again with a network that has never seen one, and say how well that went.

Writes into the folder named as argument: noisy.png, denoised.png, denoised.png.json (how it was made) and compare.html.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

from untaught import images, metrics

TRUTH = Path(__file__).parent / "data" / "chelsea.png"
SIGMA = 25  # of the synthetic noise, on 0..255; then clipped and stored in 8 bits, as a camera would


def main(folder: Path, *more: str) -> None:
    """Run the demonstration; `more` goes to the denoising command."""
    folder.mkdir(parents=True, exist_ok=True)
    noisy, denoised, page = folder / "noisy.png", folder / "denoised.png", folder / "compare.html"
    truth = images.read(TRUTH).pixels
    noise = np.random.default_rng(0).normal(0, SIGMA, truth.shape)
    images.write(noisy, (truth + noise).round().clip(0, 255).astype(np.uint8), overwrite=True)

    untaught("denoise", noisy, "-o", denoised, "--overwrite", *more)
    untaught("compare", noisy, denoised, "-o", page, "--overwrite")
    before, after = (metrics.psnr(images.read(path).pixels, truth) for path in (noisy, denoised))
    print(f"PSNR {before:.2f} dB before, {after:.2f} dB after: {after - before:+.2f} dB")
    print(f"Open {page} in a browser.")


def untaught(*arguments: str | Path) -> None:
    """One command, shown and run."""
    print("untaught", *arguments, flush=True)
    subprocess.run([sys.executable, "-m", "untaught", *map(str, arguments)], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"))
