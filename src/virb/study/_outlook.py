"""What a study asks for, what of it is there already, how long the rest may take, and what it can see. No torch."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, final

from virb.encoders._runs import CARD, read_run
from virb.errors import UserError
from virb.spec import Experiment, Record
from virb.store import Store
from virb.study._grid import Plan
from virb.study._runs import RunState
from virb.study.power import Power, foresee, spreads_of

Pace = tuple[str, str, int]
"""Method, architecture and side of a view: what the speed of a run depends on."""

SECONDS_PER_IMAGE: dict[Pace, float] = {
    ("moco-v2", "narrow_resnet10_w16", 48): 1 / 900,
    ("pirl", "narrow_resnet10_w16", 48): 1 / 600,
    ("supervised", "narrow_resnet10_w16", 48): 1 / 1300,
    ("swav", "narrow_resnet10_w16", 48): 1 / 450,
}
"""Of one thread, before any run is finished: processor time of ten steps of 128 images, views included, with the
methods' default settings, on a virtual machine of 2026. Another machine differs by a factor of some."""


@final
class LeftOut(NamedTuple):
    """Something that was asked for and makes no sense, and why."""

    what: str
    reason: str


@final
class CellLine(NamedTuple):
    """The runs of one method on one data source.

    Attributes:
        method: its name.
        data: what it learns from.
        runs: their numbers.
        finished: how many have their weights.
        seconds: what is left will take one worker, about; None where nobody knows.
        basis: what ``seconds`` follows from.
    """

    method: str
    data: str
    runs: tuple[int, ...]
    finished: int
    seconds: float | None
    basis: str


@final
class TaskLine(NamedTuple):
    """The experiments of one task with one probe.

    Attributes:
        task: its name.
        probe: label of the probe.
        experiments: how many are asked for.
        there: how many have a record; whether its data and weights are still those of today is looked at when it runs.
        seconds: what is left will take one worker, about; None before the first record.
    """

    task: str
    probe: str
    experiments: int
    there: int
    seconds: float | None


@final
class Outlook(NamedTuple):
    """A study before it runs.

    Attributes:
        name: of the study.
        encoders: how many are evaluated.
        cells: the pre-training.
        tasks: the evaluation.
        left_out: what makes no sense, and why.
        power: what it can see.
    """

    name: str
    encoders: int
    cells: tuple[CellLine, ...]
    tasks: tuple[TaskLine, ...]
    left_out: tuple[LeftOut, ...]
    power: Power | None

    def declared(self) -> dict[str, Any]:
        """As plain JSON types."""
        power = self.power
        return {
            "name": self.name,
            "encoders": self.encoders,
            "pretraining": [line._asdict() for line in self.cells],
            "evaluation": [line._asdict() for line in self.tasks],
            "left_out": [one._asdict() for one in self.left_out],
            "power": power
            and {
                **power._asdict(),
                "sights": [sight._asdict() for sight in power.sights],
                "spreads": [spread._asdict() for spread in power.spreads],
            },
        }


def outlook(
    name: str, runs: Sequence[RunState], plan: Plan, left_out: Iterable[LeftOut], output: Path | None
) -> Outlook:
    """Look ahead.

    Args:
        name: of the study.
        runs: every pre-training run, and how far it is.
        plan: the evaluation.
        left_out: what makes no sense among encoders.
        output: folder of an earlier run, if any.
    """
    records = Store(output).latest() if output else []
    asked = {experiment.id for experiment in plan.experiments}
    there = [record for record in records if record.id in asked]
    cells: dict[tuple[str, str], list[RunState]] = {}
    for run in runs:
        cells.setdefault((run.recipe.method, run.recipe.data_recipe.label), []).append(run)
    fewest = min((len(members) for members in cells.values()), default=0)
    return Outlook(
        name=name,
        encoders=len({experiment.encoder for experiment in plan.experiments}),
        cells=tuple(_cell_lines(cells.values(), _paces(output))),
        tasks=tuple(_task_lines(plan.experiments, records)),
        left_out=(*left_out, *_rejections(plan)),
        power=foresee(cells, fewest, spreads_of(there)) if cells else None,
    )


def _cell_lines(cells: Iterable[Sequence[RunState]], paces: dict[Pace, float]) -> Iterable[CellLine]:
    for members in cells:
        recipe = members[0].recipe
        pace = (recipe.method, recipe.arch, recipe.size)
        left = sum((1 - run.share) * run.recipe.images_seen for run in members)
        measured, typical = paces.get(pace), SECONDS_PER_IMAGE.get(pace)
        each = measured if measured is not None else typical
        yield CellLine(
            method=recipe.method,
            data=recipe.data_recipe.label,
            runs=tuple(run.recipe.run for run in members),
            finished=sum(run.state in ("finished", "collapsed") for run in members),
            seconds=0.0 if not left else None if each is None else left * each,
            basis="finished runs" if measured is not None else "another machine" if typical is not None else "",
        )


def _paces(output: Path | None) -> dict[Pace, float]:
    """Seconds for each image that was seen, by the finished runs in a folder: the middle one of each kind."""
    seen: dict[Pace, list[float]] = {}
    for card in sorted((output / "runs").glob(f"*/{CARD}")) if output else ():
        try:
            run = read_run(card.parent)
            each = float(run.card["seconds"]) / run.recipe.images_seen
        except (UserError, KeyError, TypeError, ValueError):  # another program's folder: it says nothing about speed
            continue
        seen.setdefault((run.recipe.method, run.recipe.arch, run.recipe.size), []).append(each)
    return {pace: median(times) for pace, times in seen.items()}


def _task_lines(experiments: Sequence[Experiment], records: Sequence[Record]) -> Iterable[TaskLine]:
    known = {record.id for record in records}
    times: dict[tuple[str, str, str], list[float]] = {}
    for record in records:
        times.setdefault(_column(record.experiment), []).append(sum(record.seconds.values()))
    columns: dict[tuple[str, str, str], list[Experiment]] = {}
    for experiment in experiments:
        columns.setdefault(_column(experiment), []).append(experiment)
    for column, members in columns.items():
        there = sum(experiment.id in known for experiment in members)
        left = len(members) - there
        seconds = 0.0 if not left else left * median(times[column]) if column in times else None
        yield TaskLine(column[0], column[1], len(members), there, seconds)


def _column(experiment: Experiment) -> tuple[str, str, str]:
    return experiment.task.name, experiment.probe.label, str(experiment.inputs)


def _rejections(plan: Plan) -> list[LeftOut]:
    """One line for each probe and reason, with all the tasks it is about."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in plan.rejected:
        reasons.setdefault((one.probe, one.reason), []).append(one.task)
    return [LeftOut(f"{probe} on {', '.join(tasks)}", reason) for (probe, reason), tasks in reasons.items()]
