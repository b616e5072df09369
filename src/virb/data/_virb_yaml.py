"""``virb.yaml``: what the pixels of one's own masks mean, in a small file beside them."""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Annotated, Any, Literal, Self, final

import yaml
from pydantic import BeforeValidator, Field, StrictInt, StrictStr, ValidationError, model_validator

from virb.data._layout import shown
from virb.errors import UserError, unknown
from virb.spec import Spec

FILE = "virb.yaml"
EXAMPLES = """One of:
  classes: [background, pet]      # ids 0 and 1; or {0: background, 255: pet}
  ignore: 255                     # pixels without a class
or:
  colours: {road: "#804080", sky: [70, 130, 180]}
  ignore: "#000000"
or:
  depth: {scale: 0.001, unit: m, missing: 0}"""
SCALE_FREE = "none"
"""The unit of depth that is known but for one factor an image."""
_LARGEST = 1_000_000
_HEX = re.compile(r"#([0-9a-fA-F]{6})")


def pack(red: int, green: int, blue: int) -> int:
    """A colour as one number."""
    return red << 16 | green << 8 | blue


def told(value: int, coloured: bool) -> str:
    """A value of a mask as it is written: an id, or ``#rrggbb``."""
    return f"#{value:06x}" if coloured else str(value)


def _colour(value: Any) -> int:
    if isinstance(value, str) and (match := _HEX.fullmatch(value)):
        return int(match[1], 16)
    if isinstance(value, list) and len(value) == 3 and all(type(part) is int and 0 <= part <= 255 for part in value):
        return pack(*value)
    raise ValueError("no colour")


def _numbered(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    if len({str(name) for name in value}) < len(value):
        raise ValueError("a name stands there twice")
    return dict(enumerate(value))


def _word(value: Any) -> Any:
    return str(value) if type(value) in (int, float) else value


def _listed(value: Any) -> Any:
    return [*value] if isinstance(value, list | tuple) else [value]


Name = Annotated[StrictStr, BeforeValidator(_word), Field(min_length=1)]
Id = Annotated[StrictInt, Field(ge=0, le=65535)]
Colour = Annotated[int, BeforeValidator(_colour)]
Number = Annotated[float, Field(allow_inf_nan=True)]


@final
class DepthForm(Spec):
    """Masks that hold how far away each pixel is."""

    scale: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        description="what 1 in the file is worth in the unit, above 0: 0.001 where files count millimetres and unit "
        "is m"
    )
    unit: Name = Field(description=f"m, or {SCALE_FREE} where depth is known but for one factor an image")
    missing: Annotated[tuple[Number, ...], BeforeValidator(_listed)] = Field(
        default=(), description="the number, or a list of those, that files hold where depth is not known; nan is one"
    )
    bits: Literal[8, 16] = Field(default=16, description="8 or 16: what a pixel of a whole number has")


@final
class MasksForm(Spec):
    """What the file says: ids, colours, or depth."""

    classes: Annotated[dict[Id, Name], BeforeValidator(_numbered)] | None = Field(
        default=None,
        description="a list of the names of ids 0, 1, …, each once, or {ID: NAME, …} with ids of 0 to 65535",
    )
    colours: dict[Name, Colour] | None = Field(
        default=None, description='{NAME: "#rrggbb", …} in quotes, or {NAME: [red, green, blue], …}'
    )
    ignore: tuple[int, ...] = Field(
        default=(), description="the id or colour of pixels without a class, or a list of those, as classes are told"
    )
    depth: DepthForm | None = Field(default=None, description="{scale: 0.001, unit: m, missing: 0}")

    @property
    def names(self) -> tuple[str, ...]:
        """Of the classes, in the order of their ids: several values of a mask may be one class."""
        return tuple(dict.fromkeys((self.classes or {}).values())) or tuple(self.colours or {})

    @property
    def values(self) -> dict[int, int]:
        """The class id of each value of a mask."""
        place = {name: number for number, name in enumerate(self.names)}
        if self.colours is not None:
            return {colour: place[name] for name, colour in self.colours.items()}
        return {value: place[name] for value, name in (self.classes or {}).items()}

    @model_validator(mode="before")
    @classmethod
    def _ignored(cls, value: Any) -> Any:
        """Make a list of ids, or of colours as numbers, of what ``ignore`` says."""
        if not isinstance(value, dict) or "ignore" not in value:
            return value
        given = value["ignore"]
        if "colours" in value:
            one = isinstance(given, list) and len(given) == 3 and all(type(part) is int for part in given)
            return value | {"ignore": tuple(_or_itself(part) for part in ([given] if one else _listed(given)))}
        return value | {"ignore": tuple("no id" if isinstance(one, bool) else one for one in _listed(given))}

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(part is not None for part in (self.classes, self.colours, self.depth)) != 1:
            raise ValueError("one of three")
        return self


