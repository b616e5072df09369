"""What a long job shows: progress bars with the time left on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

out = Console(highlight=False, soft_wrap=True)


@final
class Bars:
    """Progress on a terminal."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._known: dict[str, TaskID] = {}

    def say(self, text: str) -> None:
        """Print one line above the bars."""
        self._bars.console.print(text, markup=False)

    def advance(self, what: str, done: int, total: int) -> None:
        """Move the bar of ``what``; it goes away when it is full."""
        if what not in self._known:
            self._known[what] = self._bars.add_task(what, total=total)
        self._bars.update(self._known[what], completed=done, total=total)
        if done >= total:
            self._bars.remove_task(self._known.pop(what))


@final
class Lines:
    """Progress in a log: a line at the start, then at most one every ten seconds."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def say(self, text: str) -> None:
        """Print one line."""
        out.print(text, markup=False)

    def advance(self, what: str, done: int, total: int) -> None:
        """Print how far ``what`` is, if it has been a while."""
        now = time.monotonic()
        if done < total and now - self._last.setdefault(what, now) >= 10:
            self._last[what] = now
            self.say(f"{what}: {done:,} of {total:,}")


@contextmanager
def progress() -> Iterator[Bars | Lines]:
    """Bars on a terminal, lines elsewhere."""
    if not out.is_terminal:
        yield Lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True) as bars:
        yield Bars(bars)
