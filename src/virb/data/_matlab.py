"""Arrays in MATLAB files of version 7.3, which are HDF5, read a row at a time by h5py; installed where it is asked for.

MATLAB stores arrays with the first axis running fastest, and HDF5 with the last: axes are the other way round here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from virb.data import BadImage
from virb.errors import UserError

if TYPE_CHECKING:
    import h5py


def require_reader() -> None:
    """Check that such files can be read at all.

    Raises:
        UserError: h5py is not installed.
    """
    if find_spec("h5py") is None:
        raise UserError(
            "MATLAB files of version 7.3 are read by h5py, which is not installed.", "pip install 'virb[hdf5]'"
        )


def shapes(file: Path, *names: str) -> list[tuple[int, ...]]:
    """Shapes of arrays, whose numbers are not read.

    Raises:
        UserError: h5py is not installed.
        ValueError: the file is cut short or another one, or an array is not in it.
    """
    with _opened(file) as content:
        return [_array(content, name).shape for name in names]


def texts(file: Path, name: str) -> list[str]:
    """The strings of a cell array, in order.

    Raises:
        UserError: h5py is not installed.
        ValueError: see :func:`shapes`; or it is no cell array of strings.
    """
    with _opened(file) as content:
        cells = _array(content, name)
        if cells.dtype.kind != "O":
            raise ValueError(f"'{name}' is no cell array")
        return ["".join(map(chr, content[cell][()].ravel())) for cell in cells[()].ravel()]


def row(file: Path, name: str, place: int, key: str) -> NDArray[Any]:
    """The part of an array that belongs to one place of its first axis here, the last one in MATLAB.

    Args:
        file: which file.
        name: of the array.
        place: from 0.
        key: what to call it in messages.

    Raises:
        BadImage: it cannot be read.
    """
    try:
        with _opened(file) as content:
            found: NDArray[Any] = _array(content, name)[place]
            return found
    except (ValueError, UserError) as error:
        raise BadImage(key, str(error)) from error


@contextmanager
def _opened(file: Path) -> Iterator["h5py.File"]:
    require_reader()
    import h5py

    if not h5py.is_hdf5(file):
        raise ValueError(f"'{file.name}' is no MATLAB file of version 7.3")
    try:
        # Network drives and read-only folders may refuse locks, and nobody writes here.
        with h5py.File(file, "r", locking=False) as content:
            yield content
    except OSError as error:  # what HDF5 meets in a file that is cut short or corrupt
        raise ValueError(f"'{file.name}' is corrupt or not whole: {error}") from error


def _array(content: "h5py.File", name: str) -> "h5py.Dataset":
    import h5py

    if not isinstance(content.get(name), h5py.Dataset):
        raise ValueError(f"'{Path(content.filename).name}' has no array '{name}'")
    return content[name]