def _or_itself(value: Any) -> Any:
    try:
        return _colour(value)
    except ValueError:
        return "no colour"


def read_form(folder: Path) -> MasksForm | None:
    """Read the ``virb.yaml`` of a folder; None where there is none.

    Raises:
        UserError: it is not YAML, or says what it cannot.
    """
    path = folder / FILE
    if not path.is_file():
        other = folder / "virb.yml"
        if other.is_file():
            raise UserError(f"'{shown(other)}' is not read.", f"Call it {FILE}.")
        return None
    value = _value(path)
    if not isinstance(value, dict):
        raise UserError(f"'{shown(path)}' says nothing about masks.", EXAMPLES)
    try:
        form = MasksForm.model_validate(value)
    except ValidationError as error:
        raise _explained(error, path, value) from error
    _check(form, path)
    return form


def _check(form: MasksForm, path: Path) -> None:
    where, coloured = f"'{shown(path)}'", form.colours is not None
    if form.depth is not None:
        if form.ignore:
            raise UserError(f"{where}: 'ignore' is for classes.", "Of depth, say what is 'missing'.")
        return
    if len(form.names) < 2:
        raise UserError(
            f"{where}: '{'colours' if coloured else 'classes'}' names {len(form.names) or 'no'} class.",
            f"Telling classes apart needs at least two. {EXAMPLES}",
        )
    if both := sorted(set(form.values) & set(form.ignore)):
        raise UserError(
            f"{where}: '{told(both[0], coloured)}' is a class and ignored.",
            "Take it out of one of the two, or give classes their ids: {1: pet, 2: background}.",
        )
    if form.colours is not None and len(form.values) < len(form.colours):
        twice = next(c for c in form.colours.values() if list(form.colours.values()).count(c) > 1)
        raise UserError(f"{where}: '{told(twice, coloured)}' is the colour of two classes.", "Give each its own.")


def _value(path: Path) -> Any:
    try:
        if path.stat().st_size > _LARGEST:
            raise UserError(f"'{shown(path)}' has more than {_LARGEST:,} bytes.", EXAMPLES)
        return yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_OnceEach)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or "it cannot be read"
        raise UserError(f"'{shown(path)}'{line} is not YAML: {what}.", EXAMPLES) from error
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise UserError(f"'{shown(path)}' is not YAML in UTF-8.", EXAMPLES) from error
    except OSError as error:
        raise UserError(f"'{shown(path)}' cannot be read: {error.strerror}.", "Check its permissions.") from error


@final
class _OnceEach(yaml.SafeLoader):  # type: ignore[misc]  # yaml has no types
    """Refuses a field or id that stands there twice, of which YAML would quietly take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """As the parent's, each key once."""
        seen = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if isinstance(name, Hashable) and name in seen:
                raise yaml.MarkedYAMLError(problem=f"'{name}' stands there twice", problem_mark=key.start_mark)
            seen.add(name if isinstance(name, Hashable) else None)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return found


def _explained(error: ValidationError, path: Path, value: dict[Any, Any]) -> UserError:
    """The first thing that is wrong, in words: unknown fields first, since they explain missing ones."""
    where = f"'{shown(path)}'"
    first = min(error.errors(), key=lambda one: one["type"] not in ("extra_forbidden", "invalid_key"))
    place = [str(part) for part in first["loc"]]
    if not place:
        there = ", ".join(name for name in ("classes", "colours", "depth") if value.get(name) is not None)
        return UserError(
            f"{where} says {there} at once." if there else f"{where} says neither classes, nor colours, nor depth.",
            EXAMPLES,
        )
    inside = place[0] == "depth" and len(place) > 1
    form: type[Spec] = DepthForm if inside else MasksForm
    name = place[1 if inside else 0]
    if first["type"] in ("extra_forbidden", "invalid_key") and name not in form.model_fields:
        plain = unknown("field", name, form.model_fields)
        return UserError(f"{where}: there is no field '{name}'.", plain.remedy)
    about = form.model_fields[name].description
    if first["type"] == "missing":
        return UserError(f"{where}: '{name}' of depth is missing.", f"Add {name}: {about}.")
    holder = value["depth"] if inside else value
    text = str(holder.get(name))
    return UserError(f"{where}: '{name}' is '{text[:57]}{'…' * (len(text) > 57)}'.", f"It must be {about}.")
