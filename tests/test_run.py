"""One experiment: what its record holds, and that test labels meet a prediction only after the choice."""

from dataclasses import replace

import numpy as np
import pytest
from torch import nn

import virb.run
from virb.analysis import load_outcomes
from virb.cache import Cache
from virb.data import BadImage
from virb.encoders import load_encoder
from virb.encoders._module import seal_module
from virb.errors import ExperimentError, UserError
from virb.features import _batches
from virb.probes import PROBES, best_layer
from virb.run import Bench, _attachments, run_experiment
from virb.spec import Classes, Experiment, Found, InputPolicy, Record, Regime, Splits
from virb.store import Store
from virb.testing import toy_dataset, toy_pixelwise_task, toy_scenes, toy_task

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


POOLED = [
    name
    for name in PROBES.names()
    if not PROBES.load(name).spec.maps and PROBES.load(name).rejects(Classes(count=3)) is None
]


@pytest.mark.parametrize("probe", POOLED)
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


# ------------------------------------------------------------------------------------------------ other targets


def run_pixelwise(bench, column, probe="dense-linear", size=128, images=1, dataset=None, **declared):
    sealed = load_encoder("pixels", InputPolicy(size=size))
    dataset = dataset or toy_scenes(60, images=images)
    task = toy_pixelwise_task(column, images)
    experiment = Experiment(
        encoder=sealed.spec, task=task, probe=PROBES.load(probe).spec, inputs=sealed.inputs, **declared
    )
    return run_experiment(experiment, sealed, dataset, Found(data=dataset.digest), bench)


@pytest.mark.parametrize("column", ["mask", "depth"])
def test_a_pixelwise_task_is_scored_with_its_own_metrics(column, bench):
    record = run_pixelwise(bench, column)
    assert set(record.scores) == set(record.experiment.task.metrics)
    assert record.chance is not None
    assert record.score > record.chance
    assert record.counts == {"fit": 36, "select": 12, "test": 12}
    assert Record.parse(record.model_dump_json()) == record


def test_pixelwise_predictions_are_kept_with_image_and_truth(bench):
    dataset = toy_scenes(200)
    record = run_pixelwise(bench, "depth", dataset=dataset)
    with np.load(bench.store.folder / "predictions" / record.predictions) as kept:
        assert len(kept["example"]) == 16
        assert set(kept["example"] % 5) == {4}  # test alone
        assert kept["image"].shape == (16, 1, 128, 128, 3)
        assert (
            np.corrcoef(kept["image"][3, 0, ::4, ::4].ravel(), dataset.read(int(kept["example"][3])).ravel())[0, 1]
            > 0.7
        )
        np.testing.assert_array_equal(kept["truth"], dataset.columns["depth"][kept["example"]])
        assert kept["predicted"].shape == kept["truth"].shape
        error = np.nanmean(np.abs(kept["predicted"] - kept["truth"]))
    assert error == pytest.approx(record.scores["depth-l1"], rel=0.5)


def test_a_task_of_one_image_reads_the_first_of_each_pair(bench):
    """Whatever the second one shows, and whether or not it can be read."""
    pairs = toy_scenes(60, images=2)
    broken = {int(image) for image in pairs.images[::7, 1]}

    def read(image):
        if image in broken:
            raise BadImage(pairs.keys[image], "cut short")
        return pairs.read(image)

    alone = run_pixelwise(bench, "depth", dataset=replace(pairs.first(1), digest="of the first ones alone"))
    both = run_pixelwise(bench, "depth", dataset=replace(pairs, read=read, digest="of pairs"), on_bad_image="skip")
    assert both.counts == alone.counts == {"fit": 36, "select": 12, "test": 12}
    assert both.scores == alone.scores
    assert len(both.bad_images) == len(broken)
    with np.load(bench.store.folder / "predictions" / both.predictions) as kept:
        assert kept["image"].shape[1] == 1
        np.testing.assert_array_equal(kept["truth"], pairs.columns["depth"][kept["example"]])


def test_a_lower_score_is_better_where_the_metric_says_so(bench):
    """Trials of an error were kept negated once they had been chosen by; the record shows the error itself."""
    task = toy_pixelwise_task("depth").model_copy(update={"primary": "abs-rel"})
    sealed, dataset = load_encoder("pixels", InputPolicy(size=128)), toy_scenes(60)
    experiment = Experiment(
        encoder=sealed.spec, task=task, probe=PROBES.load("dense-linear").spec, inputs=sealed.inputs
    )
    record = run_experiment(experiment, sealed, dataset, Found(data=dataset.digest), bench)
    assert min(trial.score for trial in record.trials) > 0
    chosen = next(t for t in record.trials if t.settings.items() <= record.choice.items())
    assert chosen.score == min(trial.score for trial in record.trials)
    assert record.score < record.chance


