"""A study: which experiments a grid asks for, which of them are missing, and running those."""

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any, Literal, NamedTuple, final

from virb.cache import Cache
from virb.data import Dataset, open_data
from virb.data._checks import check_task
from virb.data._draws import draw
from virb.data._splits import carve
from virb.encoders import ENCODERS, check_encoder, load_encoder
from virb.encoders._encoder import Encoder, find_device
from virb.errors import ExperimentError, UserError
from virb.executors import EXECUTORS, Outcome, Resources
from virb.features import OnBadImage, drop_maps
from virb.probes import PROBES, Probe, best_layer, standard_probes
from virb.progress import Progress, Quiet
from virb.run import Bench, failure, now, parent_of, readings_of, run_experiment
from virb.spec import Classes, EncoderSpec, Experiment, Found, InputPolicy, Record, Regime, Task, digest_of
from virb.store import Store
from virb.tasks import resolve_task

Layers = Literal["final", "best", "both"]
"""Which layers probes read: the final one, the one of all that does best on select, or each in a column of its own."""


@final
class Rejected(NamedTuple):
    """A pair that makes no sense, and why."""

    task: str
    probe: str
    reason: str


@final
class Plan(NamedTuple):
    """What a study asks for."""

    experiments: tuple[Experiment, ...]
    rejected: tuple[Rejected, ...]


@final
@dataclass(frozen=True)
class Site:
    """Where a study runs.

    Attributes:
        output: folder of records.
        cache: where features are kept.
        data_root: folder of data sources that do not ship inside packages.
        device: ``"auto"`` or a torch device.
        executor: name of an executor.
        resources: how much of the machine.
        retry_failed: whether experiments that failed before are tried again.
        progress: where long work says how far it is.
    """

    output: Path
    cache: Cache = field(default_factory=Cache)
    data_root: Path | None = None
    device: str = "auto"
    executor: str = "inline"
    resources: Resources = Resources()
    retry_failed: bool = False
    progress: Progress = field(default_factory=Quiet)


@final
class Ran(NamedTuple):
    """What a study has now.

    Attributes:
        records: one for each experiment that has a score.
        failures: the newest failure of each experiment that has none.
        computed: how many experiments ran this time.
        found_again: how many had their record already.
    """

    records: tuple[Record, ...]
    failures: tuple[Record, ...]
    computed: int
    found_again: int


