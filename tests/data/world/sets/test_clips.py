"""Clips: the label is what the actor does, and no single moment says it."""

import numpy as np
import pytest

from virb.data.world._camera import pose, project
from virb.data.world._render import render
from virb.data.world._stream import Stream
from virb.data.world.sets.clips import ACTIONS, ACTOR, FRAMES, OTHER, SET, poses


@pytest.fixture(scope="module")
def clips():
    return [SET.draw(Stream("test", row), "fit", row) for row in range(40)]


def parts(scene, instance):
    return np.array([shape.at for shape in scene.shapes if shape.instance == instance])


def way(drawn, instance=ACTOR):
    """Where the middle of a body's parts is at each moment, as the first camera's axes have it: right, up, back."""
    axes = pose(drawn.moments[FRAMES // 2].camera)[:, :3]
    return np.array([axes @ parts(scene, instance).mean(axis=0) for scene in drawn.moments])


def done(drawn):
    """Which actions a clip shows, by where the parts of its bodies are alone."""
    place, tall = way(drawn), np.array([np.ptp(parts(scene, ACTOR)[:, 1]) for scene in drawn.moments])
    right, _, back = place[-1] - place[0]
    low = np.array([parts(scene, ACTOR)[:, 1].min() for scene in drawn.moments])
    pushed = np.abs(np.subtract(parts(drawn.moments[-1], OTHER), parts(drawn.moments[0], OTHER))).max() > 0.1
    turns = np.array([scene.shapes[first(scene)].turn for scene in drawn.moments])
    tips = not np.allclose(np.abs(np.cos(np.radians(turns[:, 1:]))), np.abs(np.cos(np.radians(turns[0, 1:]))))
    far = np.hypot(right, back)
    return {
        "goes left": not tips and not pushed and right < -0.3 and abs(right) > abs(back),
        "goes right": not tips and not pushed and right > 0.3 and abs(right) > abs(back),
        "comes nearer": not tips and back > 0.35 and abs(back) > abs(right),
        "goes away": not tips and back < -0.35 and abs(back) > abs(right),
        "jumps": not tips and np.ptp(low) > 0.12,
        "turns round": not tips and far < 0.3 and abs(turns[-1, 0] - turns[0, 0]) > 100,
        "pushes": pushed,
        "tips": tips,
    }, tall


def first(scene):
    return next(n for n, shape in enumerate(scene.shapes) if shape.instance == ACTOR)


def test_the_action_is_what_the_actor_does(clips):
    for drawn in clips:
        action = ACTIONS[drawn.labels["action"]]
        found, _ = done(drawn)
        shown = {name for name, true in found.items() if true}
        assert shown == ({"tips"} if action in ("falls over", "gets up", "rocks") else {action})


def test_who_falls_lies_at_last_who_gets_up_lies_at_first_and_who_rocks_does_neither():
    for row in range(30):
        for action in ("falls over", "gets up", "rocks"):
            tips = np.array([moment.tip for moment in poses(Stream(row), action)])
            assert np.ptp(tips) > 14
            assert (tips[0] > 80, tips[-1] > 80) == (action == "gets up", action == "falls over")


@pytest.mark.parametrize(
    ("one", "other"), [("goes left", "goes right"), ("comes nearer", "goes away"), ("falls over", "gets up")]
)
def test_one_of_a_pair_is_the_other_backwards(one, other):
    """Else a single image would tell them apart."""

    def moments(action, axis):
        return np.array([[getattr(moment, axis) for moment in poses(Stream(row), action)] for row in range(20)])

    axis = {"goes left": "right", "comes nearer": "near", "falls over": "tip"}[one]
    np.testing.assert_allclose(moments(one, axis), moments(other, axis)[:, ::-1], atol=1e-9)


def test_what_is_pushed_moves_only_once_it_is_touched_and_then_as_fast_as_what_pushes_it():
    for row in range(20):
        way = poses(Stream(row), "pushes")
        steps = np.diff([[moment.right, moment.pushed] for moment in way], axis=0)
        assert (np.abs(steps[:, 1]) <= np.abs(steps[:, 0]) + 1e-9).all()
        np.testing.assert_allclose(steps[2:, 0], steps[2:, 1])


def test_only_the_two_bodies_move(clips):
    for drawn in clips:
        for scene in drawn.moments[1:]:
            for before, after in zip(drawn.moments[0].shapes, scene.shapes, strict=True):
                assert before.texture == after.texture
                assert before == after or after.instance in (ACTOR, OTHER)
            assert scene.light == drawn.moments[0].light


def test_bodies_stay_in_the_image(clips):
    for drawn in clips:
        for scene in drawn.moments:
            bodies = np.concatenate([parts(scene, ACTOR), parts(scene, OTHER)])
            places, depth = project(scene.camera, bodies, 1)
            assert (depth > 0).all()
            assert ((places > 0) & (places < 1)).all()


def test_nothing_sinks_far_into_the_ground(clips):
    for drawn in clips:
        for scene in drawn.moments:
            assert parts(scene, ACTOR)[:, 1].min() > -0.05


def test_a_clip_whose_actor_is_hidden_is_refused():
    drawn = SET.draw(Stream("test", 0), "fit", 0)
    frames = [render(scene, 32) for scene in drawn.moments]
    for frame in frames:
        frame.instances[...] = 0
    assert not SET.accept(drawn, frames)
