"""Running a grid: what is looked at before any compute, what is missing, and what a study has in the end."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from virb.data import Dataset, open_data, open_data_recipe
from virb.data._checks import check_task
from virb.data._draws import draw
from virb.data._framed import framed
from virb.data._splits import carve
from virb.encoders import ENCODERS, check_encoder, parse_encoder
from virb.encoders._encoder import Encoder, find_device
from virb.errors import UserError
from virb.executors import EXECUTORS, Outcome
from virb.pretrain import METHODS, check_installed, check_recipe
from virb.progress import Progress, Quiet
from virb.run import failure, now, parent_of
from virb.spec import EncoderSpec, Experiment, Found, InputPolicy, Recipe, digest_of
from virb.store import Store
from virb.study._grid import Plan, Study
from virb.study._site import Ran, Site
from virb.study._workshop import Group, Workshop, groups_of, sources_of


def run(study: Study, site: Site) -> Ran:
    """Run what is missing of a grid: see :meth:`Study.run`."""
    plan = _plan(study, site.progress)
    store = Store(site.output)
    datasets = _open(plan, site)
    weights = {spec: _weights_digest(spec) for spec in {e.encoder for e in plan.experiments}}

    def found(experiment: Experiment) -> Found:
        digests = [datasets[name].digest for name in sources_of(experiment)]
        return Found(weights=weights[experiment.encoder], data=digests[0] if len(digests) == 1 else digest_of(digests))

    missing = store.missing(plan.experiments, found, site.retry_failed)
    for why in sorted({one.why for one in missing if one.why != "never run"}):
        site.progress.say(f"{sum(one.why == why for one in missing)} experiments run again: {why}")
    todo = [one.experiment for one in missing]
    loaded = {encoder.spec: encoder for encoder in study.encoders if isinstance(encoder, Encoder)}
    find_device(site.device)
    for spec in dict.fromkeys(experiment.encoder for experiment in todo):
        if spec not in loaded:
            check_encoder(spec, study.inputs, trust_pickle=site.trust_pickle)

    groups = list(groups_of(todo, found))
    started = now()
    workshop = Workshop(site, datasets, loaded)
    outcomes = EXECUTORS.load(site.executor).map(workshop, groups, site.resources)
    for done, outcome in enumerate(outcomes, start=1):
        if outcome.status != "ok":
            site.progress.say(f"a group ended early: {(outcome.reason or outcome.status).splitlines()[0]}")
            _publish_failures(store, outcome, started)
        site.progress.advance("pairs of encoder and data source", done, len(groups))
    return _gather(store, plan.experiments, found, computed=len(todo))


def check(study: Study, encoders: Sequence[EncoderSpec], site: Site) -> None:
    """Refuse, before any compute, what could not run.

    Args:
        study: the evaluation.
        encoders: those of its encoders that should be there by now.
        site: where it will run.

    Raises:
        UserError: data, an encoder or the machine are not as they must be.
    """
    plan = _plan(study, Quiet())  # what is left out is said when it runs
    EXECUTORS.load(site.executor)
    find_device(site.device)
    _open(plan, site)
    for encoder in encoders:
        check_encoder(encoder, study.inputs, trust_pickle=site.trust_pickle)


def check_pretraining(recipes: Sequence[Recipe], site: Site) -> None:
    """Refuse, before any compute, recipes that could not run. Renders their data, once for all of them.

    Raises:
        UserError: data or an architecture are not there, or there are too few images.
    """
    check_installed()
    EXECUTORS.load(site.executor)
    find_device(site.device)
    for arch in dict.fromkeys(recipe.arch for recipe in recipes):
        check_encoder(parse_encoder(f"random:{arch}"), InputPolicy())
    for data in dict.fromkeys(recipe.data_recipe for recipe in recipes):
        dataset = open_data_recipe(data, site.data_root, site.progress)
        for recipe in (recipe for recipe in recipes if recipe.data_recipe == data):
            check_recipe(recipe, len(dataset))
            if METHODS.load(recipe.method).labels and "label" not in dataset.class_names:
                raise UserError(
                    f"'{data.label}' has no labels, and {recipe.method} learns from them.",
                    "Take other data, or another method.",
                )


def _plan(study: Study, progress: Progress) -> Plan:
    plan = study.plan()
    read = {experiment.task.name for experiment in plan.experiments}
    for one in plan.rejected:
        if one.task not in read:  # another probe reads it: nobody misses the pair
            progress.say(f"left out: {one.task} with {one.probe}: {one.reason}")
    if plan.rejected and not plan.experiments:
        raise UserError(f"Nothing is left to run: {plan.rejected[0].reason}.", "Ask for another task or probe.")
    return plan


def _open(plan: Plan, site: Site) -> dict[str, Dataset]:
    """Open what a plan reads, and look at every split before any compute."""
    names = dict.fromkeys(name for experiment in plan.experiments for name in sources_of(experiment))
    datasets = {name: open_data(name, site.data_root, site.progress) for name in names}
    # Encoders and probes share splits: each is looked at once.
    looked_at = {(digest_of(e.task.declared()), e.seed, e.regime): e for e in plan.experiments}
    for experiment in looked_at.values():
        _check_rows(experiment, datasets, site)
    return datasets


def _check_rows(experiment: Experiment, datasets: dict[str, Dataset], site: Site) -> None:
    for one in (experiment, parent_of(experiment)) if experiment.task.trained_on else (experiment,):
        task = one.task
        dataset, unread = framed(datasets[task.data], task, one.inputs, site.cache, site.progress)
        rows = carve(dataset, task.column, task.splits, one.seed)
        rows = {split: its[~np.isin(its, list(unread))] for split, its in rows.items()}
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
