"""nuScenes: what a car does follows from its poses; scenes are those of the official splits."""

import json

import numpy as np
import pytest

import miniatures
from virb.data.nuscenes import ACTIONS, _action, _Frame, _where, val_scenes
from virb.errors import UserError


def test_val_has_its_150_scenes():
    scenes = val_scenes()
    assert len(scenes) == 150
    assert {"scene-0003", "scene-0110", "scene-0221", "scene-0916", "scene-1073"} <= scenes
    assert not {"scene-0001", "scene-0037", "scene-0077", "scene-0628", "scene-0918", "scene-1074"} & scenes


def test_labels_follow_from_poses_and_headings_may_pass_through_180_degrees(tmp_path):
    data = miniatures.write("nuscenes", "official", tmp_path).open(tmp_path)
    for pair, action in zip(data.images, data.columns["action"], strict=True):
        before, after = (data.keys[image] for image in pair)
        place = int(before.rpartition("__")[2].removesuffix(".jpg"))
        assert int(after.rpartition("__")[2].removesuffix(".jpg")) == place + 1
        assert ACTIONS[action] == ACTIONS[place % 4], (before, after)


@pytest.mark.parametrize(
    ("to", "turned", "action"),
    [
        ((3, 0), 0, "ahead"),
        ((3, 0), 1.9, "ahead"),
        ((3, 0), 2.1, "left"),
        ((3, 0), -2.1, "right"),
        ((0.2, 0), 9, "wait"),
    ],
)
def test_a_turn_is_two_degrees_and_a_move_a_quarter_of_a_metre(to, turned, action):
    assert _action(_Frame("a", (0.0, 0.0), 179.0), _Frame("b", to, (179.0 + turned + 180) % 360 - 180)) == action


def test_a_quaternion_is_read_as_w_x_y_z():
    half = np.sqrt(0.5)
    at, heading = _where({"translation": [1, 2, 3], "rotation": [half, 0, 0, half]})
    assert at == (1, 2)
    assert heading == pytest.approx(90)


def test_only_key_frames_of_the_front_camera_are_seen(tmp_path):
    data = miniatures.write("nuscenes", "official", tmp_path).open(tmp_path)
    assert all(key.startswith("samples/CAM_FRONT/") for key in data.keys)


def test_a_label_that_nobody_knows_is_refused(tmp_path):
    source = miniatures.write("nuscenes", "2021", tmp_path)
    file = tmp_path / "nuScenes/nuScenes_test.json"
    pairs = json.loads(file.read_text())
    pairs[5]["label"] = "fly"
    file.write_text(json.dumps(pairs))
    with pytest.raises(UserError, match=r"(?s)the label 'fly'.*ahead, left, right, wait"):
        source.open(tmp_path)
