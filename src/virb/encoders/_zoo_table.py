"""The zoo as rows of data: one encoder a row, in tables that people read and mend (``_zoo_rows``)."""

from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any, Self, final
from urllib.parse import unquote, urlsplit

import yaml
from pydantic import model_validator

from virb.errors import UserError, unknown
from virb.spec import Pretraining
from virb.spec import Spec as _Spec

TABLES = ("paper_2021", "files", "timm")
"""Files of ``_zoo_rows``, in the order of the list."""
IMAGENET_1K = 1_281_167
"""Training images of ImageNet-1k (Russakovsky et al. 2015, table 2)."""


@final
class Row(_Spec):
    """What is known of one encoder. A fact that its publisher does not state is left out.

    Attributes:
        name: behind ``zoo:``.
        aliases: other names for it, such as the 2021 study's own.
        method: how it was trained.
        data: on what.
        images: how many there were.
        epochs: passes over them.
        fraction: of the data, where it is a part.
        balance: of the classes, where it was changed: ``linear`` or ``log``.
        arch: a timm or torchvision name.
        url: where the file of weights is published.
        layout: how the file is written; see ``_layouts.py``.
        which: which of the file's networks, where its publisher reads out another than the layout's first.
        via: the encoder of another source that publishes the same weights, instead of ``url``.
        size: bytes of the file.
        sha256: of the file, or its first digits, where the publisher gives it.
        md5: the same.
        licence: of the weights; an SPDX identifier where there is one.
        licence_note: what must be known about the licence.
        page: where all this was read.
        study: the study whose encoders are matched, of which it is one.
        note: what a reader of its scores must know.
    """

    name: str
    aliases: tuple[str, ...] = ()
    method: str
    data: str | None = None
    images: int | None = None
    epochs: int | None = None
    fraction: float = 1.0
    balance: str | None = None
    arch: str
    url: str | None = None
    layout: str | None = None
    which: str | None = None
    via: str | None = None
    size: int | None = None
    sha256: str | None = None
    md5: str | None = None
    licence: str
    licence_note: str = ""
    page: str
    study: str | None = None
    note: str = ""

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if (self.url is None) == (self.via is None) or (self.url is None) != (self.layout is None):
            raise ValueError(f"{self.name}: either a url and its layout, or via")
        return self

    @property
    def file(self) -> str | None:
        """What its file is called in the folder of weights; None where another source keeps it."""
        if self.url is None:
            return None
        return self.name + "".join(PurePosixPath(unquote(urlsplit(self.url).path)).suffixes[-2:])

    @property
    def about(self) -> str:
        """One line: ``moco-v2 on imagenet-1k (half, linear), 200 epochs; resnet50``."""
        part = {1.0: "", 0.5: "half", 0.25: "quarter"}[self.fraction]
        parts = ", ".join(text for text in (part, self.balance) if text)
        on = f" on {self.data}{f' ({parts})' if parts else ''}" if self.data else ""
        return f"{self.method}{on}{f', {self.epochs:,} epochs' if self.epochs else ''}; {self.arch}"

    def pretraining(self) -> Pretraining:
        """The factors of the analysis."""
        seen = self.images * self.epochs if self.images and self.epochs else None
        return Pretraining(
            method=self.method,
            data=self.data,
            fraction=self.fraction,
            balance=self.balance,
            images=self.images,
            images_seen=seen,
        )


@cache
def rows() -> dict[str, Row]:
    """All rows by name."""
    found = [row for table in TABLES for row in _read(table)]
    return {row.name: row for row in found}


def row_named(name: str, others: tuple[str, ...] = ()) -> Row:
    """The row of a name or an alias, whatever its case.

    Args:
        name: as it was typed.
        others: names that are not rows, for the message.

    Raises:
        UserError: there is none.
    """
    known = rows()
    if name in known:
        return known[name]
    aliases = {alias.lower(): row for row in known.values() for alias in row.aliases}
    if name.lower() in aliases:
        return aliases[name.lower()]
    names = {*known, *others, *(alias for row in known.values() for alias in row.aliases)}
    raise unknown("encoder in the zoo", name, names, "`virb encoders list` shows all.")


def rows_of(study: str) -> list[Row]:
    """The encoders of a study.

    Raises:
        UserError: no row has it.
    """
    found = [row for row in rows().values() if row.study == study]
    if not found:
        studies = sorted({row.study for row in rows().values() if row.study})
        raise UserError(f"There is no study '{study}' in the zoo.", f"Known: {', '.join(studies)}.")
    return found


def _read(table: str) -> list[Row]:
    text = (files("virb.encoders") / "_zoo_rows" / f"{table}.yaml").read_text(encoding="utf-8")
    return [_row(group, row) for group in yaml.safe_load(text) for row in group["rows"]]


def _row(group: dict[str, Any], own: dict[str, Any]) -> Row:
    """A row with what its group has in common."""
    both = {**{key: value for key, value in group.items() if key not in {"rows", "base"}}, **own}
    file = both.pop("file", None)
    if file is not None:
        both["url"] = group["base"] + file
    if "via" in both:
        both["arch"] = both["via"].partition(":")[2].partition(".")[0]
    return Row.model_validate(both)
