"""One experiment: what its record holds, and that test labels meet a prediction only after the choice."""

from dataclasses import replace

import numpy as np
import pytest
from torch import nn

from virb.analysis import load_outcomes
from virb.cache import Cache
from virb.encoders._module import seal_module
from virb.errors import ExperimentError, UserError
from virb.probes import PROBES
from virb.run import Bench, run_experiment
from virb.spec import Experiment, Found, InputPolicy, Record
from virb.store import Store
from virb.testing import toy_dataset, toy_task

POLICY = InputPolicy(size=12)


@pytest.fixture
def bench(tmp_path):
    return Bench(Store(tmp_path / "store"), Cache(tmp_path / "cache", budget=10**9))


def encoder():
    return seal_module(nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten()), POLICY, name="toy encoder")


def run(bench, dataset, probe="logistic", **declared):
    sealed = encoder()
    experiment = Experiment(
        encoder=sealed.spec, task=toy_task(), probe=PROBES.load(probe).spec, inputs=POLICY, **declared
    )
    return run_experiment(experiment, sealed, dataset, Found(data=dataset.digest), bench)


def outcomes(bench, record):
    return load_outcomes(bench.store.folder, record)


@pytest.mark.parametrize("probe", PROBES.names())
def test_a_record_holds_scores_choice_and_what_was_found(probe, bench):
    record = run(bench, toy_dataset(examples=120), probe)
    assert record.status == "ok"
    assert set(record.scores) == set(toy_task().metrics)
    assert record.scores["accuracy"] > 0.9
    assert record.chance == pytest.approx(1 / 3, abs=0.05)
    assert sum(record.counts.values()) == 120
    assert record.resolved is not None
    assert record.resolved.layers == {"embedding": 12}
    assert record.resolved.versions["torch"]
    best = max(trial.score for trial in record.trials)
    assert best == max(t.score for t in record.trials if t.settings.items() <= record.choice.items())
    assert Record.parse(record.model_dump_json()) == record


def test_the_score_is_the_mean_of_the_outcomes(bench):
    record = run(bench, toy_dataset(examples=120))
    arrays = outcomes(bench, record)
    assert len(arrays["example"]) == record.counts["test"]
    assert arrays["correct"].mean() == pytest.approx(record.scores["accuracy"])
    np.testing.assert_array_equal(arrays["correct"], arrays["predicted"] == arrays["label"])
    np.testing.assert_array_equal(arrays["label"], arrays["example"] % 3)


def test_test_labels_cannot_reach_the_choice(bench):
    """Nothing but the scores may change when every label of test is another."""
    dataset = toy_dataset(examples=120)
    honest = run(bench, dataset)
    test = outcomes(bench, honest)["example"]
    labels = dataset.columns["label"].copy()
    labels[test] = (labels[test] + 1) % 3
    # The same rows stay in test: the splits are carved class by class, so the carve is fixed here.
    official = np.full(len(dataset), "fit", "<U6")
    official[test] = "test"
    task = toy_task().model_copy(update={"splits": toy_task().splits.model_copy(update={"test": None})})
    sealed = encoder()
    experiment = Experiment(encoder=sealed.spec, task=task, probe=PROBES.load("logistic").spec, inputs=POLICY)
    records = [
        run_experiment(
            experiment,
            sealed,
            replace(dataset, official=official, columns={"label": own}),
            Found(data=dataset.digest),
            bench,
        )
        for own in (dataset.columns["label"], labels)
    ]
    assert records[0].trials == records[1].trials
    assert records[0].choice == records[1].choice
    assert records[0].scores["accuracy"] > 0.9
    assert records[1].scores["accuracy"] < 0.1


def test_another_seed_carves_other_splits(bench):
    dataset = toy_dataset(examples=120)
    tests = [set(outcomes(bench, run(bench, dataset, seed=seed))["example"].tolist()) for seed in (0, 0, 1)]
    assert tests[0] == tests[1] != tests[2]


def test_skipped_images_are_listed_and_not_counted(bench):
    record = run(bench, toy_dataset(examples=120, bad=lambda row: row in (3, 50)), on_bad_image="skip")
    assert len(record.bad_images) == 2
    assert "0050.png" in record.bad_images[1]
    assert sum(record.counts.values()) == 118


def test_a_class_of_corrupt_images_alone_is_refused_by_name(bench):
    with pytest.raises(UserError, match="class 1"):
        run(bench, toy_dataset(examples=120, bad=lambda row: row % 3 == 1), on_bad_image="skip")


def test_constant_features_give_no_score(bench):
    class Constant(nn.Module):
        def forward(self, images):
            return images.mean(dim=(2, 3)) * 0 + 1

    dataset = toy_dataset()
    sealed = seal_module(Constant(), POLICY)
    experiment = Experiment(encoder=sealed.spec, task=toy_task(), probe=PROBES.load("knn").spec, inputs=POLICY)
    with pytest.raises(ExperimentError, match="same for every example"):
        run_experiment(experiment, sealed, dataset, Found(data=dataset.digest), bench)


def test_a_probe_with_other_settings_than_the_shelfs_is_refused_and_not_swapped(bench):
    """The shelf's own grid would have been tried under the id of another."""
    sealed, dataset = encoder(), toy_dataset()
    spec = PROBES.load("logistic").spec.model_copy(update={"grid": {"l2": (1.0,)}})
    experiment = Experiment(encoder=sealed.spec, task=toy_task(), probe=spec, inputs=POLICY)
    with pytest.raises(UserError, match="'logistic'"):
        run_experiment(experiment, sealed, dataset, Found(data=dataset.digest), bench)
