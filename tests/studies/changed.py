"""Numbers of a study looked through, and made others."""

import re


def reals(thing):
    """All real numbers in it."""
    if isinstance(thing, dict | list):
        return [one for part in (thing.values() if isinstance(thing, dict) else thing) for one in reals(part)]
    return [thing] if isinstance(thing, float) else []


def moved(thing):
    """All real numbers something else."""
    if isinstance(thing, dict):
        return {key: moved(value) for key, value in thing.items()}
    if isinstance(thing, list):
        return [moved(one) for one in thing]
    return thing + 0.111 if isinstance(thing, float) else thing


def decided(gain, more, of=3):
    """A paired comparison."""
    decides = "yes" if more == of else "no" if more == 0 else "no verdict"
    return {"mean": gain, "sd": 0.01, "n": of, "more": more, "of": of, "decides": decides}


def sentences(said):
    """What is said, without the marks of a list."""
    return [one.lstrip(" -") for one in re.split(r"(?<=\.)\s|\n", said)]


def sentence(said, begins):
    """The one that begins so."""
    return next(one for one in sentences(said) if one.startswith(begins))
