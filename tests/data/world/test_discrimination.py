"""Every task of the world pays for looking, and short cuts do not: measured again, over hours. ``make test-long``."""

import argparse
import sys
from pathlib import Path

import pytest

from virb.tasks import TASKS

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
RECORDS = Path("discrimination-records")
"""Answers that are there are not computed again: as the benchmark itself keeps them."""


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", [name for name in TASKS.names() if name.startswith("world-")])
def test_a_network_beats_every_short_cut_and_shuffled_answers_teach_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    discrimination = __import__("discrimination")
    asked = argparse.Namespace(records=RECORDS, examples=None, effort=1.0, seed=0, side=None, threads=2)
    found = discrimination.measure(discrimination.Bench(TASKS.load(name), asked), list(discrimination.ROWS))
    assert {"lead", "ceiling", "share"} <= set(found.verdicts), found.notes
    assert all(holds for holds, _ in found.verdicts.values()), found.verdicts
    sys.modules.pop("discrimination")
