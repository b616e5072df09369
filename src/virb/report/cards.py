"""Everything on the page that is not the matrix: tasks, encoders, splits, and each record in full."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from virb.analysis.comparison import Column, Row, row_key
from virb.analysis.costs import in_words, scaled
from virb.analysis.findings import reason
from virb.analysis.matrix import Matrix
from virb.analysis.words import GAP, between, number, score, unit
from virb.report.sparkline import Sparkline, sparkline
from virb.spec import METRICS, Cost, Record, Trial

SHOWN_TRIALS = 12
SPLITS = ("fit", "select", "test")
VERSIONS = ("torch", "torchvision", "timm")
"""Libraries whose versions can move a score, shown first."""


# ------------------------------------------------------------------------------------------------ tasks and encoders


@final
@dataclass(frozen=True)
class TaskCard:
    """A task: what is asked, on what, and how many examples each split has."""

    column: Column
    labels: tuple[str, ...]
    sizes: tuple[str, ...]
    carved: bool
    notes: tuple[str, ...]


def task_cards(matrix: Matrix) -> list[TaskCard]:
    """One card a task; columns that differ in their probe only share one."""
    families: dict[tuple[str, str], list[Column]] = {}
    for column in matrix.columns:
        families.setdefault((column.experiment.task.name, column.title), []).append(column)
    return [_task_card(matrix, columns) for columns in families.values()]


def _task_card(matrix: Matrix, columns: Sequence[Column]) -> TaskCard:
    records = [
        record
        for column in columns
        for row in matrix.rows
        if (cell := matrix.cell(column, row))
        for record in cell.records
    ]
    all_labels = "all labels" if any(column.regime for column in columns) else ""
    labels = filter(None, dict.fromkeys(column.distinction or all_labels for column in columns))
    task = columns[0].experiment.task
    sizes = tuple(between(record.counts.get(split) for record in records) for split in SPLITS)
    # A note that each of a task's records carries is about its data; the others are about an encoder or a run.
    everywhere = [note for note in (records[0].notes if records else ()) if all(note in r.notes for r in records)]
    return TaskCard(columns[0], tuple(labels), sizes, task.splits.carved, tuple(dict.fromkeys(everywhere)))


@final
@dataclass(frozen=True)
class EncoderCard:
    """An encoder as it was declared and as it was found."""

    row: Row
    preprocessing: str
    widths: str
    weights: str
    pretraining: str
    parameters: str
    multiply_adds: str
    speeds: tuple[str, ...]
    memory: tuple[str, ...]


def encoder_cards(matrix: Matrix) -> list[EncoderCard]:
    """One card an encoder, in the order of the matrix."""
    by_row: dict[str, list[Record]] = {row.key: [] for row in matrix.rows}
    for cell_place, cell in matrix.cells.items():
        by_row[cell_place[1]] += cell.records
    return [_encoder_card(row, by_row[row.key]) for row in matrix.rows]


def _encoder_card(row: Row, records: Sequence[Record]) -> EncoderCard:
    found = [record.resolved for record in records if record.resolved]
    cards = dict.fromkeys(resolved.preprocessing for resolved in found)
    widths = dict.fromkeys(f"{layer} {width:,}" for resolved in found for layer, width in resolved.layers.items())
    made = row.spec.pretraining
    facts = made.declared() if made else {}
    return EncoderCard(
        row=row,
        preprocessing="; ".join(
            f"mean {_triple(card.mean)}, std {_triple(card.std)}, {card.interpolation}" for card in cards
        ),
        widths=", ".join(widths),
        weights=", ".join(dict.fromkeys(resolved.weights[:12] for resolved in found)),
        pretraining=", ".join(f"{name} {value}" for name, value in facts.items()),
        **_costs([resolved.cost for resolved in found if resolved.cost]),
    )


def _costs(costs: Sequence[Cost]) -> dict[str, Any]:
    """Counts of each input size; speeds and memory of the extraction over the most images, with what it ran on."""
    sized = dict.fromkeys((cost.parameters, cost.multiply_adds) for cost in costs)
    if not costs:
        return {"parameters": "", "multiply_adds": "", "speeds": (), "memory": ()}
    best = max(costs, key=lambda cost: (cost.extraction is not None, cost.images))
    words = in_words(best)
    return {
        "parameters": ", ".join(dict.fromkeys(scaled(parameters) for parameters, _ in sized)),
        "multiply_adds": ", ".join(dict.fromkeys(scaled(adds) for _, adds in sized if adds is not None)),
        "speeds": tuple(f"{name} {words[name]}" for name in ("forward pass", "extraction") if name in words),
        "memory": (words["peak memory"],) if "peak memory" in words else (),
    }


def _triple(values: tuple[float, float, float]) -> str:
    return " ".join(f"{value:g}" for value in values) if len(set(values)) > 1 else f"{values[0]:g}"


# ------------------------------------------------------------------------------------------------ records


@final
@dataclass(frozen=True)
class RecordCard:
    """A record in full.

    Attributes:
        anchor: its id on the page.
        record: itself.
        encoder: the name its row has in the matrix.
        task: title of its task.
        headline: its score, or how it ended.
        reason: why it has no score.
        left_out: why it is not in the matrix, where it is not.
        metrics: name, value and what it means.
        settings: what was chosen.
        line: scores on select along the setting.
        trials: a table of trials where a line does not say it: settings and the score.
        hidden: trials that are not in the table.
        facts: name and value of all that was found.
        source: the whole record as JSON, one field a line.
    """

    anchor: str
    record: Record
    encoder: str
    task: str
    headline: str
    reason: str
    left_out: str
    metrics: list[tuple[str, str, str]]
    settings: list[tuple[str, str]]
    line: Sparkline | None
    trials: list[tuple[str, str]]
    hidden: int
    facts: list[tuple[str, str]]
    source: str


def record_cards(matrix: Matrix, anchors: dict[int, str]) -> list[tuple[str, list[RecordCard]]]:
    """Every record, under the title of its task and the name of its probe.

    Args:
        matrix: where the records are.
        anchors: the place of each record on the page, by ``id()``.
    """
    names = {row.key: row.name for row in matrix.rows}
    places = {row.key: place for place, row in enumerate(matrix.rows)}
    left_out = {id(record): why for record, why in matrix.left_out}
    sections: dict[tuple[str, str], list[tuple[tuple[int, int, str], RecordCard]]] = {}
    for record in matrix.records:
        experiment = record.experiment
        row = row_key(experiment.encoder)
        title = experiment.task.title or experiment.task.name
        card = _record_card(record, anchors[id(record)], names[row], title, left_out.get(id(record), ""))
        order = (places[row], experiment.seed, record.finished)
        sections.setdefault((title, experiment.probe.label), []).append((order, card))
    wanted = list(dict.fromkeys((column.title, column.probe) for column in matrix.columns))
    wanted += [key for key in sections if key not in wanted]
    return [
        (f"{title}, {probe}", [card for _, card in sorted(sections[title, probe], key=lambda pair: pair[0])])
        for title, probe in wanted
        if (title, probe) in sections
    ]


def _record_card(record: Record, anchor: str, encoder: str, task: str, left_out: str) -> RecordCard:
    metric, target = record.experiment.task.primary, record.experiment.task.target
    line = sparkline(record)
    shown = [] if line else sorted(record.trials, key=_worst_last)[:SHOWN_TRIALS]
    return RecordCard(
        anchor=anchor,
        record=record,
        encoder=encoder,
        task=task,
        headline=score(record.score, metric, unit(metric, target)) if record.status == "ok" else record.status,
        reason=reason(record) if record.status != "ok" else "",
        left_out=left_out,
        metrics=[
            (name, score(value, name, unit(name, target)), METRICS[name].about) for name, value in record.scores.items()
        ],
        settings=[(name, setting(value)) for name, value in record.choice.items()],
        line=line,
        trials=[(_settings(trial), number(trial.score, metric)) for trial in shown],
        hidden=0 if line else len(record.trials) - len(shown),
        facts=_facts(record),
        source=_source(record),
    )


def _worst_last(trial: Trial) -> tuple[bool, float]:
    return not math.isfinite(trial.score), -trial.score if math.isfinite(trial.score) else 0.0


def _settings(trial: Trial) -> str:
    return ", ".join(f"{name} {setting(value)}" for name, value in trial.settings.items())


def setting(value: float | str) -> str:
    """A setting as text: four digits are enough to recognise it, and ``1e-6`` needs no padding."""
    return value if isinstance(value, str) else re.sub(r"e\+?(-?)0*", r"e\1", f"{value:.4g}")


def _facts(record: Record) -> list[tuple[str, str]]:
    experiment, found = record.experiment, record.resolved
    facts = [
        ("experiment", record.id),
        ("finished", record.finished),
        ("virb", record.virb),
        ("inputs", str(experiment.inputs)),
        ("protocol", experiment.protocol),
        ("labels", "" if experiment.regime.kind == "full" else str(experiment.regime)),
        ("layers", ", ".join(experiment.probe.layers)),
        ("data", record.found.data),
    ]
    if found:
        versions = {**{name: found.versions[name] for name in VERSIONS if name in found.versions}, **found.versions}
        facts += [
            ("weights", found.weights),
            ("ran on", f"{found.device}, {found.threads} threads, {found.precision}, {found.engine}"),
            ("versions", ", ".join(f"{name} {version}" for name, version in versions.items())),
            ("commit", found.git or GAP),
        ]
    if record.seconds:
        facts.append(("seconds", ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in record.seconds.items())))
    if record.counts:
        facts.append(("examples", ", ".join(f"{split} {n:,}" for split, n in record.counts.items())))
    return [(name, value) for name, value in facts if value]


def _source(record: Record) -> str:
    """The record as JSON, one field a line: ten times faster than an indent, and as easy to read."""
    fields = [
        f" {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in record.model_dump().items()
    ]
    return "{\n" + ",\n".join(fields) + "\n}"
