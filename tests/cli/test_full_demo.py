"""``virb demo --full``: which tasks it reads, what it says before, and what it counts after."""

import pytest
from typer.testing import CliRunner

from virb import cli
from virb.cli import _full_demo
from virb.cli._full_demo import choose, images_of, needed, shared
from virb.data.world.sets import SETS
from virb.encoders import load_encoder
from virb.errors import UserError
from virb.spec import InputPolicy
from virb.store import Store
from virb.tasks import TASKS


def test_every_task_of_the_world_is_part_of_it():
    tasks, left_out = choose([], 1)
    assert {task.name for task in tasks} == {name for name in TASKS.names() if name.startswith("world-")}
    assert all(task.synthetic for task in tasks)
    assert not left_out


def test_a_share_leaves_out_tasks_whose_heads_need_a_whole_world():
    tasks, left_out = choose(["world-depth", "world-object-v2"], 0.25)
    assert [task.data for task in tasks] == ["world:flats@0.25"]
    assert "world-object-v2" in left_out[0]


@pytest.mark.parametrize(("names", "share", "says"), [(["digits"], 1, "'digits'"), ([], 0, "'0'"), ([], 1.5, "'1.5'")])
def test_what_is_no_task_or_share_is_refused(names, share, says):
    with pytest.raises(UserError, match=says):
        choose(names, share)


def test_what_tasks_share_is_counted_once_and_what_they_would_need_apart_each_time():
    encoder = load_encoder("pixels", InputPolicy(size=16))
    tasks, _ = choose(["world-depth", "world-walkable", "world-object-v2"], 1)
    assert images_of(tasks) == ["world:flats", "world:objects-shifted", "world:objects"]
    need = needed(tasks, [encoder])
    flats, things, shifted = (sum(SETS.load(n).examples.values()) for n in ("flats", "objects", "objects-shifted"))
    fitted_on = things - SETS.load("objects").examples["test"]
    assert need.distinct == flats + things + shifted
    assert need.apart == 2 * flats + shifted + fitted_on
    assert need.rendered > need.distinct * 96 * 96 * 3


def test_the_command_says_what_it_will_be_and_counts_what_was_shared(tmp_path, monkeypatch):
    monkeypatch.setattr(_full_demo, "SIZE", 16)
    names = ["world-depth", "world-walkable"]
    words = ["demo", "--full", "--share", "0.01", "-e", "pixels", "-o", str(tmp_path), *(f"--tasks={n}" for n in names)]
    done = CliRunner().invoke(cli.app, words)
    assert done.exit_code == 0, (done.exception, done.output)
    tasks, _ = choose(names, 0.01)
    need = needed(tasks, [load_encoder("pixels", InputPolicy(size=16))])
    assert (need.distinct, need.apart) == (24, 48)
    assert "24 distinct images for each encoder, where the tasks would need 48 apart" in done.output
    assert "24 images went through an encoder" in done.output
    assert "24 forward passes saved" in done.output
    found = shared(list(Store(tmp_path).records()), need)
    assert (found["encoded"], found["apart"]) == (24, 48)
    assert (tmp_path / "report.html").exists()


def test_its_options_are_refused_without_it():
    done = CliRunner().invoke(cli.app, ["demo", "--share", "0.5"])
    assert isinstance(done.exception, UserError)
    assert "--full" in str(done.exception)
