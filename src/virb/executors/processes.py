"""``processes``: several items side by side on this machine, each in a process of its own."""

import atexit
import os
import pickle
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import wait
from typing import Any, Generic, final

from virb.errors import UserError
from virb.executors import Executor, Item, Outcome, Resources, Result
from virb.executors._failure import failure
from virb.executors._worker import READY, Answer, serve

_PATIENCE = 5.0
"""Seconds a worker gets to end by itself before it is ended."""
_FALSE_STARTS = 3
"""Workers in a row that may die before they are ready: one is bad luck, three are a reason."""


@final
class Processes(Executor):
    """Runs items in fresh worker processes, which stay until there is nothing left to do.

    Workers are spawned, not forked: they share neither threads nor locks nor a GPU context with this process, and work
    the same on every platform. A script that uses them keeps its own work under ``if __name__ == "__main__":``.

    A worker that dies takes its own item with it and no other, and is replaced. Workers may start processes of their
    own. None outlives the iterator, this process, or its being killed.
    """

    def map(
        self, function: Callable[[Item], Result], items: Sequence[Item], resources: Resources
    ) -> Iterator[Outcome[Item, Result]]:
        """Yield one outcome for each item, as they finish.

        Args:
            function: importable by name. It travels once to each worker; items and results travel pickled.
            items: what to run it on.
            resources: how many workers, and the threads that NumPy and torch take in each.

        Raises:
            UserError: no worker process can be started.
        """
        try:
            task = pickle.dumps(function)
        except Exception as error:  # noqa: BLE001 - pickling runs the function's own code
            where = "The function cannot travel to a worker process, it must be importable by name: "
            yield from (failure(item, error, where) for item in items)
            return
        crew: _Crew[Item] = _Crew(task, resources)
        # A suspended iterator that nobody closes would otherwise keep its idle workers, and so this process, for ever.
        atexit.register(crew.stop)
        try:
            yield from crew.run(items)
        finally:
            crew.stop()
            atexit.unregister(crew.stop)


EXECUTOR = Processes()


