"""Reading a ``study.yaml``: what is wrong with it is said with its line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, final

import yaml
from pydantic import ValidationError

from virb.errors import UserError, unknown
from virb.spec import Spec
from virb.study._form import DataForm, PretrainForm, StudyForm

LARGEST = 1_000_000
"""Bytes. A study file has a few hundred."""
_DEPTH = 4
"""How far lines are looked up: pretrain, settings, a method, a setting."""
_UNKNOWN = {"extra_forbidden", "invalid_key"}
"""What pydantic calls a field that nobody knows, or whose name is no text."""
_ENTRY = DataForm.__name__
"""What pydantic calls the mapping among what an entry of ``data`` may be."""
_EXAMPLE = "A study file says name, tasks, and pretrain or encoders: see docs/study.md."
Place = tuple[str | int, ...]
"""The fields and the places in lists that lead to a value."""


@final
class Read(NamedTuple):
    """A study file that has the fields it must have.

    Attributes:
        path: where it is.
        text: as it stands there.
        form: what it says.
        lines: the line of each field and of each item of a list.
    """

    path: Path
    text: str
    form: StudyForm
    lines: Mapping[Place, int]

    @contextmanager
    def blaming(self, *place: str | int) -> Iterator[None]:
        """Errors that come from inside say where in the file their value stands."""
        try:
            yield
        except UserError as error:
            raise UserError(f"{_where(self.path, self.lines, place)}: {_lower(error.problem)}", error.remedy) from error


def read_form(path: Path) -> Read:
    """Read a study file.

    Raises:
        UserError: it is not there, not YAML, or a field of it is not as it must be.
    """
    text = _text(path)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        lines = _lines(path, node)
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or "it cannot be read"
        raise UserError(f"'{path}'{line} is not YAML: {what}.", _EXAMPLE) from error
    except (RecursionError, ValueError) as error:  # endless nesting; a date such as 2024-13-45
        raise UserError(f"'{path}' is not YAML: {str(error) or 'it is nested too deeply'}.", _EXAMPLE) from error
    if value is None:
        raise UserError(f"'{path}' is empty.", _EXAMPLE)
    if not isinstance(value, dict):
        shown = "a list" if isinstance(value, list) else f"'{_cut(value)}'"
        raise UserError(f"'{path}' holds {shown} and no fields.", _EXAMPLE)
    try:
        return Read(path, text, StudyForm.model_validate(value), lines)
    except ValidationError as error:
        raise _explained(error, path, lines, value) from error


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise UserError(f"'{path}' has more than {LARGEST:,} bytes: it is no study file.", _EXAMPLE)
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        near = sorted(p.name for p in path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
        there = f"There are {', '.join(near[:8])}." if near else f"Looked in '{path.parent.absolute()}'."
        raise UserError(f"There is no file '{path}'.", there) from error
    except UnicodeDecodeError as error:
        raise UserError(f"'{path}' is not text in UTF-8.", _EXAMPLE) from error
    except OSError as error:
        raise UserError(f"'{path}' cannot be read: {error.strerror}.", "Name a study file.") from error


def _lines(path: Path, root: yaml.Node | None) -> dict[Place, int]:
    """The line of every field, counted from 1.

    Raises:
        UserError: a field stands there twice, of which YAML would quietly take the last.
    """
    lines: dict[Place, int] = {}

    def visit(node: yaml.Node, place: Place) -> None:
        if len(place) >= _DEPTH:
            return
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inner = (*place, str(key.value))
                if inner in lines:
                    first = lines[inner]
                    raise UserError(
                        f"'{path}', line {key.start_mark.line + 1}: '{key.value}' stands there twice.",
                        f"It is on line {first} already: keep one of the two.",
                    )
                lines[inner] = key.start_mark.line + 1
                visit(value, inner)
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                lines[(*place, number)] = value.start_mark.line + 1
                visit(value, (*place, number))

    if root is not None:
        visit(root, ())
    return lines


def _explained(error: ValidationError, path: Path, lines: Mapping[Place, int], value: Any) -> UserError:
    """The first thing that is wrong, in words: unknown fields before all else, since they explain missing ones."""
    first = min(error.errors(), key=lambda one: (one["type"] not in _UNKNOWN, _ENTRY not in one["loc"][:-1]))
    form, place = _place(first["loc"])
    if first["type"] in _UNKNOWN:
        kind = "data field" if form is DataForm else f"{place[-1]} field" if place else "field"
        name = str(first["loc"][-1 if form is DataForm else len(place)])
        plain = unknown(kind, name, form.model_fields)
        return UserError(f"{_where(path, lines, (*place, name))}: {_lower(plain.problem)}", plain.remedy)
    field = str(place[-1]) if place else "name"
    holder = form if form is DataForm else StudyForm if len(place) < 2 else PretrainForm
    about = holder.model_fields[field].description
    if first["type"] == "missing":
        return UserError(f"{_where(path, lines, place[:-1])}: '{field}' is missing.", f"Add {field}: {about}.")
    given: Any = value
    for part in place:
        given = given[part]
    return UserError(f"{_where(path, lines, place)}: '{field}' is '{_cut(given)}'.", f"It must be {about}.")


def _place(loc: Place) -> tuple[type[Spec], Place]:
    """The form that an error is in, and the fields that lead to what it is about."""
    if _ENTRY in loc[:-1]:  # pretrain, data, number, the form's name, field
        inner = str(loc[4])
        return DataForm, (*loc[:3], inner) if inner in DataForm.model_fields else loc[:3]
    first, second = (*(str(part) for part in loc), "", "")[:2]
    if first == "pretrain":
        return PretrainForm, (first, second) if second in PretrainForm.model_fields else (first,)
    return StudyForm, (first,) if first in StudyForm.model_fields else ()


def _where(path: Path, lines: Mapping[Place, int], place: tuple[str | int, ...]) -> str:
    while place and place not in lines:
        place = place[:-1]
    return f"'{path}', line {lines[place]}" if place else f"'{path}'"


def _cut(value: Any) -> str:
    text = "empty" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
