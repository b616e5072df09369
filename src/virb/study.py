"""A study: which experiments a grid asks for, which of them are missing, and running those."""

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, final

from virb.cache import Cache
from virb.data import Dataset, open_data
from virb.data._splits import carve, check_splits
from virb.encoders import ENCODERS, check_encoder, load_encoder
from virb.encoders._encoder import Encoder, find_device
from virb.errors import ExperimentError, UserError
from virb.executors import EXECUTORS, Outcome, Resources
from virb.features import OnBadImage, Progress, Quiet
from virb.probes import PROBES
from virb.run import Bench, failure, now, run_experiment
from virb.spec import Classes, EncoderSpec, Experiment, Found, InputPolicy, Record, Task, digest_of
from virb.store import Store


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
        probes: names of probes.
        seeds: where nothing is drawn, seed 0 alone is run.
        inputs: the same for every encoder.
        on_bad_image: ``"error"`` or ``"skip"``.
    """

    encoders: Sequence[EncoderSpec | Encoder]
    tasks: Sequence[Task]
    probes: Sequence[str] = ("logistic", "knn")
    seeds: Sequence[int] = (0,)
    inputs: InputPolicy = InputPolicy()
    on_bad_image: OnBadImage = "error"

    def plan(self) -> Plan:
        """The product of the grid, without the pairs a probe rejects and without repeats. Opens no data."""
        experiments: dict[str, Experiment] = {}
        rejected: list[Rejected] = []
        for task in self.tasks:
            for name in self.probes:
                probe = PROBES.load(name)
                reason = probe.rejects(task.target)
                if reason:
                    rejected.append(Rejected(task.name, name, reason))
                    continue
                for encoder in self.encoders:
                    for seed in self.seeds if task.splits.carved else (0,):
                        experiment = Experiment(
                            encoder=encoder.spec if isinstance(encoder, Encoder) else encoder,
                            task=task,
                            probe=probe.spec,
                            seed=seed,
                            inputs=self.inputs,
                            on_bad_image=self.on_bad_image,
                        )
                        experiments.setdefault(experiment.id, experiment)
        return Plan(tuple(experiments.values()), tuple(rejected))

    def run(self, site: Site) -> Ran:
        """Run what is missing; records appear one by one, and an interrupted study goes on where it stopped.

        Raises:
            UserError: before any compute, an encoder, a task or its data are not as they must be.
        """
        plan = self.plan()
        for one in plan.rejected:
            site.progress.say(f"left out: {one.task} with {one.probe}: {one.reason}")
        store = Store(site.output)
        datasets = {task.data: open_data(task.data, site.data_root) for task in self.tasks}
        # Encoders and probes share splits, and experiments share weights: each is looked at once.
        for experiment in {(digest_of(e.task.declared()), e.seed): e for e in plan.experiments}.values():
            _check_rows(experiment, datasets[experiment.task.data])
        weights = {spec: _weights_digest(spec) for spec in {e.encoder for e in plan.experiments}}

        def found(experiment: Experiment) -> Found:
            return Found(weights=weights[experiment.encoder], data=datasets[experiment.task.data].digest)

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
                _publish_failures(store, outcome, started)
            site.progress.advance("pairs of encoder and data source", done, len(groups))
        return _gather(store, plan.experiments, found, computed=len(todo))


@final
@dataclass(frozen=True)
class Group:
    """Experiments that share one encoder and one data source, so that both are opened once."""

    encoder: EncoderSpec
    data: str
    found: Found
    experiments: tuple[Experiment, ...]


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
        bench = Bench(Store(self._site.output), self._site.cache, self._progress)
        succeeded = 0
        for experiment in group.experiments:
            record = self._run(experiment, group, bench)
            bench.store.publish(record)
            succeeded += record.status == "ok"
        return succeeded

    def _run(self, experiment: Experiment, group: Group, bench: Bench) -> Record:
        try:
            dataset = self._open(group.data)
            return run_experiment(experiment, self._load(experiment), dataset, group.found, bench)
        except (UserError, ExperimentError) as error:
            return failure(experiment, group.found, "failed", str(error))
        except Exception as error:  # noqa: BLE001 - a bug or a broken library costs this experiment, not the others
            reason = f"{type(error).__name__}: {error}\n{traceback.format_exc(limit=-4)}"
            return failure(experiment, group.found, "failed", reason)

    def _open(self, data: str) -> Dataset:
        if data not in self._datasets:
            self._datasets[data] = open_data(data, self._site.data_root)
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
        shared.setdefault(experiment.encoder, {}).setdefault(experiment.task.data, []).append(experiment)
    for encoder, sources in shared.items():
        for data, members in sources.items():
            yield Group(encoder, data, found(members[0]), tuple(members))


def _check_rows(experiment: Experiment, dataset: Dataset) -> None:
    task = experiment.task
    assert isinstance(task.target, Classes), "the plan drops what no probe reads out"
    check_splits(dataset, task.column, carve(dataset, task.column, task.splits, experiment.seed), task.target.names)


def _weights_digest(spec: EncoderSpec) -> str | None:
    return ENCODERS.load(spec.source).weights_digest(spec) if spec.source in ENCODERS.names() else None


def _publish_failures(store: Store, outcome: Outcome[Group, int], started: str) -> None:
    """Record what a group that ended early did not get to.

    Args:
        store: where the group published what it did get to.
        outcome: how it ended.
        started: when the study started, ISO 8601: what failed before then was to be tried again.
    """
    group = outcome.item
    told = {record.id for record in store.records() if record.found == group.found}
    told |= {record.id for record in store.failures() if record.found == group.found and record.finished >= started}
    for experiment in group.experiments:
        if experiment.id not in told:
            status: Literal["failed", "killed"] = "killed" if outcome.status == "killed" else "failed"
            store.publish(failure(experiment, group.found, status, outcome.reason))


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
