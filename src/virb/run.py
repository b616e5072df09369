"""One experiment, from images to a record. Read this file first.

Everything else serves it: ``data`` and ``encoders`` give images and networks, ``features`` runs one through the other
once, ``probes`` fit heads, ``metrics`` score them, ``store`` keeps the record, ``study`` decides what is missing.
"""

import io
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Literal, final

import numpy as np
import torch
from numpy.typing import NDArray

import virb
from virb.cache import Cache
from virb.data import Dataset
from virb.data._splits import carve, check_splits
from virb.encoders._encoder import Encoder
from virb.errors import UserError
from virb.features import Features, Progress, Quiet, extract
from virb.metrics.classification import constant_score, fit_temperature, primary_score, score_classes
from virb.probes import PROBES, Examples, Floats, Ints, Probe
from virb.spec import Classes, Experiment, Found, Record, Resolved
from virb.store import Store


@final
@dataclass(frozen=True)
class Bench:
    """Where experiments run.

    Attributes:
        store: where records and outcomes go.
        cache: where features are kept.
        progress: where long work says how far it is.
    """

    store: Store
    cache: Cache
    progress: Progress = field(default_factory=Quiet)


def run_experiment(experiment: Experiment, encoder: Encoder, dataset: Dataset, found: Found, bench: Bench) -> Record:
    """Run one experiment under the standard protocol.

    Args:
        experiment: what is asked.
        encoder: ``experiment.encoder``, loaded.
        dataset: ``experiment.task.data``, opened.
        found: what decides whether the record still answers the experiment later.
        bench: where it runs.

    Raises:
        ExperimentError: there is no valid score, and why.
        UserError: something outside virb is not as it must be.
    """
    task, probe, target = experiment.task, _probe(experiment), experiment.task.target
    assert isinstance(target, Classes), "the plan drops what no probe reads out"
    clock = _Clock()

    # Rows of fit, select and test: named by the source, or carved with the experiment's seed.
    rows = carve(dataset, task.column, task.splits, experiment.seed)

    # Every image of the source through the encoder, once for all tasks and probes on it.
    layers = experiment.probe.layers
    features = extract(
        encoder, dataset, layers, bench.cache, on_bad_image=experiment.on_bad_image, progress=bench.progress
    )
    rows = {name: _without_bad(dataset, split, features) for name, split in rows.items()}
    check_splits(dataset, task.column, rows, target.names)
    labels = dataset.columns[task.column]

    def read(split: str) -> Examples:
        images = dataset.images[rows[split]]
        images = images[:, 0] if task.images_per_example == 1 else images
        return Examples({layer: features.take(layer, images) for layer in layers}, labels[rows[split]])

    def score(outputs: Floats, truth: Ints) -> tuple[float, float]:
        return primary_score(outputs, truth, task.primary)

    # Every trial fitted on fit, the choice made on select, the chosen head fitted again on both.
    with clock("fit"):
        fit, select = read("fit"), read("select")
        fitted = probe.fit(fit, select, target, score, experiment.seed)
        temperature = fit_temperature(fitted.select_outputs, select.labels)

    # Test is opened here, once, and nothing is chosen after it.
    with clock("test"):
        test = read("test")
        outputs = fitted.predict(test.features)
        scores = score_classes(outputs, test.labels, temperature)

    known = np.concatenate([fit.labels, select.labels])
    return Record(
        experiment=experiment,
        found=found,
        status="ok",
        resolved=_resolve(encoder, dataset, layers),
        scores={metric: scores[metric] for metric in task.metrics},
        chance=constant_score(known, test.labels, task.primary),
        choice={**fitted.choice, "temperature": temperature},
        trials=fitted.trials,
        counts={name: len(split) for name, split in rows.items()},
        seconds={"extract": features.seconds, **clock.seconds},
        bad_images=tuple(features.bad.values()),
        notes=(*encoder.notes, *dataset.notes, *features.notes, *fitted.notes),
        outcomes=bench.store.attach(_outcomes(dataset, rows["test"], test.labels, outputs)),
        finished=now(),
        virb=virb.__version__,
    )


def failure(experiment: Experiment, found: Found, status: Literal["failed", "killed"], reason: str) -> Record:
    """The record of an experiment without a score."""
    return Record(
        experiment=experiment, found=found, status=status, reason=reason, finished=now(), virb=virb.__version__
    )


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@final
class _Clock:
    """Seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] = time.perf_counter() - start


def _probe(experiment: Experiment) -> Probe:
    """The probe that was asked for, and not another of its name."""
    probe, asked = PROBES.load(experiment.probe.name), experiment.probe
    if probe.spec != asked:
        raise UserError(
            f"The probe '{asked.name}' is another here: its version, layers or grid are not those that were asked for.",
            "Ask for the probe as it is: PROBES.load(NAME).spec",
        )
    return probe


def _without_bad(dataset: Dataset, rows: NDArray[np.int64], features: Features) -> NDArray[np.int64]:
    """Drop examples of which any image could not be decoded."""
    return rows[~np.isin(dataset.images[rows], list(features.bad)).any(axis=1)] if features.bad else rows


def _outcomes(dataset: Dataset, rows: NDArray[np.int64], labels: Ints, outputs: Floats) -> bytes:
    """Per test example who it is, what it is and what was predicted: the stuff of intervals and paired comparisons."""
    predicted = outputs.argmax(axis=1)
    file = io.BytesIO()
    np.savez_compressed(
        file,
        example=rows,
        group=rows if dataset.groups is None else dataset.groups[rows],
        label=labels,
        predicted=predicted,
        confidence=np.exp(outputs.max(axis=1)).astype(np.float32),
        correct=(predicted == labels).astype(np.float32),
    )
    return file.getvalue()


def _resolve(encoder: Encoder, dataset: Dataset, layers: tuple[str, ...]) -> Resolved:
    return Resolved(
        weights=encoder.digest,
        data=dataset.digest,
        preprocessing=encoder.preprocessing,
        layers={layer: encoder.layers[layer] for layer in layers},
        engine=encoder.engine,
        precision="float32",
        device=str(encoder.device),
        threads=torch.get_num_threads(),
        versions={name: version(name) for name in ("torch", "timm", "torchvision", "numpy", "scipy", "pillow")},
        git=_git(),
    )


@cache
def _git() -> str | None:
    """Commit of the working directory, ``+dirty`` where it has changes; None outside a repository."""
    try:
        commit = _ask_git("rev-parse", "HEAD")
        return f"{commit[:12]}+dirty" if _ask_git("status", "--porcelain", "--untracked-files=no") else commit[:12]
    except (OSError, subprocess.SubprocessError):
        return None


def _ask_git(*words: str) -> str:
    answer = subprocess.run(["git", *words], capture_output=True, text=True, check=True, timeout=5)  # noqa: S603, S607
    return answer.stdout.strip()
