"""What the scores say, in sentences with numbers. Where nothing can be told apart, the sentence says that."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, final

from virb.analysis.comparison import FLOORS, Column, Row
from virb.analysis.matrix import Cell, Matrix
from virb.analysis.rows import NOT_ADDED
from virb.analysis.words import Name, Title, bracket, count, gain, listed, score, shorten
from virb.spec import Record

FEW_ENCODERS = 4
"""With more encoders than this only the best one's distance to the floors is spelt out."""
FEW_COLUMNS = 4
"""With more columns than this the answer counts instead of going through them."""

Kind = Literal["scope", "synthetic", "best", "pairs", "floors", "chance", "failures", "apart", "left-out", "effects"]


@final
@dataclass(frozen=True)
class Finding:
    """One sentence. Names of encoders are ``Name`` pieces of it, those of tasks ``Title``."""

    kind: Kind
    pieces: tuple[str, ...]

    @property
    def text(self) -> str:
        """The sentence as plain text."""
        return "".join(self.pieces)


@final
@dataclass(frozen=True)
class Findings:
    """Sentences by place.

    Attributes:
        answer: a paragraph about everything.
        columns: for each column key its sentences.
    """

    answer: tuple[Finding, ...]
    columns: dict[str, tuple[Finding, ...]]


def findings(matrix: Matrix) -> Findings:
    """Say what a matrix shows."""
    columns = {column.key: tuple(_column(matrix, column)) for column in matrix.columns}
    return Findings(tuple(_answer(matrix, columns)), columns)


def _finding(kind: Kind, pieces: Sequence[str]) -> Finding:
    return Finding(kind, tuple(pieces))


# ------------------------------------------------------------------------------------------------ one column


def _column(matrix: Matrix, column: Column) -> list[Finding]:
    scored = matrix.scored(column)
    if not scored:
        return [_finding("best", ["No encoder has a score on ", Title(column.label), "."])]
    return [
        _finding("best", _best(matrix, column)),
        *_pairs(matrix, column),
        *_floors(matrix, column),
        *_chance(matrix, column),
    ]


def _told(matrix: Matrix, column: Column, row: Row, interval: bool = True) -> list[str]:
    """``A (91.2 %)`` or ``A (91.2 % [89.0, 93.1])``."""
    cell = matrix.cells[column.key, row.key]
    assert cell.score is not None
    text = score(cell.score, column.metric, column.unit)
    if interval and cell.interval:
        text += f" {bracket(*cell.interval, column.metric)}"
    return [Name(row.name), f" ({text})"]


def _best(matrix: Matrix, column: Column) -> list[str]:
    (best, _), *others = matrix.scored(column)
    on = ["On ", Title(column.label), ", "]
    told = _told(matrix, column, best)
    if not others:
        return [*on, "only ", *told, " has a score: there is nothing to compare it with."]
    if not matrix.comparisons[column.key].differences:
        return [*on, *told, f" scores best; {_without_pairs(matrix, column)}, so nothing more can be said."]
    tied = matrix.tied(column)
    if tied:
        names = listed([_told(matrix, column, row, interval=False) for row in tied], join="or")
        return [*on, *told, " scores best but is not distinguishable from ", *names, "."]
    second, side = others[0][0], " below " if column.lower else " above "
    return [*on, *told, " is best, ", _distance(matrix, column, best, second), side, Name(second.name), "."]


def _without_pairs(matrix: Matrix, column: Column) -> str:
    """Why no two encoders of a column can be compared."""
    notes = [cell.note for row in matrix.rows if (cell := matrix.cell(column, row)) and cell.note]
    if column.metric in NOT_ADDED:
        return notes[0]
    return "without per-example outcomes" if notes else "no two encoders answered the same examples"


def _distance(matrix: Matrix, column: Column, one: Row, other: Row) -> str:
    """``3.1 points [1.2, 5.0]``: how much better one is than another; positive is better."""
    difference = matrix.difference(column, one, other)
    assert difference is not None
    if column.lower:
        difference = difference.reversed()
    width = bracket(difference.low, difference.high, column.metric)
    return f"{gain(difference.estimate, column.metric, column.unit)} {width}"


