"""Whether the world's tasks tell encoders apart: short cuts must fail where a network trained for the task does not.

    python benchmarks/discrimination.py --tasks world-depth,world-flow --output discrimination.md

For every task the skill, with its 95 % interval, of: (a) the best constant answer, (b) a colour histogram, (c) raw
pixels, (c2) for dense tasks the best answer for each place in the image, (d) an untrained ResNet-18, (e) a network
trained on photographs, (f) a small network trained on the task from scratch, (g) the same with shuffled answers.
Wanted: f beats the best short cut (a to c2) by 15 points, and surely by more than 8; f stays below 97; the best short
cut has not more than 60 % of what f gains over the constant; g gains nothing. Answers are kept in ``--records``: what
is there is not computed again.
"""

import argparse
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _end_to_end import Part, train_and_predict
from _priors import best_constant, best_places, predictions
from _skill import Answer, Arrays, answer_of, resample
from numpy.typing import NDArray

import virb
from virb.analysis import load_outcomes
from virb.data import Dataset, open_data
from virb.data._geometry import frame_truth
from virb.data._images import fit_image
from virb.errors import ExperimentError, UserError
from virb.metrics import meter
from virb.probes import PROBES
from virb.run._native import at_truth
from virb.spec import InputPolicy, Task
from virb.tasks import TASKS

SIZE = 96
ROWS = {
    "a": "constant",
    "b": "histogram",
    "c": "pixels",
    "c2": "place",
    "d": "untrained",
    "e": "photographs",
    "f": "end to end",
    "g": "shuffled",
}
ENCODERS = {"b": "histogram", "c": "pixels", "d": "random:resnet18", "e": "zoo:efficientnet-lite0"}
SHORT_CUTS = ("a", "b", "c", "c2")
CODE = {name: Path(__file__).with_name(name).read_bytes() for name in ("_priors.py", "_end_to_end.py")}
"""Kept answers are of this code."""
LEAD, SURE_LEAD, CEILING, SHARE = 15.0, 8.0, 97.0, 0.6
"""What is wanted: see the head of this file."""


