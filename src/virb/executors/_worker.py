"""The inside of a worker process: say that it is there, take the function, then one item after the other.

Messages are bytes. To the worker: the pickled function, then pickled items. From the worker: ``READY`` once, then a
pickled :data:`Answer` for each item.
"""

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from typing import Any, Literal

from virb.executors._failure import explain

Answer = tuple[Literal["ok", "failed"], bytes, str, str]
"""Status, pickled value, reason, trace."""

READY = b"ready"


def serve(connection: "Connection[bytes, bytes]") -> None:
    """Run items until the other end of the connection is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the parent decides what it means
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # only blocked until it is ignored
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        connection.send_bytes(READY)
        function = connection.recv_bytes()
        run = _loaded(function)
        while True:
            connection.send_bytes(pickle.dumps(_answer(run, connection.recv_bytes())))
    except (EOFError, OSError):
        return


def _end_with_parent() -> None:
    """A parent that is killed cannot end its workers: none shall go on for hours with nobody to answer to."""
    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _loaded(function: bytes) -> Callable[[Any], Any] | Answer:
    try:
        return pickle.loads(function)  # type: ignore[no-any-return]  # noqa: S301 - from our own parent
    except BaseException as error:  # noqa: BLE001 - importing runs anything; each item will have to say so
        return _refusal("The function cannot be loaded in a worker process, it must be importable by name: ", error)


def _answer(run: Callable[[Any], Any] | Answer, item: bytes) -> Answer:
    if isinstance(run, tuple):
        return run
    where = "The item cannot be loaded in a worker process: "
    try:
        argument = pickle.loads(item)  # noqa: S301 - from our own parent
        where = ""
        value = run(argument)
        where = "The result cannot travel back from a worker process: "
        return "ok", pickle.dumps(value), "", ""
    except BaseException as error:  # noqa: BLE001 - an exit, too, is the item's failure and not the worker's death
        return _refusal(where, error)


def _refusal(where: str, error: BaseException) -> Answer:
    reason, trace = explain(error)
    return "failed", b"", where + reason, trace
