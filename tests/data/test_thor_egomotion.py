"""THOR egomotion: the ids of the study, pairs in order, rooms kept together."""

import miniatures
from virb.data.thor_egomotion import ACTIONS, FOLDERS


def test_each_pair_is_before_and_after_with_the_studys_id(tmp_path):
    data = miniatures.write("thor-egomotion", "official", tmp_path).open(tmp_path)
    for (before, after), action in zip(data.images, data.columns["action"], strict=True):
        first, second = data.keys[before], data.keys[after]
        assert first.removesuffix("a.jpg") == second.removesuffix("b.jpg")
        assert int(first[-14:-10]) % len(ACTIONS) == action
    assert data.groups is not None


def test_folders_too_few_to_be_rooms_relate_nothing(tmp_path):
    source = miniatures.write("thor-egomotion", "official", tmp_path)
    file = tmp_path / "thor_action_prediction/train_labels.txt"
    few = [line for line in file.read_text().splitlines(keepends=True) if int(line.split("FloorPlan")[1][:1]) < FOLDERS]
    file.write_text("".join(few[:20]))
    assert source.sized({"fit": 20, "test": 30}, 100).open(tmp_path).groups is None
