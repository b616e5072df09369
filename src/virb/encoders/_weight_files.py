"""Reading files of weights safely. What a file is, its bytes say and not its suffix."""

import json
import pickle
import struct
import warnings
import zipfile
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path, PosixPath, PurePosixPath, PureWindowsPath, WindowsPath
from typing import Any, Final, final

import numpy as np
import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from virb.encoders._trust import TRUST_NOTE, trusted
from virb.errors import UserError

Tensors = Mapping[str, Tensor]

CONFIG, PROCESSOR = "config.json", "preprocessor_config.json"
_WEIGHTS: Final = ("model.safetensors", "pytorch_model.bin")
"""What Hugging Face calls a model's weights, in the order they are looked for; ``.index.json`` names their parts."""

_KINDS: Final = (
    "Wanted: a checkpoint saved by torch.save, a .safetensors file, or a folder with config.json beside one."
)
_DEEPEST = 6
"""Tables in tables that are looked into: VISSL's trunk is the fifth."""


SAFE: Final[tuple[Any, ...]] = (
    Namespace,  # arguments of training scripts: DINO, MAE, timm, torchvision
    *(int, float, bool, str, list, dict, tuple, frozenset),
    date,
    datetime,
    timedelta,
    PurePosixPath,
    PureWindowsPath,
    PosixPath,
    # a path of another system is read as a pure one of this
    *([] if isinstance(Path(), PosixPath) else [WindowsPath]),
    (PurePosixPath, "pathlib._local.PosixPath"),
    np.ndarray,
    np.dtype,
    *(
        type(np.dtype(kind))
        for kind in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "U1", "S1")
    ),
    *(
        (function, f"numpy.{core}.multiarray.{name}")
        for core in ("core", "_core")
        for name, function in (
            ("scalar", np.dtype("f8").type(0).__reduce__()[0]),
            ("_reconstruct", np.zeros(0).__reduce__()[0]),
        )
    ),
    (dict, "pytorch_lightning.utilities.parsing.AttributeDict"),
    (dict, "lightning.pytorch.utilities.parsing.AttributeDict"),
    (dict, "lightning.fabric.utilities.data.AttributeDict"),
    (dict, "lightning_fabric.utilities.data.AttributeDict"),
)
"""Types that real checkpoints hold beside tensors and whose making runs nobody's code: torch's own loader is allowed
them. What is not here (omegaconf's, a pickled module) is refused unless the pickle is trusted."""


@final
@dataclass(frozen=True)
class Contents:
    """What a file holds.

    Attributes:
        tables: from the place of a table (``""``, ``"state_dict/"``, …) to its tensors by name.
        config: a Hugging Face folder's ``config.json``.
        processor: its ``preprocessor_config.json``.
        notes: what the reader of a score should know.
    """

    tables: Mapping[str, Tensors]
    config: Mapping[str, Any] | None = None
    processor: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()


def files_of(path: Path) -> tuple[Path, ...]:
    """The files that a path stands for: itself, or of a Hugging Face folder its settings and weights.

    Raises:
        UserError: it is not there, or a folder of something else.
    """
    if not path.exists():
        near = [other.name for other in sorted(path.parent.glob(f"*{path.suffix}"))] if path.parent.is_dir() else []
        there = f"'{path.parent}' has {', '.join(near[:8])}." if near else f"Looked in '{path.parent}'."
        raise UserError(f"There is no file '{path}'.", there)
    if not path.is_dir():
        return (path,)
    if not (path / CONFIG).is_file():
        raise UserError(
            f"'{path}' is a folder without {CONFIG}.",
            "Name the file of weights inside it, a Hugging Face model's folder, or the folder of a pre-training run.",
        )
    settings = [path / name for name in (CONFIG, PROCESSOR) if (path / name).is_file()]
    for name in _WEIGHTS:
        if (path / name).is_file():
            return (*settings, path / name)
        if (path / f"{name}.index.json").is_file():
            parts = sorted(set(_json(path / f"{name}.index.json").get("weight_map", {}).values()))
            missing = [part for part in parts if not (path / part).is_file() or Path(part).name != part]
            if missing:
                raise UserError(
                    f"'{path}' lacks '{missing[0]}', a part of its weights.", "Copy the whole folder again."
                )
            return (*settings, *(path / part for part in parts))
    raise UserError(f"'{path}' has {CONFIG} and no weights.", f"Put {' or '.join(_WEIGHTS)} beside it.")


