"""Groups of experiments that share an encoder and images, and what runs them: here or in another process."""

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, final

from virb.data import Dataset, open_data
from virb.encoders import load_encoder
from virb.encoders._encoder import Encoder
from virb.errors import ExperimentError, UserError
from virb.features import drop_maps
from virb.progress import Quiet
from virb.run import Bench, failure, parent_of, readings_of, run_experiment
from virb.spec import EncoderSpec, Experiment, Found, Record
from virb.store import Store
from virb.study._site import Site


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
        site = self._site
        bare = Site(site.output, site.cache, site.data_root, site.device, trust_pickle=site.trust_pickle)
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
            datasets = [self._open(name) for name in sources_of(experiment)]
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
        for name, on_bad_image in {(name, e.on_bad_image) for e in read for name in sources_of(e)}:
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
            self._last = load_encoder(spec, experiment.inputs, self._site.device, trust_pickle=self._site.trust_pickle)
        return self._last


def groups_of(experiments: Sequence[Experiment], found: Callable[[Experiment], Found]) -> Iterator[Group]:
    """Encoder by encoder, so that each is loaded once where groups run in turn."""
    shared: dict[EncoderSpec, dict[str, list[Experiment]]] = {}
    for experiment in experiments:
        shared.setdefault(experiment.encoder, {}).setdefault(sources_of(experiment)[-1], []).append(experiment)
    for encoder, sources in shared.items():
        for members in sources.values():
            ordered = sorted(members, key=lambda experiment: experiment.task.trained_on is not None)
            yield Group(encoder, tuple(Cell(experiment, found(experiment)) for experiment in ordered))


def sources_of(experiment: Experiment) -> list[str]:
    """The data of an experiment: its own, and behind it those of the task whose heads it uses."""
    own = [experiment.task.data]
    return [*own, parent_of(experiment).task.data] if experiment.task.trained_on else own
