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


def test_there_are_four_domains_and_their_combination():
    assert DOMAINS.names() == ["clips", "combination", "objects", "rooms", "scenes"]
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


def instances(scenes):
    """What has a name in an image: the parts of each, without place and colour."""
    found = {}
    for scene in scenes:
        for shape in scene.shapes:
            if shape.instance:
                found.setdefault((id(scene), shape.instance), []).append((shape.kind, shape.size))
    return {tuple(parts) for parts in found.values()}


@pytest.fixture(scope="module")
def shown_by_domains():
    """Textures and instances of some images of each domain."""
    scenes = {name: [s for row in range(12) for s in drawn(name, row).moments] for name in DOMAINS.names()}
    return {name: (textures(mine), instances(mine)) for name, mine in scenes.items()}


@ALL
def test_every_texture_is_of_a_pool_of_the_domains_own(name, shown_by_domains):
    mine, _ = shown_by_domains[name]
    assert mine
    assert all(texture.kind != "photo" for texture in mine), "every photograph is taken by a split"
    assert min(texture.seed for texture in mine) >= 4_000_000


@pytest.mark.parametrize("other", SETS.names())
def test_no_domain_shares_a_texture_or_an_instance_with_any_split_of_a_set(other, shown_by_domains):
    scenes = SETS.load(other)
    drawings = [
        scenes.draw(Stream(*scenes.words, other, split, row, 0), split, row)
        for split in SPLITS
        if scenes.examples.get(split, 0)
        for row in range(3)
    ]
    theirs = [scene for drawing in drawings for scene in drawing.moments]
    seeds, things = {texture.seed for texture in textures(theirs)}, instances(theirs)
    assert seeds
    for name, (mine, own) in shown_by_domains.items():
        assert not seeds & {texture.seed for texture in mine}, name
        assert not things & own, name


def test_no_set_begins_its_streams_as_a_domain_does():
    for name, scenes in SETS.items():
        assert (*scenes.words, name)[:2] != Domain.words


def test_the_combination_is_quarters_of_the_very_images_that_the_domains_begin_with():
    whole = DOMAINS.load("combination")
    for row in range(8):
        part, there = ("objects", "scenes", "clips", "rooms")[row % 4], row // 4
        np.testing.assert_array_equal(
            render_example("combination", counted("combination", 8), "pretrain", row, SIZE).images,
            render_example(part, DOMAINS.load(part), "pretrain", there, SIZE).images,
        )
        assert whole.group(row) == DOMAINS.load(part).group(there) * 4 + row % 4


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
