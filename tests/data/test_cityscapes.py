"""Cityscapes as torchvision's reader and its table of labels give it, image by image."""

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import Cityscapes

import miniatures
from virb.data import BadImage
from virb.data._splits import carve
from virb.data.cityscapes import CLASSES, LABELS
from virb.spec import Splits

AACHEN = "cityscapes/gtFine/train/aachen/aachen_000000_000019_gtFine_{}.png"


@pytest.fixture
def source(tmp_path):
    return miniatures.write("cityscapes", "official", tmp_path)


def truth(source, root, key="aachen/aachen_000000_000019_leftImg8bit.png"):
    data = source.unhashed(root)
    return data.truth("classes", data.keys.index(key))  # one image an example, in the same order


def test_the_table_is_that_of_torchvision():
    theirs = {one.id: one for one in Cityscapes.classes if one.id >= 0}
    assert tuple(theirs[label].name for label in range(34)) == LABELS
    counted = sorted((one for one in theirs.values() if not one.ignore_in_eval), key=lambda one: one.train_id)
    assert tuple(one.name for one in counted) == CLASSES


@pytest.mark.parametrize(("split", "part"), [("fit", "train"), ("test", "val")])
def test_images_and_labels_are_those_of_torchvision(split, part, source, tmp_path):
    data = source.open(tmp_path)
    reference = Cityscapes(str(tmp_path / "cityscapes"), split=part, mode="fine", target_type="semantic")
    of_label = np.array([255 if one.ignore_in_eval else one.train_id for one in Cityscapes.classes if one.id >= 0])
    rows = {data.keys[data.images[row, 0]]: row for row in np.flatnonzero(data.official == split)}
    assert len(rows) == len(reference)
    for place, file in enumerate(reference.images):
        image, labels = reference[place]
        row = rows.pop("/".join(file.replace("\\", "/").split("/")[-2:]))
        np.testing.assert_array_equal(data.read(row), np.asarray(image))
        np.testing.assert_array_equal(data.truth("classes", row), of_label[np.asarray(labels)])


def test_what_has_no_labels_or_coarse_ones_is_left_alone(source, tmp_path):
    assert not [key for key in source.open(tmp_path).keys if "berlin" in key or "bayreuth" in key]


def test_cities_are_never_divided(source, tmp_path):
    data = source.open(tmp_path)
    cities = np.array([data.keys[image].partition("/")[0] for image in data.images[:, 0]])
    for seed in range(4):
        rows = carve(data, "classes", Splits(select=0.2), seed)
        parts = [{*cities[its].tolist()} for its in rows.values()]
        assert sum(map(len, parts)) == len(set().union(*parts)) == 8


def test_train_ids_stand_in_for_label_ids_that_are_not_there(source, tmp_path):
    wanted = truth(source, tmp_path)
    Image.fromarray(wanted).save(tmp_path / AACHEN.format("labelTrainIds"))
    (tmp_path / AACHEN.format("labelIds")).unlink()
    np.testing.assert_array_equal(truth(source, tmp_path), wanted)
    assert source.status(tmp_path).state == "there"
    Image.fromarray(np.full((20, 40), 19, np.uint8)).save(tmp_path / AACHEN.format("labelTrainIds"))
    with pytest.raises(BadImage, match="'19' is no id of labelTrainIds"):
        truth(source, tmp_path)


@pytest.mark.parametrize(
    ("pixels", "says"),
    [
        (np.full((20, 40), 34, np.uint8), "'34' is no id of labelIds"),
        (np.full((20, 40), 7000, np.uint16), "'7000' is no id of labelIds"),  # instances, 16 bits, under another name
        (np.full((20, 40, 4), 7, np.uint8), "ids are grey or a palette, and this is RGBA"),
    ],
)
def test_a_file_of_something_else_is_named(pixels, says, source, tmp_path):
    Image.fromarray(pixels).save(tmp_path / AACHEN.format("labelIds"))
    with pytest.raises(BadImage, match=says):
        truth(source, tmp_path)


def test_label_ids_of_sixteen_bits_are_ids_all_the_same(source, tmp_path):
    wanted = truth(source, tmp_path)
    with Image.open(tmp_path / AACHEN.format("labelIds")) as image:
        ids = np.asarray(image).astype(np.uint16)
    Image.fromarray(ids).save(tmp_path / AACHEN.format("labelIds"))
    np.testing.assert_array_equal(truth(source, tmp_path), wanted)
