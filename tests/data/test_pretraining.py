"""Any data source as images to learn from."""

from dataclasses import replace

import numpy as np
import pytest

from virb.data import data_recipe, open_data, open_data_recipe, open_pretraining_data
from virb.data._pretraining import first_images, part_of
from virb.data.world._rendering import render_example
from virb.data.world.domains import DOMAINS, Domain
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


# ------------------------------------------------------------------------------------------------ parts and mixtures


@pytest.fixture
def _small(monkeypatch):
    monkeypatch.setattr(Domain, "size", 16)


def rows_of(names, *asked):
    return open_data_recipe(data_recipe(names, *asked)).images[:, 0].tolist()


@pytest.mark.usefixtures("_small")
def test_half_a_domain_is_its_first_half():
    assert rows_of(["world:objects"], 41, 0.5) == list(range(21))
    assert rows_of(["world:objects"], 41, 0.25) == list(range(11))


def test_an_unbalanced_half_of_what_comes_in_turn_takes_the_first_images_of_each_kind():
    digits = first_images("digits", open_data("digits"), 800)
    kinds = tuple(f"kind {kind}" for kind in range(20))
    whole = replace(digits, columns={"label": np.arange(800) % 20}, class_names={"label": kinds}, groups=np.arange(800))
    half = part_of("whole", whole, 0.5, "linear", in_turn=True)
    labels = half.columns["label"]
    counts = np.bincount(labels, minlength=20)
    assert (counts.sum(), counts.max(), counts.min()) == (400, 39, 1)
    for kind, count in enumerate(counts):
        assert half.images[labels == kind, 0].tolist() == [kind + 20 * place for place in range(count)]
    np.testing.assert_array_equal(half.groups, half.images[:, 0])


@pytest.mark.parametrize("balance", [None, "uniform"])
def test_a_share_of_a_folder_is_a_share_of_each_class_and_contained_in_a_larger_one(photos, balance):
    source = f"folder:{photos}"
    whole = open_data(source)
    quarter, half = (set(rows_of([source], None, fraction, balance)) for fraction in (0.25, 0.5))
    assert quarter < half < set(range(len(whole)))
    counts = np.bincount(whole.columns["label"][sorted(half)])
    expected = np.bincount(whole.columns["label"]) / 2 if balance is None else len(half) / len(counts)
    assert np.abs(counts - expected).max() <= 0.5
    assert sorted(half) != list(range(len(half))), "a fair sample, not the files that come first"


def test_what_is_kept_keeps_its_labels_and_pictures(photos):
    source = f"folder:{photos}"
    whole, part = open_data(source), open_data_recipe(data_recipe([source], None, 0.5))
    np.testing.assert_array_equal(part.columns["label"], whole.columns["label"][part.images[:, 0]])
    row = int(part.images[3, 0])
    np.testing.assert_array_equal(part.read(row), whole.read(row))


def test_the_digest_tells_which_images_are_kept(photos):
    source = f"folder:{photos}"
    asked = [(None, 1.0), (None, 0.5), (None, 0.5, "uniform"), (None, 0.25), (20, 1.0)]
    assert len({open_data_recipe(data_recipe([source], *one)).digest for one in asked}) >= 4
    assert open_data_recipe(data_recipe([source])).digest == open_pretraining_data(source, None).digest


@pytest.mark.usefixtures("_small")
def test_a_mixture_shows_its_sources_in_turn(photos):
    mixture = open_data_recipe(data_recipe(["world:rooms", f"folder:{photos}"], 9))
    assert len(mixture) == 9
    assert (mixture.columns, mixture.class_names) == ({}, {})
    alone = open_pretraining_data(f"folder:{photos}", 4)
    for place in range(9):
        image = mixture.read(int(mixture.images[place, 0]))
        if place % 2:
            np.testing.assert_array_equal(image, alone.read(int(alone.images[place // 2, 0])))
        else:
            expected = render_example("rooms", DOMAINS.load("rooms"), "pretrain", place // 2, 16).images[0]
            np.testing.assert_array_equal(image, expected)
    assert len(set(mixture.groups[1::2].tolist()) & set(mixture.groups[::2].tolist())) == 0
    half = open_data_recipe(data_recipe(["world:rooms", f"folder:{photos}"], 9, 0.5))
    np.testing.assert_array_equal(half.images, mixture.images[:5])


def test_a_domain_is_rendered_at_the_size_that_is_asked_for():
    recipe = data_recipe(["world:rooms"], 2, side=24)
    assert open_data_recipe(recipe).read(0).shape == (24, 24, 3)


def test_balancing_what_is_balanced_makes_no_other_recipe_of_it():
    assert data_recipe(["world:objects"], 40, 0.5, "uniform") == data_recipe(["world:objects"], 40, 0.5)


@pytest.mark.parametrize(
    ("names", "asked", "says"),
    [
        (["world:scenes"], (40, 0.5, "linear"), "'world:scenes' has no labels"),
        (["world:combination"], (40, 1.0, "log"), "'world:combination' has no labels"),
        (["world:objects", "world:rooms"], (40, 1.0, "log"), "has no labels"),
        (["world:objects", "world:objects"], (40,), "'world:objects' is mixed with itself"),
        (["digits", "textures"], (None,), "as many images as it is asked for"),
        (["digits", "textures"], (1,), "'1' images"),
        (["world:objects"], (None,), "'world:objects' has as many images"),
        (["world:object"], (40,), "'world:object'"),
        (["digits"], (None, 0.0), "'0' is no fraction"),
        (["digits"], (None, 1.5), "'1.5' is no fraction"),
        (["digits"], (None, float("nan")), "'nan' is no fraction"),
        (["world:objects"], (40, 0.5, "liner"), "no balance 'liner'"),
        (["digits"], (None, 1.0, None, 64), "'digits' has images of its own size"),
        (["world:objects"], (40, 1.0, None, 4), "'4' px"),
        (["digits"], (0,), "'0' cannot be --images"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name_before_anything_is_opened(names, asked, says):
    with pytest.raises(UserError, match=says) as refused:
        data_recipe(names, *asked)
    assert refused.value.remedy


def test_labels_that_turn_out_not_to_be_there_cannot_be_balanced():
    with pytest.raises(UserError, match="'photos' has no labels"):
        open_data_recipe(data_recipe(["photos"], None, 0.5, "uniform"))
