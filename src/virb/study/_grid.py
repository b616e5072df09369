"""A grid of encoders, tasks and probes, and the experiments that it asks for. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal, NamedTuple, final

from virb.probes import PROBES, Probe, best_layer, standard_probes
from virb.spec import Classes, EncoderSpec, Experiment, InputPolicy, Regime, Task
from virb.study._site import Ran, Site
from virb.tasks import resolve_task

if TYPE_CHECKING:
    from virb.encoders._encoder import Encoder

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

    encoders: Sequence["EncoderSpec | Encoder"]
    tasks: Sequence[Task]
    probes: Sequence[str] | None = None
    layers: Layers = "both"
    regimes: Sequence[Regime] = (Regime(),)
    seeds: Sequence[int] = (0,)
    inputs: InputPolicy = InputPolicy()
    on_bad_image: Literal["error", "skip"] = "error"

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
                            encoder=encoder if isinstance(encoder, EncoderSpec) else encoder.spec,
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

    def _variants(self, probe: Probe, encoder: "EncoderSpec | Encoder") -> list[Probe]:
        """The probe on its own layer, and on the best of all; one that reads several together is both at once."""
        best = best_layer(probe)
        if best is None or self.layers == "final":
            return [probe]
        if self.layers == "best":
            return [best]
        # A module's one layer, or its one map beside its mean, is its best: the probe itself says it already.
        alone = not isinstance(encoder, EncoderSpec) and len(encoder.strides) <= 1
        return [probe] if alone else [probe, best]

    def run(self, site: Site) -> Ran:
        """Run what is missing; records appear one by one, and an interrupted study goes on where it stopped.

        Raises:
            UserError: before any compute, an encoder, a task or its data are not as they must be.
        """
        from virb.study._running import run  # brings torch: imported when something runs, not when it is planned

        return run(self, site)
