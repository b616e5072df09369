"""Verifying: what is corrupt, out of range or in two splits is named."""

from dataclasses import replace

import numpy as np
import pytest

import miniatures
from virb.data import PixelTruth
from virb.data._verifying import verify
from virb.progress import Quiet
from virb.testing import toy_dataset, toy_scenes


def test_nothing_is_said_of_a_source_that_is_right():
    found = verify(toy_dataset(60, 3), 2, Quiet())
    assert found.problems == ()
    assert found.copies == ()
    assert found.images == 60
    assert found.counts == {"label": {"class 0": 20, "class 1": 20, "class 2": 20}}
    assert found.sizes == ((12, 12), (12, 12))
    assert verify(toy_scenes(20), 2, Quiet()).problems == ()


def test_every_corrupt_image_is_named():
    found = verify(toy_dataset(600, 3, bad=lambda row: row in (7, 400)), 2, Quiet())
    assert found.problems == ("Cannot be decoded: '0007.png': truncated.", "Cannot be decoded: '0400.png': truncated.")


@pytest.mark.parametrize("layout", ["official", "2021"])
def test_a_corrupt_file_of_a_real_source_is_named_by_its_path(layout, tmp_path):
    source = miniatures.write("pets", layout, tmp_path)
    path = next(path for path in tmp_path.rglob("*.jpg") if path.name == "beagle_3.jpg")
    path.write_bytes(path.read_bytes()[:200])
    found = verify(source.unhashed(tmp_path), 2, Quiet())
    assert len(found.problems) == 1
    assert str(path) in found.problems[0]


def test_labels_out_of_range_and_empty_classes_are_named():
    data = toy_dataset(60, 3)
    labels = data.columns["label"].copy()
    labels[labels == 2] = 1
    labels[5] = 3
    found = verify(replace(data, columns={"label": labels}), 2, Quiet())
    assert "Label '3' in 'label', row 5, is out of range: 0 to 2." in found.problems
    assert "No example of class 'class 2' in 'label'." in found.problems


def test_a_label_out_of_range_in_a_mask_is_named_with_its_image():
    data = toy_scenes(8)
    masks = data.columns["mask"].copy()
    masks[3, 1, 2] = 7
    truth = PixelTruth(lambda row: masks[row], lambda row: f"masks/{row}.png")
    found = verify(replace(data, columns={}, pixels={"mask": truth}), 2, Quiet())
    assert found.problems == ("Label '7' in 'mask', 'masks/3.png', place 34, is out of range: 0 to 1.",)


def test_the_same_pixels_in_two_splits_are_told_and_no_problem():
    data = toy_dataset(60, 3)
    official = np.array(["fit"] * 40 + ["test"] * 20)
    copied = replace(data, official=official, read=lambda row: data.read({50: 2, 3: 2}.get(row, row)))
    found = verify(copied, 2, Quiet())
    assert found.problems == ()
    assert [(copy.first, copy.second) for copy in found.copies] == [("0002.png", "0050.png")]
    assert found.copies[0].splits == ("fit", "test")
