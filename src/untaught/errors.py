"""What can go wrong through no fault of the program, each with the exit code the command line ends with."""


class UntaughtError(Exception):
    """One sentence: what was got, what was wanted, in the caller's words."""

    exit_code = 1


class UsageError(UntaughtError, ValueError):
    """An argument that cannot be meant: a negative sigma, an output that exists, a device that is not there."""

    exit_code = 2


class InputError(UntaughtError, ValueError):
    """An image that is missing, unreadable or has nothing to work on."""

    exit_code = 4


class InterruptedFitError(UntaughtError):
    """Ctrl-C came when nothing could be kept."""

    exit_code = 130


class ResourceError(UntaughtError, RuntimeError):
    """Disk or memory ran out."""

    exit_code = 5
