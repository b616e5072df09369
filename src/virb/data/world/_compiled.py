"""How the kernels are compiled: plain IEEE arithmetic, so that every machine and any number of threads agree."""

from collections.abc import Callable
from hashlib import blake2b
from importlib.resources import files
from typing import Any, TypeVar, cast

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

_INNER = {"nogil": True, "error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""For what only kernels call. Division by zero gives an infinity."""

FILES = (
    "_compiled", "_hills", "_kernel", "_lattice", "_motifs", "_patterns", "_photos",
    "_shading", "_shadows", "_solids", "_tone", "_tracing", "_view",
)  # fmt: skip
"""What the kernels are made of: their files, and those that they take constants from."""


def kernel(function: Kernel) -> Kernel:
    """Compile a function that is built into each kernel that calls it.

    It may not make arrays: without numba's counting of references to them, which costs an atomic step at each call, a
    picture takes a quarter of the time.
    """
    return cast(Kernel, njit(**_INNER, forceinline=True, _nrt=False)(function))


def large_kernel(function: Kernel) -> Kernel:
    """Compile a function that other kernels call, once: it is too large to be built into each. No new arrays either."""
    return cast(Kernel, njit(**_INNER, _nrt=False)(function))


def allocating(function: Kernel) -> Kernel:
    """Compile a function that makes arrays, for other kernels to call."""
    return cast(Kernel, njit(**_INNER)(function))


def entry(function: Kernel) -> Kernel:
    """Compile a function that Python calls: without the interpreter's lock, and kept on disk for the next process."""
    try:
        return cast(Kernel, njit(nogil=True, cache=True)(function))
    except RuntimeError:  # numba found no folder that it may write to: then each process compiles
        return cast(Kernel, njit(nogil=True)(function))


def sources() -> int:
    """A digest of the files that the kernels are made of.

    numba tells what it kept on disk by the file of the entry alone, and by the constants it closes over: without this
    one, machine code would outlive a change of another file.
    """
    state = blake2b(digest_size=7)
    for name in FILES:
        state.update((files(__package__) / f"{name}.py").read_bytes())
    return int.from_bytes(state.digest(), "little")
