"""The networks in a file of weights: in which table, behind which prefix, and how their parameters are called."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import final

from virb.encoders._architectures import Architecture, outline
from virb.encoders._dialects import DIALECTS, Dialect, Translated
from virb.encoders._layouts import Copy, Layout
from virb.encoders._weight_files import Contents, Tensors
from virb.errors import UserError, unknown

Shapes = Mapping[str, tuple[int, ...]]


@final
@dataclass(frozen=True)
class File:
    """What a file holds, wrappers off its names.

    Attributes:
        title: what messages call it.
        tables: from place to tensors by name.
        contents: as it was read.
    """

    title: str
    tables: Mapping[str, Tensors]
    contents: Contents

    @cached_property
    def names(self) -> list[str]:
        """Of every tensor, with its table."""
        return [f"{place}{name}" for place, tensors in self.tables.items() for name in tensors]


@final
@dataclass(frozen=True)
class Network:
    """One network in a file: its table, its prefix, and how its parameters are called."""

    place: str
    prefix: str
    dialect: Dialect
    state: Translated
    library: str = ""
    """Whose names it has without translation; empty for a dialect."""

    @property
    def site(self) -> str:
        """Table and prefix."""
        return f"{self.place}{self.prefix}"


_WRAPPERS = re.compile(r"(?:(?<=^)|(?<=\.))(?:module|_orig_mod)\.")


def bare(tensors: Tensors) -> Tensors:
    """Take data-parallel training's and torch.compile's wrappers off the names."""
    bare = {_WRAPPERS.sub("", name): tensor for name, tensor in tensors.items()}
    return bare if len(bare) == len(tensors) else tensors


def _network(place: str, prefix: str, dialect: Dialect, tensors: Tensors, library: str = "") -> Network:
    own = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    return Network(place, prefix, dialect, dialect.translate(own), library)


def in_dialects(file: File) -> Iterator[Network]:
    """Networks whose names are known."""
    for place, tensors in file.tables.items():
        for dialect in DIALECTS:
            for prefix in dialect.prefixes(tensors):
                yield _network(place, prefix, dialect, tensors)


def under_own_names(file: File, arch: str, library: str) -> Iterator[Network]:
    """Every table under every prefix that one of the architecture's first names ends."""
    wanted = list(shapes_of(outline(arch, library)))
    dialect = Dialect(f"{arch} as {library} names it", "", (wanted[0],))
    for place, tensors in file.tables.items():
        prefixes = {key[: -len(name)] for name in wanted[:3] for key in tensors if key.endswith(name)}
        for prefix in sorted(prefixes | {""}):
            if not prefix or prefix.endswith("."):
                yield _network(place, prefix, dialect, tensors, library)


def choose(networks: list[Network], layout: Layout, copy: str | None, file: File) -> tuple[Copy | None, list[Network]]:
    """The copy that is taken, and where it is: by the layout's convention, or as asked for.

    Raises:
        UserError: there is no such copy.
    """
    there = [one for one in layout.copies if any(one.at(network.site) for network in networks)]
    if copy is None:
        if not there:
            return None, networks
        return there[0], [network for network in networks if there[0].at(network.site)]
    for one in there:
        if one.name == copy:
            return one, [network for network in networks if one.at(network.site)]
    named = [network for network in networks if copy in re.split(r"[./]", network.site)]
    if not named:
        words = {word for network in networks for word in re.split(r"[./]", network.site) if word}
        known = [one.name for one in there] or sorted(words)
        if not known:
            raise UserError(f"'{file.title}' has no copy '{copy}'.", "It holds one network: leave the copy out.")
        raise unknown(f"copy in '{file.title}'", copy, known)
    return None, named


def copy_name(network: Network, layout: Layout) -> str:
    """What the layout calls this copy; empty where it has no name for it."""
    return next((copy.name for copy in layout.copies if copy.at(network.site)), "")


def shapes_of(architecture: Architecture) -> Shapes:
    """Shapes of an architecture's parameters and buffers, by name."""
    return {name: tuple(values.shape) for name, values in architecture.module.state_dict().items()}