@final
@dataclass(frozen=True)
class Study:
    """A grid: every encoder on every task with every probe, for each seed.

    Attributes:
        encoders: specs, or encoders loaded already (those stay in this process).
        tasks: end tasks.
        probes: names of probes; by default the standard ones of each task.
        layers: which layers they read.
        regimes: how many labels they see.
        seeds: where nothing is drawn, seed 0 alone is run.
        inputs: the same for every encoder.
        on_bad_image: ``"error"`` or ``"skip"``.
    """

    encoders: Sequence[EncoderSpec | Encoder]
    tasks: Sequence[Task]
    probes: Sequence[str] | None = None
    layers: Layers = "both"
    regimes: Sequence[Regime] = (Regime(),)
    seeds: Sequence[int] = (0,)
    inputs: InputPolicy = InputPolicy()
    on_bad_image: OnBadImage = "error"

    def plan(self) -> Plan:
        """The product of the grid, without the pairs a probe rejects and without repeats. Opens no data."""
        experiments: dict[str, Experiment] = {}
        rejected: list[Rejected] = []
        for task in self.tasks:
            fitted_on = resolve_task(task.trained_on) if task.trained_on else task
            for name in self.probes or standard_probes(task.target, task.images_per_example):
                probe = PROBES.load(name)
                if reason := self._rejects(probe, task):
                    rejected.append(Rejected(task.name, name, reason))
                    continue
                readings = [
                    (encoder, variant) for encoder in self.encoders for variant in self._variants(probe, encoder)
                ]
                for (encoder, variant), regime in product(readings, self.regimes):
                    drawn = fitted_on.splits.carved or variant.spec.seeded
                    for seed in self.seeds if drawn else (0,):
                        experiment = Experiment(
                            encoder=encoder.spec if isinstance(encoder, Encoder) else encoder,
                            task=task,
                            probe=variant.spec,
                            seed=seed,
                            inputs=self.inputs,
                            on_bad_image=self.on_bad_image,
                            regime=regime,
                        )
                        experiments.setdefault(experiment.id, experiment)
        return Plan(tuple(experiments.values()), tuple(rejected))

    def _rejects(self, probe: Probe, task: Task) -> str | None:
        if reason := probe.rejects(task.target, task.images_per_example):
            return reason
        counted = isinstance(task.target, Classes) and not task.target.dense
        if not counted and any(regime.kind == "shots" for regime in self.regimes):
            return "shots are examples of a class, and the target is not one class an image"
        return None

    def _variants(self, probe: Probe, encoder: EncoderSpec | Encoder) -> list[Probe]:
        """The probe on its own layer, and on the best of all; one that reads several together is both at once."""
        best = best_layer(probe)
        if best is None or self.layers == "final":
            return [probe]
        if self.layers == "best":
            return [best]
        # A module's one layer is its best: the probe itself says it already.
        return [probe] if isinstance(encoder, Encoder) and len(encoder.layers) == 1 else [probe, best]

    def run(self, site: Site) -> Ran:
        """Run what is missing; records appear one by one, and an interrupted study goes on where it stopped.

        Raises:
            UserError: before any compute, an encoder, a task or its data are not as they must be.
        """
        plan = self.plan()
        read = {experiment.task.name for experiment in plan.experiments}
        for one in plan.rejected:
            if one.task not in read:  # another probe reads it: nobody misses the pair
                site.progress.say(f"left out: {one.task} with {one.probe}: {one.reason}")
        if plan.rejected and not plan.experiments:
            raise UserError(f"Nothing is left to run: {plan.rejected[0].reason}.", "Ask for another task or probe.")
        store = Store(site.output)
        names = dict.fromkeys(name for experiment in plan.experiments for name in _sources(experiment))
        datasets = {name: open_data(name, site.data_root, site.progress) for name in names}
        # Encoders and probes share splits, and experiments share weights: each is looked at once.
        looked_at = {(digest_of(e.task.declared()), e.seed, e.regime): e for e in plan.experiments}
        for experiment in looked_at.values():
            _check_rows(experiment, datasets)
        weights = {spec: _weights_digest(spec) for spec in {e.encoder for e in plan.experiments}}

        def found(experiment: Experiment) -> Found:
            digests = [datasets[name].digest for name in _sources(experiment)]
            return Found(
                weights=weights[experiment.encoder], data=digests[0] if len(digests) == 1 else digest_of(digests)
            )

        missing = store.missing(plan.experiments, found, site.retry_failed)
        for why in sorted({one.why for one in missing if one.why != "never run"}):
            site.progress.say(f"{sum(one.why == why for one in missing)} experiments run again: {why}")
        todo = [one.experiment for one in missing]
        loaded = {encoder.spec: encoder for encoder in self.encoders if isinstance(encoder, Encoder)}
        find_device(site.device)
        for spec in dict.fromkeys(experiment.encoder for experiment in todo):
            if spec not in loaded:
                check_encoder(spec, self.inputs)

        groups = list(_groups(todo, found))
        started = now()
        workshop = Workshop(site, datasets, loaded)
        outcomes = EXECUTORS.load(site.executor).map(workshop, groups, site.resources)
        for done, outcome in enumerate(outcomes, start=1):
            if outcome.status != "ok":
                site.progress.say(f"a group ended early: {(outcome.reason or outcome.status).splitlines()[0]}")
                _publish_failures(store, outcome, started)
            site.progress.advance("pairs of encoder and data source", done, len(groups))
        return _gather(store, plan.experiments, found, computed=len(todo))


@final
class Cell(NamedTuple):
    """An experiment, and what was found when the study looked."""

    experiment: Experiment
    found: Found


@final
@dataclass(frozen=True)
class Group:
    """Cells that share one encoder and the images of one data source, so that each image is encoded once.

    An eval-only task is in the group of its parent, and behind it.
    """

    encoder: EncoderSpec
    cells: tuple[Cell, ...]


