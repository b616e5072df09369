"""A recipe is known by everything that decides the weights, and by nothing else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from virb.spec import EncoderSpec, Recipe

GIVEN = {"method": "swav", "arch": "narrow_resnet10_w16", "data": "world:scenes", "images_seen": 80_000, "run": 2}
RECIPE = Recipe(**GIVEN)


@pytest.mark.parametrize(
    "change",
    [
        {"method": "pirl"},
        {"arch": "resnet18"},
        {"data": "world:rooms"},
        {"data": "mixture", "mixture": ("world:rooms", "world:scenes")},
        {"images": 8000},
        {"fraction": 0.5},
        {"balance": "log"},
        {"side": 96},
        {"images_seen": 80_001},
        {"run": 3},
        {"size": 64},
        {"batch": 32},
        {"settings": {"lr": 0.01}},
        {"version": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_everything_that_decides_the_weights_changes_the_id(change):
    assert Recipe(**{**GIVEN, **change}).id != RECIPE.id
    assert set(change) <= set(Recipe.model_fields)


def test_ids_stay_what_they_were():
    assert RECIPE.id == "034ece5d6bfe904c"  # a change here leaves everybody's runs without their records


def test_defaults_and_the_order_of_settings_do_not_matter():
    assert Recipe(**GIVEN, size=48, images=None).id == RECIPE.id
    one = Recipe(**GIVEN, settings={"lr": 0.1, "legs": 3})
    assert one.id == Recipe(**GIVEN, settings={"legs": 3, "lr": 0.1}).id


@given(
    settings=st.dictionaries(st.text(max_size=8), st.floats(allow_nan=False, allow_infinity=False), max_size=4),
    images=st.none() | st.integers(1, 10**9),
    run=st.integers(0, 10**6),
)
def test_a_recipe_is_the_same_after_its_json(settings, images, run):
    one = Recipe(**{**GIVEN, "settings": settings, "images": images, "run": run})
    again = Recipe.model_validate_json(one.model_dump_json())
    assert again == one
    assert again.id == one.id


@pytest.mark.parametrize(
    ("images_seen", "batch", "steps"), [(80_000, 64, 1250), (100, 64, 1), (127, 64, 1), (63, 64, 0)]
)
def test_steps_are_the_whole_batches_of_the_budget(images_seen, batch, steps):
    assert Recipe(**{**GIVEN, "images_seen": images_seen, "batch": batch}).steps == steps


def test_its_encoder_is_known_before_it_has_begun():
    spec = RECIPE.encoder(Path("runs/a"))
    assert isinstance(spec, EncoderSpec)
    assert (spec.name, spec.source, spec.arch) == (RECIPE.label, "checkpoint", RECIPE.arch)
    assert spec.weights == f"run:{RECIPE.id}"
    assert spec.path == str(Path("runs/a"))
    assert spec.declared() == RECIPE.encoder(Path("elsewhere")).declared()
    assert spec.declared() != Recipe(**{**GIVEN, "run": 3}).encoder(Path("runs/a")).declared()


def test_its_factors_name_the_start_that_it_shares_with_others():
    factors = RECIPE.pretraining()
    assert (factors.method, factors.data, factors.images_seen, factors.run) == ("swav", "world:scenes", 80_000, 2)
    assert factors.seed == RECIPE.run
    assert RECIPE.label == "swav on world:scenes, run 2"
    part = Recipe(**{**GIVEN, "data": "world:objects", "fraction": 0.25, "balance": "log"})
    assert part.label == "swav on world:objects (25 %, log), run 2"
    assert part.pretraining().source == part.data_recipe.label == "world:objects (25 %, log)"
    mixture = Recipe(**{**GIVEN, "data": "mixture", "mixture": ("digits", "world:rooms"), "images": 10})
    assert mixture.pretraining().source == mixture.data_recipe.label == "digits + world:rooms"


@pytest.mark.parametrize(
    "odd",
    [
        {"fraction": 0.0},
        {"balance": "even"},
        {"side": 4},
        {"data": "mixture"},
        {"mixture": ("digits", "photos")},
        {"data": "mixture", "mixture": ("digits",)},
        {"data": "mixture", "mixture": ("digits", "digits")},
        {"images": 0},
        {"images_seen": 0},
        {"run": -1},
        {"size": 7},
        {"batch": 1},
        {"version": 0},
        {"of tomorrow": 1},
    ],
    ids=str,
)
def test_what_cannot_be_trained_is_no_recipe(odd):
    with pytest.raises(ValidationError):
        Recipe(**{**GIVEN, **odd})
