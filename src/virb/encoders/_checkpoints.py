"""Reading files of weights safely, and matching them to an architecture: the whole trunk or nothing."""

import pickle
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from virb.encoders._architectures import COMMON, Architecture, outline
from virb.errors import UserError
from virb.spec import EncoderSpec

Tensors = Mapping[str, Tensor]
Shapes = Mapping[str, tuple[int, ...]]


@final
@dataclass(frozen=True)
class Matched:
    """Weights under the architecture's own names, and what was left over."""

    state: dict[str, Tensor]
    notes: tuple[str, ...]


@final
@dataclass(frozen=True)
class _Reading:
    """One way to read a file: which table in it, and which prefix is taken off its names."""

    place: str
    tensors: Tensors
    prefix: str
    matched: frozenset[str]

    @property
    def title(self) -> str:
        return f"{self.place}{self.prefix}*"


def read_tensors(path: Path) -> dict[str, Tensors]:
    """Read every table of tensors in a file, without running any code it may hold.

    Returns:
        From the place of a table in the file (``""``, ``"state_dict/"``, …) to its tensors by name.

    Raises:
        UserError: empty, truncated, not a file of weights, or a pickle that would run code.
    """
    if path.stat().st_size == 0:
        raise UserError(f"'{path}' is empty.", "Copy it again from where it was saved.")
    with path.open("rb") as file:
        start = file.read(512).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html")):
        raise UserError(f"'{path}' is a web page.", "The download went to an error page: fetch the file itself.")
    try:
        if path.suffix == ".safetensors":
            return {"": safetensors.torch.load_file(path)}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # advice to torch's developers about old pickles
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "Unsupported global" in str(error) or "weights_only" in str(error).lower():
            raise UserError(
                f"'{path}' holds Python objects beside tensors, and loading those can run code.",
                "Save the weights alone: torch.save(model.state_dict(), FILE)",
            ) from error
        raise UserError(f"'{path}' is not a file of weights.", _KINDS) from error
    except (
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
        KeyError,
        zipfile.BadZipFile,
        safetensors.SafetensorError,
    ) as e:
        # Each reader has its own words for bytes it does not know; none helps more than this.
        raise UserError(f"'{path}' is not a file of weights, or is truncated.", _KINDS) from e
    tables = dict(_tables(content, ""))
    if not tables:
        raise UserError(f"'{path}' holds no named tensors.", _KINDS)
    return tables


_KINDS = "Wanted: a state dict saved by torch.save, or a .safetensors file."


def _tables(content: Any, place: str) -> Iterator[tuple[str, Tensors]]:
    """Walk nested dictionaries and yield those that hold tensors by name."""
    if not isinstance(content, dict) or place.count("/") > 3:
        return
    tensors = {key: value for key, value in content.items() if isinstance(key, str) and isinstance(value, Tensor)}
    if tensors:
        yield place, tensors
    for key, value in content.items():
        if isinstance(key, str):
            yield from _tables(value, f"{place}{key}/")


def match(tables: Mapping[str, Tensors], architecture: Architecture, spec: EncoderSpec) -> Matched:
    """Find the reading of a file under which it holds an architecture's whole trunk, and no larger network.

    Wrappers such as ``module.``, ``_orig_mod.`` or ``backbone.`` are found, not listed: any prefix will do.

    Args:
        tables: see :func:`read_tensors`.
        architecture: what the weights are for.
        spec: for messages.

    Raises:
        UserError: no reading holds every weight (with the coverage and the nearest architecture), several networks in
            the file do, or the network in the file goes on where the architecture ends.
    """
    wanted = _shapes(architecture)
    readings = sorted(_readings(tables, wanted), key=lambda r: -len(r.matched))
    needed = _needed(wanted)
    whole = [reading for reading in readings if needed <= reading.matched]
    if not whole:
        raise _mismatch(readings, wanted, tables, spec)
    best = whole[0]
    for other in whole[1:]:
        if any(not torch.equal(best.tensors[best.prefix + k], other.tensors[other.prefix + k]) for k in needed):
            raise UserError(
                f"'{spec.weights}' holds {len(whole)} different networks that fit '{spec.arch}': "
                f"{', '.join(repr(reading.title) for reading in whole)}.",
                "Save the one you want alone, so that it cannot be mistaken.",
            )
    left = _left_over(best, architecture)
    parts = {name.split(".")[0] for name in wanted}
    beyond = [name for name in left.other if name.startswith(best.prefix) and _first(name, best.prefix) in parts]
    if beyond:
        # A ResNet-34 holds every weight of a ResNet-18, name and shape: loaded as one, it would score as neither.
        raise UserError(
            f"'{spec.weights}' holds a larger network than '{spec.arch}'.",
            f"Beyond it: {_some(beyond)}.\n{_nearest(tables)}",
        )
    return Matched({name: best.tensors[best.prefix + name] for name in best.matched}, left.notes())