@final
class _Crew(Generic[Item]):
    """The workers of one call."""

    def __init__(self, task: bytes, resources: Resources) -> None:
        if resources.workers < 1:
            raise UserError(f"'{resources.workers}' workers cannot run anything.", "Ask for 1 or more.")
        self.task = task
        self.size = resources.workers
        self.threads = resources.threads or max(1, _cores() // resources.workers)
        self.workers: list[_Worker[Item]] = []
        self.false_starts = 0

    def run(self, items: Sequence[Item]) -> Iterator[Outcome[Item, Any]]:
        queue = deque(items)
        while queue or any(worker.busy for worker in self.workers):
            self._fill_up(len(queue))
            for worker in self._stirring():
                outcome = self._hear(worker)
                # The next item leaves before the last outcome is looked at, so that no worker waits for the caller.
                refused = self._hand_out(worker, queue) if worker in self.workers else []
                if outcome is not None:
                    yield outcome
                yield from refused

    def _fill_up(self, waiting: int) -> None:
        """Start workers: as many as asked for, never more than there are items."""
        while len(self.workers) < min(self.size, waiting + sum(worker.busy for worker in self.workers)):
            try:
                self.workers.append(_Worker(self.threads))
            except OSError as error:
                raise _cannot_start(error.strerror or str(error)) from error

    def _stirring(self) -> list["_Worker[Item]"]:
        """Wait until workers have something to say or died, and return these."""
        ready = set(wait([end for w in self.workers for end in (w.connection, w.process.sentinel)]))
        return [w for w in self.workers if w.connection in ready or w.process.sentinel in ready]

    def _hear(self, worker: "_Worker[Item]") -> Outcome[Item, Any] | None:
        message = worker.hear()
        if message == READY:
            worker.ready = True
            self.false_starts = 0
            worker.send(self.task)
            return None
        if message is not None:
            return worker.outcome(message)
        self.workers.remove(worker)
        reason = worker.stop()
        if worker.busy:
            return Outcome(worker.take(), "killed", reason=f"Its worker process {reason}.")
        if not worker.ready:
            self.false_starts += 1
            if self.false_starts >= _FALSE_STARTS:
                raise _cannot_start(f"the last one {reason}")
        return None

    def _hand_out(self, worker: "_Worker[Item]", queue: deque[Item]) -> list[Outcome[Item, Any]]:
        """Give a worker its next item. Returns the outcomes of items that cannot travel."""
        refused: list[Outcome[Item, Any]] = []
        # One that died idle is not given anything: its end is heard next, and no item has to pay for it.
        while queue and not worker.busy and worker.process.is_alive():
            item = queue.popleft()
            try:
                content = pickle.dumps(item)
            except Exception as error:  # noqa: BLE001 - pickling runs the item's own code
                refused.append(failure(item, error, "The item cannot travel to a worker process: "))
            else:
                worker.item = [item]
                worker.send(content)
        return refused

    def stop(self) -> None:
        """End all workers: idle ones by themselves, busy ones at once."""
        for worker in self.workers:
            worker.dismiss()
        while self.workers:
            self.workers.pop().stop()


@final
class _Worker(Generic[Item]):
    """One worker process, seen from outside."""

    def __init__(self, threads: int) -> None:
        context = get_context("spawn")
        self.connection, other = context.Pipe()
        # Not a daemon: these may not have children, such as the decoders of a data loader.
        self.process = context.Process(target=serve, args=(other,), daemon=False)
        try:
            with _thread_limits(threads), _deaf_to_ctrl_c():
                self.process.start()
        except BaseException:
            self.connection.close()
            raise
        finally:
            other.close()
        self.ready = False
        self.item: list[Item] = []
        """What it works on: one item or none."""

    @property
    def busy(self) -> bool:
        return bool(self.item)

    def take(self) -> Item:
        return self.item.pop()

    def send(self, content: bytes) -> None:
        # To one that has just died nothing can be sent: that it died will be heard in its place.
        with suppress(OSError):
            self.connection.send_bytes(content)

    def hear(self) -> bytes | None:
        """What the worker says, or None where it died without a word."""
        with suppress(EOFError, OSError):
            if self.connection.poll():
                return self.connection.recv_bytes()
        return None

    def outcome(self, message: bytes) -> Outcome[Item, Any]:
        answer: Answer = pickle.loads(message)  # noqa: S301 - from our own worker
        status, value, reason, trace = answer
        item = self.take()
        if status == "failed":
            return Outcome(item, "failed", reason=reason, trace=trace)
        try:
            return Outcome(item, "ok", pickle.loads(value))  # noqa: S301 - from our own worker
        except Exception as error:  # noqa: BLE001 - loading runs the value's own code
            return failure(item, error, "The result could not be loaded from a worker process: ")

    def dismiss(self) -> None:
        """Ask the process to end."""
        if self.busy or not self.ready:
            self.process.terminate()
        self.connection.close()

    def stop(self) -> str:
        """Wait for the end of the process, or make one, and say what it was."""
        self.connection.close()
        self.process.join(_PATIENCE)
        code = self.process.exitcode
        if code is None:
            self.process.kill()
            self.process.join()
        self.process.close()
        return _ending(code)


def _ending(code: int | None) -> str:
    if code is None:
        return "stopped answering"
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"was killed by {name}" + (" (out of memory, or by hand)" if name == "SIGKILL" else "")


def _cannot_start(why: str) -> UserError:
    return UserError(
        f"Worker processes cannot be started: {why}.",
        "In a script, keep what starts the run under `if __name__ == '__main__':`. Otherwise ask for fewer workers, or "
        "use the executor 'inline'.",
    )


def _cores() -> int:
    """CPU cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def _thread_limits(threads: int) -> Iterator[None]:
    """Let a process that starts inside have this many threads in OpenMP, MKL and OpenBLAS.

    They are read once, when NumPy or torch are loaded, which the first line of a worker may already do.
    """
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, str(threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Keep Ctrl-C from a process that starts inside: before it can ignore it, it would print a traceback."""
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # multiprocessing's own helper: its start would let signals through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
