"""Carving, and what is refused before any compute."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from virb.data import DataCard, Dataset
from virb.data._splits import carve, check_splits
from virb.errors import UserError
from virb.spec import Splits
from virb.testing import toy_dataset

BOTH = Splits(select=0.2, test=0.2)
NAMES = ("ant", "bee", "cat", "dog", "eel")


def dataset(
    labels: Sequence[int],
    groups: Sequence[int] | None = None,
    official: Sequence[str] | None = None,
    keys: Sequence[str] | None = None,
    names: Sequence[str] = NAMES,
) -> Dataset:
    def read(row: int) -> np.ndarray:
        raise AssertionError(row)

    count = len(labels)
    return Dataset(
        card=DataCard(name="pets", title="", about="", licence="", citation="", homepage=""),
        keys=tuple(keys or (f"{row}.png" for row in range(count))),
        read=read,
        digest="",
        images=np.arange(count).reshape(-1, 1),
        columns={"label": np.array(labels, np.int64)},
        class_names={"label": tuple(names)},
        official=None if official is None else np.array(official),
        groups=None if groups is None else np.array(groups, np.int64),
    )


def sets(rows: dict[str, np.ndarray]) -> dict[str, set[int]]:
    return {split: set(found.tolist()) for split, found in rows.items()}


shares = st.sampled_from([0.1, 0.2, 0.25, 0.3, 0.5])
splits = st.builds(Splits, select=st.none() | shares, test=st.none() | shares)
labels = st.lists(st.integers(0, 4), max_size=80)
seeds = st.integers(0, 2**40)

# ---------------------------------------------------------------------------------------------------- carve


@given(labels, splits, seeds, st.data())
def test_every_row_is_in_exactly_one_split_and_rows_are_sorted(
    classes: list[int], wanted: Splits, seed: int, data: st.DataObject
) -> None:
    groups = data.draw(st.none() | st.lists(st.integers(0, 9), min_size=len(classes), max_size=len(classes)))
    rows = carve(dataset(classes, groups), "label", wanted, seed)
    assert list(rows) == ["fit", "select", "test"]
    assert sorted(np.concatenate(list(rows.values())).tolist()) == list(range(len(classes)))
    for found in rows.values():
        assert found.dtype == np.int64
        assert (np.diff(found) > 0).all()


@given(labels, splits, seeds, st.data())
def test_no_group_is_in_two_splits(classes: list[int], wanted: Splits, seed: int, data: st.DataObject) -> None:
    groups = data.draw(st.lists(st.integers(0, 9), min_size=len(classes), max_size=len(classes)))
    rows = carve(dataset(classes, groups), "label", wanted, seed)
    members = [{groups[row] for row in found} for found in rows.values()]
    assert sum(map(len, members)) == len(set(groups))


@given(labels, shares, shares, seeds)
def test_each_class_gives_its_share_to_every_split(classes: list[int], select: float, test: float, seed: int) -> None:
    rows = carve(dataset(classes), "label", Splits(select=select, test=test), seed)
    for label, count in Counter(classes).items():
        found = {split: sum(classes[row] == label for row in rows[split]) for split in rows}
        if count >= 3:
            assert min(found.values()) >= 1
            room = count - 2
            assert found["test"] == room or abs(max(1.0, test * count) - found["test"]) <= 0.5
            rest = count - found["test"]
            assert found["select"] == rest - 1 or abs(max(1.0, select * rest) - found["select"]) <= 0.5
        else:
            assert found["fit"] >= 1


@given(labels, st.integers(0, 4), seeds, st.integers(0, 10**6))
def test_one_more_image_moves_at_most_one_other_across_each_border(
    classes: list[int], extra: int, seed: int, name: int
) -> None:
    before = carve(dataset(classes), "label", BOTH, seed)
    keys = [f"{row}.png" for row in range(len(classes))]
    after = carve(dataset([*classes, extra], keys=[*keys, f"new-{name}.png"]), "label", BOTH, seed)
    where = {row: split for split, found in after.items() for row in found}
    moved = [(split, where[row], row) for split, found in before.items() for row in found if where[row] != split]
    assert all(classes[row] == extra for *_, row in moved)
    assert len({(old, new) for old, new, _ in moved}) == len(moved) <= 2
    assert all({old, new} != {"fit", "test"} for old, new, _ in moved) or Counter(classes)[extra] < 3


@given(labels, seeds, st.randoms())
def test_the_order_of_rows_decides_nothing(classes: list[int], seed: int, random: object) -> None:
    order = list(range(len(classes)))
    random.shuffle(order)
    keys = [f"{row}.png" for row in range(len(classes))]
    one = carve(dataset(classes, keys=keys), "label", BOTH, seed)
    two = carve(dataset([classes[row] for row in order], keys=[keys[row] for row in order]), "label", BOTH, seed)
    for split in one:
        assert {keys[row] for row in one[split]} == {keys[order[row]] for row in two[split]}


def test_a_carve_does_not_change_with_releases_or_platforms() -> None:
    rows = carve(dataset([0] * 10 + [1] * 10), "label", Splits(select=0.2, test=0.3), 0)
    assert {split: found.tolist() for split, found in rows.items()} == {
        "fit": [0, 2, 3, 5, 6, 9, 10, 13, 15, 16, 18, 19],
        "select": [1, 17],
        "test": [4, 7, 8, 11, 12, 14],
    }


def test_another_seed_is_another_carve() -> None:
    images = dataset([0] * 50 + [1] * 50)
    carves = [tuple(carve(images, "label", BOTH, seed)["test"].tolist()) for seed in range(20)]
    assert len(set(carves)) == 20
    counts = Counter(row for carve_ in carves for row in carve_)
    assert len(counts) > 90  # over twenty seeds nearly every row is in test once


def test_official_rows_stay_and_only_the_rest_is_carved() -> None:
    official = ["test"] * 5 + ["fit"] * 10 + [""] * 10
    images = dataset([0, 1, 0, 1, 0] + [0, 1] * 10, official=official)
    rows = sets(carve(images, "label", Splits(select=0.2), 3))
    assert rows["test"] == set(range(5))
    assert len(rows["select"]) == 4
    assert rows["select"] <= set(range(5, 25))


def test_with_no_share_given_the_source_decides_alone_and_the_seed_changes_nothing() -> None:
    images = dataset([0, 1] * 4, official=["fit", "fit", "select", "select", "test", "test", "", ""])
    for seed in range(5):
        rows = sets(carve(images, "label", Splits(), seed))
        assert rows == {"fit": {0, 1, 6, 7}, "select": {2, 3}, "test": {4, 5}}


def test_the_share_of_test_is_of_all_rows_and_that_of_select_of_the_rows_outside_test() -> None:
    rows = carve(dataset([0] * 100), "label", Splits(select=0.25, test=0.2), 0)
    assert [len(rows[split]) for split in ("fit", "select", "test")] == [60, 20, 20]
    official = ["select"] * 50 + ["fit"] * 50
    rows = carve(dataset([0] * 100, official=official), "label", Splits(test=0.2), 0)
    assert [len(rows[split]) for split in ("fit", "select", "test")] == [30, 50, 20]


def test_groups_of_one_class_are_carved_evenly_by_class() -> None:
    classes = [row // 40 for row in range(80)]
    groups = [row // 4 for row in range(80)]
    rows = carve(dataset(classes, groups), "label", BOTH, 1)
    for label in (0, 1):
        assert [sum(classes[row] == label for row in rows[split]) for split in rows] == [24, 8, 8]


def test_mixed_groups_are_carved_evenly_over_all() -> None:
    classes = [row % 4 for row in range(400)]
    groups = [row // 4 for row in range(400)]
    rows = carve(dataset(classes, groups), "label", BOTH, 1)
    assert [len(rows[split]) for split in rows] == [256, 64, 80]


@pytest.mark.parametrize(("split", "share"), [("test", Splits(test=0.2)), ("select", Splits(select=0.2))])
def test_a_split_that_the_source_names_is_not_carved_again(split: str, share: Splits) -> None:
    images = dataset([0, 1] * 5, official=["fit"] * 8 + [split] * 2)
    with pytest.raises(UserError, match=f"The {split} split of 'pets' is to be carved"):
        carve(images, "label", share, 0)


def test_a_split_name_that_is_not_known_is_refused_and_not_taken_for_fit() -> None:
    with pytest.raises(UserError, match="names a split 'training'"):
        carve(dataset([0, 1], official=["training", "test"]), "label", Splits(), 0)


def test_examples_of_several_images_are_carved_by_all_their_keys() -> None:
    pairs = dataset([0] * 20)
    pairs = Dataset(**{**pairs.__dict__, "images": np.stack([np.zeros(20, int), np.arange(20)], 1)})
    assert [len(found) for found in carve(pairs, "label", BOTH, 0).values()] == [13, 3, 4]


# ---------------------------------------------------------------------------------------------------- check_splits


def check(images: Dataset, wanted: Splits = BOTH, names: Sequence[str] = (), seed: int = 0) -> None:
    check_splits(images, "label", carve(images, "label", wanted, seed), names)


@given(st.lists(st.integers(3, 30), min_size=2, max_size=5), seeds)
def test_enough_examples_of_every_class_pass(counts: list[int], seed: int) -> None:
    classes = [label for label, count in enumerate(counts) for _ in range(count)]
    check(dataset(classes, names=NAMES[: len(counts)]), seed=seed)


@pytest.mark.parametrize("bad", [-1, 5, 99])
def test_a_label_out_of_range_is_refused_with_its_row(bad: int) -> None:
    with pytest.raises(UserError, match=f"Label '{bad}' in row 3 of column 'label' of 'pets'"):
        check(dataset([0, 1, 2, bad, 4] * 5))


def test_the_names_of_the_target_count_where_they_are_given() -> None:
    with pytest.raises(UserError, match=r"Label '2' in row 2 .* out of range"):
        check(dataset([0, 1, 2] * 5, names=NAMES[:3]), names=NAMES[:2])


@pytest.mark.parametrize("split", ["fit", "select", "test"])
def test_an_empty_split_is_refused(split: str) -> None:
    official = [other for other in ("fit", "select", "test") if other != split] * 10
    with pytest.raises(UserError, match=f"The {split} split of 'pets' is empty"):
        check(dataset([0, 0, 1, 1] * 5, official=official, names=NAMES[:2]), Splits())


def test_one_class_only_is_refused_by_its_name() -> None:
    with pytest.raises(UserError, match="one class only: 'bee'"):
        check(dataset([1] * 10))


def test_fewer_examples_than_classes_are_refused() -> None:
    with pytest.raises(UserError, match="2 examples in fit for 5 classes"):
        check(dataset([0, 1] * 2, official=["fit", "fit", "select", "test"]), Splits())


def test_a_class_without_any_example_is_refused_by_its_name() -> None:
    with pytest.raises(UserError, match="Classes 'dog', 'eel' have no examples"):
        check(dataset([0, 1, 2] * 10))


@pytest.mark.parametrize("split", ["select", "test"])
def test_a_class_that_fit_lacks_is_refused_by_its_name(split: str) -> None:
    official = ["fit", "fit", "select", "select", "test", "test"] * 3 + [split]
    with pytest.raises(UserError, match=f"Class 'cat' has examples in {split} but none in fit"):
        check(dataset([0, 1] * 9 + [2], official=official, names=NAMES[:3]), Splits())


@pytest.mark.parametrize(
    ("wanted", "enough", "official"),
    [(BOTH, 3, None), (Splits(select=0.2), 2, ["fit"] * 20 + ["test"] * 20)],
)
def test_a_class_with_too_few_examples_for_the_carved_splits_is_refused(
    wanted: Splits, enough: int, official: list[str] | None
) -> None:
    for rare in range(1, 5):
        own = None if official is None else [*official, *["fit"] * rare]
        images = dataset([0, 1] * 20 + [2] * rare, official=own, names=NAMES[:3])
        if rare >= enough:
            check(images, wanted)
        else:
            with pytest.raises(UserError, match=f"Class 'cat' of 'pets' has too few examples: {rare}") as caught:
                check(images, wanted)
            assert f"at least {enough}" in caught.value.remedy


def test_a_class_in_too_few_groups_is_refused() -> None:
    groups = [*range(40), 90, 90, 90, 91]
    with pytest.raises(UserError, match="'cat' of 'pets' has too few groups of related examples: 2"):
        check(dataset([0, 1] * 20 + [2] * 4, groups, names=NAMES[:3]))


def test_rows_that_were_dropped_count_as_missing() -> None:
    images = dataset([0, 1, 2] * 10, names=NAMES[:3])
    rows = carve(images, "label", BOTH, 0)
    rows["fit"] = rows["fit"][images.columns["label"][rows["fit"]] != 2]
    with pytest.raises(UserError, match="Class 'cat' has examples in test but none in fit"):
        check_splits(images, "label", rows, NAMES[:3])


def test_a_class_that_official_splits_lack_is_fine_as_long_as_fit_has_it() -> None:
    official = ["fit", "fit", "select", "select", "test", "test"] * 3 + ["fit"]
    check(dataset([0, 1] * 9 + [2], official=official, names=NAMES[:3]), Splits())


def test_classes_that_need_not_occur_are_missed_by_nobody():
    """Counts of which only the range is known."""
    dataset = toy_dataset(examples=60, classes=3)
    rows = carve(dataset, "label", Splits(select=0.2, test=0.2), seed=0)
    names = tuple(f"class {n}" for n in range(50))
    with pytest.raises(UserError, match="no examples"):
        check_splits(dataset, "label", rows, names[:30])
    check_splits(dataset, "label", rows, names, sparse=True)
    rows["fit"] = rows["fit"][dataset.columns["label"][rows["fit"]] != 2]
    with pytest.raises(UserError, match="'class 2' has examples in test but none in fit"):
        check_splits(dataset, "label", rows, names, sparse=True)
