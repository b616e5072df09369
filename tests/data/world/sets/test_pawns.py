"""Rooms with a pawn: the number of steps follows from where camera and pawn are."""

import numpy as np
import pytest

from virb.data.world._camera import project, unproject
from virb.data.world._render import render
from virb.data.world._stream import Stream
from virb.data.world.sets.pawns import PAWN, SET, STEP, STEPS


@pytest.fixture(scope="module")
def examples():
    found = []
    for row in range(18):
        for attempt in range(50):
            drawn = SET.draw(Stream("test", row, attempt), "fit", row)
            frame = render(drawn.moments[0], 48)
            if SET.accept(drawn, [frame]):
                found.append((drawn, frame))
                break
    return found


def test_steps_are_the_level_distance_of_what_the_image_shows_of_the_pawn(examples):
    assert len(examples) == 18
    for drawn, frame in examples:
        camera = drawn.moments[0].camera
        points = unproject(camera, np.where(np.isfinite(frame.depth), frame.depth, 0.0))[frame.instances == PAWN]
        far = np.hypot(*(points[:, [0, 2]] - np.array(camera.at)[[0, 2]]).T)
        steps = int(STEPS[drawn.labels["steps"]])
        # Its near side is seen, up to a radius of a third of a metre before its middle.
        assert steps * STEP - 0.35 < far.min() < far.max() < (steps + 1) * STEP + 0.35


def test_the_middle_of_the_pawn_is_between_so_many_steps_and_one_more(examples):
    for drawn, _ in examples:
        scene = drawn.moments[0]
        for shape in scene.shapes:
            if shape.instance == PAWN:
                far = np.hypot(shape.at[0] - scene.camera.at[0], shape.at[2] - scene.camera.at[2])
                assert STEPS[int(far / STEP) - 1] == STEPS[drawn.labels["steps"]]


def test_the_pawn_stands_on_the_floor_and_in_nothing(examples):
    for drawn, _ in examples:
        foot, *_ = (shape for shape in drawn.moments[0].shapes if shape.instance == PAWN)
        assert foot.at[1] - foot.size[1] == pytest.approx(0)
        solid = [s for s in drawn.moments[0].shapes if 0 < s.instance < PAWN and s.kind == "box" and not any(s.turn)]
        for other in solid:
            if other.at[1] - other.size[1] < 0.1 and other.size[1] > 0.05:
                apart = np.abs(np.subtract(foot.at, other.at))[[0, 2]] - np.array(other.size)[[0, 2]]
                assert apart.max() > 0


def test_place_in_the_image_does_not_tell_the_distance():
    """Many a pawn stands higher in its image than others a step farther away."""
    feet = []
    for row in range(120):
        scene = SET.draw(Stream("place", row), "fit", row).moments[0]
        foot = next(shape for shape in scene.shapes if shape.instance == PAWN)
        places, _ = project(scene.camera, np.array([(foot.at[0], 0.0, foot.at[2])]), 1)
        feet.append(places[0, 1])
    by_class = np.array(feet).reshape(-1, len(STEPS))
    for nearer in range(len(STEPS) - 1):
        assert (by_class[:, nearer] < np.median(by_class[:, nearer + 1])).mean() > 0.05


def test_an_image_whose_pawn_is_hidden_is_refused(examples):
    drawn, frame = examples[0]
    hidden = frame.instances.copy()
    hidden[hidden == PAWN] = 0
    assert not SET.accept(
        drawn, [type(frame)(frame.colour, frame.depth, frame.labels, hidden, frame.normals, frame.pose)]
    )
