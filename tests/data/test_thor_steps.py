"""THOR number of steps: labels are found by name, and numbers beyond the list are refused."""

import pytest

import miniatures
from virb.data import SOURCES
from virb.errors import UserError


def test_the_number_of_each_image_is_that_of_its_line_wherever_it_stands(tmp_path):
    data = miniatures.write("thor-steps", "official", tmp_path).open(tmp_path)
    for (image,), steps in zip(data.images, data.columns["steps"], strict=True):
        assert int(data.keys[image][-13:-8]) % 21 == steps


def test_a_number_without_a_class_is_refused_by_name(tmp_path):
    source = miniatures.write("thor-steps", "official", tmp_path)
    file = tmp_path / "thor_num_steps/val_labels.txt"
    file.write_text(file.read_text().replace("00007 7\n", "00007 21\n"))
    with pytest.raises(UserError, match=r"(?s)val/FloorPlan1/00007_rgb.jpg' is 21 steps away.*up to 20"):
        source.open(tmp_path)


def test_an_image_without_a_number_is_no_whole_source(tmp_path):
    source = miniatures.write("thor-steps", "official", tmp_path)
    file = tmp_path / "thor_num_steps/val_labels.txt"
    file.write_text(file.read_text().replace("val/FloorPlan1/00007 7\n", ""))
    assert "val/FloorPlan1/00007" in source.status(tmp_path).problem.problem


def test_the_size_of_test_was_not_published_but_there_must_be_some(tmp_path):
    miniatures.write("thor-steps", "official", tmp_path)
    real = SOURCES.load("thor-steps")
    assert "fit has 84 examples, not 60,000" in real.status(tmp_path).problem.problem
    layout = real.layouts[0]._replace(splits={"fit": 84, "test": None})
    source = type(real)(real.card, real.folders, (layout,))
    assert source.status(tmp_path).state == "there"
    (tmp_path / "thor_num_steps/val_labels.txt").write_text("")
    for folder in (tmp_path / "thor_num_steps/val").iterdir():
        for file in folder.iterdir():
            file.unlink()
    assert "test has no examples" in source.status(tmp_path).problem.problem
