"""One experiment, from images to a record. Read this file first.

Everything else serves it: ``data`` and ``encoders`` give images and networks, ``features`` runs one through the other
once, ``probes`` fit heads, ``metrics`` score them, ``store`` keeps the record, ``study`` decides what is missing.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

import virb
from virb.cache import Cache
from virb.data import Dataset
from virb.data._checks import check_task
from virb.data._draws import draw
from virb.data._framed import framed
from virb.data._splits import carve
from virb.encoders._encoder import Encoder
from virb.errors import ExperimentError, UserError
from virb.features import Features, Reading, Speed, extract, measure, offers
from virb.metrics import Meter, meter
from virb.metrics.classification import ClassMeter, fit_temperature
from virb.probes import PROBES, Examples, Fitted, Probe, Score, best_layer, over_layers
from virb.probes._shots import fit_shots
from virb.progress import Progress, Quiet
from virb.run._attachments import outcomes_file, predictions_file
from virb.run._found import Clock, resolve
from virb.run._found import now as now
from virb.run._native import at_truth
from virb.spec import METRICS, Classes, Experiment, Found, ProbeSpec, Record, Trial
from virb.store import Store
from virb.tasks import resolve_task

BATCH, DENSE_BATCH = 4096, 32
"""Test examples predicted and scored together: pixelwise predictions are large."""
NUMBERS = 2**26
"""Numbers of pixelwise predictions made together at most, 256 MB of float32, unless those of one example are more."""


@final
@dataclass(frozen=True)
class Bench:
    """Where experiments run.

    Attributes:
        store: where records and the files beside them go.
        cache: where features are kept.
        progress: where long work says how far it is.
        readings: what other experiments on the same images will read: computed in the same pass.
        parents: ids of experiments whose heads eval-only tasks will use again.
        taught: those heads, by the id of the experiment that fitted them.
        speeds: what was measured of encoders, by their digest.
    """

    store: Store
    cache: Cache
    progress: Progress = field(default_factory=Quiet)
    readings: tuple[Reading, ...] = ()
    parents: frozenset[str] = frozenset()
    taught: "dict[str, Taught]" = field(default_factory=dict)
    speeds: dict[str, Speed] = field(default_factory=dict)


def run_experiment(
    experiment: Experiment,
    encoder: Encoder,
    dataset: Dataset,
    found: Found,
    bench: Bench,
    parent: Dataset | None = None,
) -> Record:
    """Run one experiment under the standard protocol.

    Args:
        experiment: what is asked.
        encoder: ``experiment.encoder``, loaded.
        dataset: ``experiment.task.data``, opened.
        found: what decides whether the record still answers the experiment later.
        bench: where it runs.
        parent: of an eval-only task, the data its heads are fitted on, opened.

    Raises:
        ExperimentError: there is no valid score, and why.
        UserError: something outside virb is not as it must be.
    """
    clock = Clock()
    material = _prepare(experiment, encoder, dataset, bench)

    # Every trial fitted on fit, the choice made on select, the chosen head fitted again on both.
    with clock("fit"):
        if experiment.task.trained_on is None:
            taught = _teach(experiment, material)
            if experiment.id in bench.parents:
                bench.taught[experiment.id] = taught
        else:
            assert parent is not None, "the study opens a parent's data"
            taught = _taught_by_parent(experiment, encoder, parent, bench)

    # Test is opened here, once, and nothing is chosen after it.
    with clock("test"):
        exam = _examine(experiment, material, taught)

    task, fitted = experiment.task, taught.fitted
    scores = exam.meter.scores()
    arrays, unscored = outcomes_file(dataset, material.rows["test"], exam.meter.outcomes(), task.primary)
    return Record(
        experiment=experiment,
        found=found,
        status="ok",
        resolved=resolve(encoder, dataset, material.probe.spec.layers, _speed(encoder, material.features, bench)),
        scores={metric: scores[metric] for metric in task.metrics if metric in scores},
        chance=exam.constant.scores()[task.primary],
        choice={**fitted.choice, **taught.calibration},
        trials=_as_measured(fitted.trials, task.primary),
        counts={**taught.counts, "test": len(material.rows["test"])},
        seconds={"extract": material.features.seconds, **clock.seconds},
        encoded=material.features.encoded,
        bad_images=(*material.features.bad.values(), *material.unread.values()),
        notes=(*encoder.notes, *dataset.notes, *material.features.notes, *fitted.notes, *unscored),
        outcomes=bench.store.attach(arrays),
        predictions=_keep_predictions(experiment, material, taught, bench) if task.target.dense else None,
        finished=now(),
        virb=virb.__version__,
    )


def failure(experiment: Experiment, found: Found, status: Literal["failed", "killed"], reason: str) -> Record:
    """The record of an experiment without a score."""
    return Record(
        experiment=experiment, found=found, status=status, reason=reason, finished=now(), virb=virb.__version__
    )


def find_probe(experiment: Experiment) -> Probe:
    """The probe that was asked for, and not another of its name.

    Raises:
        UserError: the shelf's probe has another version, grid or choice of layers.
    """
    probe, asked = PROBES.load(experiment.probe.name), experiment.probe
    for variant in (probe, best_layer(probe)):
        if variant is not None and variant.spec == asked:
            return variant
    raise UserError(
        f"The probe '{asked.name}' is another here: its version, layers or grid are not those that were asked for.",
        "Ask for the probe as it is: PROBES.load(NAME).spec",
    )


def readings_of(spec: ProbeSpec) -> tuple[Reading, ...]:
    """What a probe reads of an encoder."""
    return tuple(Reading(layer, spec.maps) for layer in spec.layers)


# ------------------------------------------------------------------------------------------------ the stages


@final
@dataclass(frozen=True)
class Material:
    """What an experiment works on: images that its task reads, rows of its splits, features, truth that is unread."""

    experiment: Experiment
    probe: Probe
    dataset: Dataset
    rows: dict[str, NDArray[np.int64]]
    features: Features
    unread: dict[int, str]

    def read(self, split: str) -> Examples:
        """Features and truth of one split; what is pixelwise stays on disk until it is indexed."""
        task, rows = self.experiment.task, self.rows[split]
        images = self.dataset.images[rows]
        images = images[:, 0] if task.images_per_example == 1 else images
        take: Any = self.features.rows if self.probe.spec.maps else self.features.take
        features = {reading.layer: take(reading, images) for reading in readings_of(self.probe.spec)}
        column = self.dataset.columns[task.column]
        return Examples(features, _Truth(column, rows) if task.target.dense else column[rows])


@final
@dataclass(frozen=True)
class Taught:
    """A fitted head, and what the record says about its making.

    Attributes:
        fitted: the head.
        calibration: a temperature, where one was fitted on select.
        known: the truth of fit and select, from which the constant answer is made.
        counts: examples of fit and select.
    """

    fitted: Fitted
    calibration: dict[str, float]
    known: Meter
    counts: dict[str, int]


@final
@dataclass(frozen=True)
class _Exam:
    meter: Meter
    constant: Meter


@final
class _Truth:
    """Pixelwise truth of some examples, read as it is indexed."""

    def __init__(self, column: Any, rows: NDArray[np.int64]) -> None:
        self._column, self._rows = column, rows
        self.shape = (len(rows), *column.shape[1:])

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: Any) -> NDArray[Any]:
        return np.asarray(self._column[self._rows[rows]])


def _prepare(experiment: Experiment, encoder: Encoder, dataset: Dataset, bench: Bench) -> Material:
    """Rows of fit, select and test, named by the source or carved; and every image of it through the encoder, once."""
    task = experiment.task
    dataset, unread = framed(dataset, task, experiment.inputs, bench.cache, bench.progress)
    if unread and experiment.on_bad_image == "error":
        raise ExperimentError(
            f"the truth {next(iter(unread.values()))} cannot be read; replace it, or leave such examples out with "
            "--on-bad-image skip"
        )
    rows = carve(dataset, task.column, task.splits, experiment.seed)
    probe = _over_what_there_is(find_probe(experiment), encoder)
    also = [reading for reading in bench.readings if offers(encoder, reading)]
    features = extract(
        encoder,
        dataset,
        readings_of(probe.spec),
        bench.cache,
        beside=also,
        on_bad_image=experiment.on_bad_image,
        progress=bench.progress,
    )
    shown = dataset.first(task.images_per_example)  # splits and draws are those of all tasks on these images
    rows = {name: _without_bad(shown, split, features.bad, unread) for name, split in rows.items()}
    check_task(dataset, task, rows, experiment.inputs)
    if task.trained_on is None:  # an eval-only task has test alone: the regime thins out its parent
        rows = draw(dataset, task.column, rows, experiment.regime)
    return Material(experiment, probe, shown, rows, features, unread)


def _over_what_there_is(probe: Probe, encoder: Encoder) -> Probe:
    """A probe that chooses among layers chooses among those that the encoder has; any other needs all of its own."""
    there = tuple(reading.layer for reading in readings_of(probe.spec) if offers(encoder, reading))
    if probe.spec.joint or not there or there == probe.spec.layers:
        return probe
    return over_layers(probe, there)


def _teach(experiment: Experiment, material: Material) -> Taught:
    task, probe, regime = experiment.task, material.probe, experiment.regime
    score = Score(task.target, task.primary)
    fit, select = material.read("fit"), material.read("select")
    if regime.kind == "shots":
        assert regime.n is not None
        fitted = fit_shots(probe, fit, task.target, score, regime.n, experiment.seed)
    else:
        fitted = probe.fit(fit, select, task.target, score, experiment.seed)
    known = meter(task.target, task.family)
    for split in (fit, select):
        step = _batch(experiment, split)
        for start in range(0, len(split), step):
            known.add(None, split.labels[start : start + step])
    calibration = {}
    if fitted.select_outputs is not None:
        calibration["temperature"] = fit_temperature(fitted.select_outputs, select.labels)
    return Taught(fitted, calibration, known, {"fit": len(fit), "select": len(select)})


def _taught_by_parent(experiment: Experiment, encoder: Encoder, parent: Dataset, bench: Bench) -> Taught:
    """The parent's head: the one that was just fitted, or the same one fitted again from the parent's features."""
    elder = parent_of(experiment)
    if elder.id not in bench.taught:
        alone = replace(bench, readings=())
        bench.taught[elder.id] = _teach(elder, _prepare(elder, encoder, parent, alone))
    return bench.taught[elder.id]


def parent_of(experiment: Experiment) -> Experiment:
    """The experiment whose heads an eval-only one uses."""
    assert experiment.task.trained_on is not None
    return experiment.model_copy(update={"task": resolve_task(experiment.task.trained_on)})


def _speed(encoder: Encoder, features: Features, bench: Bench) -> Speed:
    """As measured in this extraction, or in that of an experiment before; where all was cached, by itself."""
    if features.speed is not None or encoder.digest not in bench.speeds:
        bench.speeds[encoder.digest] = features.speed or measure(encoder)
    return bench.speeds[encoder.digest]


def _examine(experiment: Experiment, material: Material, taught: Taught) -> _Exam:
    task, test = experiment.task, material.read("test")
    step = _batch(experiment, test)
    exam = _Exam(_meter(experiment, taught), meter(task.target, task.family))
    for start in range(0, len(test), step):
        truth = test.labels[start : start + step]
        outputs = taught.fitted.predict({layer: maps[start : start + step] for layer, maps in test.features.items()})
        for its, right in _as_scored(experiment, material, start, outputs, truth):
            exam.meter.add(its, right)
            exam.constant.add(taught.known.constant(its.shape), right)
    return exam


def _as_scored(
    experiment: Experiment, material: Material, start: int, outputs: NDArray[Any], truth: NDArray[Any]
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Predictions and truth of a batch of test: as they are; or example by example at the truth's own resolution."""
    task, dataset = experiment.task, material.dataset
    if task.column not in dataset.pixels:
        yield outputs, truth
        return
    for row, output in zip(material.rows["test"][start : start + len(outputs)], outputs, strict=True):
        own = dataset.truth(task.column, int(row))
        height, width = own.shape[:2]
        found = at_truth(output, height, width, task.target, task.family, experiment.inputs)
        yield found[None], own[None]


