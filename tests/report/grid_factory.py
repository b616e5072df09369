"""A pre-training study that never was: methods by data sets by runs, and the random starts they were trained from."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from record_factory import Lab, make_encoder, make_task
from toy_scenes import depth_task, flow_task, parts_task

from virb.analysis import Matrix, matrix
from virb.spec import FAMILIES, EncoderSpec, Pretraining, Quadrant, Task, Values

ARCH = "narrow_resnet10_w16"
OBJECTS, SCENES, ROOMS = "world:objects", "world:scenes", "world:rooms"


def trained(method: str, data: str, run: int, arch: str = ARCH, **changes: Any) -> EncoderSpec:
    """An encoder of a grid, named as a recipe names it."""
    how = {"method": method, "data": data, "images": 8000, "images_seen": 80000, "run": run, "seed": run}
    made = Pretraining(**(how | changes))
    weights = f"run:{method}-{data}-{run}"
    return make_encoder(
        f"{method} on {data}, run {run}", "checkpoint", arch=arch, weights=weights, layout="virb", pretraining=made
    )


def untrained(seed: int, arch: str = ARCH) -> EncoderSpec:
    """A random start."""
    made = Pretraining(method="random", seed=seed)
    return make_encoder(f"random:{arch}@{seed}", "random", arch=arch, weights=str(seed), pretraining=made)


def scored(lab: Lab, encoder: EncoderSpec, task: Task, score: float, probe: str = "logistic") -> None:
    """Add a record with exactly this score and no outcomes."""
    lab.run(encoder, task, 0.5, probe=probe, n=8, scores={task.primary: score}, outcomes=None)


def layout(
    values: np.ndarray, task: Task | None = None, starts: Sequence[float] = (), lab: Lab | None = None
) -> Matrix:
    """The matrix of one task with these scores, methods x data sets x runs; NaN is a failure."""
    lab, task = lab or Lab(), task or make_task()
    for (m, d, r), score in np.ndenumerate(values):
        encoder = trained(f"m{m}", f"d{d}", r + 1)
        if np.isnan(score):
            lab.fail(encoder, task)
        else:
            scored(lab, encoder, task, float(score))
    for seed, score in enumerate(starts, 1):
        scored(lab, untrained(seed), task, score)
    return matrix(lab.records, lab.outcomes)


def grid_lab(runs: int = 3, fail: bool = True) -> Lab:
    """A pilot: three methods on three data sets and one on objects alone, random starts, four quadrants, two probes."""
    lab = Lab()
    structural = Quadrant(level="image-level", kind="structural")
    steps = make_task(
        "world-steps",
        title="Steps to the target",
        quadrant=structural,
        target=Values(size=1, unit="steps"),
        metrics=FAMILIES["values"],
        primary="mae",
        synthetic=True,
    )
    plain = {
        make_task("world-object", 20, title="Objects", synthetic=True): 1.0,
        make_task("world-count", 6, title="How many", quadrant=structural, synthetic=True): 0.4,
        make_task("world-egomotion", 5, title="Camera motion", quadrant=structural, synthetic=True): 0.0,
    }
    dense = {steps: 0.5, parts_task(): 0.8, depth_task(): 0.4, flow_task(): 0.1}
    noise = np.random.default_rng(3)
    for encoder in _encoders(runs):
        skill = _skill(encoder)
        for number, (task, depends) in enumerate(plain.items()):
            for probe in ("logistic", "knn"):
                told = 0.45 + depends * skill(number) + 0.008 * noise.standard_normal() - 0.05 * (probe == "knn")
                if fail and encoder.name == "swav on world:rooms, run 2" and number == 1:
                    lab.fail(encoder, task, "The training collapsed: embeddings are constant.", probe=probe)
                else:
                    lab.run(encoder, task, told, probe=probe)
        for number, (task, depends) in enumerate(dense.items()):
            told = 0.6 + depends * skill(number) + 0.008 * noise.standard_normal()
            lab.measure(encoder, task, told, probe="ridge" if task is steps else "dense", shown=())
    return lab


def _encoders(runs: int) -> list[EncoderSpec]:
    pairs = [(m, d) for m in ("moco-v2", "swav", "pirl") for d in (OBJECTS, SCENES, ROOMS)]
    pairs.append(("supervised", OBJECTS))
    made = [trained(m, d, run) for m, d in pairs for run in range(1, runs + 1)]
    return [*made, *(untrained(seed) for seed in range(1, runs + 1))]


def _skill(encoder: EncoderSpec) -> Callable[[int], float]:
    made = encoder.pretraining
    assert made is not None
    method = {"random": 0.0, "moco-v2": 0.16, "swav": 0.14, "pirl": 0.08, "supervised": 0.22}[made.method]
    data = {None: 0.0, OBJECTS: 0.06, SCENES: 0.04, ROOMS: 0.0}[made.data]
    start = 0.01 * (made.seed - 2)
    return lambda task: method + (data if task % 2 == 0 else 0.05 - data) * (made.data is not None) + start
