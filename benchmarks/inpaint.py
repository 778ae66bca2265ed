"""Inpainting at each level beside the classics and the 2018 authors' own results.

    python benchmarks/inpaint.py --data DIR --sets gray50 --images barbara,house --methods draft,biharmonic,published
    python benchmarks/inpaint.py --data DIR --sets gray --missing 90,98
    python benchmarks/inpaint.py --data DIR --sets text,holes --pictures /tmp/pictures

Sets (folders in DIR; one that is not there is skipped):
    gray50  inpaint11_gray: the 2018 authors' own inputs, half of the pixels missing (_masked, where missing is 0), and
            the truth (_GT). A visible pixel of value 0 can't be told from a missing one: it counts as missing, for all
            that run here (peppers256 loses its black border by that)
    gray50seen  the same, but of the pixels whose true value is 0 only half are missing, by the toss of a seeded coin:
            their authors knew their masks, and will have left out about so many
    gray    inpaint11_gray: the truth with pixels left out here at random, 10, 90 and 98 %, seeded by name and share
    colour  set9_clean: the same at 50 and 90 %; all channels of a pixel are missing together
    text    dip_examples: kate under kate_mask (black is missing)
    holes   dip_examples: library and vase under their masks (black is missing): there is no truth, so only times and
            pictures

Methods: draft, normal, best, paper: ours; biharmonic (scikit-image), linear, nearest (SciPy): classics; published: the
2018 authors' own result (_deep_prior, gray50 alone), scored in the same way.

PSNR of the 8-bit image, all channels together: `psnr` over the whole, as in the published table, and `hidden_psnr` over
the missing pixels alone. `known_off` is the most that a known pixel was changed by. A method sees the image with 0 at
the missing pixels, and the mask. `seconds` are the clock's, `cpu_seconds` the processor's, of all threads.
Appends JSON lines to benchmarks/results/inpaint.jsonl; what is there is skipped. The truth scores and is shown to no
method. `--pictures` keeps each result, and a strip to look at for each image; what has a line but no picture runs again
for the picture, without another line.
"""

import argparse
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fillers import FILLERS, filled
from references import add_row, check, rows, versions
from strips import save_strip
from untaught import images, metrics, tasks

RESULTS = Path(__file__).parent / "results" / "inpaint.jsonl"
OURS = ("draft", "normal", "best", "paper")
USUAL = ["draft", "normal", "best", *FILLERS, "published"]
FILES = {  # the truth, or what stands in its place
    "gray50": ["inpaint11_gray/*_GT.png"],
    "gray50seen": ["inpaint11_gray/*_GT.png"],
    "gray": ["inpaint11_gray/*_GT.png"],
    "colour": ["set9_clean/*.png"],
    "text": ["dip_examples/kate.png"],
    "holes": ["dip_examples/library.png", "dip_examples/vase.png"],
}
SHARES = {"gray": "10,90,98", "colour": "50,90"}
KEYS = ("set", "image", "missing", "method", "seed", "threads")


@dataclass(frozen=True)
class Case:
    """One image with pixels missing."""

    set: str
    image: str
    missing: float  # %, asked for or counted
    given: np.ndarray  # HW or HWC, 8 bit, 0 where missing
    hidden: np.ndarray  # HW, bool
    truth: np.ndarray | None
    published: np.ndarray | None = None

    @property
    def name(self) -> str:
        """For files and for people."""
        return f"{self.set}-{self.image}-{self.missing:g}"


def main() -> None:
    """Run what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", default=",".join(FILES))
    parser.add_argument("--images", default="", help="else all")
    parser.add_argument("--methods", default=",".join(USUAL))
    parser.add_argument("--missing", default="", help="of gray and colour, in %%; else each set's own")
    parser.add_argument("--seed", type=int, default=0, help="the method's, not the mask's")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--pictures", type=Path, help="a folder for them")
    asked = parser.parse_args()
    check(parser, "--sets", asked.sets, list(FILES))
    check(parser, "--methods", asked.methods, [*OURS, *FILLERS, "published"])
    torch.set_num_threads(asked.threads)
    methods = runnable(asked.methods.split(","))
    warm_up(methods)
    for case in cases(asked):
        for method in methods:
            if method != "published" or case.published is not None:
                measure(case, method, asked)
        if asked.pictures:
            save_strip(asked.pictures / case.name, case.given, case.hidden, case.truth)


def runnable(methods: list[str]) -> list[str]:
    """Those of the methods that are there; says which aren't."""
    if "inpainting" in vars(tasks):
        return methods
    for method in methods:
        if method in OURS:
            print(f"skipped {method}: untaught.tasks has no inpainting yet")
    return [method for method in methods if method not in OURS]


def warm_up(methods: list[str]) -> None:
    """So that the first measurement is not also that of what is loaded once."""
    rng = np.random.default_rng(0)
    y, hidden = rng.integers(1, 256, (32, 32, 3)).astype(np.uint8), rng.random((32, 32)) < 0.5
    y[hidden] = 0
    for method in methods:
        if method in FILLERS:
            filled(method, y, hidden)
    if set(OURS) & set(methods):
        finished(tasks.inpainting(y, mask_of(hidden), quality="draft", seed=0, device="cpu"))


