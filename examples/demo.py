"""Add noise to a photograph, take it out with a network that has never seen one, and say how well that went.

Writes noisy.png, denoised.png, denoised.png.json (how it was made) and compare.html into the folder named as argument.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

from untaught import images, metrics, report

TRUTH = Path(__file__).parent / "data" / "chelsea.png"
SIGMA = 25  # of the synthetic noise, on 0..255; then clipped and stored in 8 bits, as a camera would


def main(folder: Path, *more: str) -> None:
    """Run the demonstration; `more` goes to the denoising command."""
    folder.mkdir(parents=True, exist_ok=True)
    truth = images.read(TRUTH).pixels
    noise = np.random.default_rng(0).normal(0, SIGMA, truth.shape)
    noisy = (truth + noise).round().clip(0, 255).astype(np.uint8)
    images.write(folder / "noisy.png", noisy, overwrite=True)
    words = ["untaught", "denoise", str(folder / "noisy.png"), "-o", str(folder / "denoised.png"), "--overwrite", *more]
    print(*words, flush=True)
    try:
        if code := subprocess.run([sys.executable, "-m", *words]).returncode:
            sys.exit(code)
    except KeyboardInterrupt:  # the command has said what there is to say
        sys.exit(130)
    denoised = images.read(folder / "denoised.png").pixels
    before, after = metrics.psnr(noisy, truth), metrics.psnr(denoised, truth)
    panes = [report.Pane("noisy", noisy), report.Pane("denoised", denoised)]
    rows = [("PSNR before, against the clean photograph", f"{before:.2f} dB"), ("PSNR after", f"{after:.2f} dB")]
    page = report.comparison_page(panes, title="A photograph before and after denoising", rows=rows)
    images.write_atomically(folder / "compare.html", page.encode(), overwrite=True)
    print(f"PSNR {before:.2f} dB before, {after:.2f} dB after: {after - before:+.2f} dB. See {folder / 'compare.html'}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"))
