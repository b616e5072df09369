"""Executors: where experiments run. Each file of this folder is one."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar, final

from virb.registry import Shelf

Item = TypeVar("Item")
Result = TypeVar("Result")


@final
@dataclass(frozen=True)
class Resources:
    """What one item may use.

    Attributes:
        workers: how many items run side by side.
        threads: CPU threads of each; 0 divides the machine's cores by the workers.
    """

    workers: int = 1
    threads: int = 0


@final
@dataclass(frozen=True)
class Outcome(Generic[Item, Result]):
    """How one item ended.

    Attributes:
        item: what was asked.
        status: ``ok``; ``failed``: the function raised; ``killed``: its worker died, so it is worth another try.
        value: what the function returned, where it is ok.
        reason: why it failed: the exception's own words.
        trace: the traceback, where there is one.
    """

    item: Item
    status: Literal["ok", "failed", "killed"]
    value: Result | None = None
    reason: str = ""
    trace: str = ""


class Executor(ABC):
    """Runs a function over items."""

    @abstractmethod
    def map(
        self, function: Callable[[Item], Result], items: Sequence[Item], resources: Resources
    ) -> Iterator[Outcome[Item, Result]]:
        """Yield one outcome for each item, as they finish.

        A function that raises, or a worker that dies, costs its own item only. Closing the iterator stops the rest.

        Args:
            function: importable by name, and so are its items and results, where they travel to another process.
            items: what to run it on.
            resources: how many at a time, and how many threads each.
        """


EXECUTORS: Shelf[Executor] = Shelf("virb.executors", "EXECUTOR", "executor", Executor, command="")