def main() -> None:
    """Print the tables and write them."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tasks", help="names with commas between them; all of the world by default")
    options.add_argument("--only", default=",".join(ROWS), help="rows with commas between them; all by default")
    options.add_argument("--examples", type=int, help="train networks on so many examples alone, to try it out")
    options.add_argument("--effort", type=float, default=1.0, help="train networks for this share of the epochs")
    options.add_argument("--seed", type=int, default=0, help="of the networks")
    options.add_argument("--side", type=int, help="pixels of what networks see; those of the world by default")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--records", type=Path, default=Path("discrimination-records"), help="folder of answers")
    options.add_argument("--output", type=Path, help="Markdown file")
    options.add_argument("--json", action="store_true", help="write a .json beside it")
    asked = options.parse_args()
    torch.set_num_threads(asked.threads)
    names = asked.tasks.split(",") if asked.tasks else [n for n in TASKS.names() if n.startswith("world-")]
    measured = []
    for name in names:
        print(f"\n{name}", flush=True)
        measured.append(measure(Bench(TASKS.load(name), asked), asked.only.split(",")))
        text = tables(measured)
        if asked.output:
            asked.output.write_text(text, encoding="utf-8")
            if asked.json:
                form = json.dumps({one.task: one.form() for one in measured}, indent=1)
                asked.output.with_suffix(".json").write_text(form + "\n", encoding="utf-8")
    print("\n" + tables(measured))


@dataclass(frozen=True)
class Bench:
    """A task with its data, and where answers are kept."""

    task: Task
    asked: argparse.Namespace

    @cached_property
    def data(self) -> Dataset:
        """What is tested on."""
        return open_data(self.task.data)

    @cached_property
    def learnt_from(self) -> tuple[Dataset, str]:
        """Data and column that fit and select come from: those of the parent, where a task is for testing only."""
        parent = TASKS.load(self.task.trained_on) if self.task.trained_on else self.task
        return open_data(parent.data), parent.column

    @cached_property
    def test(self) -> NDArray[np.int64]:
        """Rows of test."""
        return rows_of(self.data, "test")

    @cached_property
    def known(self) -> NDArray[np.int64]:
        """Rows of fit and select."""
        dataset, _ = self.learnt_from
        return np.concatenate([rows_of(dataset, "fit"), rows_of(dataset, "select")])

    @cached_property
    def known_truth(self) -> NDArray[Any]:
        """Truth of fit and select."""
        dataset, column = self.learnt_from
        return np.asarray(dataset.columns[column][self.known])

    @cached_property
    def test_truth(self) -> NDArray[Any]:
        """Truth of test."""
        return np.asarray(self.data.columns[self.task.column][self.test])

    def outcomes(self, predict: Callable[[slice], NDArray[np.float32]]) -> dict[str, NDArray[Any]]:
        """Meter predictions on test, a batch at a time."""
        scored = meter(self.task.target, self.task.family)
        for start in range(0, len(self.test), 50):
            batch = slice(start, start + 50)
            scored.add(predict(batch), self.test_truth[batch])
        return {"example": self.test, **scored.outcomes()}


def rows_of(dataset: Dataset, split: str) -> NDArray[np.int64]:
    """Rows that the source gives to a split."""
    assert dataset.official is not None, "every world names its splits"
    return np.flatnonzero(dataset.official == split)


def images_of(dataset: Dataset, rows: NDArray[np.int64], each: int, inputs: InputPolicy) -> NDArray[np.uint8]:
    """Rows x images x size x size x 3."""

    def read(image: int) -> NDArray[np.uint8]:
        return fit_image(dataset.read(image), inputs, "bilinear")

    return np.stack([np.stack([read(int(image)) for image in dataset.images[row][:each]]) for row in rows])


@dataclass
class Measured:
    """What was found about a task."""

    task: str
    metric: str
    answers: dict[str, Answer] = field(default_factory=dict)
    groups: NDArray[np.int64] | None = None
    notes: list[str] = field(default_factory=list)

    @cached_property
    def skills(self) -> dict[str, tuple[float, float, float]]:
        """Of each row: skill and both ends of its interval, in percent."""
        return {row: (answer.skill, *self.draws.interval(row)) for row, answer in self.answers.items()}

    @cached_property
    def draws(self) -> Any:
        """The resamples."""
        return resample(self.answers, self.groups)

    @cached_property
    def verdicts(self) -> dict[str, tuple[bool, str]]:
        """What is wanted: whether it holds, and the numbers."""
        skills, found = self.skills, {}
        if "a" in skills and "f" in skills:
            best = max((row for row in SHORT_CUTS if row in skills), key=lambda row: skills[row][0])
            f, a, short = (skills[row][0] for row in ("f", "a", best))
            low, high = self.draws.difference("f", best)
            text = f"{f - short:+.1f} [{low:.1f}, {high:.1f}] over {ROWS[best]}"
            found["lead"] = (f - short >= LEAD and low > SURE_LEAD, text)
            found["ceiling"] = (f <= CEILING, f"{f:.1f}")
            share = (short - a) / (f - a) if f > a else float("inf")
            found["share"] = (share <= SHARE, f"{100 * share:.0f} %")
        if "a" in skills and "g" in skills:
            # Shuffled truths still say where in an image things tend to be.
            chance = max(skills[row][0] for row in ("a", "c2") if row in skills)
            g, low, _ = skills["g"]
            found["shuffled"] = (low <= chance, f"{g:.1f}, chance {chance:.1f}")
        return found

    def form(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {
            "metric": self.metric,
            "skill": {
                row: dict(zip(("skill", "low", "high"), skill, strict=True)) for row, skill in self.skills.items()
            },
            "verdicts": {name: {"holds": bool(holds), "found": text} for name, (holds, text) in self.verdicts.items()},
            "notes": self.notes,
        }


def measure(bench: Bench, only: list[str]) -> Measured:
    """Answer a task in every way that is asked for."""
    constant = answered(bench, "a", lambda: constant_answer(bench))
    measured = Measured(bench.task.name, bench.task.primary, groups=bench.data.groups)
    ways: dict[str, Callable[[], Arrays]] = {
        "a": lambda: constant,
        "c2": lambda: answered(bench, "c2", lambda: place_answer(bench)),
        **{row: (lambda row=row: encoder_answer(bench, row)) for row in ENCODERS},
        "f": lambda: answered(bench, "f", lambda: network_answer(bench, shuffled=False)),
        "g": lambda: answered(bench, "g", lambda: network_answer(bench, shuffled=True)),
    }
    for row in ROWS:
        if row not in only or (row == "c2" and not bench.task.target.dense):
            continue
        start = time.perf_counter()
        try:
            answer = answer_of(bench.task, ways[row](), constant)
        except (UserError, ExperimentError, Rejected) as error:
            measured.notes.append(f"{ROWS[row]}: {error}")
            print(f"  {ROWS[row]:12s} – {error}", flush=True)
            continue
        measured.answers[row] = answer
        print(f"  {ROWS[row]:12s} {answer.skill:6.1f}   {time.perf_counter() - start:4.0f} s", flush=True)
    return measured


def constant_answer(bench: Bench) -> Arrays:
    """The best constant (a)."""
    best = best_constant(bench.task, bench.known_truth)
    return bench.outcomes(lambda batch: predictions(bench.task, best, bench.test_truth[batch].shape))


def place_answer(bench: Bench) -> Arrays:
    """The best answer for each place (c2)."""
    best = best_places(bench.task, bench.known_truth)
    return bench.outcomes(lambda batch: predictions(bench.task, best, bench.test_truth[batch].shape))


def network_answer(bench: Bench, *, shuffled: bool) -> Arrays:
    """A network of the task's own (f), or one that was told the answers to other examples (g)."""
    dataset, _ = bench.learnt_from
    draw = np.random.default_rng(bench.asked.seed)
    chosen = np.sort(draw.permutation(len(bench.known))[: bench.asked.examples])
    truth = bench.known_truth[draw.permutation(chosen) if shuffled else chosen]
    task, inputs = bench.task, InputPolicy(size=bench.asked.side or bench.data.read(0).shape[0])
    known = Part(images_of(dataset, bench.known[chosen], task.images_per_example, inputs), truth)
    images = images_of(bench.data, bench.test, task.images_per_example, inputs)
    if task.target.dense:
        framed = [frame_truth(one, task.target, task.family, inputs) for one in known.truth]
        known = Part(known.images, np.stack(framed))
    outputs = train_and_predict(known, images, task.target, bench.asked.seed, bench.asked.effort)
    if not task.target.dense:
        return bench.outcomes(lambda batch: outputs[batch])
    height, width = bench.test_truth.shape[1:3]

    def enlarged(batch: slice) -> NDArray[np.float32]:
        return np.stack([at_truth(one, height, width, task.target, task.family, inputs) for one in outputs[batch]])

    return bench.outcomes(enlarged)