def test_a_void_test_image_is_left_out_and_said(bench):
    dataset = toy_scenes(60)
    depth = dataset.columns["depth"].copy()
    depth[[4, 9]] = np.nan
    record = run_pixelwise(bench, "depth", dataset=replace(dataset, columns={**dataset.columns, "depth": depth}))
    assert any("2 of 12 test examples have no labelled pixel" in note for note in record.notes)
    assert len(load_outcomes(bench.store.folder, record)["example"]) == 10


def test_an_encoder_of_one_layer_has_that_as_its_best(bench):
    sealed, dataset = encoder(), toy_dataset(examples=120)
    probe = best_layer(PROBES.load("knn"))
    experiment = Experiment(encoder=sealed.spec, task=toy_task(), probe=probe.spec, inputs=POLICY)
    record = run_experiment(experiment, sealed, dataset, Found(data=dataset.digest), bench)
    assert record.resolved.layers == {"embedding": 12}
    assert record.scores == run(bench, dataset, "knn").scores


def test_an_encoder_without_maps_cannot_do_pixelwise_tasks_and_says_so(bench):
    sealed, dataset = encoder(), toy_scenes(60)
    task = toy_pixelwise_task("mask")
    experiment = Experiment(encoder=sealed.spec, task=task, probe=PROBES.load("dense-linear").spec, inputs=POLICY)
    with pytest.raises(UserError, match=r"(?s)'toy encoder' has no layer 'stage4'.*It has embedding"):
        run_experiment(experiment, sealed, dataset, Found(data=dataset.digest), bench)


@pytest.mark.parametrize("size", [1, 7, 33])
def test_sizes_that_no_stride_divides_are_read_out(size, bench):
    record = run_pixelwise(bench, "mask", size=size)
    assert np.isfinite(record.score)


def test_the_best_of_the_layers_is_another_experiment(bench):
    sealed, dataset = load_encoder("pixels", InputPolicy(size=128)), toy_scenes(60)
    probe = best_layer(PROBES.load("dense-linear"))
    task = toy_pixelwise_task("mask")
    experiment = Experiment(encoder=sealed.spec, task=task, probe=probe.spec, inputs=sealed.inputs)
    record = run_experiment(experiment, sealed, dataset, Found(data=dataset.digest), bench)
    final = run_pixelwise(bench, "mask")
    assert record.id != final.id
    assert record.choice["layer"] in ("stage1", "stage2", "stage3", "stage4")
    assert record.score > final.score


@pytest.mark.parametrize(
    "regime", [Regime(kind="examples", n=40), Regime(kind="shots", n=7), Regime(kind="shots", n=2)]
)
def test_small_regimes_see_no_more_labels_than_they_say(regime, bench):
    record = run(bench, toy_dataset(examples=240), regime=regime)
    wanted = {"examples": (32, 8), "shots": (3 * (regime.n or 0), 0)}[regime.kind]
    assert (record.counts["fit"], record.counts["select"]) == wanted
    assert record.scores["accuracy"] > 0.8
    assert ("nll-calibrated" in record.scores) == (regime.kind == "examples")
    assert bool(record.trials) == (regime != Regime(kind="shots", n=2))


def test_an_eval_only_task_uses_the_heads_of_its_parent(bench, monkeypatch):
    parent, child = toy_dataset(examples=120), toy_dataset(examples=60)
    child = replace(child, official=np.full(60, "test"), digest="child")
    task = toy_task().model_copy(update={"trained_on": "toy", "splits": Splits(), "name": "toy-2", "data": "toy-2"})
    monkeypatch.setattr("virb.run.resolve_task", lambda name: toy_task())
    sealed, probe = encoder(), PROBES.load("logistic").spec
    declared = {"encoder": sealed.spec, "probe": probe, "inputs": POLICY}
    elder, younger = Experiment(task=toy_task(), **declared), Experiment(task=task, **declared)
    alone = run_experiment(younger, sealed, child, Found(data="both"), bench, parent)
    assert alone.counts == {"fit": 68, "select": 22, "test": 60} or sum(alone.counts.values()) == 150
    # after its parent, whose head is kept, it gets the same numbers
    kept = replace(bench, parents=frozenset({elder.id}))
    first = run_experiment(elder, sealed, parent, Found(data="p"), kept)
    monkeypatch.setattr("virb.run._teach", lambda *_: pytest.fail("fitted twice"))
    again = run_experiment(younger, sealed, child, Found(data="both"), kept, parent)
    assert again.scores == alone.scores
    assert again.choice == first.choice


