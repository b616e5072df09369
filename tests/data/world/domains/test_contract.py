"""What every pre-training domain must keep to."""

from copy import copy
from itertools import combinations

import numpy as np
import pytest

from virb.cache import Cache
from virb.data.world._entry import key_of, open_entry
from virb.data.world._rendering import SPLITS, render_example
from virb.data.world._stream import Stream
from virb.data.world.domains import DOMAINS, Domain
from virb.data.world.sets import SETS
from virb.progress import Quiet

SIZE = 32
ALL = pytest.mark.parametrize("name", DOMAINS.names())


def counted(name, images):
    domain = copy(DOMAINS.load(name))
    domain.examples = {"pretrain": images}
    return domain


def drawn(name, row, attempt=0):
    domain = DOMAINS.load(name)
    return domain.draw(Stream(*domain.words, name, "pretrain", row, attempt), "pretrain", row)


def textures(scenes):
    found = {shape.texture for scene in scenes for shape in scene.shapes}
    return {texture for texture in found if texture.kind != "plain"}


def test_there_are_four_domains():
    assert DOMAINS.names() == ["clips", "objects", "rooms", "scenes"]
    assert all(isinstance(domain, Domain) for _, domain in DOMAINS.items())


@ALL
def test_a_domain_says_what_it_is_and_has_no_images_until_asked(name):
    domain = DOMAINS.load(name)
    assert domain.title
    assert domain.about.endswith(".")
    assert dict(domain.examples) == {"pretrain": 0}
    assert domain.images == 1
    assert not domain.regions
    assert not domain.values
    assert (set(domain.classes) == {"label"}) == (name == "objects")


@ALL
def test_an_image_shows_something_and_no_two_are_alike(name):
    images = [render_example(name, DOMAINS.load(name), "pretrain", row, SIZE).images for row in range(6)]
    assert all(image.shape == (1, SIZE, SIZE, 3) for image in images)
    assert all(image.std() > 5 for image in images)
    assert all(image.mean() > 20 for image in images)
    assert len({image.tobytes() for image in images}) == 6


@ALL
def test_images_are_the_same_for_any_number_of_threads_and_of_images(name, tmp_path):
    one = open_entry(name, counted(name, 4), SIZE, Cache(tmp_path / "one", budget=10**9), Quiet(), threads=1)
    again = open_entry(name, counted(name, 4), SIZE, Cache(tmp_path / "again", budget=10**9), Quiet(), threads=3)
    more = open_entry(name, counted(name, 6), SIZE, Cache(tmp_path / "one", budget=10**9), Quiet(), threads=2)
    assert one.digest == again.digest != more.digest
    np.testing.assert_array_equal(one.arrays["images"], again.arrays["images"])
    np.testing.assert_array_equal(one.arrays["images"], more.arrays["images"][:4])


@ALL
def test_no_texture_is_one_of_a_split_of_any_set(name):
    mine = textures(scene for row in range(12) for scene in drawn(name, row).moments)
    assert mine
    assert all(texture.kind != "photo" for texture in mine), "every photograph is taken by a split"
    seeds = {texture.seed for texture in mine}
    assert min(seeds) >= 4_000_000
    for other, scenes in SETS.items():
        for split in SPLITS:
            examples = (scenes.draw(Stream("world", other, split, row, 0), split, row) for row in range(2))
            theirs = textures(scene for example in examples for scene in example.moments)
            assert theirs
            assert not seeds & {texture.seed for texture in theirs}


def test_a_domain_and_a_set_of_one_name_share_neither_streams_nor_a_place_in_the_cache():
    for name in {*DOMAINS.names()} & {*SETS.names()}:
        domain, scenes = counted(name, 8), SETS.load(name)
        assert domain.words != scenes.words
        for split, row in (("fit", 0), ("pretrain", 0)):
            words = [(*either.words, name, split, row, 0) for either in (domain, scenes)]
            assert Stream(*words[0]).uniform() != Stream(*words[1]).uniform()
        assert key_of(name, domain, 64)["domain"] == name
        assert "domain" not in key_of(name, scenes, 64)
        assert "set" not in key_of(name, domain, 64)


def test_the_key_of_the_cache_holds_all_that_decides_the_images():
    def key(name="objects", images=8, size=64, version=1):
        domain = counted(name, images)
        domain.version = version
        return key_of(name, domain, size)

    keys = [key(), key(name="rooms"), key(images=9), key(size=48), key(version=2)]
    assert all(one != other for one, other in combinations(keys, 2))
    assert key()["renderer"] == key_of("flats", SETS.load("flats"), 96)["renderer"]


def test_the_kinds_of_things_are_balanced():
    labels = [drawn("objects", row).labels["label"] for row in range(40)]
    assert np.bincount(labels, minlength=20).tolist() == [2] * 20


def test_a_thing_is_in_one_piece_in_the_image():
    for row in range(20):
        example = render_example("objects", DOMAINS.load("objects"), "pretrain", row, SIZE)
        assert example.labels["label"] == row
