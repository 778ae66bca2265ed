"""JPEG artefacts, removed at each level beside the classics.

    python benchmarks/dejpeg.py --data DIR --images kodim05,kodim08 --qualities 10,20 --methods draft,normal,reapplied
    python benchmarks/dejpeg.py --data DIR --images snail --methods normal,paper --pictures /tmp/pictures

Images: DIR/kodak24_256_p2p, in colour, 256x256, stored by Pillow as JPEG of each of the qualities, 4:2:0; and
DIR/dip_examples/snail.jpg, the 2018 authors', as it is: there is no truth, so only times and pictures.

Methods: draft, normal, best, paper: ours, which read the tables from the file (paper looks at the pixels alone); jpeg:
the file, decoded; reapplied: JPEG re-applied on all other grids of blocks (Nosratinia 2001); tv: total variation
(scikit-image), each pixel's weight the same, set to 0.7 of the misfit that re-application finds in the file; tvcells:
the same, moved into the quantisation cells of luma.

Scores of the 8-bit image: PSNR in dB of all channels (`psnr`) and of luma (`luma_psnr`, Y of JFIF), SSIM of luma, and
`blocks`: how much larger the mean step of luma over the edges of blocks is than inside them (1 where nothing shows).
`seconds` are the clock's, `cpu_seconds` the processor's, of all threads.

Appends JSON lines to benchmarks/results/dejpeg.jsonl; what is there is skipped. The truth scores and is shown to no
method. `--pictures` keeps each result, with the truth.
"""

import argparse
import io
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from skimage.restoration import denoise_tv_chambolle

from references import add_row, check, rows, versions
from untaught import images, metrics, tasks
from untaught.classical import reapplied
from untaught.operators.jpeg import Jpeg
from untaught.tasks.compressed import stored_as

RESULTS = Path(__file__).parent / "results" / "dejpeg.jsonl"
OURS = ("draft", "normal", "best", "paper")
METHODS = [*OURS, "jpeg", "reapplied", "tv", "tvcells"]
KEYS = ("image", "jpeg_quality", "method", "seed", "threads")
LUMA = np.array([0.299, 0.587, 0.114])
TV_WEIGHT = 0.7  # of the misfit's root mean square


def main() -> None:
    """Run what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", default="", help="else all")
    parser.add_argument("--qualities", default="10,20,40")
    parser.add_argument("--methods", default="jpeg,reapplied,tv,tvcells,draft,normal,best")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--pictures", type=Path, help="a folder for them")
    asked = parser.parse_args()
    check(parser, "--methods", asked.methods, METHODS)
    check(parser, "--qualities", asked.qualities, [str(number) for number in range(1, 100)])
    torch.set_num_threads(asked.threads)
    found = sorted(asked.data.glob("kodak24_256_p2p/*.png")) + sorted(asked.data.glob("dip_examples/snail.jpg"))
    if not found:
        print(f"skipped: no images in {asked.data}")
    for path in found:
        if not asked.images or path.stem in asked.images.split(","):
            for quality in [None] if path.suffix == ".jpg" else map(int, asked.qualities.split(",")):
                for method in asked.methods.split(","):
                    measure(path, quality, method, asked)


def measure(path: Path, quality: int | None, method: str, asked: argparse.Namespace) -> None:
    """One method on one image."""
    row: dict[str, Any] = {"benchmark": "dejpeg", "image": path.stem, "jpeg_quality": quality}
    row |= {"method": method, "seed": asked.seed, "threads": asked.threads}
    name = path.stem if quality is None else f"{path.stem}-q{quality}"
    picture = asked.pictures / name / f"{method}.png" if asked.pictures else None
    known = [row[key] for key in KEYS] in [[line[key] for key in KEYS] for line in rows(asked.results)]
    if known and (picture is None or picture.exists()):
        print(f"{name} {method}: already in {asked.results.name}")
        return
    truth, given, found = case(path, quality)
    out, made = run(given, found, method, asked.seed)
    if picture:
        picture.parent.mkdir(parents=True, exist_ok=True)
        images.write(picture, out, overwrite=True)
        if truth is not None:
            images.write(picture.with_name("truth.png"), truth, overwrite=True)
    if known:
        return
    row |= {"shape": list(given.shape)} | ({} if truth is None else scores(out, truth)) | made
    row |= {"blocks": round(blocks(out), 3)}
    add_row(asked.results, row | versions())
    print(name, method, {key: row.get(key) for key in ("psnr", "luma_psnr", "blocks", "cpu_seconds")}, flush=True)


def case(path: Path, quality: int | None) -> tuple[np.ndarray | None, np.ndarray, images.Compression]:
    """The truth, if there is one, what comes out of the file, and how it was compressed."""
    if quality is None:
        return None, images.read(path).pixels, images.compression(path)
    truth = images.read(path).pixels
    file = io.BytesIO()
    Image.fromarray(truth).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    with tempfile.NamedTemporaryFile(suffix=".jpg") as stored:
        stored.write(file.getvalue())
        stored.flush()
        return truth, images.read(stored.name).pixels, images.compression(stored.name)


def run(given: np.ndarray, found: images.Compression, method: str, seed: int) -> tuple[np.ndarray, dict[str, Any]]:
    """What one method makes of the image, and what there is to say about how."""
    made: dict[str, Any] = {}
    began, cpu = time.monotonic(), time.process_time()
    if method in OURS:
        told = {"tables": found.tables, "subsampling": found.subsampling}
        job = tasks.dejpegging(given, quality=method, seed=seed, device="cpu", **told)
        for _ in job:
            pass
        result = job.result()
        out, made = result.image, {"steps": result.steps_run, "stopped_by": result.stopped_by}
    else:
        out = classic(given, stored_as(None, found.tables, found.subsampling), method)
    took = {"seconds": round(time.monotonic() - began, 2), "cpu_seconds": round(time.process_time() - cpu, 2)}
    return out, made | took


@torch.no_grad()
def classic(given: np.ndarray, jpeg: Jpeg, method: str) -> np.ndarray:
    """What a method without a network makes of it."""
    if method == "jpeg":
        return given
    y = torch.from_numpy(given / 255).movedim(-1, 0)[None]
    x = reapplied(jpeg, y)
    if method.startswith("tv"):
        weight = TV_WEIGHT * float((x - y).square().mean().sqrt())
        smooth = denoise_tv_chambolle(given / 255, weight=weight, channel_axis=-1)
        x = torch.from_numpy(smooth).movedim(-1, 0)[None]
        x = jpeg.project(x, y) if method == "tvcells" else x
    return (255 * x[0]).movedim(0, -1).round().clamp(0, 255).numpy().astype(np.uint8)


def scores(out: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """How near the truth it is."""
    luma, wanted = (pixels.astype(np.float64) @ LUMA for pixels in (out, truth))
    found = {"psnr": metrics.psnr(out, truth), "luma_psnr": metrics.psnr(luma, wanted, data_range=255)}
    found["luma_ssim"] = metrics.ssim(luma, wanted, data_range=255)
    return {name: round(value, 4) for name, value in found.items()}


def blocks(out: np.ndarray) -> float:
    """The mean step of luma over the edges of blocks, in those inside them."""
    luma, over, inside = out.astype(np.float64) @ LUMA, [], []
    for turned in (luma, luma.T):
        step = np.abs(np.diff(turned, axis=1))
        edge = np.arange(step.shape[1]) % 8 == 7
        over.append(step[:, edge].mean())
        inside.append(step[:, ~edge].mean())
    return float(sum(over) / sum(inside))


if __name__ == "__main__":
    main()
