"""``table:FILE.csv``: images of one's own, an example a line, with a class, numbers, or a mask."""

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, final

from virb.data import Dataset
from virb.data._csv import Cells, read_csv
from virb.data._layout import in_bytes, split_of, splits_of
from virb.data._listing import Listing
from virb.data._mask_heads import refuse_unlike
from virb.data._masks import Meaning, inferred, meaning
from virb.data._own import Asked, Own, count_of, listed, open_listed, printable
from virb.data._table_checks import (
    numbers_in,
    paths_in,
    refuse_classes,
    refuse_few,
    refuse_groups,
    refuse_repeats,
    related,
    roles_in,
)
from virb.data._table_columns import EXAMPLE, Columns, columns_of
from virb.data._virb_yaml import FILE, MasksForm, read_form
from virb.errors import UserError
from virb.progress import Progress, Quiet
from virb.spec import Classes, Target, Values


def ask_table(path: Path) -> Asked:
    """What a table asks. Every line is looked at, and no image.

    Raises:
        UserError: see :func:`open_table`.
    """
    return _asked(_read(path))


def open_table(path: Path, progress: Progress | None = None) -> Dataset:
    """Open a table as a data source with one column: ``label``, ``value``, ``mask`` or ``depth``.

    Raises:
        UserError: the table cannot be read; a column is missing, a cell empty, a number unreadable, a file not there;
            an example stands there twice; an image or group is in two splits; classes could not be told apart; or a
            mask does not go with its image. The message has the line.
    """
    table = _read(path)
    asked, named = _asked(table), set(table.roles)
    listing, files = Listing(), dict[str, Path]()
    for row, images in enumerate(zip(*table.images, strict=True)):
        labels: dict[str, Any] = {asked.column: table.truth[row]}
        group = None if table.groups is None else table.groups[row]
        listing.add(
            split_of(table.roles[row], named), *((key, table.files[key]) for key in images), group=group, **labels
        )
        if isinstance(table.truth[row], Path):
            files[f"mask of {images[0]}"] = table.truth[row]
    own = Own(
        asked=asked,
        listing=listing,
        files={key: Path(file) for key, file in table.files.items()} | files,
        class_names=asked.target.names if isinstance(asked.target, Classes) else (),
        read=table.masks.read if table.masks else None,
        form=table.form.model_dump(mode="json") if table.form else None,
        examine=partial(_examine, table),
        notes=tuple(_notes(table)),
    )
    return open_listed(own, progress or Quiet())


@final
class _Table(NamedTuple):
    """A table that was read and found right.

    Attributes:
        cells: as they stand there.
        columns: what they are.
        images: for each column of images the key of each row's.
        files: the file of each key.
        roles: of each row, ``""`` where there are no splits.
        groups: of each row, if any are related.
        truth: of each row: a class id, numbers, or the file of a mask.
        names: of the classes of the image.
        form: what masks should be.
        masks: what they mean.
    """

    cells: Cells
    columns: Columns
    images: list[list[str]]
    files: dict[str, str]
    roles: list[str]
    groups: list[str] | None
    truth: list[Any]
    names: tuple[str, ...]
    form: MasksForm | None
    masks: Meaning | None


def _read(path: Path) -> _Table:
    place = path.expanduser().resolve()
    cells = read_csv(place, EXAMPLE)
    columns = columns_of(cells)
    files: dict[str, str] = {}
    images = [paths_in(cells, column, files, len(columns.images)) for column in columns.images]
    roles = roles_in(cells) if columns.split else [""] * len(cells)
    refuse_repeats(cells, images, roles)
    groups = cells.filled("group") if columns.group else related(images)
    if columns.group and groups is not None:
        refuse_groups(cells, images, roles, groups)
    if groups is not None and not columns.split:
        refuse_few(cells, groups, shared=not columns.group)
    names: tuple[str, ...] = ()
    form = masks = None
    if columns.kind == "label":
        labels = cells.filled("label")
        names = tuple(sorted(set(labels), key=in_bytes))
        refuse_classes(cells, labels, names, roles)
        number = {name: place for place, name in enumerate(names)}
        truth: list[Any] = [number[label] for label in labels]
    elif columns.kind == "value":
        truth = numbers_in(cells, columns.asked, roles)
    else:
        its: dict[str, str] = {}
        keys = paths_in(cells, columns.kind, its, 1)
        truth = [Path(its[key]) for key in keys]
        form = _form(columns.kind, [Path(file) for file in its.values()], place)
        masks = meaning(form, place.parent)
    return _Table(cells, columns, images, files, roles, groups, truth, names, form, masks)


def _form(kind: str, masks: list[Path], place: Path) -> MasksForm:
    form = read_form(place.parent)
    if kind == "depth" and (form is None or form.depth is None):
        raise UserError(
            f"'{place}' has a column 'depth', and it is not said in which unit.",
            f"Write '{place.parent / FILE}': depth: {{scale: 0.001, unit: m, missing: 0}}",
        )
    return inferred(masks, place.parent) if form is None else form


def _examine(table: _Table) -> tuple[str, ...]:
    if table.form is None:
        return ()
    pairs = [(Path(table.files[key]), mask) for key, mask in zip(table.images[0], table.truth, strict=True)]
    return refuse_unlike(pairs, table.form, table.cells.path.parent, lambda row: f"{table.cells.at(row)}: ")


def _notes(table: _Table) -> list[str]:
    notes = []
    if table.columns.others:
        notes.append(f"Not read: {listed(table.columns.others)} of the table.")
    if table.groups is not None and not table.columns.group:
        notes.append("Examples that share images are carved as one group.")
    return notes


def _asked(table: _Table) -> Asked:
    place, several = printable(table.cells.path), len(table.columns.images) > 1
    shown = "images of your own show" if several else "an image of your own shows"
    target: Target
    if table.masks is not None:
        target, column, title = table.masks.target, table.masks.column, table.masks.title
        about = f"{table.masks.about}, in {'the first of several images' if several else 'images'} of your own"
    elif table.names:
        target, column = Classes(count=len(table.names), names=table.names), "label"
        title, about = target.shown, f"Which of {len(table.names)} classes {shown}"
    else:
        target, column, title = Values(size=len(table.columns.asked)), "value", ", ".join(table.columns.asked)
        about = f"The number {title} of what {shown}" if target.size == 1 else f"The numbers {title} of what {shown}"
    return Asked(
        data=f"table:{place}",
        title=f"{table.cells.path.name}: {title}",
        about=f"{about}: {count_of(table.roles, 'example')}.",
        column=column,
        target=target,
        splits=splits_of(set(table.roles)),
        images=len(table.columns.images),
    )