def _pairs(matrix: Matrix, column: Column) -> list[Finding]:
    differences = matrix.comparisons[column.key].differences.values()
    if len(differences) < 3:
        return []
    apart = sum(difference.distinguishable for difference in differences)
    many = "All" if apart == len(differences) else f"{apart} of the" if apart else "None of the"
    verb = "is" if apart < 2 else "are"
    return [_finding("pairs", [f"{many} {len(differences)} pairs of encoders {verb} distinguishable."])]


def _floors(matrix: Matrix, column: Column) -> list[Finding]:
    rows = [row for row, _ in matrix.scored(column)]
    candidates = [row for row in rows if not row.floor]
    floors = [row for row in rows if row.floor]
    found: list[Finding] = []
    for place, row in enumerate(candidates):
        told = [verdict for floor in _own_floors(row, floors) if (verdict := _against(matrix, column, row, floor))]
        if len(candidates) > FEW_ENCODERS and place and all(verdict.verb == BEATS for verdict in told):
            continue
        for verb, join in ((BEATS, "and"), (SAME, "or"), (WORSE, "and")):
            its = [[verdict.text] for verdict in told if verdict.verb == verb]
            found += [_finding("floors", [Name(row.name), f" {verb} ", *listed(its, join=join), "."])] if its else []
    return found


BEATS, SAME, WORSE = "beats", "is not distinguishable from", "falls short of"


def _own_floors(row: Row, floors: Sequence[Row]) -> list[Row]:
    """One floor of each kind: of the encoder's own architecture where there is one, else the best."""
    chosen: list[Row] = []
    for source in FLOORS:
        kind = [floor for floor in floors if floor.spec.source == source]
        chosen += ([floor for floor in kind if floor.arch == row.arch] or kind)[:1]
    return chosen


@final
@dataclass(frozen=True)
class _Verdict:
    verb: str
    text: str


def _against(matrix: Matrix, column: Column, row: Row, floor: Row) -> _Verdict | None:
    difference = matrix.difference(column, row, floor)
    if difference is None:
        return None
    name = FLOORS[floor.spec.source]
    if not difference.distinguishable:
        return _Verdict(SAME, f"{name} ({_distance(matrix, column, row, floor)})")
    if (difference.estimate < 0) == column.lower:
        return _Verdict(BEATS, f"{name} by {_distance(matrix, column, row, floor)}")
    return _Verdict(WORSE, f"{name} by {_distance(matrix, column, floor, row)}")


def _chance(matrix: Matrix, column: Column) -> list[Finding]:
    """Encoders whose interval does not leave out chance."""
    below = [row for row, _ in matrix.scored(column) if not _beats_chance(matrix.cells[column.key, row.key], column)]
    chance = matrix.chance(column)
    if chance is None or not below:
        return []
    verb = "does" if len(below) == 1 else "do"
    names = listed([_told(matrix, column, row) for row in below])
    return [_finding("chance", [*names, f" {verb} not beat chance ({score(chance, column.metric, column.unit)})."])]


def _beats_chance(cell: Cell, column: Column) -> bool:
    if cell.chance is None or cell.score is None:
        return True
    low, high = cell.interval or (cell.score, cell.score)
    return high < cell.chance if column.lower else low > cell.chance


# ------------------------------------------------------------------------------------------------ everything


def _answer(matrix: Matrix, columns: dict[str, tuple[Finding, ...]]) -> list[Finding]:
    found, headline = [_scope(matrix), *_synthetic(matrix)], matrix.headline
    if len(headline) <= FEW_COLUMNS:
        found += [columns[column.key][0] for column in headline]
    else:
        found += _counted(matrix, headline)
    found += _headline_chance(matrix, headline)
    return [*found, *_failed(matrix), *_apart(matrix), *_left_out(matrix)]


def _scope(matrix: Matrix) -> Finding:
    asked = [row for row in matrix.rows if any(row.key == key for _, key in matrix.cells)]
    floors = sum(row.floor for row in asked)
    text = count(len(asked), "encoder")
    if floors:
        text += f", {floors} of them {'a floor that knows nothing' if floors == 1 else 'floors that know nothing'},"
    text += f" {'was' if len(asked) == 1 else 'were'} read out"
    text += f" on {count(len({column.title for column in matrix.columns}), 'task')} by "
    return _finding("scope", [text, *listed([[probe] for probe in matrix.probes]), "."])


