"""Timing within one run."""

import statistics
import time
from collections.abc import Callable
from typing import Any


def timed(run: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """The median seconds of some runs, and what the last returned."""
    seconds, answer = [], None
    for _ in range(rounds):
        start = time.perf_counter()
        answer = run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), answer
