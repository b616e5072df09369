"""A study file: what it asks for, what is refused, and pre-training and evaluation as one."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

import fake_pretraining
from virb.encoders._runs import CARD
from virb.errors import UserError
from virb.executors import Resources
from virb.study._runs import folder_of, state_of
from virb.study.declared import load_study

PILOT = """
name: pilot
pretrain:
  methods: [moco-v2, supervised]
  data: [world:objects, world:scenes]
  arch: narrow_resnet10_w16
  images: 8000
  images_seen: 80_000
  runs: 3
  settings: {moco-v2: {queue: 1024, lr: 1e-3}}
encoders: [random:narrow_resnet10_w16@1, pixels]
tasks: [world-object, world-depth]
probes: [logistic, knn]
layers: final
size: 64
"""


def small(photos, runs="[1, 2]", methods="[moco-v2]", more=""):
    """A study of two runs on forty photographs."""
    return f"""
name: small
pretrain:
  methods: {methods}
  data: ["folder:{photos}"]
  arch: narrow_resnet10_w8
  images_seen: 16
  batch: 8
  size: 16
  runs: {runs}
  settings: {{moco-v2: {{queue: 16}}}}
tasks: ["folder:{photos}"]
probes: knn
layers: final
size: 32
{more}
"""


# ------------------------------------------------------------------------------------------------ what it asks for


def test_recipes_are_the_product_of_methods_data_and_runs(write_study):
    study = load_study(write_study(PILOT))
    assert [recipe.label for recipe in study.recipes] == [
        *(f"moco-v2 on world:{data}, run {run}" for data in ("objects", "scenes") for run in (1, 2, 3)),
        *(f"supervised on world:objects, run {run}" for run in (1, 2, 3)),
    ]
    assert {recipe.images_seen for recipe in study.recipes} == {80_000}
    assert study.recipes[0].settings == {"queue": 1024, "lr": 1e-3}  # 1e-3 is a string to YAML
    assert study.recipes[-1].settings == {}
    assert len({recipe.id for recipe in study.recipes}) == 9


def test_supervised_is_left_out_where_images_have_no_labels(write_study):
    (left_out,) = load_study(write_study(PILOT)).left_out
    assert left_out.what == "supervised on world:scenes"
    assert "labels" in left_out.reason


def test_what_is_asked_for_twice_is_made_once_and_said(write_study):
    text = PILOT.replace("[moco-v2, supervised]", "[moco-v2, moco-v2]").replace("pixels]", "pixels, pixels]")
    text = text.replace("[world-object, ", "[world-object, world-object, ")
    study = load_study(write_study(text))
    assert len(study.recipes) == 6
    assert len(study.encoders) == 2
    assert len(study.tasks) == 2
    assert [one.what for one in study.left_out] == ["method moco-v2", "pixels", "world-object"]


def test_an_entry_of_data_may_say_which_part_of_which_sources(write_study):
    entries = "[world:objects, {source: world:objects, fraction: 0.25, balance: log}, {source: [world:rooms, digits]}]"
    study = load_study(
        write_study(PILOT.replace("[world:objects, world:scenes]", entries).replace("runs: 3", "runs: 1"))
    )
    assert [recipe.label for recipe in study.recipes] == [
        "moco-v2 on world:objects, run 1",
        "moco-v2 on world:objects (25 %, log), run 1",
        "moco-v2 on world:rooms + digits, run 1",
        "supervised on world:objects, run 1",
        "supervised on world:objects (25 %, log), run 1",
    ]
    assert {recipe.images_seen for recipe in study.recipes} == {80_000}
    assert study.recipes[1].id != study.recipes[0].id
    assert [line.data for line in study.plan().cells][1:3] == ["world:objects (25 %, log)", "world:rooms + digits"]
    assert len({folder_of(recipe, Path()) for recipe in study.recipes}) == 5
    assert [one.what for one in study.left_out] == ["supervised on world:rooms + digits"]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{source: world:objects, fraction: 2}", "line 5: 'fraction' is '2'"),
        ("{source: world:objects, fractoin: 1}", "there is no data field 'fractoin'.\nDid you mean 'fraction'"),
        ("{fraction: 0.5}", "line 5: 'source' is missing"),
        ("{source: world:scenes, balance: log}", "line 5: 'world:scenes' has no labels"),
        ("{source: [world:rooms, world:rooms]}", "line 5: 'world:rooms' is mixed with itself"),
        ("{source: world:objects, balance: even}", "line 5: 'balance' is 'even'"),
        ("7", "'data' is"),
    ],
)
def test_an_entry_of_data_that_is_not_as_it_must_be_is_refused_with_its_line(write_study, entry, says):
    with pytest.raises(UserError) as refused:
        load_study(write_study(PILOT.replace("[world:objects, world:scenes]", f"[{entry}]")))
    assert says in str(refused.value)
    assert refused.value.remedy


def test_one_name_needs_no_list_and_runs_may_be_named(write_study):
    text = PILOT.replace("[moco-v2, supervised]", "moco-v2").replace("runs: 3", "runs: [2, 5]")
    assert [recipe.run for recipe in load_study(write_study(text)).recipes] == [2, 5, 2, 5]


def test_a_folder_is_the_same_source_wherever_it_is_named_from(write_study, photos, monkeypatch):
    absolute = load_study(write_study(small(photos)))
    monkeypatch.chdir(photos.parent)
    relative = load_study(write_study(small(photos.name)))
    assert [recipe.id for recipe in relative.recipes] == [recipe.id for recipe in absolute.recipes]


def test_a_study_of_finished_encoders_alone_needs_no_pretraining(write_study):
    study = load_study(write_study("name: a\nencoders: pixels\ntasks: digits\n"))
    assert study.recipes == ()
    assert len(study.plan().tasks) == 4  # two probes, each on the final layer and on the best
    assert study.plan().power is None


# ------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("name: pilot", "", "'name' is missing"),
        ("name: pilot", "name: ../pilot", "line 2: 'name' is '../pilot'"),
        ("name: pilot", "name: 7", "letters"),
        ("layers: final", "layer: final", "line 14: there is no field 'layer'.\nDid you mean 'layers'?"),
        ("  arch:", "  architecture:", "line 6: there is no pretrain field 'architecture'"),
        ("layers: final", "layers: last", "line 14: 'layers' is 'last'"),
        ("layers: final", "layers: final\nname: other", "line 15: 'name' stands there twice"),
        ("tasks: [world-object, world-depth]", "", "'tasks' is missing"),
        ("tasks: [world-object, world-depth]", "tasks: []", "a list of end tasks"),
        ("world-depth]", "world-dept]", "line 12: there is no task 'world-dept'.\nDid you mean 'world-depth'"),
        ("probes: [logistic", "probes: [logistics", "line 13: there is no probe 'logistics'.\nDid you mean 'logistic'"),
        ("[moco-v2,", "[moco,", "line 4: there is no method 'moco'.\nDid you mean 'moco-v2'"),
        ("world:scenes]", "world:scene]", "'world:scenes'"),
        ("world:scenes]", "digit]", "'digits'"),
        ("pixels]", "pixel]", "line 11: there is no encoder source 'pixel'"),
        ("  images: 8000\n", "", "how many images, such as 8000"),
        ("runs: 3", "runs: 0", "line 9: 'runs' is '0'"),
        ("runs: 3", "runs: 1000000000", "'runs' is '1000000000'"),
        ("runs: 3", "runs: [1, 1]", "each once"),
        ("runs: 3", "runs: []", "'runs' is '[]'"),
        ("runs: 3", "runs: true", "'runs' is 'True'"),
        ("80_000", "10", "line 8: moco-v2 on world:objects: A budget of '10' images seen holds no batch of"),
        ("80_000", "'many'", "'images_seen' is 'many'"),
        ("queue: 1024", "que: 1024", "line 10: moco-v2 on world:objects: There is no setting of moco-v2 'que'"),
        ("queue: 1024", "queue: 9000", "settings: {moco-v2: {queue: N}}, or more images."),
        ("{moco-v2: {", "{moco: {", "there is no method 'moco'.\nDid you mean 'moco-v2'"),
        ("seeds", "seeds", None),
        ("size: 64", "size: 64\nseeds: [0, 0]", "line 16: 'seeds' is '[0, 0]'"),
        ("size: 64", "size: 0", "'size' is '0'"),
        ("size: 64", "size: 64x", "'size' is '64x'.\nIt must be the side of the images"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_file_that_is_not_as_it_must_be_is_refused_with_its_line(write_study, old, new, says):
    path = write_study(PILOT.replace(old, new, 1))
    if says is None:
        assert load_study(path).read.form.seeds == (0,)
        return
    with pytest.raises(UserError) as refused:
        load_study(path)
    assert says.lower() in str(refused.value).lower()
    assert refused.value.remedy
    assert str(path) in refused.value.problem


@pytest.mark.parametrize(("size", "sides"), [("64", (64, 64)), ("32x64", (32, 64)), ("'32 x 64'", (32, 64))])
def test_the_size_of_images_may_have_two_sides(write_study, tmp_path, size, sides):
    study = load_study(write_study(PILOT.replace("size: 64", f"size: {size}", 1)))
    assert study.grid(study.recipes, tmp_path).inputs.sides == sides


def test_a_study_of_nothing_but_what_makes_no_sense_is_refused(write_study):
    text = PILOT.replace("[moco-v2, supervised]", "supervised").replace("[world:objects, world:scenes]", "world:rooms")
    text = text.replace("encoders: [random:narrow_resnet10_w16@1, pixels]", "").replace(
        "{moco-v2: {queue", "{supervised: {legs"
    )
    with pytest.raises(UserError, match="supervised on world:rooms: it learns from labels"):
        load_study(write_study(text.replace("legs: 1024", "legs: 3")))


# ------------------------------------------------------------------------------------------------ running


def test_runs_are_trained_then_evaluated_and_a_rerun_makes_nothing(write_study, photos, site):
    study = load_study(write_study(small(photos, more="encoders: pixels")))
    first = study.run(site, fake_pretraining.pretrain)
    assert not first.lost
    assert [record.experiment.encoder.name for record in first.ran.records] == [
        *(recipe.label for recipe in study.recipes),
        "pixels",
    ]
    again = study.run(site, fake_pretraining.forbidden)
    assert (again.ran.computed, again.ran.found_again) == (0, 3)
    assert again.ran.records == first.ran.records


def test_the_file_lies_beside_the_records_and_another_study_may_share_them(write_study, photos, site):
    said = []
    listening = replace(site, progress=type("L", (), {"say": staticmethod(said.append), "advance": lambda *_: None})())
    one, other = small(photos), small(photos, more="seeds: [0, 1]").replace("name: small", "name: other")
    load_study(write_study(one)).run(site, fake_pretraining.pretrain)
    shared = load_study(write_study(other)).run(listening, fake_pretraining.forbidden)
    assert (shared.ran.computed, shared.ran.found_again) == (2, 2)
    assert (site.output / "small.study.yaml").read_text() == one
    assert (site.output / "other.study.yaml").read_text() == other
    assert not [line for line in said if "written anew" in line]
    load_study(write_study(other + "# more")).run(listening, fake_pretraining.forbidden)
    assert [line for line in said if "'other.study.yaml' is written anew" in line]


@pytest.mark.parametrize("executor", ["inline", "processes"])
def test_a_run_that_fails_costs_its_own_cells(write_study, photos, site, executor):
    study = load_study(write_study(small(photos)))
    there = replace(site, executor=executor, resources=Resources(workers=1, threads=1))
    studied = study.run(there, fake_pretraining.failing_second)
    assert [run.recipe.run for run in studied.lost] == [2]
    assert studied.lost[0].shown == "failed: The loss became NaN."
    assert [record.experiment.encoder.pretraining.run for record in studied.ran.records] == [1]
    held = study.run(site, fake_pretraining.forbidden)
    assert [run.state for run in held.runs] == ["finished", "failed"]
    retried = study.run(replace(site, retry_failed=True), fake_pretraining.pretrain)
    assert not retried.lost
    assert (retried.ran.computed, retried.ran.found_again) == (1, 1)
    assert state_of(study.recipes[1], site.output).state == "finished"


def test_a_run_that_collapsed_is_not_evaluated(write_study, photos, site):
    studied = load_study(write_study(small(photos))).run(site, fake_pretraining.collapsing_second)
    assert [run.state for run in studied.runs] == ["finished", "collapsed"]
    assert len(studied.ran.records) == 1


def test_when_every_run_failed_nothing_is_evaluated(write_study, photos, site):
    studied = load_study(write_study(small(photos, runs="[2]"))).run(site, fake_pretraining.failing_second)
    assert (studied.ran.records, studied.ran.failures) == ((), ())
    assert len(studied.lost) == 1


def test_a_killed_worker_leaves_the_others_alone_and_its_run_goes_on_the_next_time(write_study, photos, site):
    study = load_study(write_study(small(photos, runs="[1, 2, 3]")))
    there = replace(site, executor="processes", resources=Resources(workers=1, threads=1))
    studied = study.run(there, fake_pretraining.killed_second)
    assert [run.state for run in studied.runs] == ["finished", "killed", "finished"]
    assert "SIGKILL" in studied.runs[1].reason
    again = study.run(site, fake_pretraining.killed_second)
    assert not again.lost
    assert (again.ran.computed, again.ran.found_again) == (1, 2)


def test_an_interrupted_study_goes_on_where_it_stopped(write_study, photos, site):
    study = load_study(write_study(small(photos)))
    with pytest.raises(KeyboardInterrupt):
        study.run(site, fake_pretraining.interrupted_second)
    assert [run.state for run in study.status(site.output)] == ["finished", "begun"]
    assert not study.run(site, fake_pretraining.interrupted_second).lost


def test_a_run_that_another_process_has_in_work_is_waited_for_and_made_once(write_study, photos, site):
    study = load_study(write_study(small(photos)))
    first = folder_of(study.recipes[0], site.output)
    first.parent.mkdir(parents=True)
    second = folder_of(study.recipes[1], site.output)
    taken = threading.Event()

    def other_process():
        with FileLock(first.with_name(f".{first.name}.lock")):
            taken.set()
            while not (second / CARD).exists():  # meanwhile the study makes the run that is free
                time.sleep(0.01)
            fake_pretraining.finish(study.recipes[0], first)

    thread = threading.Thread(target=other_process, daemon=True)
    thread.start()
    taken.wait()
    studied = study.run(site, fake_pretraining.pretrain)
    thread.join()
    assert not studied.lost
    assert (first.parent / "trained.log").read_text().splitlines() == [study.recipes[1].label]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("arch: narrow_resnet10_w8", "arch: narow_resnet10_w8", "narrow_resnet10_w8"),
        ("images_seen: 16", "images_seen: 16\n  images: 41", "41"),
        ("probes: knn", "probes: knn\nencoders: random:resnet19", "resnet18"),
        ("probes: knn", "probes: ridge", "Nothing is left to run"),
    ],
)
def test_what_only_the_machine_knows_is_refused_before_any_compute(write_study, photos, site, old, new, says):
    study = load_study(write_study(small(photos).replace(old, new)))
    with pytest.raises(UserError, match=says):
        study.run(site, fake_pretraining.forbidden)
    assert not site.output.exists()


def test_labels_that_turn_out_not_to_be_there_are_refused_before_any_compute(write_study, photos, site):
    """Tiles of photographs know from which photograph they are and how they are turned, but show nothing by name."""
    text = small(photos, methods="supervised").replace("{moco-v2: {queue: 16}}", "{}")
    text = text.replace(f'data: ["folder:{photos}"]', "data: photos")
    with pytest.raises(UserError, match="'photos' has no labels"):
        load_study(write_study(text)).run(site, fake_pretraining.forbidden)
    assert not site.output.exists()


@pytest.mark.parametrize("change", [{"device": "gpu"}, {"executor": "process"}])
def test_a_machine_that_is_not_there_is_refused_before_any_compute(write_study, photos, site, change):
    with pytest.raises(UserError):
        load_study(write_study(small(photos))).run(replace(site, **change), fake_pretraining.forbidden)
    assert not site.output.exists()


# ------------------------------------------------------------------------------------------------ how far it is


def test_a_plan_counts_what_is_there_and_goes_by_the_speed_of_finished_runs(write_study, photos, site):
    study = load_study(write_study(small(photos)))
    before = study.plan()
    assert [(cell.finished, cell.basis, cell.seconds) for cell in before.cells] == [(0, "", None)]
    assert [(line.experiments, line.there, line.seconds) for line in before.tasks] == [(2, 0, None)]
    study.run(site, fake_pretraining.failing_second)
    after = study.plan(site.output)
    assert [(cell.finished, cell.basis, cell.seconds) for cell in after.cells] == [(1, "finished runs", 2.0)]
    assert [(line.experiments, line.there) for line in after.tasks] == [(2, 1)]
    assert after.tasks[0].seconds > 0
    study.run(replace(site, retry_failed=True), fake_pretraining.pretrain)
    done = study.plan(site.output)
    assert (done.cells[0].seconds, done.tasks[0].seconds) == (0.0, 0.0)
    assert done.power.spreads[0].freedom == 1


def test_a_finished_run_without_its_weights_is_no_encoder(write_study, photos, site):
    study = load_study(write_study(small(photos)))
    study.run(site, fake_pretraining.pretrain)
    (folder_of(study.recipes[0], site.output) / "weights.safetensors").unlink()
    assert [run.state for run in study.status(site.output)] == ["failed", "finished"]
