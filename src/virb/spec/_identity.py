"""Identity: frozen values that know their canonical, declared form, and the digest of such a form."""

import hashlib
import json
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Spec(BaseModel):
    """A frozen value that refuses unknown fields and knows its canonical, declared form."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=True)

    labels: ClassVar[frozenset[str]] = frozenset()
    """Fields that only describe: they are shown and stored, but two specs that differ in them are the same."""
    tag: ClassVar[str | None] = None
    """The field that tells members of a union apart: always part of the declared form."""

    def declared(self) -> dict[str, Any]:
        """The fields that make this value what it is, as plain JSON types.

        Fields at their default are left out, so that a field added later re-names nothing; labels are left out;
        floats are given by ``repr``, so that 0.1 stays 0.1 on every platform.
        """
        form: dict[str, Any] = {}
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if name in self.labels or (name != self.tag and not field.is_required() and value == field.get_default()):
                continue
            form[name] = _plain(value)
        return form


def _plain(value: Any) -> Any:
    if isinstance(value, Spec):
        return value.declared()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, float):
        return repr(value)
    return value


def digest_of(form: Any) -> str:
    """The first sixteen hexadecimal digits of the SHA-256 of a plain JSON value in canonical order."""
    text = json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
