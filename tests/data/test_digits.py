"""The digits are those of scikit-learn."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from virb.data import _tiles as tiles
from virb.data.digits import SOURCE
from virb.errors import UserError


def test_images_are_those_of_scikit_learn_from_black_to_white() -> None:
    images, bunch = SOURCE.open(), load_digits()
    pixels = np.stack([images.read(row) for row in range(len(images))])
    assert (pixels == pixels[..., :1]).all()
    np.testing.assert_array_equal(pixels[..., 0], np.floor(bunch.images / 16 * 255 + 0.5))
    np.testing.assert_array_equal(images.columns["label"], bunch.target)
    assert (pixels.min(), pixels.max()) == (0, 255)


def test_there_are_1797_in_ten_classes_and_no_splits_or_groups() -> None:
    images = SOURCE.open()
    assert len(images) == 1797
    assert images.class_names == {"label": tuple("0123456789")}
    assert images.official is None
    assert images.groups is None


def test_without_scikit_learn_the_command_that_gets_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="'digits' needs scikit-learn") as caught:
        SOURCE.open()
    assert "pip install 'virb[demo]'" in caught.value.remedy
