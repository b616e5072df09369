"""COCO panoptic: segments become classes as the annotations say, pixel by pixel."""

import json

import numpy as np
import pytest
from PIL import Image
from torchvision.models.detection import FasterRCNN_ResNet50_FPN_Weights

import miniatures
from virb.data import BadImage
from virb.data.coco_panoptic import CATEGORIES, NAMES
from virb.errors import UserError

FIRST = "000000000009"


@pytest.fixture
def source(tmp_path):
    return miniatures.write("coco-panoptic", "official", tmp_path)


def annotations(root, part="train"):
    return root / f"coco/annotations/panoptic_{part}2017.json"


def change(path, edit):
    told = json.loads(path.read_text())
    edit(told)
    path.write_text(json.dumps(told))


def truth(source, root):
    data = source.unhashed(root)
    return data.truth("classes", data.keys.index(f"{FIRST}.jpg"))


def segment(told, place=-1):
    (image,) = (one for one in told["annotations"] if one["image_id"] == 9)
    return image["segments_info"][place]


def test_the_things_are_those_of_torchvision_and_there_are_53_kinds_of_stuff():
    theirs = dict(enumerate(FasterRCNN_ResNet50_FPN_Weights.DEFAULT.meta["categories"]))
    things = {number: name for number, name in theirs.items() if name not in ("N/A", "__background__")}
    assert {number: name for number, name in CATEGORIES.items() if number <= 90} == things
    assert len(CATEGORIES) - len(things) == 53
    assert len(set(NAMES)) == 133
    assert (min(CATEGORIES), max(CATEGORIES)) == (1, 200)
    assert [*CATEGORIES] == sorted(CATEGORIES)


def test_classes_are_what_a_plain_loop_over_pixels_and_segments_gives(source, tmp_path):
    data, numbers = source.open(tmp_path), [*CATEGORIES]
    for part in ("train", "val"):
        for one in json.loads(annotations(tmp_path, part).read_text())["annotations"]:
            with Image.open(tmp_path / f"coco/annotations/panoptic_{part}2017" / one["file_name"]) as image:
                colours = np.asarray(image)
            wanted = np.full(colours.shape[:2], 255)
            for row, column in np.ndindex(*wanted.shape):
                red, green, blue = colours[row, column].tolist()
                for told in one["segments_info"]:
                    if told["id"] == red + 256 * green + 256 * 256 * blue:
                        wanted[row, column] = numbers.index(told["category_id"])
            row = data.keys.index(one["file_name"].replace("png", "jpg"))
            np.testing.assert_array_equal(data.truth("classes", row), wanted)
            assert (wanted == 255).any()


def test_a_category_that_changes_in_the_annotations_changes_the_digest(source, tmp_path):
    """No file of truth changes then, and records would be taken for those of the same data."""
    before, digest = truth(source, tmp_path), source.open(tmp_path).digest
    change(annotations(tmp_path), lambda told: segment(told).update(category_id=2))
    assert (truth(source, tmp_path) != before).any()
    assert source.open(tmp_path).digest != digest


def test_segments_may_lie_beside_the_images(source, tmp_path):
    before, digest = truth(source, tmp_path), source.open(tmp_path).digest
    for part in ("train", "val"):
        (tmp_path / f"coco/annotations/panoptic_{part}2017").rename(tmp_path / f"coco/panoptic_{part}2017")
    np.testing.assert_array_equal(truth(source, tmp_path), before)
    assert source.open(tmp_path).digest == digest


def test_a_segment_without_an_annotation_is_named(source, tmp_path):
    gone = {}
    change(annotations(tmp_path), lambda told: gone.update(segment(told)))
    change(annotations(tmp_path), lambda told: segment(told).update(id=16_000_000))
    with pytest.raises(BadImage, match=f"segment {gone['id']} is not in its annotation"):
        truth(source, tmp_path)


@pytest.mark.parametrize("category", [0, 12, 183, 201, 256, -1])
def test_an_id_of_no_category_is_named(category, source, tmp_path):
    change(annotations(tmp_path), lambda told: segment(told).update(category_id=category))
    if category == 0:  # said to be void
        assert truth(source, tmp_path)[0, 0] == 255
        return
    with pytest.raises(BadImage, match=f"{category} is the id of no category"):
        truth(source, tmp_path)


def test_other_categories_are_refused(source, tmp_path):
    change(annotations(tmp_path, "val"), lambda told: told["categories"][3].update(name="motorbike"))
    with pytest.raises(UserError, match=r"'panoptic_val2017.json' has other categories: 'motorbike' with id 4"):
        source.open(tmp_path)


@pytest.mark.parametrize("mode", ["L", "P", "I;16"])
def test_segments_without_colours_are_refused(mode, source, tmp_path):
    Image.new(mode, (36, 24)).save(tmp_path / f"coco/annotations/panoptic_train2017/{FIRST}.png")
    with pytest.raises(BadImage, match="coded in red, green and blue"):
        truth(source, tmp_path)


def test_the_study_s_images_of_ids_are_read_in_eight_and_in_sixteen_bits(tmp_path):
    source = miniatures.write("coco-panoptic", "2021", tmp_path)
    path, sixteen = tmp_path / f"coco/annotations/panoptic_labels_train2017/{FIRST}.png", truth(source, tmp_path)
    with Image.open(path) as image:
        ids = np.asarray(image)
    assert ids.max() == 200
    Image.fromarray(ids.astype(np.uint8)).save(path)
    np.testing.assert_array_equal(truth(source, tmp_path), sixteen)
    for wrong in (12, 201, 300):
        Image.fromarray(np.full((24, 36), wrong, np.uint16)).save(path)
        with pytest.raises(BadImage, match=f"{wrong} is the id of no category"):
            truth(source, tmp_path)
