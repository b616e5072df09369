"""Worlds in the cache: what is rendered, and whether it still is what was rendered."""

import json
from collections.abc import Mapping

import numpy as np
import pytest

from virb.cache import Cache
from virb.data.world import _keeping
from virb.data.world._scene import Camera, Scene, Shape, Texture
from virb.data.world.domains import Domain
from virb.data.world.sets import Drawn, SceneSet
from virb.errors import UserError
from virb.progress import Quiet


class Blocks(SceneSet):
    """A box of any colour."""

    title = "Blocks"
    about = "Boxes."
    size = 16
    examples: Mapping[str, int] = {"fit": 5, "select": 2, "test": 3}
    classes: Mapping[str, tuple[str, ...]] = {"parity": ("even", "odd")}
    values: Mapping[str, int] = {"depth": 1}

    def draw(self, stream, split, row):
        texture = Texture("plain", ((stream.uniform(), 0.5, 0.5),) * 2)
        box = Shape("box", (0, 0, -2), (0.4, 0.4, 0.4), texture=texture)
        return Drawn((Scene((box,), Camera((0, 0, 0))),), {"parity": row % 2})

    def truths(self, drawn, frames):
        depth = frames[0].depth
        return {"depth": np.where(np.isfinite(depth), depth, np.nan).astype(np.float32)[..., None]}


class Listening(Quiet):
    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)


class Shelf:
    def names(self):
        return ["blocks", "bricks"]

    def load(self, name):
        return Blocks()


