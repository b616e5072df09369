"""What the method and the data changed, as the page shows it: sentences, tables, and one figure a task."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import final

from virb.analysis import ColumnEffects, Effects, Finding, effect_findings, effects, task_findings
from virb.analysis.agreement import FEW, FEWEST, Correlation
from virb.analysis.comparison import Column, Row
from virb.analysis.components import Component
from virb.analysis.effect_findings import probability, told
from virb.analysis.gains import Gain
from virb.analysis.intervals import CONFIDENCE, Interval
from virb.analysis.matrix import Matrix
from virb.analysis.words import GAP, MINUS, bracket, count, number, percent
from virb.report.effect_figures import Key, effect_panel, keys
from virb.report.figures import Panel
from virb.report.tables import Strip, strip

SOURCES = ("method", "data", "method x data", "start", "runs")


@final
@dataclass(frozen=True)
class Told:
    """A number of a table with its interval.

    Attributes:
        text: the number without its unit.
        ends: its interval, where there is one.
        clear: whether it is distinguishable from zero.
        spoken: all of it in words.
        strip: the same drawn, with zero as its dotted line.
    """

    text: str
    ends: str = ""
    clear: bool = False
    spoken: str = ""
    strip: Strip | None = None


@final
@dataclass(frozen=True)
class ComponentLine:
    """The variance components of one column.

    Attributes:
        column: whose.
        first: whether it is the first of its task.
        span: how many lines its task has.
        unit: what the standard deviations are in.
        sources: one for each of ``SOURCES``.
        half: half-width of the test-set interval.
        apart: whether any recipes differ, in words.
        clear: whether they do.
        alike: how alike this probe and the headline's rank encoders; empty on the headline's own line.
    """

    column: Column
    first: bool
    span: int
    unit: str
    sources: list[Told]
    half: str
    apart: str
    clear: bool
    alike: Told | None


@final
@dataclass(frozen=True)
class Heat:
    """A cell of the table of correlations.

    Attributes:
        text: the correlation.
        ends: its interval.
        star: whether it differs from none for more than chance.
        spoken: all that is known of it.
        strength: 0 to 100, how strong its colour is.
        negative: its sign.
    """

    text: str
    ends: str = ""
    star: bool = False
    spoken: str = ""
    strength: int = 0
    negative: bool = False


@final
@dataclass(frozen=True)
class TaskView:
    """One task: what is said about it, and its figure."""

    column: Column
    findings: tuple[Finding, ...]
    panel: Panel


@final
@dataclass(frozen=True)
class Changes:
    """The whole section.

    Attributes:
        about: what all tasks show.
        tasks: one by one.
        keys: methods with their colours and symbols.
        components: of every task's headline probe and the one beside it.
        probes: whether there is any second probe.
        units: what the gains of each task are in, with the direction of its metric gone.
        gains: name of a recipe, and for each task its gain; empty where no random start was measured.
        agreement: for each task its correlations with all; empty where there are fewer than two tasks.
        wide: why intervals of the correlations are wide, or missing.
        left_out: encoders that are not of the grid, with the reason.
    """

    about: tuple[Finding, ...]
    tasks: list[TaskView]
    keys: list[Key]
    components: list[ComponentLine]
    probes: bool
    units: list[str]
    gains: list[tuple[str, list[Told | None]]]
    agreement: list[tuple[Column, list[Heat]]]
    wide: str
    left_out: tuple[tuple[Row, str], ...]


def changes(matrix: Matrix) -> Changes | None:
    """The section, or None where a matrix holds no grid of two methods or two data sets with scores."""
    found = effects(matrix)
    if found is None or not found.tasks:
        return None
    components = [line for its in found.tasks for line in _components(found, its)]
    return Changes(
        about=effect_findings(found),
        tasks=[TaskView(its.column, task_findings(its), effect_panel(its, found.grid)) for its in found.tasks],
        keys=keys(found.grid),
        components=components,
        probes=bool(found.beside),
        units=[_unit(its.column) for its in found.tasks],
        gains=_gains(found.tasks),
        agreement=_agreement(found),
        wide=_wide(len(found.grid.treatments)),
        left_out=found.grid.left_out,
    )


# ------------------------------------------------------------------------------------------------ components


def _components(found: Effects, its: ColumnEffects) -> list[ComponentLine]:
    beside = found.beside.get(its.column.key)
    lines = [its] + ([found.columns[beside.other.key]] if beside else [])
    return [_component_line(line, k, len(lines), beside if k else None) for k, line in enumerate(lines)]


def _component_line(its: ColumnEffects, place: int, span: int, beside: Correlation | None) -> ComponentLine:
    found = {line.name: line for line in its.components.lines} if its.components else {}
    return ComponentLine(
        column=its.column,
        first=place == 0,
        span=span,
        unit=_unit(its.column),
        sources=[_source(found.get(name), its.column) for name in SOURCES],
        half=GAP if its.spread.half is None else number(its.spread.half, its.column.metric),
        apart=GAP if its.spread.p is None else probability(its.spread.p),
        clear=its.spread.distinguishable,
        alike=None if beside is None else _rank(beside),
    )


def _unit(column: Column) -> str:
    """Metric, and the unit of its differences."""
    return ", ".join(filter(None, (column.metric, "points" if percent(column.metric) else column.unit)))


def _source(line: Component | None, column: Column) -> Told:
    if line is None:
        return Told(GAP, spoken="cannot be told")
    clear = line.p is not None and line.p < 1 - CONFIDENCE
    spoken = told(line.sd, line.interval, column)
    spoken += f", F test {probability(line.p)}" if line.p is not None else ""
    spoken += f", {100 * line.share:.0f} % of the variance" if line.share is not None else ""
    ends = bracket(*line.interval, column.metric) if line.interval else ""
    return Told(number(line.sd, column.metric), ends, clear, spoken)


def _rank(pair: Correlation) -> Told:
    if pair.estimate is None:
        return Told(GAP, spoken="one of the two gives all encoders the same score")
    return Told(_signed(pair.estimate), _ends(pair.interval), pair.distinguishable, _spoken(pair))


# ------------------------------------------------------------------------------------------------ gains


def _gains(tasks: Sequence[ColumnEffects]) -> list[tuple[str, list[Told | None]]]:
    names = dict.fromkeys(str(gain.treatment or "all recipes") for its in tasks for gain in its.gains)
    shown: list[dict[str, Told]] = []
    for its in tasks:
        scale = _scale(its.gains)
        shown.append({str(gain.treatment or "all recipes"): _gain(gain, its.column, scale) for gain in its.gains})
    return [(name, [of_task.get(name) for of_task in shown]) for name in names]


def _gain(gain: Gain, column: Column, scale: tuple[float, float]) -> Told:
    spoken = told(gain.estimate, gain.interval, column)
    if gain.adjusted is not None:
        spoken += f", {probability(gain.adjusted)} after Holm"
    spoken += f", {count(gain.starts, 'start')}" + ("" if gain.paired else ", not paired")
    ends = bracket(*gain.interval, column.metric) if gain.interval else ""
    plus = "+" if gain.estimate > 0 else ""
    drawn = strip(gain.estimate, gain.interval or (gain.estimate, gain.estimate), 0.0, scale)
    return Told(plus + number(gain.estimate, column.metric), ends, gain.distinguishable, spoken, drawn)


def _scale(gains: Iterable[Gain]) -> tuple[float, float]:
    ends = [end for gain in gains for end in (gain.estimate, *(gain.interval or ()))]
    return min([0.0, *ends]), max([0.0, *ends])


# ------------------------------------------------------------------------------------------------ agreement


def _agreement(found: Effects) -> list[tuple[Column, list[Heat]]]:
    if len(found.headline) < 2:
        return []
    pairs = {(pair.one.key, pair.other.key): pair for pair in found.agreement}
    return [
        (one, [_heat(pairs.get((one.key, other.key)) or pairs.get((other.key, one.key))) for other in found.headline])
        for one in found.headline
    ]


def _heat(pair: Correlation | None) -> Heat:
    if pair is None:
        return Heat("", spoken="the same task")
    if pair.estimate is None:
        return Heat(GAP, spoken="no correlation: equal scores, or too few encoders")
    return Heat(
        text=_signed(pair.estimate),
        ends=_ends(pair.interval),
        star=pair.distinguishable,
        spoken=_spoken(pair),
        strength=round(100 * abs(pair.estimate)),
        negative=pair.estimate < 0,
    )


def _spoken(pair: Correlation) -> str:
    interval = f" {_ends(pair.interval)}" if pair.interval else ", too few recipes for an interval"
    text = f"{pair.one.title} and {pair.other.title}: {_signed(pair.estimate or 0.0)}{interval}"
    text += f" over {count(pair.encoders, 'encoder')} of {count(pair.treatments, 'recipe')}"
    if pair.means is not None:
        text += f"; over means of recipes {_signed(pair.means)} {_ends(pair.means_interval)}".rstrip()
    if pair.holm is not None and pair.bh is not None:
        text += f"; {probability(pair.holm)} after Holm, {probability(pair.bh)} after Benjamini and Hochberg"
    return text


def _signed(value: float) -> str:
    text = f"{value:.2f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", MINUS)


def _ends(interval: Interval | None) -> str:
    return f"[{_signed(interval.low)}, {_signed(interval.high)}]" if interval else ""


def _wide(treatments: int) -> str:
    if treatments < FEWEST:
        return f"{count(treatments, 'recipe')} are too few for an interval of a rank correlation."
    if treatments <= FEW:
        return f"{treatments} recipes are few: the intervals are wide, and no star does not mean no correlation."
    return ""
