"""Pets as torchvision's reader of the official layout gives it, image by image."""

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import OxfordIIITPet

import miniatures
from virb.data import open_data
from virb.data._verifying import verify
from virb.data.pets import BREEDS
from virb.errors import UserError
from virb.progress import Quiet


@pytest.mark.parametrize(("split", "part"), [("fit", "trainval"), ("test", "test")])
def test_images_and_labels_are_those_of_torchvision(split, part, tmp_path):
    data = miniatures.write("pets", "official", tmp_path).open(tmp_path)
    reference = OxfordIIITPet(tmp_path, split=part)
    assert tuple(reference.classes) == BREEDS
    ours = {data.keys[data.images[row, 0]]: row for row in np.flatnonzero(data.official == split)}
    theirs = {path.name: place for place, path in enumerate(reference._images)}
    assert set(ours) == set(theirs)
    for name, row in ours.items():
        image, label = reference[theirs[name]]
        assert data.columns["label"][row] == label, name
        np.testing.assert_array_equal(data.read(int(data.images[row, 0])), np.asarray(image), err_msg=name)


def test_the_pet_is_the_positive_class_and_the_border_belongs_to_neither(tmp_path):
    """The study took background and border for the positive class: its IoU was that of the background."""
    data = miniatures.write("pets", "official", tmp_path).open(tmp_path)
    reference = OxfordIIITPet(tmp_path, split="test", target_types="segmentation")
    theirs = {path.name: place for place, path in enumerate(reference._images)}
    for row in np.flatnonzero(data.official == "test"):
        trimap = np.asarray(reference[theirs[data.keys[data.images[row, 0]]]][1])
        np.testing.assert_array_equal(data.truth("mask", row), np.select([trimap == 1, trimap == 2], [1, 0], 255))


def test_a_trimap_of_something_else_is_named(tmp_path):
    source = miniatures.write("pets", "official", tmp_path)
    path = tmp_path / "oxford-iiit-pet/annotations/trimaps/Abyssinian_1.png"
    Image.fromarray(np.full((20, 24), 9, np.uint8)).save(path)
    found = verify(source.unhashed(tmp_path), 1, Quiet())
    assert [p for p in found.problems if "Abyssinian_1.png" in p and "1, 2 and 3" in p]
    Image.fromarray(np.ones((21, 24), np.uint8)).save(path)
    assert any("is 24 x 21 pixels, and its image" in p for p in verify(source.unhashed(tmp_path), 1, Quiet()).problems)


def test_a_folder_of_no_breed_is_refused_by_name(tmp_path):
    source = miniatures.write("pets", "2021", tmp_path)
    (tmp_path / "pets/train/tyrannosaurus").mkdir()
    with pytest.raises(UserError, match=r"tyrannosaurus' has the name of no class"):
        source.open(tmp_path)


def test_a_breed_without_its_folder_is_a_partial_copy_and_shifts_no_label(tmp_path):
    source = miniatures.write("pets", "2021", tmp_path)
    (tmp_path / "pets/train/beagle").rename(tmp_path / "beagle")
    with pytest.raises(UserError, match="fit has 144 examples, not 148"):
        source.open(tmp_path)


def test_a_list_with_a_broken_line_is_refused(tmp_path):
    source = miniatures.write("pets", "official", tmp_path)
    with (tmp_path / "oxford-iiit-pet/annotations/test.txt").open("a") as file:
        file.write("beagle_1 5\n")
    with pytest.raises(UserError, match="cannot be read as the official layout"):
        source.open(tmp_path)


def test_it_is_opened_by_name(tmp_path, monkeypatch):
    miniatures.put(monkeypatch, miniatures.write("pets", "official", tmp_path))
    assert len(open_data("pets", tmp_path)) == 222