@pytest.fixture(autouse=True)
def _small_world(monkeypatch, tmp_path):
    monkeypatch.setenv("VIRB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(_keeping, "SETS", Shelf())
    monkeypatch.setattr(Domain, "size", 16)


def file_of(name, array):
    return _keeping._a_set(name).folder / f"{array}.npy"


def flip_last_byte(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_status_shows_every_world_with_its_size_before_and_after_it_is_rendered():
    before = _keeping.status()
    assert [(kept.name, kept.images, kept.state) for kept in before] == [
        ("world:blocks", 10, "not rendered"),
        ("world:bricks", 10, "not rendered"),
    ]
    assert before[0].size == 10 * (16 * 16 * 3 + 16 * 16 * 4 + 8)
    _keeping.fetch("world:blocks", Quiet())
    assert [kept.state for kept in _keeping.status()] == ["rendered", "not rendered"]
    assert [kept.state for kept in _keeping.status("world:blocks")] == ["rendered"]


def test_all_worlds_are_rendered_with_their_size_said_first():
    listening = Listening()
    kept = _keeping.fetch("world", listening)
    assert [one.state for one in kept] == ["rendered", "rendered"]
    assert listening.said[0] == "2 worlds to render: 20 images, 36.0 KB"
    assert len(listening.said) == 3
    again = Listening()
    assert _keeping.fetch("world", again) == kept
    assert not again.said


def test_what_does_not_fit_the_budget_together_is_refused_before_anything_is_drawn(monkeypatch):
    monkeypatch.setenv("VIRB_CACHE_BUDGET", "30KB")
    with pytest.raises(UserError, match=r"36.0 KB.*30.0 KB"):
        _keeping.fetch("world", Quiet())
    assert {kept.state for kept in _keeping.status()} == {"not rendered"}


def test_images_of_a_domain_are_shown_fetched_and_verified_beside_the_world_of_its_name():
    _keeping.fetch("world:rooms", Quiet(), images=3)
    _keeping.fetch("world:rooms", Quiet(), images=2, side=24)
    domains = [kept for kept in _keeping.status() if kept.serves == "pre-training"]
    assert [(kept.name, kept.images, kept.side) for kept in domains] == [("world:rooms", 3, 16), ("world:rooms", 2, 24)]
    assert _keeping.verify("world:rooms", Quiet(), images=3) == []
    flip_last_byte(next(Cache().folder.glob("world/*/images.npy")))
    wrong = [*_keeping.verify("world:rooms", Quiet(), images=3)]
    wrong += _keeping.verify("world:rooms", Quiet(), images=2, side=24)
    assert len(wrong) == 1
    assert "virb data fetch world:rooms --images " in wrong[0]


def test_a_world_that_is_what_was_rendered_has_nothing_wrong():
    _keeping.fetch("world", Quiet())
    assert _keeping.verify("world", Quiet(), examples=10) == []


@pytest.mark.parametrize("array", ["images", "label-parity", "dense-depth"])
def test_a_file_with_a_changed_byte_is_named_with_a_remedy_that_helps(array):
    _keeping.fetch("world", Quiet())
    flip_last_byte(file_of("bricks", array))
    (wrong,) = _keeping.verify("world", Quiet())
    assert f"{array}.npy' holds other bytes than were rendered" in wrong
    assert wrong.startswith("world:bricks: ")
    assert wrong.endswith("virb data fetch world:bricks --again")
    _keeping.fetch("world:bricks", Quiet(), again=True)
    assert _keeping.verify("world", Quiet()) == []


@pytest.mark.parametrize(("damage", "says"), [("gone", "is gone"), ("short", "bytes instead of")])
def test_a_file_that_is_gone_or_cut_short_is_named(damage, says):
    _keeping.fetch("world:blocks", Quiet())
    file = file_of("blocks", "images")
    file.unlink() if damage == "gone" else file.write_bytes(file.read_bytes()[:-5])
    assert [kept.state for kept in _keeping.status("world:blocks")] == ["damaged"]
    (wrong,) = _keeping.verify("world:blocks", Quiet())
    assert says in wrong
    assert "images.npy" in wrong


def test_a_spoilt_header_is_named():
    _keeping.fetch("world:blocks", Quiet())
    file = file_of("blocks", "images")
    file.write_bytes(b"\0" * 8 + file.read_bytes()[8:])
    (wrong,) = _keeping.verify("world:blocks", Quiet())
    assert "is no array any more" in wrong


def test_what_an_older_virb_rendered_is_verified_by_its_digest_alone():
    _keeping.fetch("world:blocks", Quiet())
    mark = _keeping._a_set("blocks").folder / "rendered.json"
    old = {name: value for name, value in json.loads(mark.read_text()).items() if name in ("digest", "bytes")}
    mark.write_text(json.dumps(old))
    assert _keeping.verify("world:blocks", Quiet()) == []
    flip_last_byte(file_of("blocks", "images"))
    (wrong,) = _keeping.verify("world:blocks", Quiet())
    assert "one of which has changed" in wrong


def test_a_set_that_draws_otherwise_under_the_same_version_is_found(monkeypatch):
    _keeping.fetch("world:blocks", Quiet())
    draw = Blocks.draw
    monkeypatch.setattr(Blocks, "draw", lambda self, stream, split, row: draw(self, stream.child("new"), split, row))
    wrong = _keeping.verify("world:blocks", Quiet(), examples=3)
    assert [line.split("'")[1] for line in wrong] == ["fit/0000", "fit/0004", "test/0002"]
    assert all("(images)" in line for line in wrong)
    assert _keeping.verify("world:blocks", Quiet(), examples=0) == []


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: _keeping.status("world:block"), "'world:block'"),
        (lambda: _keeping.fetch("world:block", Quiet()), "'world:block'"),
        (lambda: _keeping.fetch("world:clips", Quiet()), "'world:clips' is a pre-training domain"),
        (lambda: _keeping.fetch("world:blocks", Quiet(), images=4), "'world:blocks'"),
        (lambda: _keeping.fetch("world:rooms", Quiet(), images=0), "'0'"),
        (lambda: _keeping.fetch("world:blocks", Quiet(), side=32), "'32'"),
        (lambda: _keeping.verify("world:blocks", Quiet()), "nothing to verify"),
        (lambda: _keeping.verify("world:blocks", Quiet(), examples=-1), "'-1'"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(call, says):
    with pytest.raises(UserError, match=says) as refused:
        call()
    assert refused.value.remedy
