"""Encoders of a folder with a ``hubconf.py``, torch.hub's form of a repository: ``hub:PATH:ENTRY``.

Loading one runs its code, as anything that is imported does: it must be named, and nothing else is ever imported from a
folder. virb fetches no repository; what the code itself fetches is its own affair.
"""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, final

from virb.encoders import EncoderSource, Listed, Loaded
from virb.errors import UserError, unknown
from virb.spec import EncoderSpec, InputPolicy

WEIGHTS = {".pth", ".pt", ".bin", ".ckpt", ".safetensors", ".npz", ".tar", ".pkl"}
"""Files of the folder that may hold weights: when one changes, the encoder is another."""


@final
class Hub(EncoderSource):
    """What an entry of a local ``hubconf.py`` returns. Known by the folder's Python code, and its files of weights."""

    form = "hub:PATH:ENTRY"
    about = "an entry of the hubconf.py in a local folder, such as hub:~/dinov2:dinov2_vits14; runs the folder's code"

    def parse(self, name: str, rest: str) -> EncoderSpec:
        """See :meth:`EncoderSource.parse`. Reads the folder's Python files and runs none."""
        path, colon, entry = rest.rpartition(":")
        if not colon or not path or not entry:
            raise UserError(f"'{name}' does not say which entry of which folder.", f"Write {self.form}.")
        folder = Path(path).expanduser().resolve()
        if not (folder / "hubconf.py").is_file():
            there = "It has no hubconf.py." if folder.is_dir() else "There is no such folder."
            raise UserError(f"'{folder}' is no torch.hub repository.", f"{there} Clone it, and name its folder.")
        return EncoderSpec(name=name, source="hub", arch=entry, weights=str(folder), layout=_digest_of_code(folder))

    def check(self, spec: EncoderSpec, inputs: InputPolicy) -> None:
        """See :meth:`EncoderSource.check`. Looks at the code and does not run it."""
        entries = _entries(_folder(spec) / "hubconf.py")
        if entries is not None and spec.arch not in entries:
            raise unknown(f"entry of '{spec.weights}'", spec.arch, entries)

    def weights_digest(self, spec: EncoderSpec) -> str | None:
        """See :meth:`EncoderSource.weights_digest`: of all files of weights in the folder, by path and content."""
        folder = _folder(spec)
        files = [path for path in _files(folder) if path.suffix in WEIGHTS]
        return _digest(folder, files) if files else None

    def load(self, spec: EncoderSpec, inputs: InputPolicy) -> Loaded:
        """See :meth:`EncoderSource.load`."""
        from torch import nn

        from virb.encoders._trunks import at_size, card_of, trunk_of

        self.check(spec, inputs)
        module = _run(_folder(spec), spec.arch)
        if not isinstance(module, nn.Module):
            raise UserError(
                f"'{spec.name}' gives no network, but '{type(module).__name__}'.",
                "Name an entry that returns an nn.Module.",
            )
        at_size(module, inputs.sides, spec.name)
        return Loaded(trunk_of(module, spec.name), card_of(module))

    def listed(self) -> list[Listed]:
        """See :meth:`EncoderSource.listed`."""
        return [Listed(self.form, self.about, here=True)]


def _folder(spec: EncoderSpec) -> Path:
    assert spec.weights is not None
    return Path(spec.weights)


def _files(folder: Path) -> list[Path]:
    """Every file, but for those in hidden folders."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if not any(p.startswith(".") for p in path.relative_to(folder).parts[:-1]))


def _digest_of_code(folder: Path) -> str:
    return _digest(folder, [path for path in _files(folder) if path.suffix == ".py"])


def _digest(folder: Path, files: list[Path]) -> str:
    """Sixteen hexadecimal digits over paths and contents."""
    digest = sha256()
    for path in files:
        with path.open("rb") as file:
            content = file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return digest.hexdigest()[:16]


def _entries(conf: Path) -> set[str] | None:
    """Names that a ``hubconf.py`` defines or imports; None where that cannot be told without running it."""
    try:
        tree = ast.parse(conf.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        raise UserError(f"'{conf}' is not Python: {error}.", "Clone the repository again.") from error
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Name) and node.id in {"globals", "setattr", "exec"}:
            return None
    return None if "*" in names else {name for name in names if not name.startswith("_")}


def _run(folder: Path, entry: str) -> Any:
    import torch

    with _alone(folder):
        try:
            return torch.hub.load(str(folder), entry, source="local")
        except Exception as error:  # it is anybody's code, and fails with whatever it fails
            raise UserError(
                f"'{entry}' of '{folder / 'hubconf.py'}' fails with {type(error).__name__}: {error}",
                f"Try torch.hub.load('{folder}', '{entry}', source='local') in Python.",
            ) from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Forget what is imported inside from a folder: the next one may have a ``models.py``, too."""
    before = set(sys.modules)
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).resolve().is_relative_to(folder):
                del sys.modules[name]


SOURCE = Hub()
