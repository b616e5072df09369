"""NYU walkable: what is not black can be walked on, however the mask is stored."""

import numpy as np
import pytest
from PIL import Image

import miniatures
from miniatures.nyu_walkable import floor
from virb.data._verifying import verify
from virb.errors import UserError
from virb.progress import Quiet

MASK = "nyu/train/walkable/0000.png"


@pytest.fixture
def source(tmp_path):
    return miniatures.write("nyu-walkable", "official", tmp_path)


def truth(source, root, key="train/0000.png"):
    data = source.unhashed(root)
    return data.truth("walkable", data.keys.index(key))


def test_the_floor_is_the_positive_class(source, tmp_path):
    data = source.open(tmp_path)
    assert data.class_names["walkable"] == ("blocked", "walkable")
    for row in range(len(data)):
        number = int(data.keys[row][-8:-4])
        np.testing.assert_array_equal(data.truth("walkable", row), floor(number).astype(np.uint8))


@pytest.mark.parametrize("stored", ["1", "ones", "sixteen", "P", "RGB", "RGBA"])
def test_it_is_however_the_mask_is_stored(stored, source, tmp_path):
    walkable = floor(0)
    grey = Image.fromarray(walkable.astype(np.uint8) * 255)
    images = {
        "ones": lambda: Image.fromarray(walkable.astype(np.uint8)),
        "sixteen": lambda: Image.fromarray(walkable.astype(np.uint16) * 256),  # whose last eight bits are 0
        "P": lambda: Image.fromarray(walkable.astype(np.uint8)).convert("P"),
    }
    images.get(stored, lambda: grey.convert(stored))().save(tmp_path / MASK)
    np.testing.assert_array_equal(truth(source, tmp_path), walkable.astype(np.uint8))


def test_masks_of_other_names_pair_by_their_order(source, tmp_path):
    for mask in sorted((tmp_path / "nyu/train/walkable").iterdir()):
        mask.rename(mask.with_name(f"mask_{mask.name}"))
    np.testing.assert_array_equal(truth(source, tmp_path, "train/0003.png"), floor(3).astype(np.uint8))
    (tmp_path / "nyu/train/walkable/mask_0003.png").unlink()
    with pytest.raises(UserError, match="'images' has 10 images, and 'walkable' 9"):
        source.open(tmp_path)


def test_a_mask_of_another_size_than_its_image_is_refused_with_both_named(source, tmp_path):
    Image.fromarray(np.ones((24, 20), np.uint8)).save(tmp_path / MASK)
    says = r"walkable/0000.png' is 20 x 24 pixels, and its image '.*images/0000.png' 24 x 20"
    with pytest.raises(UserError, match=says):
        truth(source, tmp_path)
    (problem,) = verify(source.unhashed(tmp_path), 1, Quiet()).problems
    assert problem.startswith("In 'walkable': '")