def _shapes(architecture: Architecture) -> Shapes:
    return {name: tuple(values.shape) for name, values in architecture.module.state_dict().items()}


def _needed(wanted: Shapes) -> frozenset[str]:
    """Every weight but the counters of batches seen, which only training reads."""
    return frozenset(name for name in wanted if not name.endswith("num_batches_tracked"))


def _readings(tables: Mapping[str, Tensors], wanted: Shapes) -> Iterator[_Reading]:
    """Every table under every prefix that at least one wanted name ends."""
    for place, tensors in tables.items():
        prefixes = {key[: -len(name)] for name in list(wanted)[:3] for key in tensors if key.endswith(name)}
        for prefix in sorted(prefixes | {""}):
            fits = (name for name, shape in wanted.items() if _shape(tensors.get(prefix + name)) == shape)
            yield _Reading(place, tensors, prefix, frozenset(fits))


def _shape(values: Tensor | None) -> tuple[int, ...] | None:
    return None if values is None else tuple(values.shape)


@final
@dataclass(frozen=True)
class _LeftOver:
    """Tensors of the table that were not loaded."""

    head: list[str]
    other: list[str]

    def notes(self) -> tuple[str, ...]:
        found = (("the classifier", self.head), ("no part of the trunk", self.other))
        return tuple(f"left over in the checkpoint ({what}): {_some(names)}" for what, names in found if names)


def _left_over(reading: _Reading, architecture: Architecture) -> _LeftOver:
    taken = {reading.prefix + name for name in reading.matched}
    left = [name for name in reading.tensors if name not in taken]
    heads = tuple(f"{reading.prefix}{head}." for head in architecture.head)
    return _LeftOver(
        head=[name for name in left if name.startswith(heads)],
        other=[name for name in left if not name.startswith(heads)],
    )


def _first(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).split(".")[0]


def _some(names: list[str], most: int = 4) -> str:
    return f"{', '.join(names[:most])}{', …' if len(names) > most else ''}"


def _mismatch(readings: list[_Reading], wanted: Shapes, tables: Mapping[str, Tensors], spec: EncoderSpec) -> UserError:
    """Refuse with the coverage of the best reading, and name the architecture that fits best."""
    best = readings[0]
    needed = _needed(wanted)
    missing = sorted(needed - best.matched)
    wrong = [name for name in missing if best.prefix + name in best.tensors]
    left = len(best.tensors) - len(best.matched)
    lines = [f"{len(needed & best.matched)} of {len(needed)} weights matched, {left} were left over."]
    if wrong:
        have, want = list(best.tensors[best.prefix + wrong[0]].shape), list(wanted[wrong[0]])
        lines.append(f"'{wrong[0]}' has shape {have} in the file and {want} in '{spec.arch}'.")
    absent = [name for name in missing if name not in wrong]
    if absent:
        lines.append(f"Missing: {_some(absent)}.")
    lines.append(_nearest(tables))
    return UserError(f"'{spec.weights}' does not hold the weights of '{spec.arch}'.", "\n".join(lines))


def _nearest(tables: Mapping[str, Tensors]) -> str:
    """Compare with the common architectures."""
    scores: dict[str, tuple[int, int]] = {}
    for arch in COMMON:
        wanted = _shapes(outline(arch))
        needed = _needed(wanted)
        scores[arch] = max(len(needed & reading.matched) for reading in _readings(tables, wanted)), len(needed)
    # Of two that fit wholly, the larger explains more of the file.
    arch, (have, need) = max(scores.items(), key=lambda item: (item[1][0] / item[1][1], item[1][1]))
    if have < need / 2:
        return "None of the common architectures fits it."
    fits = "fits wholly" if have == need else f"{have} of {need} weights fit"
    return f"Nearest: '{arch}' ({fits})."