def read_weights(path: Path) -> Contents:
    """Read every table of tensors in a file or a Hugging Face folder, without running any code it may hold.

    Raises:
        UserError: not there, empty, truncated, not a file of weights, or a pickle that would run code while pickles
            are not trusted.
    """
    files = files_of(path)
    if files == (path,):
        content, notes = _read(path)
        tables = dict(_tables(content, ""))
        if not tables:
            raise UserError(f"'{path}' holds no named tensors.", _KINDS)
        return Contents(tables, notes=notes)
    merged: dict[str, Tensor] = {}
    notes = ()
    for file in files:
        if file.name not in (CONFIG, PROCESSOR):
            content, more = _read(file)
            notes = (*notes, *more)
            for tensors in dict(_tables(content, "")).values():
                merged.update(tensors)
    processor = _json(path / PROCESSOR) if (path / PROCESSOR).is_file() else None
    return Contents({"": merged}, _json(path / CONFIG), processor, tuple(dict.fromkeys(notes)))


def _json(path: Path) -> dict[str, Any]:
    try:
        form = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"'{path}' is not readable as JSON.", "Copy the whole folder again.") from error
    if not isinstance(form, dict):
        raise UserError(f"'{path}' is not a table of settings.", "Copy the whole folder again.")
    return form


def _read(path: Path) -> tuple[Any, tuple[str, ...]]:
    """The content of one file, and notes on how it was read."""
    _refuse_other_kinds(path)
    try:
        if _is_safetensors(path):
            return safetensors.torch.load_file(path), ()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # advice to torch's developers about old pickles
            # a file and not a path: torch goes by the suffix of a path
            with torch.serialization.safe_globals(list(SAFE)), path.open("rb") as file:
                return torch.load(file, map_location="cpu", weights_only=True), ()
    except pickle.UnpicklingError as error:
        if not _is_pickle(path):
            raise UserError(f"'{path}' is not a file of weights, or is truncated.", _KINDS) from error
        if trusted():
            return _read_trusted(path), (TRUST_NOTE,)
        raise UserError(
            f"'{path}' holds Python objects beside tensors, and loading those can run code{_named_in(str(error))}.",
            "Save the weights alone: torch.save(model.state_dict(), FILE). If you trust whoever made it, add "
            "--trust-pickle.",
        ) from error
    except _UNREADABLE as error:
        if trusted() and _is_pickle(path):
            return _read_trusted(path), (TRUST_NOTE,)
        # Each reader has its own words for bytes it does not know; none helps more than this.
        raise UserError(f"'{path}' is not a file of weights, or is truncated.", _KINDS) from error


_UNREADABLE: Final = (
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    UnicodeDecodeError,
    struct.error,
    zipfile.BadZipFile,
    safetensors.SafetensorError,
)


def _read_trusted(path: Path) -> Any:
    """Read a pickle as Python does, running what it asks for."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with path.open("rb") as file:
                if zipfile.is_zipfile(path) or not _is_bare_pickle(path):
                    return torch.load(file, map_location="cpu", weights_only=False)
                return pickle.load(file)  # noqa: S301 - whoever asked for it said that the file is trusted
    except Exception as error:  # code of a file can raise anything
        raise UserError(
            f"'{path}' cannot be unpickled here: {type(error).__name__}: {error}",
            "It needs the code it was saved with. There, save the weights alone: torch.save(model.state_dict(), FILE).",
        ) from error


def _named_in(message: str) -> str:
    """The type that torch's loader stopped at."""
    _, found, rest = message.partition("GLOBAL ")
    name = rest.split(" ")[0].strip("`'")
    return f": {name}" if found and name else ""


