"""What method and data changed, in sentences with numbers. The default is "not distinguishable"."""

from collections.abc import Sequence

from virb.analysis.comparison import Column
from virb.analysis.contrasts import Contrast, Family
from virb.analysis.effects import ColumnEffects, Effects
from virb.analysis.findings import Finding
from virb.analysis.intervals import CONFIDENCE, Interval
from virb.analysis.words import Name, Title, bracket, count, gain, listed

LEVELS: dict[Family, str] = {"method": "methods", "data": "data sets", "treatment": "pre-trained encoders"}


def effect_findings(found: Effects) -> tuple[Finding, ...]:
    """What all tasks together show: what was compared, and on how many tasks it made a difference."""
    return (Finding("effects", tuple(_scope(found))), *_counted(found))


def task_findings(its: ColumnEffects) -> tuple[Finding, ...]:
    """What one column shows: differences first, then the gain over the random start, then what is missing."""
    sentences = [_differences(its), _gained(its), _noted(its)]
    return tuple(Finding("effects", tuple(pieces)) for pieces in sentences if pieces)


def told(value: float, interval: Interval | None, column: Column) -> str:
    """A difference or a standard deviation with its interval: ``3.1 points [1.2, 5.0]``."""
    text = gain(value, column.metric, column.unit)
    return f"{text} {bracket(*interval, column.metric)}" if interval else text


# ------------------------------------------------------------------------------------------------ all tasks


def _scope(found: Effects) -> list[str]:
    grid = found.grid
    text = f"{count(len(grid.runs), 'encoder')} of one architecture were pre-trained by "
    pieces = [text, *listed([[Name(method)] for method in grid.methods]), " on "]
    pieces += [*listed([[Name(data)] for data in grid.data]), f": {count(len(grid.treatments), 'recipe')}"]
    runs = sorted({sum(run.treatment == one for run in grid.runs) for one in grid.treatments})
    times = f"{runs[0]}" if len(runs) == 1 else f"{runs[0]} to {runs[-1]}"
    each = f", each in {times} {'run' if times == '1' else 'runs'}"
    verb = "was" if len(grid.starts) == 1 else "were"
    starts = f"; {count(len(grid.starts), 'random start')} {verb} read out as well" if grid.starts else ""
    return [*pieces, f"{each}{starts}."]


def _counted(found: Effects) -> list[Finding]:
    sentences: list[list[str]] = []
    for family in ("method", "data"):
        asked = [its for its in found.tasks if its.family(family)]
        apart = [its for its in asked if any(contrast.distinguishable for contrast in its.family(family))]
        if not asked:
            continue
        if not apart:
            sentences.append([f"No two {LEVELS[family]} are distinguishable on any of {count(len(asked), 'task')}."])
            continue
        start = f"Two {LEVELS[family]} or more are distinguishable on {len(apart)} of {count(len(asked), 'task')}: "
        sentences.append([start, *listed([[Title(its.column.title)] for its in apart], limit=len(apart)), "."])
    alike = [its for its in found.tasks if its.spread.p is not None and not its.spread.distinguishable]
    if alike:
        names = listed([[Title(its.column.title)] for its in alike], limit=len(alike))
        text = " tells no recipe from another." if len(alike) == 1 else " tell no recipe from another."
        sentences.append([*names, text])
    return [Finding("effects", tuple(pieces)) for pieces in sentences]


# ------------------------------------------------------------------------------------------------ one task


def _differences(its: ColumnEffects) -> list[str]:
    on = ["On ", Title(its.column.label), ", "]
    if its.fit is None:
        return [*on, "nothing can be told apart."]
    families = [its.family(name) for name in ("method", "data")]
    asked = [family for family in families if family] or [its.family("treatment")]
    parts = [_family(family, its.column) for family in asked]
    pieces = list(on)
    for place, part in enumerate(parts):
        pieces += [*(["; "] if place else []), *part]
    noise = its.components.runs if its.components else None
    sd = told(noise.sd, noise.interval, its.column) if noise else told(its.fit.sd, None, its.column)
    pieces += [f". Runs of one recipe scatter by {sd}"]
    start = its.components.line("start") if its.components else None
    if start and start.p is not None and start.p < 1 - CONFIDENCE:
        pieces += [f"; starts move all recipes alike by {told(start.sd, start.interval, its.column)}"]
    interplay = its.components.line("method x data") if its.components else None
    if interplay and interplay.p is not None and interplay.p < 1 - CONFIDENCE:
        pieces += [f"; what a method gains depends on the data (F test, {probability(interplay.p)})"]
    return [*pieces, "."]


def _family(pairs: Sequence[Contrast], column: Column) -> list[str]:
    apart = [contrast.turned() for contrast in pairs if contrast.distinguishable]
    if not apart and len(pairs) == 1:
        pair = pairs[0].turned()
        distance = told(pair.estimate, pair.interval, column)
        return [Name(pair.one), " is not distinguishable from ", Name(pair.other), f" ({distance})"]
    if not apart:
        return [f"no two {LEVELS[pairs[0].family]} are distinguishable"]
    most = max(apart, key=lambda contrast: contrast.estimate)
    widest = [Name(most.one), " is better than ", Name(most.other), f" by {told(most.estimate, most.interval, column)}"]
    if len(pairs) == 1:
        return widest
    verb = "is" if len(apart) == 1 else "are"
    some = f"all {len(pairs)}" if len(apart) == len(pairs) else f"{len(apart)} of {len(pairs)}"
    many = f"{some} pairs of {LEVELS[most.family]} {verb} distinguishable"
    return [many, ": " if len(apart) == 1 else ", most of all: ", *widest]


def probability(p: float) -> str:
    """A p-value: ``p = 0.034``, ``p < 0.001``."""
    return f"p = {p:.3f}" if p >= 0.001 else "p < 0.001"


def _gained(its: ColumnEffects) -> list[str]:
    if not its.gains:
        return []
    overall = its.gains[0]
    by = told(abs(overall.estimate), None, its.column)
    if overall.interval is None:
        return [f"Over one random start training changed the score by {told(overall.estimate, None, its.column)}."]
    if not overall.distinguishable:
        full = told(overall.estimate, overall.interval, its.column)
        return [f"All trained encoders together are not distinguishable from their random starts ({full})."]
    ends = overall.interval if overall.estimate > 0 else Interval(-overall.interval.high, -overall.interval.low)
    by = told(abs(overall.estimate), ends, its.column)
    each = its.gains[1:]
    apart = sum(gain.distinguishable for gain in each)
    verb = "beat" if overall.estimate > 0 else "fall short of"
    alone = f"{apart} of {count(len(each), 'recipe')} {'does' if apart == 1 else 'do'} so alone"
    return [f"Trained encoders {verb} their random starts by {by} on average; {alone}."]


def _noted(its: ColumnEffects) -> list[str]:
    return [f"{its.note[0].upper()}{its.note[1:]}."] if its.note else []
