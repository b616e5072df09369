"""How many images of each class a balance keeps."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virb.data._balance import class_sizes, order
from virb.errors import UserError

TWENTY = tuple(f"kind {number}" for number in range(20))


@given(st.integers(1, 30), st.integers(1, 4000), st.sampled_from(["uniform", "linear", "log"]))
def test_sizes_sum_to_the_total_and_fall_in_the_order_of_the_classes(classes, total, balance):
    names = [f"class {number}" for number in range(classes)]
    try:
        sizes = class_sizes(names, [total] * classes, total, balance, "data")
    except UserError:  # a class would keep no image
        assert total < 60 * classes
        return
    assert sum(sizes) == total
    falling = [sizes[row] for row in order(names)]
    assert falling == sorted(falling, reverse=True)
    if balance == "uniform":
        assert falling[0] - falling[-1] <= 1


def test_a_linear_half_keeps_every_class_between_all_and_nothing():
    """Twenty classes of 400: place k keeps 400 (1 - (k + 1/2) / 20), from 390 down to 10."""
    sizes = class_sizes(TWENTY, [400] * 20, 4000, "linear", "data")
    assert [sizes[row] for row in order(TWENTY)] == [400 * Fraction(39 - 2 * k, 40) for k in range(20)]


def test_a_log_quarter_is_a_long_tail():
    """The ratio of neighbours is 50 to the power of 1/20, and the largest class stays whole but for a tenth."""
    sizes = class_sizes(TWENTY, [4000] * 20, 20_000, "log", "data")
    falling = [sizes[row] for row in order(TWENTY)]
    for before, after in pairwise(falling):
        assert before / after == pytest.approx(50 ** (1 / 20), rel=0.02)
    assert falling[0] / falling[-1] == pytest.approx(50 ** (19 / 20), rel=0.02)
    assert 0.9 < falling[0] / 4000 < 1


def test_the_order_of_classes_depends_on_their_names_alone():
    assert [TWENTY[row] for row in order(TWENTY)] == [TWENTY[::-1][row] for row in order(TWENTY[::-1])]
    assert order(TWENTY) != list(range(20))
    assert [order(("cat", "dog", "cow")), order(("dog", "cat"))] == [[0, 1, 2], [1, 0]]  # for ever


@pytest.mark.parametrize("balance", ["uniform", "linear", "log"])
def test_a_class_with_too_few_images_is_named_with_the_fraction_that_would_do(balance):
    available = [400] * 19 + [10]
    with pytest.raises(UserError, match=r"'data' has \d+ images of 'kind \d+'") as refused:
        class_sizes(TWENTY, available, sum(available), balance, "data")
    share = float(refused.value.remedy.split()[5])
    assert 0 < share < 1
    assert sum(class_sizes(TWENTY, available, int(share * sum(available)), balance, "data")) > 0


def test_a_class_without_an_image_left_is_refused():
    with pytest.raises(UserError, match="'log' balance of '25' images leaves none of 'kind"):
        class_sizes(TWENTY, [5] * 20, 25, "log", "data")
