"""The two ways things end that are not bugs: a wrong request, and an experiment that must not give a score."""

import difflib
from collections.abc import Iterable
from typing import final


@final
class UserError(Exception):
    """The request was wrong, or something outside virb is not as it must be.

    The command line prints it without a traceback and exits with 2.

    Args:
        problem: one sentence that says what is wrong, with the offending value in quotes.
        remedy: what is allowed, or what to do about it.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}\n{self.remedy}" if self.remedy else self.problem


@final
class ExperimentError(Exception):
    """This experiment has no valid score, and the message is the reason kept in its record.

    Raised for NaN or constant features, a corrupt image met on the way, and the like: other experiments go on.
    """


def unknown(kind: str, name: str, known: Iterable[str], more: str = "") -> UserError:
    """Build the error for a name that is not known, with the nearest names first.

    Args:
        kind: what the name should have been, such as ``"task"``.
        name: the name as it was typed.
        known: the names that exist.
        more: how to see all of them, such as ``"virb tasks list"``.
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    near = near or [known for known in names if name and name.lower() in known.lower()][:3]
    if near:
        remedy = f"Did you mean {' or '.join(repr(n) for n in near)}?"
    else:
        remedy = f"Known: {', '.join(names[:12])}{', …' if len(names) > 12 else ''}."
    if more:
        remedy += f" {more}"
    return UserError(f"There is no {kind} '{name}'.", remedy)
