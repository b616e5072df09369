"""A study: what it plans, what it finds missing, and what survives a failure."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import nn

import killing
from virb.cache import Cache
from virb.encoders import parse_encoder
from virb.encoders._module import seal_module
from virb.errors import UserError
from virb.executors import EXECUTORS, Resources
from virb.spec import InputPolicy, Regime, Splits
from virb.study import Site, Study
from virb.tasks import resolve_task
from virb.testing import toy_pixelwise_task, toy_scenes, toy_task

SMALL = InputPolicy(size=16)


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path / "results", cache=Cache(tmp_path / "cache", budget=10**9))


def study(photos, encoders=("pixels",), **more):
    return Study(
        encoders=[parse_encoder(name) for name in encoders],
        tasks=[resolve_task(f"folder:{photos}")],
        inputs=SMALL,
        **{"layers": "final", **more},
    )


def test_the_plan_is_the_product_without_repeats():
    encoders = [parse_encoder(name) for name in ("pixels", "random:resnet18", "random:resnet18@0")]
    plan = Study(encoders=encoders, tasks=[toy_task()], seeds=(0, 1)).plan()
    # random:resnet18@0 is random:resnet18; two seeds, two probes, the final layer and the best
    assert len(plan.experiments) == 2 * 2 * 2 * 2
    assert len({experiment.id for experiment in plan.experiments}) == 16


def test_where_nothing_is_drawn_one_seed_says_it_all():
    official = toy_task().model_copy(update={"splits": Splits()})
    plan = Study(encoders=[parse_encoder("pixels")], tasks=[official], seeds=(0, 1, 2)).plan()
    assert [experiment.seed for experiment in plan.experiments] == [0, 0, 0, 0]
    assert all(experiment.deterministic for experiment in plan.experiments)


def test_a_pair_that_makes_no_sense_is_rejected_with_its_reason():
    plan = Study(
        encoders=[parse_encoder("pixels")], tasks=[toy_pixelwise_task("depth")], probes=("logistic", "knn")
    ).plan()
    assert not plan.experiments
    assert {rejected.probe for rejected in plan.rejected} == {"logistic", "knn"}
    assert all(rejected.reason for rejected in plan.rejected)


def test_a_rerun_computes_nothing(photos, site):
    first = study(photos).run(site)
    assert (first.computed, first.found_again) == (2, 0)
    again = study(photos).run(site)
    assert (again.computed, again.found_again) == (0, 2)
    assert again.records == first.records


def test_what_is_added_is_all_that_runs(photos, site):
    study(photos).run(site)
    more = study(photos, encoders=("pixels", "random:resnet18")).run(site)
    assert (more.computed, more.found_again) == (2, 2)


def test_data_that_grew_are_evaluated_again(photos, site, write_folder):
    first = study(photos).run(site)
    write_folder(photos, {"cat": 25, "dog": 25}, seed=9)
    again = study(photos).run(site)
    assert again.computed == 2
    assert again.records[0].found != first.records[0].found
    assert sum(again.records[0].counts.values()) == 50


def test_weights_that_changed_are_evaluated_again(photos, site, tmp_path):
    import timm

    file = tmp_path / "weights.pth"
    results = []
    for seed in (0, 1, 1):
        torch.manual_seed(seed)
        torch.save(timm.create_model("resnet18").state_dict(), file)
        results.append(study(photos, encoders=(f"checkpoint:{file}@resnet18",), probes=("knn",)).run(site))
    assert [result.computed for result in results] == [1, 1, 0]


def test_nothing_is_computed_when_one_encoder_cannot_be_loaded(photos, site):
    with pytest.raises(UserError, match="resnet19"):
        study(photos, encoders=("pixels", "random:resnet19")).run(site)
    assert not site.output.exists()


def test_a_failure_costs_its_own_experiments_and_says_why(photos, site, tmp_path):
    import timm

    state = timm.create_model("resnet18").state_dict()
    state["conv1.weight"][0] = float("nan")
    torch.save(state, tmp_path / "nan.pth")
    grid = study(photos, encoders=(f"checkpoint:{tmp_path / 'nan.pth'}@resnet18", "pixels"))
    ran = grid.run(site)
    assert len(ran.records) == len(ran.failures) == 2
    assert "NaN or infinity in 'conv1.weight'" in (ran.failures[0].reason or "")
    again = grid.run(site)
    assert again.computed == 0
    assert len(again.failures) == 2
    assert grid.run(Site(site.output, cache=site.cache, retry_failed=True)).computed == 2


def test_a_corrupt_image_fails_by_name_or_is_skipped(photos, site):
    (photos / "cat" / "005.png").write_bytes(b"\x89PNG not really")
    ran = study(photos).run(site)
    assert not ran.records
    assert "cat/005.png" in (ran.failures[0].reason or "")
    skipped = study(photos, on_bad_image="skip").run(site)
    assert len(skipped.records) == 2
    assert "cat/005.png" in skipped.records[0].bad_images[0]
    assert sum(skipped.records[0].counts.values()) == 39


def test_a_bug_in_a_network_is_a_failure_with_its_traceback(photos, site):
    class Fragile(nn.Module):
        def forward(self, images):
            if len(images) > 1:
                raise IndexError("not today")
            return images.mean(dim=(2, 3))

    grid = Study(
        encoders=[seal_module(Fragile(), SMALL)], tasks=[resolve_task(f"folder:{photos}")], inputs=SMALL, layers="final"
    )
    ran = grid.run(site)
    assert (ran.failures[0].reason or "").startswith("IndexError: not today\nTraceback")


def test_processes_give_the_records_that_inline_gives(photos, tmp_path):
    encoders = ("pixels", "random:resnet18")
    sites = [
        Site(tmp_path / name, Cache(tmp_path / f"cache {name}", 10**9), executor=name, resources=Resources(workers=2))
        for name in ("inline", "processes")
    ]
    inline, processes = (study(photos, encoders=encoders).run(site) for site in sites)
    assert [record.id for record in inline.records] == [record.id for record in processes.records]
    for one, other in zip(inline.records, processes.records, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=1e-4)
        assert one.choice == pytest.approx(other.choice, rel=0.05)


def test_a_killed_worker_costs_its_own_group_which_runs_again(photos, tmp_path, write_folder, monkeypatch):
    """A worker that is killed leaves a record that says so, and its experiments are missing still."""
    site = Site(
        tmp_path / "out", Cache(tmp_path / "cache", 10**9), executor="processes", resources=Resources(workers=1)
    )
    other = write_folder(tmp_path / "other", {"a": 20, "b": 20})
    grid = Study(
        encoders=[parse_encoder("pixels")],
        tasks=[resolve_task(f"folder:{photos}"), resolve_task(f"folder:{other}")],
        probes=("knn",),
        layers="final",
        inputs=SMALL,
    )
    with monkeypatch.context() as patch:
        patch.setitem(EXECUTORS._loaded, "processes", killing.KillingFirst())
        ran = grid.run(site)
    assert len(ran.records) == 1
    assert [record.status for record in ran.failures] == ["killed"]
    assert "SIGKILL" in (ran.failures[0].reason or "")
    again = grid.run(site)
    assert (again.computed, len(again.records), len(again.failures)) == (1, 2, 0)


# ------------------------------------------------------------------------------------------------ targets and regimes


def test_each_kind_of_target_has_its_own_standard_probes():
    tasks = [toy_task(), toy_pixelwise_task("mask"), toy_pixelwise_task("flow", images=2)]
    plan = Study(encoders=[parse_encoder("pixels")], tasks=tasks, layers="final").plan()
    assert not plan.rejected
    asked = {}
    for experiment in plan.experiments:
        asked.setdefault(experiment.task.name, []).append(experiment.probe.name)
    assert asked == {
        "toy": ["logistic", "knn"],
        "toy-mask": ["dense-linear", "dense-knn"],
        "toy-flow": ["dense-siamese"],
    }


@pytest.mark.parametrize(
    ("layers", "labels"),
    [
        ("final", ["logistic"]),
        ("best", ["logistic (best layer)"]),
        ("both", ["logistic", "logistic (best layer)"]),
    ],
)
def test_the_final_layer_and_the_best_one_are_experiments_of_their_own(layers, labels):
    plan = Study(encoders=[parse_encoder("pixels")], tasks=[toy_task()], probes=("logistic",), layers=layers).plan()
    assert [experiment.probe.label for experiment in plan.experiments] == labels


def test_every_draw_of_a_small_regime_is_an_experiment(photos, site):
    regimes = tuple(Regime(kind="shots", n=2, resample=r) for r in range(3))
    ran = study(photos, regimes=regimes, probes=("knn",)).run(site)
    assert (ran.computed, len(ran.records)) == (3, 3)
    assert {record.experiment.regime for record in ran.records} == set(regimes)
    assert all(record.counts["fit"] == 4 for record in ran.records)


def test_more_shots_than_there_are_examples_is_refused_before_any_compute(photos, site):
    with pytest.raises(UserError, match="shots"):
        study(photos, regimes=(Regime(kind="shots", n=5000),)).run(site)
    assert not site.output.exists()


def test_shots_of_pixels_are_left_out_with_a_reason():
    plan = Study(
        encoders=[parse_encoder("pixels")],
        tasks=[toy_pixelwise_task("mask")],
        regimes=(Regime(kind="shots", n=5),),
    ).plan()
    assert not plan.experiments
    assert "shots" in plan.rejected[0].reason


def test_a_task_that_no_probe_reads_is_said_to_be_left_out_and_no_other(photos, site):
    said = []

    class Listener:
        def say(self, text):
            said.append(text)

        def advance(self, what, done, total):
            pass

    pair = Study(
        encoders=[parse_encoder("pixels")],
        tasks=[resolve_task(f"folder:{photos}"), toy_pixelwise_task("mask")],
        probes=("knn", "ridge"),
        layers="final",
        inputs=SMALL,
    )
    pair.run(replace(site, progress=Listener()))
    left_out = [text for text in said if text.startswith("left out")]
    assert [text.split(":")[1].strip() for text in left_out] == ["toy-mask with knn", "toy-mask with ridge"]


def test_a_request_that_leaves_nothing_to_run_is_refused(site):
    """It ended in a report about no encoders, and exit code 0."""
    nothing = Study(encoders=[parse_encoder("pixels")], tasks=[toy_pixelwise_task("mask")], probes=("logistic",))
    with pytest.raises(UserError, match="Nothing is left to run: logistic regression is for one class an image"):
        nothing.run(site)
    assert not site.output.exists()


def test_maps_go_when_their_last_cell_is_done_and_pooled_features_stay(site, monkeypatch):
    """They once stayed: taking them away tripped over itself, and nobody was told."""
    monkeypatch.setattr("virb.study._running.open_data", lambda *_: toy_scenes(40))
    said = []
    listener = SimpleNamespace(say=said.append, advance=lambda *_: None)
    tasks = [toy_pixelwise_task("mask"), toy_pixelwise_task("depth")]
    pair = Study(encoders=[parse_encoder("pixels")], tasks=tasks, probes=("dense-linear",), inputs=SMALL)
    ran = pair.run(replace(site, progress=listener))
    assert len(ran.records) == 4
    assert [entry.kind for entry in site.cache.entries()] == []
    assert not [text for text in said if "early" in text]
