"""Add noise to a photograph, take it out again with a network that has never seen one, and say how well that went.

Writes into the folder named as argument: noisy.png, denoised.png, denoised.png.json (how it was made) and compare.html.
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
    noisy, denoised, page = folder / "noisy.png", folder / "denoised.png", folder / "compare.html"
    truth = images.read(TRUTH).pixels
    noise = np.random.default_rng(0).normal(0, SIGMA, truth.shape)
    images.write(noisy, (truth + noise).round().clip(0, 255).astype(np.uint8), overwrite=True)

    untaught("denoise", noisy, "-o", denoised, "--overwrite", *more)
    result = images.read(denoised).pixels
    before, after = metrics.psnr(images.read(noisy).pixels, truth), metrics.psnr(result, truth)
    rows = [
        (f"PSNR {when} against the clean photograph", f"{x:.2f} dB")
        for when, x in (("before", before), ("after", after))
    ]
    panes = [report.Pane("noisy", images.read(noisy).pixels), report.Pane("denoised", result)]
    html = report.comparison_page(panes, title="A photograph before and after denoising", rows=rows)
    images.write_atomically(page, html.encode(), overwrite=True)
    print(f"PSNR {before:.2f} dB before, {after:.2f} dB after: {after - before:+.2f} dB")
    print(f"Open {page} in a browser.")


def untaught(*arguments: str | Path) -> None:
    """One command, shown and run."""
    print("untaught", *arguments, flush=True)
    try:
        code = subprocess.run([sys.executable, "-m", "untaught", *map(str, arguments)]).returncode
    except KeyboardInterrupt:  # the command has said what there is to say
        code = 130
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"))
