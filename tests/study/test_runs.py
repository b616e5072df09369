"""How far a pre-training run is, from the files of its folder."""

import pytest

import fake_pretraining
from virb.encoders._runs import CURVES
from virb.spec import Recipe
from virb.study._runs import folder_of, state_of

RECIPE = Recipe(
    method="swav", arch="narrow_resnet10_w8", data="world:rooms", images=64, images_seen=160, batch=8, run=2
)


def test_a_folder_has_a_name_for_people_that_stays(tmp_path):
    assert folder_of(RECIPE, tmp_path) == tmp_path / "runs" / f"swav-world-rooms-run2-{RECIPE.id[:6]}"


@pytest.mark.parametrize("data", ["folder:/" + "long name/" * 40, "folder:/a b/../c", "folder:/ä/ö"])
def test_any_data_make_a_name_that_any_file_system_takes(data, tmp_path):
    name = folder_of(RECIPE.model_copy(update={"data": data}), tmp_path).name
    assert len(name) < 110
    assert not set(name) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def test_nothing_on_disk_is_waiting(tmp_path):
    assert state_of(RECIPE, tmp_path).shown == "waiting"


@pytest.mark.parametrize(
    ("curves", "shown"),
    [
        (None, "0 %"),
        (b"step,images_seen,seconds,loss\n", "0 %"),
        (b"step,images_seen,seconds,loss\n10,80,0.1,2.5\n", "50 %"),
        (b"step,images_seen,seconds,loss\n10,80,0.1,2.5\n20,1", "50 %"),  # cut off while it was written
        (b"step,loss\n10,2.5\n", "0 %"),
        (b"\xff\x00", "0 %"),
    ],
)
def test_a_run_that_has_begun_says_how_far_it_is_by_its_curves(curves, shown, tmp_path):
    folder = folder_of(RECIPE, tmp_path)
    fake_pretraining.begin(RECIPE, folder)
    if curves is not None:
        (folder / CURVES).write_bytes(curves)
    assert state_of(RECIPE, tmp_path).shown == shown


def test_finished_collapsed_and_foreign_runs_are_told_apart(tmp_path):
    folder = folder_of(RECIPE, tmp_path)
    fake_pretraining.finish(RECIPE, folder)
    assert (state_of(RECIPE, tmp_path).state, state_of(RECIPE, tmp_path).seconds) == ("finished", 2.0)
    fake_pretraining.finish(RECIPE, folder, collapsed=True)
    assert state_of(RECIPE, tmp_path).shown == "collapsed: its embeddings are all but one point"
    fake_pretraining.finish(RECIPE.model_copy(update={"run": 3}), folder)
    assert "holds another run: swav on world:rooms, run 3" in state_of(RECIPE, tmp_path).shown


def test_half_a_note_about_a_failure_says_nothing(tmp_path):
    folder = folder_of(RECIPE, tmp_path)
    fake_pretraining.begin(RECIPE, folder)
    note = folder.with_name(f"{folder.name}.failed.json")
    note.write_text('{"status": "failed", "reason": "disk full\\nmore"}')
    assert state_of(RECIPE, tmp_path).shown == "failed: disk full"
    note.write_text('{"status": "fai')
    assert state_of(RECIPE, tmp_path).state == "begun"