def _synthetic(matrix: Matrix) -> list[Finding]:
    """Which images never were in front of a camera."""
    tasks: dict[str, Column] = {}
    for column in matrix.columns:
        tasks.setdefault(column.experiment.task.name, column)
    drawn = [column for column in tasks.values() if column.experiment.task.synthetic]
    if not drawn:
        return []
    if len(drawn) == len(tasks) > 1:
        return [_finding("synthetic", ["All images are synthetic: drawn by a program."])]
    names = listed([[Title(column.title)] for column in drawn])
    return [_finding("synthetic", ["The images of ", *names, " are synthetic: drawn by a program."])]


def _counted(matrix: Matrix, headline: Sequence[Column]) -> list[Finding]:
    """Who is best where, in one sentence, for many columns."""
    won: dict[Row, list[Column]] = {}
    contested = [column for column in headline if len(matrix.scored(column)) > 1]
    for column in contested:
        best = matrix.best(column)
        if best and not matrix.tied(column):
            won.setdefault(best, []).append(column)
    clear = sum(len(its) for its in won.values())
    probe = "".join(listed([[name] for name in dict.fromkeys(column.probe for column in headline)]))
    if not clear:
        columns = f"none of the {len(contested)} columns with two encoders or more" if contested else "no column"
        return [_finding("best", [f"Read by {probe}, {columns} has a distinguishable best."])]
    told = [
        [Name(row.name), " on ", *listed([[Title(column.label)] for column in its])]
        for row, its in sorted(won.items(), key=lambda item: -len(item[1]))
    ]
    start = f"Read by {probe}, one encoder is distinguishably best on {clear} of {count(len(contested), 'column')}: "
    end = "." if clear == len(contested) else "; on the others the best is not distinguishable from the next."
    return [_finding("best", [start, *listed(told), end])]


def _headline_chance(matrix: Matrix, headline: Sequence[Column]) -> list[Finding]:
    found: list[list[str]] = []
    for column in headline:
        for row, _ in matrix.scored(column):
            if not row.floor and not _beats_chance(matrix.cells[column.key, row.key], column):
                found.append([Name(row.name), " on ", Title(column.label)])
    if not found:
        return []
    return [_finding("chance", ["Not above chance: ", *listed(found), "."])]


def _failed(matrix: Matrix) -> list[Finding]:
    probes: dict[tuple[str, str, str], list[str]] = {}
    for column in matrix.columns:
        for row in matrix.rows:
            cell = matrix.cell(column, row)
            for why in dict.fromkeys(reason(record) for record in cell.failures) if cell else ():
                probes.setdefault((row.name, column.label, why), []).append(column.probe)
    if not probes:
        return []
    failed = {record.id for cell in matrix.cells.values() for record in cell.failures}
    asked = {record.id for record in matrix.records}
    told = [
        [Name(row), " on ", Title(label), " by ", *listed([[probe] for probe in its]), f" ({why})"]
        for (row, label, why), its in probes.items()
    ]
    text = f"{len(failed)} of {count(len(asked), 'experiment')} failed: "
    return [_finding("failures", [text, *listed(told, limit=2), "."])]


def reason(record: Record) -> str:
    """Why a record has no score: the first line, without its full stop, of at most 160 characters."""
    lines = (record.reason or "").strip().splitlines()
    text = shorten(lines[0].strip().rstrip("."), 160) if lines else ""
    if record.status == "killed":
        return f"its worker was killed: {text}" if text else "its worker was killed"
    return text or "no reason given"


def _apart(matrix: Matrix) -> list[Finding]:
    """Which tasks stand in several columns, and why."""
    siblings: dict[tuple[str, str], list[Column]] = {}
    for column in matrix.columns:
        siblings.setdefault((column.title, column.probe), []).append(column)
    found: dict[tuple[str, ...], None] = {}
    for (title, _), columns in siblings.items():
        if len(columns) == 1:
            continue
        names = listed([[column.distinction or "all labels"] for column in columns])
        found.setdefault(("Scores on ", Title(title), " that must not be compared stand apart: ", *names, "."))
    return [_finding("apart", pieces) for pieces in found]


def _left_out(matrix: Matrix) -> list[Finding]:
    whys = dict.fromkeys(why for _, why in matrix.left_out)
    told = [[f"{count(sum(w == why for _, w in matrix.left_out), 'record')} because {why}"] for why in whys]
    return [_finding("left-out", ["Left out: ", *listed(told), "."])] if told else []
