"""The C library's allocator, told to keep what it is given back."""

import ctypes
import sys
from functools import cache

MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1  # names of mallopt's, in malloc.h
NEVER = 2**30  # bytes


@cache
def keep_freed_memory() -> None:
    """From now on, memory freed by this process stays with it, for its next blocks. On Linux with glibc; else nothing.

    A step frees all its feature maps and the next one asks for them again. glibc gives a block above 32 MB back to the
    system at once, and the system hands out every page anew, cleared: a fifth of a step at 512x512
    (docs/performance.md). The peak is the same.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return
    mallopt(MMAP_THRESHOLD, NEVER)
    mallopt(TRIM_THRESHOLD, NEVER)
