"""Claims shown: a study is a function of few settings to numbers; figure and words are made from the numbers alone.

`STUDIES` says what each asks and where it lives; a study is loaded, and torch with it, when it is asked for.
"""

from importlib import import_module

from untaught.errors import UsageError
from untaught.studies.study import Asked, Study

STUDIES = {
    "impedance": "Is noise fitted later than a photograph, and by which networks?",
    "spaces": "Do pixels and weights take different ways to the same measurements?",
    "input": "What should z be made of, and how much should it tremble?",
    "architecture": "Which part of a network makes it a prior?",
    "likelihood": "Is the likelihood that the noise is of worth it?",
    "optimiser": "Which optimiser comes to a good image soonest, each at a rate tuned alike?",
    "vessels-guidance": "Do hand-made descriptors guide a network that has few labels?",
    "vessels-thin": "Are thin vessels missed, and does a loss on skeletons find them?",
    "vessels-scale": "Does a gate over scales serve thin and wide vessels alike?",
    "vessels-coupling": "Do further tasks whose targets are like the mask help more?",
    "vessels-kernel": "Does the kernel of a network with descriptors foretell that it learns faster?",
    "vessels-reconstruction": "Is it vesselness that unlabelled images should teach, or the image itself?",
}


def study(name: str) -> Study:
    """The study called so. Raises: UsageError, with the names, if there is none."""
    if name not in STUDIES:
        raise UsageError(f"there is no study called {name!r}; wanted one of {', '.join(STUDIES)}")
    found: Study = import_module(f"untaught.studies.{name.replace('-', '_')}").STUDY
    return found


__all__ = ["STUDIES", "Asked", "Study", "study"]
