"""Opening a pre-training domain."""

import numpy as np
import pytest

from virb.data import list_cards, open_data, open_pretraining_data
from virb.data.world._pretraining import domain_card, open_domain
from virb.data.world._rendering import render_example
from virb.data.world.domains import DOMAINS, Domain
from virb.errors import UserError
from virb.progress import Quiet

SIZE = 24


@pytest.fixture
def _small(monkeypatch):
    monkeypatch.setattr(Domain, "size", SIZE)


def test_domains_are_64_pixels_wide():
    assert open_pretraining_data("world:objects", 1).read(0).shape == (64, 64, 3)


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("name", DOMAINS.names())
def test_a_domain_opens_as_a_data_set_of_as_many_images_as_are_asked_for(name):
    dataset = open_pretraining_data(f"world:{name}", 10)
    assert len(dataset) == len(dataset.keys) == dataset.card.images == 10
    assert dataset.images.tolist() == [[row] for row in range(10)]
    assert dataset.official is None
    assert dataset.groups.tolist() == [DOMAINS.load(name).group(row) for row in range(10)]
    for row in (0, 9):
        expected = render_example(name, DOMAINS.load(name), "pretrain", row, SIZE).images[0]
        np.testing.assert_array_equal(dataset.read(row), expected)


@pytest.mark.usefixtures("_small")
def test_only_objects_have_labels():
    objects = open_pretraining_data("world:objects", 21)
    assert objects.columns["label"].tolist() == [*range(20), 0]
    assert len(objects.class_names["label"]) == 20
    scenes = open_pretraining_data("world:scenes", 2)
    assert scenes.columns == scenes.class_names == {}


@pytest.mark.usefixtures("_small")
def test_a_domain_is_rendered_once(monkeypatch):
    before = open_domain("rooms", 3, Quiet())
    monkeypatch.setattr("virb.data.world._entry.render_all", None)
    after = open_domain("rooms", 3, Quiet())
    assert before.digest == after.digest
    np.testing.assert_array_equal(before.read(2), after.read(2))


@pytest.mark.parametrize("name", ["nothing", "objetcs", "flats", "objects@0.5", ""])
def test_a_name_that_no_domain_has_is_the_users_mistake(name):
    with pytest.raises(UserError, match=f"'{name}'"):
        open_pretraining_data(f"world:{name}", 4)
    with pytest.raises(UserError, match=f"'{name}'"):
        domain_card(name)


def test_a_domain_needs_a_number_of_images():
    with pytest.raises(UserError, match="'world:clips'"):
        open_pretraining_data("world:clips", None)


@pytest.mark.parametrize("images", [0, -1])
@pytest.mark.parametrize("name", ["world:clips", "digits"])
def test_a_number_below_one_is_the_users_mistake(name, images):
    with pytest.raises(UserError, match=f"'{images}'"):
        open_pretraining_data(name, images)
    with pytest.raises(UserError, match=f"'{images}'"):
        open_domain("clips", images, Quiet())


@pytest.mark.parametrize("name", DOMAINS.names())
def test_a_domain_has_a_card_without_being_rendered(name):
    card = domain_card(name)
    assert card.name == f"world:{name}"
    assert card.title == DOMAINS.load(name).title
    assert card.images is None
    assert card.licence


def test_domains_are_not_listed_as_data_of_end_tasks():
    cards = list_cards()
    assert "world:scenes" not in cards
    for both in ("clips", "objects", "rooms"):  # a set of an end task and a domain may have one name
        assert cards[f"world:{both}"].title != domain_card(both).title
    with pytest.raises(UserError):
        open_data("world:scenes")