def cases(asked: argparse.Namespace) -> Iterator[Case]:
    """Every image that is asked for and there."""
    for name in asked.sets.split(","):
        found = sorted(path for pattern in FILES[name] for path in asked.data.glob(pattern))
        if not found:
            print(f"skipped {name}: no images in {asked.data / FILES[name][0]}")
        for path in found:
            if not asked.images or path.stem.removesuffix("_GT") in asked.images.split(","):
                yield from masked(name, path, asked.missing or SHARES.get(name, ""))


def masked(name: str, path: Path, shares: str) -> Iterator[Case]:
    """The image under its own mask, or under one made here for each share."""
    truth, image = images.read(path).pixels, path.stem.removesuffix("_GT")
    if name in SHARES:
        for share in map(int, shares.split(",")):
            hidden = left_out(image, share, truth.shape[:2])
            yield Case(name, image, share, without(truth, hidden), hidden, truth)
        return
    other = path.with_name(f"{image}_{'masked' if name.startswith('gray50') else 'mask'}.png")
    if not other.exists():
        print(f"skipped {name} {image}: {other} is not there")
        return
    hidden = images.read(other).pixels == 0
    if name == "gray50seen":
        hidden &= (truth != 0) | left_out(image, 50, hidden.shape)
    if name.startswith("gray50"):
        result = path.with_name(f"{image}_deep_prior.png")
        published = images.read(result).pixels if result.exists() else None
        yield Case(name, image, 50, without(truth, hidden), hidden, truth, published)
        return
    share = round(100 * float(hidden.mean()), 1)
    yield Case(name, image, share, without(truth, hidden), hidden, None if name == "holes" else truth)


def left_out(image: str, share: int, shape: tuple[int, ...]) -> np.ndarray:
    """Pixels missing at random, each with the same chance; the same ones each time."""
    rng = np.random.default_rng([zlib.crc32(image.encode()), share])
    return rng.random(shape) < share / 100


def without(image: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """The image with 0 at the hidden pixels."""
    out = image.copy()
    out[hidden] = 0
    return out


def mask_of(hidden: np.ndarray) -> np.ndarray:
    """As ours wants it: 8 bit, not 0 where missing."""
    return hidden.astype(np.uint8) * 255


def measure(case: Case, method: str, asked: argparse.Namespace) -> None:
    """One method on one image."""
    row = {"benchmark": "inpaint", "set": case.set, "image": case.image, "missing": case.missing}
    row |= {"method": method, "seed": asked.seed, "threads": asked.threads}
    picture = asked.pictures / case.name / f"{method}.png" if asked.pictures else None
    known = [row[key] for key in KEYS] in [[line[key] for key in KEYS] for line in rows(asked.results)]
    if known and (picture is None or picture.exists()):
        print(f"{case.name} {method}: already in {asked.results.name}")
        return
    out, made = run(case, method, asked.seed)
    if picture:
        picture.parent.mkdir(parents=True, exist_ok=True)
        images.write(picture, out, overwrite=True)
    if known:
        return
    row |= {"shape": list(case.given.shape), "hidden": int(case.hidden.sum())} | scores(case, out) | made
    add_row(asked.results, row | versions())
    print(case.name, method, {name: row.get(name) for name in ("psnr", "hidden_psnr", "seconds")}, flush=True)


def run(case: Case, method: str, seed: int) -> tuple[np.ndarray, dict[str, Any]]:
    """What one method makes of the image, and what there is to say about how."""
    if method == "published":
        assert case.published is not None
        return case.published, {}
    began, cpu = time.monotonic(), time.process_time()
    if method in OURS:
        job = tasks.inpainting(case.given, mask_of(case.hidden), quality=method, seed=seed, device="cpu")
        result = finished(job)
        out, made = result.image, {"steps": result.steps_run, "stopped_by": result.stopped_by}
    else:
        out, made = filled(method, case.given, case.hidden), {}
    took = {"seconds": round(time.monotonic() - began, 2), "cpu_seconds": round(time.process_time() - cpu, 2)}
    return out, made | took


def finished(job: Any) -> Any:
    """The result of a job, run to its end."""
    for _ in job:
        pass
    return job.result()


def scores(case: Case, out: np.ndarray) -> dict[str, float]:
    """How near the truth it is where there is one, and whether it left alone what was known."""
    known = ~case.hidden
    off = np.abs(out[known].astype(int) - case.given[known])
    found = {"known_off": int(off.max(initial=0))}
    if case.truth is None:
        return found
    hidden = metrics.psnr(out[case.hidden][None], case.truth[case.hidden][None])
    return found | {"psnr": round(metrics.psnr(out, case.truth), 3), "hidden_psnr": round(hidden, 3)}


if __name__ == "__main__":
    main()
