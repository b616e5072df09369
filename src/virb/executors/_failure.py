"""How an exception becomes an outcome, the same for every executor."""

from traceback import TracebackException
from typing import Any

from virb.errors import ExperimentError, UserError
from virb.executors import Item, Outcome


def explain(error: BaseException) -> tuple[str, str]:
    """The reason and the traceback of an exception, as text.

    Errors that were written for users speak for themselves; all others say their type first.
    """
    told = TracebackException.from_exception(error)  # its str() also survives an exception whose own str() raises
    name = type(error).__name__
    words = str(told)
    if not words:
        reason = name
    elif isinstance(error, UserError | ExperimentError):
        reason = words
    else:
        reason = f"{name}: {words}"
    return reason, "".join(told.format())


def failure(item: Item, error: BaseException, where: str = "") -> Outcome[Item, Any]:
    """The outcome of an item that ended in an exception.

    Args:
        item: what was asked.
        error: what was raised.
        where: words put before the reason, where the function itself is not to blame.
    """
    reason, trace = explain(error)
    return Outcome(item, "failed", reason=where + reason, trace=trace)
