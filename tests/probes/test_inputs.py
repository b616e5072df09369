"""What heads read: against plain arithmetic, from memory and from disk."""

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from virb.errors import ExperimentError
from virb.probes import Examples, Joined
from virb.probes._inputs import Combined, Maps, Vectors

LABELS = np.zeros(20, np.int64)
ALL = np.arange(20)


def drawn(*shape, seed=0):
    return (3 + 2 * np.random.default_rng(seed).normal(size=shape)).astype(np.float32)


def read(kind, rows, new=None, **options):
    inputs = kind(Examples({"stage4": rows}, LABELS), "stage4", **options)
    batch = inputs.open(rows if new is None else new)(np.arange(len(rows if new is None else new))).numpy()
    assert batch.shape[1:] == inputs.shape
    return batch


def standard(rows):
    return StandardScaler().fit_transform(rows.astype(np.float64))


def test_vectors_are_standardised_and_lie_side_by_side():
    rows = drawn(20, 3, 4)
    np.testing.assert_allclose(read(Vectors, rows), standard(rows.reshape(20, 12)), atol=1e-5)


def test_columns_that_do_not_vary_are_left_out():
    rows = drawn(20, 4)
    rows[:, 2] = 0.1
    np.testing.assert_array_equal(read(Vectors, rows), read(Vectors, np.delete(rows, 2, axis=1)))


def test_ids_choose_the_rows_of_a_batch():
    rows = drawn(20, 4)
    batches = Vectors(Examples({"stage4": rows}, LABELS), "stage4").open(rows)
    np.testing.assert_array_equal(batches(np.array([7, 3, 7])), batches(ALL)[[7, 3, 7]])


@pytest.mark.parametrize("rows", [drawn(20, 4), drawn(20, 1, 4)], ids=["n x width", "n x 1 x width"])
def test_of_one_image_there_is_nothing_to_combine(rows):
    np.testing.assert_allclose(read(Combined, rows), standard(rows.reshape(20, 4)), atol=1e-5)


def test_of_two_images_product_and_difference_are_read():
    rows = drawn(20, 2, 4)
    images = standard(rows.reshape(40, 4)).reshape(20, 2, 4)
    first, second = images[:, 0], images[:, 1]
    expected = standard(np.concatenate([first, second, first * second, second - first], axis=1))
    np.testing.assert_allclose(read(Combined, rows), expected, atol=1e-4)


def test_of_two_equal_images_the_difference_is_left_out():
    rows = np.repeat(drawn(20, 1, 4), 2, axis=1)
    assert read(Combined, rows).shape == (20, 12)


def test_of_six_images_the_mean_and_each_are_read():
    rows = drawn(20, 6, 4)
    images = standard(rows.reshape(120, 4)).reshape(20, 6, 4)
    expected = standard(np.concatenate([images.mean(axis=1), images.reshape(20, 24)], axis=1))
    np.testing.assert_allclose(read(Combined, rows), expected, atol=1e-4)


def test_maps_are_standardised_by_channel():
    rows = drawn(20, 4, 3, 2)
    mean, deviation = rows.mean(axis=(0, 2, 3), keepdims=True), rows.std(axis=(0, 2, 3), keepdims=True)
    np.testing.assert_allclose(read(Maps, rows, joined=True), (rows - mean) / deviation, atol=1e-4)


def test_maps_of_several_images_stay_apart_or_become_channels_of_one():
    rows = drawn(20, 2, 4, 3, 2)
    rows[:, :, 1] = 7
    apart, joined = read(Maps, rows, joined=False), read(Maps, rows, joined=True)
    assert apart.shape == (20, 2, 3, 3, 2)
    np.testing.assert_array_equal(joined, apart.reshape(20, 6, 3, 2))
    live = np.delete(rows, 1, axis=2)
    mean, deviation = live.mean(axis=(0, 1, 3, 4), keepdims=True), live.std(axis=(0, 1, 3, 4), keepdims=True)
    np.testing.assert_allclose(apart, (live - mean) / deviation, atol=1e-4)


def test_new_features_are_taken_by_the_statistics_of_fit():
    for kind, shape, options in ((Vectors, (4,), {}), (Combined, (2, 4), {}), (Maps, (4, 3, 2), {"joined": True})):
        rows, new = drawn(20, *shape), drawn(5, *shape, seed=1)
        new[0] = rows[0]
        np.testing.assert_allclose(read(kind, rows, new, **options)[0], read(kind, rows, **options)[0], atol=1e-6)


def test_maps_in_two_parts_are_read_like_whole_ones():
    rows = drawn(20, 4, 3, 2)
    parts = Joined(rows[:13], rows[13:])
    inputs = Maps(Examples({"stage4": parts}, LABELS), "stage4", joined=True)
    np.testing.assert_array_equal(inputs.open(parts)(ALL).numpy(), read(Maps, rows, joined=True))


@pytest.mark.parametrize(("kind", "options"), [(Vectors, {}), (Combined, {}), (Maps, {"joined": True})])
def test_new_features_that_are_not_finite_are_refused(kind, options):
    rows = drawn(20, 4, 3, 2) if kind is Maps else drawn(20, 4)
    inputs = kind(Examples({"stage4": rows}, LABELS), "stage4", **options)
    broken = rows.copy()
    broken[3, 0] = np.nan
    with pytest.raises(ExperimentError, match="layer 'stage4' are not finite in 1 of 20 examples"):
        inputs.open(broken)(ALL)


@pytest.mark.parametrize(("kind", "options"), [(Combined, {}), (Maps, {"joined": True}), (Maps, {"joined": False})])
def test_images_that_differ_but_are_the_same_for_every_example_are_refused(kind, options):
    rows = np.repeat(drawn(1, 2, 4, 3, 2) if kind is Maps else drawn(1, 2, 4), 20, axis=0)
    with pytest.raises(ExperimentError, match="layer 'stage4' are the same for every example of fit"):
        kind(Examples({"stage4": rows}, LABELS), "stage4", **options)