@pytest.mark.parametrize("regime", [Regime(kind="examples", n=40), Regime(kind="shots", n=5)])
def test_a_small_regime_thins_out_the_parent_of_an_eval_only_task(regime, bench, monkeypatch):
    """It once asked for shots of the eval-only task itself, which has none."""
    parent = toy_dataset(examples=240)
    child = replace(toy_dataset(examples=60), official=np.full(60, "test"), digest="child")
    task = toy_task().model_copy(update={"trained_on": "toy", "splits": Splits(), "name": "toy-2", "data": "toy-2"})
    monkeypatch.setattr("virb.run.resolve_task", lambda name: toy_task())
    sealed = encoder()
    experiment = Experiment(
        encoder=sealed.spec, task=task, probe=PROBES.load("logistic").spec, inputs=POLICY, regime=regime
    )
    record = run_experiment(experiment, sealed, child, Found(data="both"), bench, parent)
    assert record.counts["fit"] + record.counts["select"] == {"examples": 40, "shots": 15}[regime.kind]
    assert record.counts["test"] == 60
    assert record.scores["accuracy"] > 0.8


# ------------------------------------------------------------------------------------------------ large images


@pytest.mark.parametrize(("probe", "column", "images"), [("dense-linear", "mask", 1), ("dense-siamese", "flow", 2)])
def test_maps_that_do_not_fit_the_cache_give_the_same_score(probe, column, images, tmp_path, monkeypatch):
    monkeypatch.setattr(_batches, "PIXELS", 3 * 64 * 64)
    monkeypatch.setitem(vars(PROBES.load("dense-siamese")), "steps", 2)
    records = []
    for name, budget in (("kept", 10**9), ("streamed", 10_000)):
        bench = Bench(Store(tmp_path / name), Cache(tmp_path / f"{name} cache", budget))
        records.append(
            run_pixelwise(bench, column, probe, size=64, images=images, dataset=toy_scenes(30, images=images))
        )
    kept, streamed = records
    assert any("maps did not fit the cache" in note for note in streamed.notes)
    assert streamed.scores == kept.scores
    assert streamed.trials == kept.trials


@pytest.mark.parametrize("column", ["mask", "depth"])
def test_examples_scored_one_by_one_give_the_same_score(column, tmp_path, monkeypatch):
    records, kept = [], []
    for numbers in (2**26, 1):
        monkeypatch.setattr(virb.run, "NUMBERS", numbers)
        bench = Bench(Store(tmp_path / str(numbers)), Cache(tmp_path / "cache", 10**9))
        records.append(run_pixelwise(bench, column, size=32))
        with np.load(bench.store.folder / "predictions" / records[-1].predictions) as file:
            kept.append(dict(file))
    assert records[1].scores == pytest.approx(records[0].scores, rel=1e-5)
    for name, values in kept[0].items():
        np.testing.assert_allclose(kept[1][name], values, rtol=1e-5)


def test_a_frame_of_two_sides_goes_all_the_way(bench):
    """Wide scenes: two squares side by side, of which the right one is empty ground."""
    scenes = toy_scenes(30)
    mask = np.concatenate([scenes.columns["mask"], np.zeros_like(scenes.columns["mask"])], axis=2)
    read = scenes.read
    wide = replace(
        scenes,
        read=lambda row: np.concatenate([read(row), read(row)[::-1] // 8], axis=1),
        columns={"mask": mask},
        digest="wide",
    )
    sealed = load_encoder("pixels", InputPolicy(size=32, width=64))
    experiment = Experiment(
        encoder=sealed.spec,
        task=toy_pixelwise_task("mask"),
        probe=best_layer(PROBES.load("dense-linear")).spec,
        inputs=sealed.inputs,
    )
    record = run_experiment(experiment, sealed, wide, Found(data=wide.digest), bench)
    assert record.score > 0.8
    with np.load(bench.store.folder / "predictions" / record.predictions) as kept:
        assert kept["image"].shape == (6, 1, 32, 64, 3)
        assert kept["predicted"].shape == (6, 32, 64)


def test_pictures_of_large_predictions_are_thinned_alike(bench, monkeypatch):
    monkeypatch.setattr(_attachments, "SIDE", 50)
    record = run_pixelwise(bench, "mask", dataset=toy_scenes(30, size=90), size=120)
    with np.load(bench.store.folder / "predictions" / record.predictions) as kept:
        assert kept["image"].shape == (6, 1, 40, 40, 3)
        assert kept["predicted"].shape == kept["truth"].shape == (6, 45, 45)
        truth = toy_scenes(30, size=90).columns["mask"][kept["example"]]
        np.testing.assert_array_equal(kept["truth"], truth[:, ::2, ::2])
        assert (kept["predicted"] == kept["truth"]).mean() > 0.8
