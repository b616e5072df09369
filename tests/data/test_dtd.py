"""Describable Textures as torchvision's reader gives them."""

import numpy as np
import pytest
from torchvision.datasets import DTD

import miniatures
from virb.data import SOURCES
from virb.data.dtd import WORDS
from virb.errors import UserError


@pytest.mark.parametrize(("split", "part"), [("fit", "train"), ("select", "val"), ("test", "test")])
def test_images_and_labels_are_those_of_torchvision(split, part, tmp_path):
    data = miniatures.write("dtd", "official", tmp_path / "dtd").open(tmp_path)
    reference = DTD(tmp_path, split=part)
    assert tuple(reference.classes) == WORDS
    theirs = {f"{path.parent.name}/{path.name}": place for place, path in enumerate(reference._image_files)}
    ours = {data.keys[data.images[row, 0]]: row for row in np.flatnonzero(data.official == split)}
    assert set(ours) == set(theirs)
    for name, row in ours.items():
        image, label = reference[theirs[name]]
        assert data.columns["label"][row] == label
        np.testing.assert_array_equal(data.read(int(data.images[row, 0])), np.asarray(image))


def test_half_of_what_the_study_learnt_from_is_select(tmp_path):
    miniatures.write("dtd", "2021", tmp_path)
    source = SOURCES.load("dtd").sized({"fit": 94, "select": 94, "test": 94}, 282)
    data = source.open(tmp_path)
    for split in ("fit", "select", "test"):
        assert np.bincount(data.columns["label"][data.official == split]).tolist() == [2] * len(WORDS)
    assert (data.official[["_0105" in key or "_0106" in key for key in data.keys]] == "test").all()


def test_a_list_with_a_word_that_is_none_is_refused(tmp_path):
    source = miniatures.write("dtd", "official", tmp_path)
    with (tmp_path / "dtd/labels/val1.txt").open("a") as file:
        file.write("shiny/shiny_0001.jpg\n")
    with pytest.raises(UserError, match=r"'dtd' in .* cannot be read as the official layout"):
        source.open(tmp_path)
