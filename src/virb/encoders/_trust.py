"""Whether pickles may run their code while something is loaded. No, unless the one who asks says so each time.

It is a setting of a call, not a property of an encoder: no spec and no record carries it into another run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

TRUST_NOTE = "the checkpoint is a pickle that may run code, and was loaded because --trust-pickle was given"

_TRUSTED: ContextVar[bool] = ContextVar("trusted", default=False)


@contextmanager
def trusting(trust: bool) -> Iterator[None]:
    """Let pickles run their code inside, or not."""
    token = _TRUSTED.set(trust)
    try:
        yield
    finally:
        _TRUSTED.reset(token)


def trusted() -> bool:
    """Whether pickles may run their code."""
    return _TRUSTED.get()