def _meter(experiment: Experiment, taught: Taught) -> Meter:
    target = experiment.task.target
    if isinstance(target, Classes) and not target.dense:
        return ClassMeter(target.count, taught.calibration.get("temperature"))
    return meter(target, experiment.task.family)


def _keep_predictions(experiment: Experiment, material: Material, taught: Taught, bench: Bench) -> str:
    test = material.read("test")
    content = predictions_file(
        material.dataset,
        material.rows["test"],
        test,
        taught.fitted.predict,
        experiment.task.target,
        experiment.inputs,
        _batch(experiment, test),
    )
    return bench.store.attach(content, "predictions")


def _batch(experiment: Experiment, examples: Examples) -> int:
    target = experiment.task.target
    if not target.dense:
        return BATCH
    height, width = examples.labels.shape[1:3]
    each: int = height * width * (target.count if isinstance(target, Classes) else target.size)
    return max(1, min(DENSE_BATCH, NUMBERS // each))


def _as_measured(trials: tuple[Trial, ...], metric: str) -> tuple[Trial, ...]:
    """Trials with the primary metric itself; probes get it negated where lower is better."""
    if METRICS[metric].better == "higher":
        return trials
    return tuple(trial.model_copy(update={"score": -trial.score}) for trial in trials)


def _without_bad(
    dataset: Dataset, rows: NDArray[np.int64], images: Collection[int], truths: Collection[int]
) -> NDArray[np.int64]:
    """Drop examples of which any image, or the truth, could not be read."""
    lost = np.isin(dataset.images[rows], list(images)).any(axis=1) | np.isin(rows, list(truths))
    return rows[~lost]
