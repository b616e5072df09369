"""Whether tasks tell encoders apart: how far encoders differ on each, against how wide their intervals are.

    virb study run examples/world.yaml --output world --executor processes --workers 2 --threads 1
    python benchmarks/telling_apart.py world --output telling-apart.md

For each task, under its headline probe: the standard deviation of scores between encoders; the median half-width of
their 95 % intervals, which is what drawing other test examples would change; the ratio of the two; and how many pairs
of encoders are distinguishable, paired and adjusted for the number of pairs. A task on which no two are measures
nothing here, and the exit code is 1. ``--only`` keeps encoders whose name holds a word, such as ``run 1``.
"""

import argparse
import sys
from functools import partial
from itertools import combinations
from pathlib import Path
from statistics import median, pstdev
from typing import NamedTuple

from virb.analysis import Matrix, load_outcomes, matrix
from virb.analysis.comparison import Column
from virb.analysis.words import percent
from virb.store import Store


class Line(NamedTuple):
    """What a task tells apart; scores in percent, or in the unit of the metric."""

    task: str
    probe: str
    metric: str
    encoders: int
    lowest: float
    highest: float
    spread: float
    half_width: float
    pairs: int
    told: int

    @property
    def ratio(self) -> float:
        """Spread between encoders in half-widths of an interval."""
        return self.spread / self.half_width if self.half_width else float("inf")


def main() -> int:
    """Print the table and write it; 1 where a task tells no two encoders apart."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path, help="records")
    options.add_argument("--only", help="a word in the names of the encoders to be compared")
    options.add_argument("--output", type=Path, help="Markdown file")
    asked = options.parse_args()
    records = [r for r in Store(asked.folder).records() if not asked.only or asked.only in r.experiment.encoder.name]
    found = matrix(records, partial(load_outcomes, asked.folder))
    lines = [line_of(found, column) for column in found.headline if len(found.scored(column)) > 1]
    text = table(lines)
    print(text)
    if asked.output:
        asked.output.write_text(text, encoding="utf-8")
    return int(any(line.told == 0 for line in lines))


def line_of(found: Matrix, column: Column) -> Line:
    """Measure one column."""
    scale = 100 if percent(column.metric) else 1
    rows = [row for row, _ in found.scored(column)]
    scores = [scale * score for _, score in found.scored(column)]
    cells = [found.cell(column, row) for row in rows]
    widths = [scale * (cell.interval.high - cell.interval.low) / 2 for cell in cells if cell and cell.interval]
    pairs = list(combinations(rows, 2))
    return Line(
        task=column.experiment.task.name,
        probe=column.probe,
        metric=column.metric,
        encoders=len(rows),
        lowest=min(scores),
        highest=max(scores),
        spread=pstdev(scores),
        half_width=median(widths),
        pairs=len(pairs),
        told=sum(found.differ(column, one, other) for one, other in pairs),
    )


def table(lines: list[Line]) -> str:
    """Markdown, a row a task."""
    head = ("task", "probe", "metric", "encoders", "scores", "spread", "half-width", "ratio", "pairs told apart")
    rows = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for line in lines:
        share = f"{line.told} of {line.pairs} ({line.told / line.pairs:.0%})"
        rows.append(
            f"| {line.task} | {line.probe} | {line.metric} | {line.encoders} | {line.lowest:.1f} to {line.highest:.1f} "
            f"| {line.spread:.2f} | {line.half_width:.2f} | {line.ratio:.1f} | "
            f"{share if line.told else f'**{share}**'} |"
        )
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(main())
