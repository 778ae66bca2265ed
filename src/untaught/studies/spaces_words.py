"""What is shown and said of the two spaces, from the numbers alone."""

from typing import Any

from untaught.studies.curves import basis, evenly
from untaught.studies.figure import Panel, Series
from untaught.studies.statistics import in_words, listed, points
from untaught.studies.study import Numbers

DENOISE, UPSCALE = "denoising", "super-resolution x4"
NONE, TV, DEEP = WAYS = "pixels", "pixels + TV", "network"
DRAWN = 20  # points of a path


def panels(found: Numbers) -> list[Panel]:
    """A column for each task: images, weights, PSNR. In brackets the share of the variance that the plane shows."""
    tasks = found["tasks"]
    images = [
        Panel(
            title=f"{task}: images ({100 * one['plane']['share']:.0f} %)",
            across="1st direction, rms of grey, white is 1",
            up="2nd direction, rms of grey",
            series=[
                *(through(way, path) for way, path in one["plane"]["paths"].items()),
                at("start", one["plane"]["paths"][DEEP][0]),
                *(at(name, point) for name, point in one["plane"]["points"].items()),
            ],
        )
        for task, one in tasks.items()
    ]
    weights = [
        Panel(
            title=f"{task}: weights ({100 * one['weights']['share']:.0f} %)",
            across="1st direction, rms, thousandths",
            up="2nd direction, the same",
            series=[
                through(DEEP, thousandths(one["weights"]["path"])),
                at("start", thousandths(one["weights"]["path"])[0]),
            ],
        )
        for task, one in tasks.items()
    ]
    courses = [
        Panel(
            title=f"{task}: PSNR",
            across="steps",
            up="PSNR, dB",
            series=[
                Series(
                    name=way,
                    x=[1 + k for k in evenly(course["steps"], DRAWN)],
                    y=evenly(course["psnr"], DRAWN),
                )
                for way, course in one["course"].items()
            ],
            powers="x",
        )
        for task, one in tasks.items()
    ]
    return [*images, *weights, *courses]


def thousandths(points: list[list[float]]) -> list[list[float]]:
    """For axes whose numbers are short."""
    return [[1000 * x, 1000 * y] for x, y in points]


def through(name: str, points: list[list[float]]) -> Series:
    """A path."""
    some = evenly(points, DRAWN)
    return Series(name=name, x=[x for x, _ in some], y=[y for _, y in some])


def at(name: str, point: list[float]) -> Series:
    """One place."""
    return Series(name=name, x=[point[0]], y=[point[1]])


def paragraph(found: Numbers) -> str:
    """What the numbers say."""
    said = [of_task(task, one) for task, one in found["tasks"].items()]
    said.append(
        "Steps are of gradient descent, the network's with momentum; planes and films are of the first draw; distances "
        "are root mean squares, white being 1."
    )
    return points(said, basis(found), "± is the standard deviation over draws.")


def of_task(task: str, one: dict[str, Any]) -> str:
    """On one task."""
    table, passes, loses = one["table"], one["passes_nearer"], one["loses"]
    deep, pixels, flat = table[DEEP], table[NONE], table[TV]
    said = [
        f"pixels alone end at {in_words(pixels['end'], 2)} dB with a mean squared misfit of "
        f"{in_words(pixels['misfit'], 4)}, with total variation at {in_words(flat['end'], 2)} dB, the network at "
        f"{in_words(deep['end'], 2)} dB with {in_words(deep['misfit'], 4)}.",
        f"The network is at its best, {in_words(deep['peak'], 2)} dB, at step {in_words(deep['peak_at'], 0)}, and then "
        f"{judged_loss(loses[DEEP])}.",
        f"In images the path of the pixels is {in_words(pixels['bent'], 2)} times as long as the way from end to end "
        f"({judged_bent(pixels['bent'])}), that of the network {in_words(deep['bent'], 2)} times, in weights "
        f"{in_words(deep['bent_in_weights'], 2)} times; the weights move by {in_words(deep['weights_moved'], 2)} of "
        f"their own length.",
        f"The network passes the photograph at {in_words(deep['nearest'], 3)}, the pixels at "
        f"{in_words(pixels['nearest'], 3)}: {judged_near(passes[NONE])}; with total variation at "
        f"{in_words(flat['nearest'], 3)}: {judged_near(passes[TV])}.",
    ]
    if "unseen" in pixels:
        said.append(
            f"Of what is not measured pixels move {in_words(pixels['unseen'], 3)} (of "
            f"{in_words(pixels['moved'], 3)} in all), the network {in_words(deep['unseen'], 3)} "
            f"(of {in_words(deep['moved'], 3)}), pixels with total variation {in_words(flat['unseen'], 3)}: "
            f"{judged_unseen(pixels, deep)}."
        )
    return listed(f"{task[0].upper()}{task[1:]}:", said)


def judged_loss(one: dict[str, Any]) -> str:
    """Does it go on past the photograph?"""
    often = f"all {one['of']} draws" if one["decides"] == "yes" else f"{one['more']} of {one['of']}"
    return f"loses {in_words(one, 2)} dB until the end, in {often}"


def judged_near(one: dict[str, Any]) -> str:
    """Is the network's path the nearer one?"""
    often = {"yes": f"all {one['of']} draws", "no": f"none of {one['of']} draws, here the claim fails"}
    other = f"{one['more']} of {one['of']} draws, not shown"
    return f"the network's path passes nearer in {often.get(one['decides'], other)}"


def judged_bent(one: dict[str, Any]) -> str:
    """Is it straight?"""
    if one["mean"] < 1.01:
        return "it is straight"
    return "it is nearly straight" if one["mean"] < 1.1 else "it is not straight"


def judged_unseen(pixels: dict[str, Any], deep: dict[str, Any]) -> str:
    """Who says something of what is not measured?"""
    if pixels["unseen"]["mean"] < 0.01 * deep["unseen"]["mean"]:
        return "pixels alone leave it as it began, the network fills it in"
    return "pixels move it too, here the claim fails"
