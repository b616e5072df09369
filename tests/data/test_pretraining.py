"""Any data source as images to learn from."""

from dataclasses import replace

import numpy as np
import pytest

from virb.data import open_data, open_pretraining_data
from virb.data._pretraining import first_images
from virb.errors import UserError


def test_a_folder_gives_its_first_images_with_their_classes(photos):
    whole, first = open_data(f"folder:{photos}"), open_pretraining_data(f"folder:{photos}", 25)
    assert len(first) == 25
    assert first.official is None
    np.testing.assert_array_equal(first.images, whole.images[:25])
    assert set(first.columns) == set(whole.class_names)
    for column, ids in first.columns.items():
        np.testing.assert_array_equal(ids, whole.columns[column][:25])
    for row in (0, 24):
        np.testing.assert_array_equal(first.read(int(first.images[row, 0])), whole.read(int(whole.images[row, 0])))


def test_without_a_number_all_images_of_all_splits_are_there():
    whole, all_ = open_data("digits"), open_pretraining_data("digits", None)
    np.testing.assert_array_equal(all_.images, whole.images)
    assert all_.digest != whole.digest


def test_the_digest_tells_how_many_there_are(photos):
    digests = [open_pretraining_data(f"folder:{photos}", images).digest for images in (10, 10, 11, None, 40)]
    assert digests[0] == digests[1] != digests[2]
    assert digests[3] == digests[4]


def test_more_images_than_there_are_is_the_users_mistake(photos):
    with pytest.raises(UserError, match=r"40 images.*'41'"):
        open_pretraining_data(f"folder:{photos}", 41)


def test_pairs_give_every_image_once_and_no_labels(photos):
    whole = open_data(f"folder:{photos}")
    column = next(iter(whole.class_names))
    pairs = replace(
        whole,
        images=np.array([[0, 1], [1, 2], [7, 3]], np.int64),
        columns={column: np.array([0, 1, 0])},
        official=None,
        groups=np.array([0, 0, 1]),
    )
    flat = first_images("pairs", pairs, None)
    assert flat.images.tolist() == [[0], [1], [2], [7], [3]]
    assert flat.columns == flat.class_names == {}
    assert flat.groups is None
    assert first_images("pairs", pairs, 3).images.tolist() == [[0], [1], [2]]
    with pytest.raises(UserError, match="5 images"):
        first_images("pairs", pairs, 6)


def test_only_class_ids_of_whole_images_are_kept(photos):
    whole = open_data(f"folder:{photos}")
    count = len(whole)
    more = {"depth": np.zeros((count, 4, 4, 1), np.float32), "region": np.zeros((count, 4, 4), np.uint8)}
    dense = replace(
        whole,
        columns={**whole.columns, **more, "size": np.zeros((count, 1), np.float32)},
        class_names={**whole.class_names, "region": ("a", "b")},
        groups=np.arange(count) // 2,
    )
    first = first_images("dense", dense, 6)
    assert set(first.columns) == set(first.class_names) == set(whole.class_names)
    assert first.groups.tolist() == [0, 0, 1, 1, 2, 2]