@final
class Workshop:
    """Runs groups, here or in another process. What cannot travel to one is opened there again."""

    def __init__(self, site: Site, datasets: dict[str, Dataset], encoders: dict[EncoderSpec, Encoder]) -> None:
        self._site = site
        self._progress = site.progress
        self._datasets = datasets
        self._given = encoders
        self._last: Encoder | None = None

    def __getstate__(self) -> dict[str, Any]:
        bare = Site(self._site.output, self._site.cache, self._site.data_root, self._site.device)
        return {"_site": bare, "_progress": Quiet(), "_datasets": {}, "_given": {}, "_last": None}

    def __call__(self, group: Group) -> int:
        """Run a group and publish its records. Returns how many have a score."""
        experiments = [cell.experiment for cell in group.cells]
        bench = Bench(
            Store(self._site.output),
            self._site.cache,
            self._progress,
            parents=frozenset(parent_of(e).id for e in experiments if e.task.trained_on),
        )
        succeeded = 0
        for cell in group.cells:
            same = [e for e in experiments if e.task.data == cell.experiment.task.data]
            readings = tuple(sorted({reading for e in same for reading in readings_of(e.probe)}))
            record = self._run(cell, replace(bench, readings=readings))
            bench.store.publish(record)
            succeeded += record.status == "ok"
        self._drop_maps(group)
        return succeeded

    def _run(self, cell: Cell, bench: Bench) -> Record:
        experiment, found = cell
        try:
            datasets = [self._open(name) for name in _sources(experiment)]
            parent = datasets[1] if len(datasets) > 1 else None
            return run_experiment(experiment, self._load(experiment), datasets[0], found, bench, parent)
        except (UserError, ExperimentError) as error:
            return failure(experiment, found, "failed", str(error))
        except Exception as error:  # noqa: BLE001 - a bug or a broken library costs this experiment, not the others
            reason = f"{type(error).__name__}: {error}\n{traceback.format_exc(limit=-4)}"
            return failure(experiment, found, "failed", reason)

    def _drop_maps(self, group: Group) -> None:
        """Maps are large: when the last cell that reads them is done they go."""
        encoder = self._given.get(group.encoder, self._last)
        if encoder is None or encoder.spec != group.encoder:  # it could not be loaded, and nothing was read
            return
        read = [cell.experiment for cell in group.cells if cell.experiment.probe.maps]
        for name, on_bad_image in {(name, e.on_bad_image) for e in read for name in _sources(e)}:
            if name in self._datasets:  # otherwise it could not be opened
                drop_maps(encoder, self._datasets[name], on_bad_image, self._site.cache)

    def _open(self, data: str) -> Dataset:
        if data not in self._datasets:
            self._datasets[data] = open_data(data, self._site.data_root, self._progress)
        return self._datasets[data]

    def _load(self, experiment: Experiment) -> Encoder:
        spec = experiment.encoder
        if spec in self._given:
            return self._given[spec]
        if self._last is None or self._last.spec != spec:
            self._last = None  # the old one's memory first
            self._last = load_encoder(spec, experiment.inputs, self._site.device)
        return self._last


def _groups(experiments: Sequence[Experiment], found: Callable[[Experiment], Found]) -> Iterator[Group]:
    """Encoder by encoder, so that each is loaded once where groups run in turn."""
    shared: dict[EncoderSpec, dict[str, list[Experiment]]] = {}
    for experiment in experiments:
        shared.setdefault(experiment.encoder, {}).setdefault(_sources(experiment)[-1], []).append(experiment)
    for encoder, sources in shared.items():
        for members in sources.values():
            ordered = sorted(members, key=lambda experiment: experiment.task.trained_on is not None)
            yield Group(encoder, tuple(Cell(experiment, found(experiment)) for experiment in ordered))


def _sources(experiment: Experiment) -> list[str]:
    """The data of an experiment: its own, and behind it those of the task whose heads it uses."""
    own = [experiment.task.data]
    return [*own, parent_of(experiment).task.data] if experiment.task.trained_on else own


def _check_rows(experiment: Experiment, datasets: dict[str, Dataset]) -> None:
    for one in (experiment, parent_of(experiment)) if experiment.task.trained_on else (experiment,):
        task, dataset = one.task, datasets[one.task.data]
        rows = carve(dataset, task.column, task.splits, one.seed)
        check_task(dataset, task, rows, one.inputs)
        if not task.trained_on:
            draw(dataset, task.column, rows, one.regime)


def _weights_digest(spec: EncoderSpec) -> str | None:
    return ENCODERS.load(spec.source).weights_digest(spec) if spec.source in ENCODERS.names() else None


def _publish_failures(store: Store, outcome: Outcome[Group, int], started: str) -> None:
    """Record what a group that ended early did not get to.

    Args:
        store: where the group published what it did get to.
        outcome: how it ended.
        started: when the study started, ISO 8601: what failed before then was to be tried again.
    """
    told = {(record.id, record.found) for record in store.records()}
    told |= {(record.id, record.found) for record in store.failures() if record.finished >= started}
    for experiment, found in outcome.item.cells:
        if (experiment.id, found) not in told:
            status: Literal["failed", "killed"] = "killed" if outcome.status == "killed" else "failed"
            store.publish(failure(experiment, found, status, outcome.reason))


def _gather(
    store: Store, experiments: Sequence[Experiment], found: Callable[[Experiment], Found], computed: int
) -> Ran:
    wanted = {experiment.id: found(experiment) for experiment in experiments}
    records = {record.id: record for record in store.records() if wanted.get(record.id) == record.found}
    failures = {record.id: record for record in store.failures() if wanted.get(record.id) == record.found}
    missed = tuple(failures[key] for key in wanted if key in failures and key not in records)
    return Ran(
        records=tuple(records[key] for key in wanted if key in records),
        failures=missed,
        computed=computed,
        found_again=len(experiments) - computed,
    )
