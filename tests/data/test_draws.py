"""Regimes: who is drawn, evenly by class, the same for everybody."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from virb.data._draws import draw
from virb.data._splits import carve
from virb.errors import UserError
from virb.spec import Regime, Splits
from virb.testing import toy_dataset, toy_scenes

SPLITS = Splits(select=0.25, test=0.25)


def drawn(regime, dataset=None):
    dataset = dataset or toy_dataset(240, 4)
    return draw(dataset, "label", carve(dataset, "label", SPLITS, 0), regime)


def test_the_full_regime_changes_nothing():
    rows = carve(toy_dataset(240, 4), "label", SPLITS, 0)
    for split, its in drawn(Regime()).items():
        np.testing.assert_array_equal(its, rows[split])


@settings(max_examples=40, deadline=None)
@given(n=st.integers(5, 110), resample=st.integers(0, 5))
def test_examples_are_split_four_to_one_and_keep_the_classes_shares(n, resample):
    rows = carve(toy_dataset(240, 4), "label", SPLITS, 0)
    found = drawn(Regime(kind="examples", n=n, resample=resample))
    assert len(found["fit"]) == round(0.8 * n)
    assert len(found["fit"]) + len(found["select"]) == n
    assert set(found["fit"]) <= set(rows["fit"])
    assert set(found["select"]) <= set(rows["select"])
    np.testing.assert_array_equal(found["test"], rows["test"])
    counts = np.bincount(found["fit"] % 4, minlength=4)
    assert counts.max() - counts.min() <= 1


def test_a_smaller_draw_is_part_of_a_larger_one():
    small, large = (set(drawn(Regime(kind="examples", n=n))["fit"]) for n in (40, 80))
    assert small < large


def test_another_resample_draws_others():
    one, same, other = (set(drawn(Regime(kind="examples", n=40, resample=r))["fit"]) for r in (0, 0, 1))
    assert one == same != other


@settings(max_examples=20, deadline=None)
@given(n=st.integers(1, 45), resample=st.integers(0, 3))
def test_shots_are_as_many_of_each_class_and_never_of_test(n, resample):
    rows = carve(toy_dataset(240, 4), "label", SPLITS, 0)
    found = drawn(Regime(kind="shots", n=n, resample=resample))
    assert np.bincount(found["fit"] % 4).tolist() == [n] * 4
    assert len(found["select"]) == 0
    assert not set(found["fit"]) & set(rows["test"])
    np.testing.assert_array_equal(found["test"], rows["test"])


def test_who_is_drawn_does_not_depend_on_the_order_of_the_rows():
    """An image keeps its place in the draw when others are added before it."""
    dataset = toy_dataset(240, 4)
    turned = replace(dataset, images=dataset.images[::-1], columns={"label": dataset.columns["label"][::-1]})
    names = [
        {one.keys[image] for image in one.images[drawn(Regime(kind="shots", n=3), one)["fit"], 0]}
        for one in (dataset, turned)
    ]
    assert names[0] == names[1]


def test_more_examples_than_there_are_is_refused_with_what_there_is():
    with pytest.raises(UserError, match=r"takes 160 from fit of 'toy', which has 136") as error:
        drawn(Regime(kind="examples", n=200))
    assert "2 to 170" in str(error.value)
    with pytest.raises(UserError, match=r"class 0' of 'toy' has \d+ examples outside test, and 46 shots"):
        drawn(Regime(kind="shots", n=46))


def test_one_example_alone_cannot_be_split():
    with pytest.raises(UserError, match="takes 0 from select"):
        drawn(Regime(kind="examples", n=1))


def test_pixelwise_examples_are_drawn_too():
    dataset = toy_scenes(60)
    rows = carve(dataset, "mask", Splits(), 0)
    found = draw(dataset, "mask", rows, Regime(kind="examples", n=20))
    assert (len(found["fit"]), len(found["select"])) == (16, 4)
