"""Before the work begins: is there memory enough for an image of that size?"""

from untaught.errors import ResourceError

A_PIXEL = 1200
"""Bytes, of an image with its descriptors in the network. Measured at 1000x1000 to 2000x2000: 1050 to 1150."""
A_LABEL = 8
"""Bytes a pixel, of a copy that is kept to learn from: its label, what is known of it, the tube. Its descriptors take
two each.
"""


def refuse_what_does_not_fit(pixels: int, name: str, *, copies: int = 0, descriptors: int = 0) -> None:
    """Raises: ResourceError where an image of so many pixels, and so many copies of it, want more than is free."""
    from untaught import cost

    needed, free = pixels * (A_PIXEL + copies * (A_LABEL + 2 * descriptors)), cost.free_memory()
    if free is not None and needed > free:
        raise ResourceError(
            f"{name} would take about {needed / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are free; "
            "wanted a smaller image, or a part of it"
        )