def _refuse_other_kinds(path: Path) -> None:
    """Say what a file is that is no checkpoint, where its first bytes tell."""
    if path.stat().st_size == 0:
        raise UserError(f"'{path}' is empty.", "Copy it again from where it was saved.")
    with path.open("rb") as file:
        start = file.read(512)
    text = start.lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise UserError(f"'{path}' is a web page.", "The download went to an error page: fetch the file itself.")
    if text.startswith(b"version https://git-lfs"):
        raise UserError(f"'{path}' is a Git LFS pointer, not the file itself.", "Fetch it: git lfs pull")
    if text.startswith((b"{", b"[")):
        raise UserError(f"'{path}' is JSON.", _KINDS)
    for magic, what in _PACKED.items():
        if start[257:262] == magic if magic == b"ustar" else start.startswith(magic):
            raise UserError(f"'{path}' is {what}.", f"Take the file of weights out of it. {_KINDS}")
    if start.startswith(b"\x89HDF"):
        raise UserError(f"'{path}' is HDF5, as Keras writes it.", _KINDS)
    if zipfile.is_zipfile(path):
        _refuse_other_zips(path)
    elif start.startswith(b"PK\x03\x04"):
        raise UserError(f"'{path}' is not a file of weights, or is truncated.", f"Copy it again. {_KINDS}")


_PACKED: Final = {b"ustar": "a tar archive", b"\x1f\x8b": "compressed by gzip", b"7z\xbc\xaf": "a 7z archive"}


def _refuse_other_zips(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.endswith("/constants.pkl") for name in names):
        raise UserError(
            f"'{path}' is a TorchScript program, which holds code.",
            "Where you trust it, save its weights alone: torch.save(torch.jit.load(FILE).state_dict(), OTHER)",
        )
    if not any(name.endswith("data.pkl") for name in names):
        some = ", ".join(names[:3]) or "nothing"
        raise UserError(f"'{path}' is a zip archive that is no checkpoint: it has {some}.", _KINDS)


def _is_safetensors(path: Path) -> bool:
    """Eight bytes of length, then a JSON table of that length."""
    with path.open("rb") as file:
        start = file.read(9)
    return len(start) == 9 and start[8:] == b"{" and int.from_bytes(start[:8], "little") < path.stat().st_size


def _is_pickle(path: Path) -> bool:
    if zipfile.is_zipfile(path):
        return True
    with path.open("rb") as file:
        return file.read(1) == b"\x80"


def _is_bare_pickle(path: Path) -> bool:
    """Whether it was written by pickle itself and not by torch, whose old files begin with a number of its own."""
    with path.open("rb") as file:
        return _TORCH_MAGIC not in file.read(32)


_TORCH_MAGIC: Final = (0x1950A86A20F9469CFC6C).to_bytes(10, "little")


def _tables(content: Any, place: str) -> Iterator[tuple[str, Tensors]]:
    """Walk nested dictionaries and yield those that hold tensors by name."""
    if isinstance(content, nn.Module):  # of a trusted pickle
        content = content.state_dict()
    if not isinstance(content, Mapping) or place.count("/") > _DEEPEST:
        return
    tensors = {name: tensor for name, value in content.items() if (tensor := _tensor(name, value)) is not None}
    if tensors:
        yield place, tensors
    for name, value in content.items():
        if isinstance(name, str):
            yield from _tables(value, f"{place}{name}/")


def _tensor(name: Any, value: Any) -> Tensor | None:
    if not isinstance(name, str):
        return None
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return torch.from_numpy(np.ascontiguousarray(value))
    return value.detach() if isinstance(value, Tensor) else None
