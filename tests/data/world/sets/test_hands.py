"""Hands: whose they are and which follows from geometry."""

from dataclasses import replace

import numpy as np
import pytest

from virb.data.world._camera import rotation
from virb.data.world._hands import LONG, held
from virb.data.world._render import render
from virb.data.world._scene import Camera, Light, Scene, Texture
from virb.data.world._stream import Stream
from virb.data.world.sets.hands import HANDS, REGIONS, SET, TABLE

PLAIN = Texture()
ABOVE = Camera((0.0, 2.0, 0.0), (0.0, -90.0, 0.0), 40.0)
EVERYWHERE = Light(colour=(0.0, 0.0, 0.0), ambient=(1.0, 1.0, 1.0))


def flat(side):
    """A hand laid flat, its palm down, its fingers away from its owner."""
    hand = held(Stream("flat"), side, (0.0, 1.0, 0.1), (side * 0.2, 1.3, 0.7))
    return replace(hand, yaw=0.0, pitch=0.0, roll=0.0, curl=0.0, spread=5.0, elbow=(0.0, 1.0, 0.4))


def seen_from_above(hand):
    return render(Scene(tuple(hand.shapes(PLAIN, PLAIN, 1)), ABOVE, EVERYWHERE), 96).labels == 1


def test_the_thumb_of_a_right_hand_is_on_its_left_and_that_of_a_left_hand_on_its_right():
    for side in (-1, 1):
        columns = np.flatnonzero(seen_from_above(flat(side)).any(axis=0))
        left, right = 48 - columns[0], columns[-1] - 48
        assert (left > right + 2) == (side == 1)
        assert (right > left + 2) == (side == -1)


def test_a_left_hand_is_a_right_hand_in_a_mirror():
    left, right = (seen_from_above(flat(side)) for side in (-1, 1))
    assert (left == right[:, ::-1]).mean() > 0.995


def test_a_hand_is_as_long_as_a_hand():
    rows = np.flatnonzero(seen_from_above(flat(1)).any(axis=1))
    metres = (rows[-1] - rows[0]) / 96 * 2 * np.tan(np.radians(20))
    assert 0.9 * LONG < metres < 1.5 * LONG  # with a little of the wrist


@pytest.fixture(scope="module")
def scenes():
    return [SET.draw(Stream("test", row), "fit", row).moments[0] for row in range(60)]


def of(scene, label):
    return [shape for shape in scene.shapes if shape.label == label]


def test_an_arm_leads_from_its_hand_to_the_shoulder_of_its_own_side(scenes):
    """Mine are this side of the table; the other's, who looks my way, are across, left and right exchanged."""
    for scene in scenes:
        for label in range(1, 5):
            hand = of(scene, label)
            if not hand:
                continue
            sleeve, upper = scene.shapes[scene.shapes.index(hand[-1]) + 1 :][:2]
            assert sleeve.label == upper.label == 0
            axis = np.array(rotation(upper.turn)).reshape(3, 3) @ (0.0, upper.size[1] / 1.25, 0.0)
            ends = [np.array(upper.at) - axis, np.array(upper.at) + axis]
            shoulder = max(ends, key=lambda end: np.linalg.norm(end - sleeve.at))
            owner = 1 if HANDS[label - 1].startswith("my") else -1
            side = 1 if HANDS[label - 1].endswith("right") else -1
            np.testing.assert_allclose(shoulder, (0.2 * side * owner, TABLE + 0.3, 0.7 * owner), atol=1e-6)
            assert owner * (shoulder[2] - sleeve.at[2]) > 0
            assert owner * (sleeve.at[2] - hand[0].at[2]) > 0


def test_hands_are_on_either_side_and_sometimes_crossed_or_absent(scenes):
    places = {label: [of(scene, label)[0].at for scene in scenes if of(scene, label)] for label in range(1, 5)}
    for label, found in places.items():
        assert 0.5 * len(scenes) < len(found) < len(scenes), HANDS[label - 1]
        x = np.array(found)[:, 0]
        assert (x < -0.05).mean() > 0.15
        assert (x > 0.05).mean() > 0.15
    assert any(of(s, 1) and of(s, 2) and of(s, 1)[0].at[0] > of(s, 2)[0].at[0] for s in scenes), "my hands cross"


def test_hands_are_over_the_table_and_of_materials_that_lie_about(scenes):
    shared = 0
    for scene in scenes:
        skins = {shape.texture for shape in scene.shapes if shape.label}
        others = {shape.texture for shape in scene.shapes if not shape.label}
        assert len(skins) <= 2
        shared += bool(skins & others)
        for shape in scene.shapes:
            if shape.label:
                assert shape.at[1] > TABLE - 0.1
    assert shared > len(scenes) / 2


def test_truth_is_the_label_of_the_hand_that_is_seen():
    drawn = SET.draw(Stream("test", 3), "fit", 3)
    frame = render(drawn.moments[0], 48)
    truth = SET.truths(drawn, [frame])["hands"]
    assert truth.max() < len(REGIONS)
    np.testing.assert_array_equal(truth, frame.labels)


def test_an_image_without_a_hand_is_refused():
    drawn = SET.draw(Stream("test", 0), "fit", 0)
    frame = render(drawn.moments[0], 32)
    frame.labels[...] = 0
    assert not SET.accept(drawn, [frame])