class Rejected(Exception):  # noqa: N818 - a finding about a task, named as a plan names it
    """No probe reads this task out of this encoder."""


def encoder_answer(bench: Bench, row: str) -> Arrays:
    """(b) to (e): the better of the probes that take the task."""
    task, folder = bench.task, bench.asked.records
    probes = list(probes_for(task, row))
    if not probes:
        raise Rejected(f"no probe reads {task.target.shown} from {task.images_per_example} images here")
    layers = "best" if task.target.dense else "final"
    results = virb.evaluate(ENCODERS[row], task, probes=probes, layers=layers, size=SIZE, output=folder)
    if not results.records:
        raise Rejected("; ".join(sorted({record.reason or "" for record in results.failures})))
    sign = 1 if virb.spec.METRICS[task.primary].better == "higher" else -1
    best = max(results.records, key=lambda record: sign * record.score)
    print(f"    {best.experiment.probe.label}: {best.choice}", flush=True)
    arrays = load_outcomes(folder, best)
    assert arrays is not None, "the record was written here"
    return arrays


def probes_for(task: Task, row: str) -> Iterator[str]:
    """The standard probes of a task. Those for pairs of maps compare them, which is no short cut."""
    if not task.target.dense:
        names = ["logistic", "mlp"] if task.images_per_example > 1 else ["logistic"]
    elif task.images_per_example > 1:
        names = ["dense-linear"] if row in SHORT_CUTS else ["dense-siamese"]
    else:
        names = ["dense-linear"]
    yield from (name for name in names if not PROBES.load(name).rejects(task.target, task.images_per_example))


def answered(bench: Bench, row: str, compute: Callable[[], Arrays]) -> Arrays:
    """An answer from the folder, or computed and put there."""
    dataset, column = bench.learnt_from
    asked = [bench.data.digest, dataset.digest, column, bench.task.column, bench.task.primary, bench.asked.examples]
    words = json.dumps([*asked, bench.asked.seed, bench.asked.effort, bench.asked.side, row]).encode()
    path = (
        bench.asked.records
        / "answers"
        / f"{bench.task.name}-{row}-{digest(words, CODE['_priors.py' if row in SHORT_CUTS else '_end_to_end.py'])}.npz"
    )
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays = compute()
        np.savez_compressed(path, **arrays)
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def digest(*parts: bytes) -> str:
    """Eight hexadecimal digits."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:8]


def tables(measured: list[Measured]) -> str:
    """Markdown: skills, then verdicts, then notes."""
    lines = [
        "| task | metric | " + " | ".join(f"{row} {ROWS[row]}" for row in ROWS) + " |",
        "|---" * (len(ROWS) + 2) + "|",
    ]
    for one in measured:
        cells = [_cell(one.skills[row]) if row in one.skills else "–" for row in ROWS]
        lines.append(f"| {one.task} | {one.metric} | " + " | ".join(cells) + " |")
    wanted = {
        "lead": f"f − best short cut (≥ {LEAD:.0f}, low end > {SURE_LEAD:.0f})",
        "ceiling": f"f (≤ {CEILING:.0f})",
        "share": f"short cut's share (≤ {SHARE:.0%})",
        "shuffled": "shuffled (at chance)",
    }
    lines += ["", "| task | " + " | ".join(wanted.values()) + " | |", "|---" * (len(wanted) + 2) + "|"]
    for one in measured:
        found = [one.verdicts.get(name, (None, "–")) for name in wanted]
        cells = [text if holds is not False else f"**{text}**" for holds, text in found]
        fails = [name for name, (holds, _) in one.verdicts.items() if not holds]
        verdict = f"fails: {', '.join(fails)}" if fails else "ok" if one.verdicts else "–"
        lines.append(f"| {one.task} | " + " | ".join(cells) + f" | {verdict} |")
    notes = [f"- {one.task}: {note}" for one in measured for note in one.notes]
    return "\n".join([*lines, *([""] if notes else []), *notes]) + "\n"


def _cell(skill: tuple[float, float, float]) -> str:
    return f"{skill[0]:.1f} [{skill[1]:.1f}, {skill[2]:.1f}]"


if __name__ == "__main__":
    main()
