"""Whole places."""

import numpy as np

from virb.data.world._frame import Frame
from virb.data.world._grounds import open_ground
from virb.data.world._render import render
from virb.data.world._stream import Stream
from virb.data.world.domains.scenes import COVERED, DOMAIN
from virb.data.world.sets import Drawn
from virb.data.world.sets.rooms import THINGS, seen


def accepted(rows):
    for row in rows:
        for attempt in range(20):
            drawn = DOMAIN.draw(Stream(*DOMAIN.words, "scenes", "pretrain", row, attempt), "pretrain", row)
            frame = render(drawn.moments[0], 48)
            if DOMAIN.accept(drawn, [frame]):
                yield drawn.moments[0], frame
                break


def test_each_image_is_a_place_of_its_own_with_three_things_in_view():
    places = list(accepted(range(12)))
    assert len(places) == 12
    assert len({scene.shapes for scene, _ in places}) == 12
    for _, frame in places:
        assert seen(frame) >= THINGS
        assert (frame.instances > 0).mean() >= COVERED


def test_places_are_closed_and_open():
    sky = [np.isinf(frame.depth).mean() for _, frame in accepted(range(12))]
    assert np.median(sky[::3]) < 0.02
    assert np.median(sky[1::3]) > 0.05
    assert np.median(sky[2::3]) > 0.05


def test_things_on_open_ground_stand_apart_and_near_and_far():
    scene = open_ground(Stream("test", 1), "pretrain")
    places = {}
    for shape in scene.shapes:
        if shape.instance:
            places.setdefault(shape.instance, []).append(shape.at)
    middles = np.array([np.mean(at, axis=0)[[0, 2]] for at in places.values()])
    far = np.hypot(*middles.T)
    assert len(far) >= 5
    assert far.max() > 2.5 * far.min()
    gaps = np.hypot(*(middles[:, None] - middles[None]).transpose(2, 0, 1))
    assert gaps[~np.eye(len(gaps), dtype=bool)].min() > 0.3


def test_an_image_of_little_is_refused():
    instances = np.zeros((48, 48), np.uint8)
    frame = Frame(
        colour=np.zeros((48, 48, 3), np.uint8),
        depth=np.full((48, 48), 3.0, np.float32),
        labels=instances,
        instances=instances,
        normals=np.zeros((48, 48, 3), np.float32),
        pose=np.zeros((3, 4)),
    )
    assert not DOMAIN.accept(Drawn(()), [frame])
    for thing in range(3):
        instances[10 * thing : 10 * thing + 9, :20] = thing + 1
    assert DOMAIN.accept(Drawn(()), [frame])
    frame.depth[:] = 0.5
    assert not DOMAIN.accept(Drawn(()), [frame])
