"""A CSV file as columns of text, with the line that each cell stands in."""

import csv
import io
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple, final

from virb.data._layout import shown
from virb.errors import UserError

_SAVE = "Save it as CSV in UTF-8, separated by commas."


@final
class Cells(NamedTuple):
    """A table.

    Attributes:
        path: of the file.
        columns: cells by the name of their column, in lower case; blanks around both are gone.
        lines: of the file, from 1, that each row begins in.
    """

    path: Path
    columns: dict[str, list[str]]
    lines: list[int]

    def __len__(self) -> int:
        return len(self.lines)

    def at(self, row: int) -> str:
        """Where a row stands, for messages."""
        return f"'{shown(self.path)}', line {self.lines[row]}"

    def filled(self, column: str, why: str = "") -> list[str]:
        """The cells of a column.

        Raises:
            UserError: one is empty.
        """
        cells = self.columns[column]
        if "" in cells:
            raise UserError(f"{self.at(cells.index(''))}: '{column}' is empty{why}.", "Fill it, or remove the line.")
        return cells


def read_csv(path: Path, example: str) -> Cells:
    """Read a CSV file: a line of column names, then a line (or more, in quotes) for each row. Empty ones are left out.

    Args:
        path: of the file.
        example: what is shown to whoever gets it wrong.

    Raises:
        UserError: it is not there, not CSV in UTF-8 with commas, empty, or a row has too few or too many cells.
    """
    text = _text(path)
    where = f"'{shown(path)}'"
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        header = next(reader, [])
        _check_header(header, where, example)
        start = reader.line_num
        for cells in reader:
            if any(map(str.strip, cells)):
                if len(cells) != len(header):
                    raise UserError(
                        f"{where}, line {start + 1}: {len(cells)} cells, and there are {len(header)} columns.",
                        'Put a name that has a comma in it into double quotes: "cat, black".',
                    )
                rows.append(cells)
                lines.append(start + 1)
            start = reader.line_num
    except csv.Error as error:
        raise UserError(f"{where}, line {reader.line_num}: not CSV: {error}.", _SAVE) from error
    if not rows:
        raise UserError(f"{where} has no line below the names of its columns.", example)
    names = [name.strip().lower() for name in header]
    columns = zip(names, zip(*rows, strict=True), strict=True)
    return Cells(path, {name: [*map(str.strip, cells)] for name, cells in columns}, lines)


def _check_header(header: list[str], where: str, example: str) -> None:
    names = [name.strip().lower() for name in header]
    if not any(names):
        raise UserError(f"{where} is empty, or its first line is.", example)
    if len(names) == 1:
        for separator, word in ((";", "semicolons"), ("\t", "tabs")):
            if separator in header[0]:
                raise UserError(f"{where} is separated by {word}, not by commas.", _SAVE)
    if twice := [name for name in names if name and names.count(name) > 1]:
        raise UserError(f"{where} has the column '{twice[0]}' twice.", "Remove one, or give it another name.")
    if "" in names:
        raise UserError(f"{where} has a column without a name: number {names.index('') + 1}.", "Name it or remove it.")


def _text(path: Path) -> str:
    where = f"'{shown(path)}'"
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        near = [other.name for other in path.parent.glob("*.csv")] if path.parent.is_dir() else []
        close = get_close_matches(path.name, near, n=1, cutoff=0.5)
        remedy = (
            f"Did you mean '{shown(path.with_name(close[0]))}'?"
            if close
            else (
                f"'{shown(path.parent)}' has {', '.join(sorted(map(shown, near))[:8])}."
                if near
                else f"Looked in '{shown(path.parent)}'."
            )
        )
        raise UserError(f"There is no table {where}.", remedy) from error
    except IsADirectoryError as error:
        raise UserError(f"{where} is a folder, not a table.", f"For a folder write folder:{shown(path)}.") from error
    except OSError as error:
        raise UserError(f"{where} cannot be read: {error.strerror}.", "Check its permissions.") from error
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UserError(f"{where} is the file of a spreadsheet.", _SAVE)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise UserError(f"{where}, line {line}: not UTF-8, in which tables are read.", _SAVE) from error
