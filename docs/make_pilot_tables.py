"""Print the tables of docs/pilot.md from the records of the pilot.

virb study run examples/pilot.yaml --output pilot && .venv/bin/python docs/make_pilot_tables.py pilot
"""

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from virb.analysis import effect_table, effects, load_outcomes, matrix
from virb.analysis.gains import gains as of_scores
from virb.analysis.matrix import Matrix
from virb.spec import METRICS
from virb.store import Store

SOURCES = ("method", "data", "method x data", "start", "runs")
HEADLINE = {
    "world-object": "logistic",
    "world-object-v2": "logistic",
    "world-count": "logistic",
    "world-egomotion": "mlp",
    "world-foreground": "dense-linear",
    "world-depth": "dense-linear",
    "world-walkable": "dense-linear",
    "world-flow": "dense-siamese",
}
"""The tasks in the order of the study, and the probe that leads each."""


def main(folder: Path) -> None:
    """Print scores, components, gains, differences and agreement as Markdown."""
    whole = matrix(Store(folder).records(), partial(load_outcomes, folder))
    moved, gains, pairs, agreement = (
        effect_table(whole, name) for name in ("effects", "gains", "differences", "agreement")
    )
    show("Standard deviations", components(moved))
    show("Gains over the own start", wide(led(gains), ["method", "data"], "gain"))
    show("The same, without labels", gains_without_labels(whole))
    for family in ("method", "data"):
        show(f"Pairs: {family}", wide(led(pairs[pairs.family == family]), ["one", "other"], "difference"))
    show("Agreement", agreement_of(agreement))
    show("Spread", spread_of(effect_table(whole, "spread")))


def components(moved: pd.DataFrame) -> pd.DataFrame:
    """One row a task and probe, one column a source, with intervals; bold where p < 0.05."""
    rows = []
    for (task, probe), own in moved.groupby(["task", "probe"], sort=False):
        if not {*SOURCES} <= {*own.source}:  # too few runs yet
            continue
        scale, cells = scale_of(own), {}
        for source in SOURCES:
            one = own[own.source == source].iloc[0]
            text = f"{scale * one.sd:.2f}" if scale * one.sd < 1 else f"{scale * one.sd:.1f}"
            text = f"**{text}**" if pd.notna(one.p) and one.p < 0.05 else text
            cells[source] = f"{text} [{scale * one.low:.1f}, {scale * one.high:.1f}]"
        rows.append({"task": task, "probe": probe, **cells})
    return ordered(pd.DataFrame(rows))


def wide(table: pd.DataFrame, names: list[str], value: str) -> pd.DataFrame:
    """One row a name, one column a task; bold where it is distinguishable after Holm's adjustment."""
    rows: dict[str, dict[str, str]] = {}
    for _, one in table.iterrows():
        scale = scale_of(pd.DataFrame([one]))
        text = f"{scale * one[value]:+.1f}"
        text = f"**{text}**" if one.distinguishable else text
        name = " / ".join(str(one[part]).replace("world:", "") for part in names)
        key = one.task.removeprefix("world-")
        rows.setdefault(name, {})[key] = f"{text} [{scale * one.low:.1f}, {scale * one.high:.1f}]"
    tasks = [task.removeprefix("world-") for task in HEADLINE]
    columns = [task for task in tasks if any(task in row for row in rows.values())]
    return pd.DataFrame([{"": name, **{task: row.get(task, "–") for task in columns}} for name, row in rows.items()])


def gains_without_labels(whole: Matrix) -> pd.DataFrame:
    """The mean gain of the contrastive recipes alone, and of MoCo v2 alone, for every probe."""
    found = effects(whole)
    assert found is not None
    rows = []
    for one in found.columns.values():
        row = {"task": one.column.experiment.task.name, "probe": one.column.probe}
        scale = 100.0 if METRICS[one.column.metric].percent else 1.0
        for title, methods in (("contrastive", {"moco-v2", "swav", "pirl"}), ("moco-v2", {"moco-v2"})):
            chosen = [place for place, run in enumerate(one.scores.runs) if run.treatment.method in methods]
            part = replace(one.scores, runs=tuple(one.scores.runs[k] for k in chosen), values=one.scores.values[chosen])
            mean = of_scores(part)[0]
            assert mean.interval is not None
            row[title] = (
                f"{scale * mean.estimate:+.1f} [{scale * mean.interval.low:.1f}, {scale * mean.interval.high:.1f}]"
            )
        rows.append(row)
    return ordered(pd.DataFrame(rows))


def agreement_of(table: pd.DataFrame) -> pd.DataFrame:
    """One row a pair of tasks, the strongest first."""
    both = led(table)
    own = both[both.other_task.map(HEADLINE) == both.other_probe].sort_values("spearman", ascending=False)
    return pd.DataFrame(
        [
            {
                "tasks": f"{one.task.removeprefix('world-')}, {one.other_task.removeprefix('world-')}",
                "Spearman": f"{one.spearman:.2f} [{one.low:.2f}, {one.high:.2f}]",
                "p (Holm)": f"{one.holm:.3f}",
            }
            for _, one in own.iterrows()
        ]
    )


def spread_of(table: pd.DataFrame) -> pd.DataFrame:
    """How far recipes lie apart, beside runs and the test set; bold where an F test over all recipes gives p < 0.05."""
    rows = []
    for _, one in ordered(led(table)).iterrows():
        scale = scale_of(pd.DataFrame([one]))
        between = f"{scale * one.recipes_sd:.2f}"
        rows.append(
            {
                "task": one.task,
                "between recipes": f"**{between}**" if one.p < 0.05 else between,
                "between runs": f"{scale * one.runs_sd:.2f}",
                "half a test-set interval": f"{scale * one.test_half_width:.2f}",
                "p": f"{one.p:.4f}",
            }
        )
    return pd.DataFrame(rows)


def led(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of each task's leading probe."""
    return table[table.task.map(HEADLINE) == table.probe]


def scale_of(rows: pd.DataFrame) -> float:
    """Points for shares; what has a unit stays in it."""
    return 1.0 if rows.unit.fillna("").ne("").all() else 100.0


def ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Tasks in the order of the study."""
    place = {task: number for number, task in enumerate(HEADLINE)}
    return table.sort_values("task", key=lambda names: names.map(place), kind="stable")


def show(title: str, table: pd.DataFrame) -> None:
    """Print a table as Markdown."""
    print(f"\n### {title}\n")
    print("| " + " | ".join(table.columns) + " |")
    print("|" + "---|" * len(table.columns))
    for row in table.itertuples(index=False):
        print("| " + " | ".join(str(value) for value in row) + " |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
