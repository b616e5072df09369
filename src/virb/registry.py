"""A shelf: a folder whose files are one item each, listed without importing any of them."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import EntryPoints, entry_points
from importlib.util import find_spec
from typing import Generic, TypeVar, final

from virb.errors import UserError, unknown

T = TypeVar("T")


@final
class Shelf(Generic[T]):
    """The items of one folder, and those that other packages add through an entry point group of the same name.

    The file ``tasks/world_depth.py`` is the item ``world-depth``; files that start with an underscore are not items,
    and neither are folders.
    Nothing is imported before :meth:`load`, so that listing stays cheap.

    Args:
        package: the folder, as a package name: ``"virb.tasks"``. It is also the entry point group.
        attribute: the module constant that holds the item: ``"TASK"``.
        kind: the word for an item in messages: ``"task"``.
        item_type: what an item must be an instance of.
        command: the command group that lists the items: the plural of ``kind`` by default, empty where there is none.
    """

    def __init__(self, package: str, attribute: str, kind: str, item_type: type[T], command: str | None = None) -> None:
        self.package = package
        self.attribute = attribute
        self.kind = kind
        self.item_type = item_type
        self.command = f"{kind}s" if command is None else command
        self._loaded: dict[str, T] = {}

    def names(self) -> list[str]:
        """Names of all items, sorted."""
        return sorted({*self._files(), *(entry.name for entry in self._entries())})

    def load(self, name: str) -> T:
        """Import an item.

        Raises:
            UserError: no item has this name (the message has the nearest names), or a plug-in's item is broken.
        """
        if name in self._loaded:
            return self._loaded[name]
        if name in self._files():
            item = getattr(import_module(f"{self.package}.{name.replace('-', '_')}"), self.attribute)
        else:
            entry = next((entry for entry in self._entries() if entry.name == name), None)
            if entry is None:
                more = f"`virb {self.command} list` shows all." if self.command else ""
                raise unknown(self.kind, name, self.names(), more)
            item = entry.load()
        if not isinstance(item, self.item_type):
            raise UserError(
                f"The {self.kind} '{name}' is a {type(item).__name__}, not a {self.item_type.__name__}.",
                f"The entry point group '{self.package}' must name {self.item_type.__name__} objects.",
            )
        self._loaded[name] = item
        return item

    def items(self) -> Iterator[tuple[str, T]]:
        """Import and yield every item with its name."""
        for name in self.names():
            yield name, self.load(name)

    def _files(self) -> set[str]:
        spec = find_spec(self.package)
        assert spec is not None, self.package
        places = spec.submodule_search_locations
        found = (m for m in pkgutil.iter_modules(places) if not m.ispkg and not m.name.startswith("_"))
        return {module.name.replace("_", "-") for module in found}

    def _entries(self) -> EntryPoints:
        return entry_points(group=self.package)
