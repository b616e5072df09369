"""``inline``: one item after the other, here."""

from collections.abc import Callable, Iterator, Sequence
from typing import final

from virb.executors import Executor, Item, Outcome, Resources, Result
from virb.executors._failure import failure


@final
class Inline(Executor):
    """Runs items in this process and this thread, in their order, each when its outcome is asked for.

    Nothing has to be importable by name. An item that crashes the process crashes everything: that is what
    ``processes`` is for.
    """

    def map(
        self, function: Callable[[Item], Result], items: Sequence[Item], resources: Resources
    ) -> Iterator[Outcome[Item, Result]]:
        """Yield one outcome for each item, in order.

        Args:
            function: what to run. Ctrl-C and ``SystemExit`` pass through it to the caller.
            items: what to run it on.
            resources: not used: there is one worker, and this process has its threads already.
        """
        for item in items:
            try:
                outcome = Outcome(item, "ok", function(item))
            except Exception as error:  # noqa: BLE001 - whatever an item raises is its own outcome and nobody else's
                outcome = failure(item, error)
            yield outcome


EXECUTOR = Inline()
