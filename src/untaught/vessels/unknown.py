"""The grey that says nothing in a label."""

UNKNOWN = {"u1": (127, 128), "u2": (32767, 32768, 127 * 257, 128 * 257), "f4": (0.5,), "f8": (0.5,)}
"""The middle of each kind's range: grey, half-way between background and vessel. By kind and bytes of the dtype."""
