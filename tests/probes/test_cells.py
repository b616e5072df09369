"""Truth brought to the cells of a map, against plain loops; and maps brought to the truth."""

import math

import numpy as np
import pytest
import torch

from virb.errors import ExperimentError
from virb.probes._cells import cells_of, rows_of, weights_of
from virb.probes._truth import truth_of
from virb.spec import Classes, Values

SHAPES = [((12, 12), (4, 4)), ((13, 17), (5, 7)), ((4, 4), (1, 1)), ((3, 5), (6, 5)), ((1, 1), (1, 1))]
CLASSES = Classes(count=3, dense=True, ignore=255)


def covered(cell, cells, pixels):
    return slice(math.floor(cell * pixels / cells), math.ceil((cell + 1) * pixels / cells))


def ids(size, n=4, seed=0):
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, 3, (n, *size))
    labels[draw.random(labels.shape) < 0.4] = 255
    labels[0] = 255
    labels[1, 0, 0] = 2
    return labels


@pytest.mark.parametrize(("size", "cells"), SHAPES, ids=str)
def test_shares_of_classes_are_counted_among_labelled_pixels(size, cells):
    labels = np.concatenate([ids(size), np.broadcast_to(np.arange(3)[:, None, None], (3, *size))])
    found = cells_of(truth_of(labels, CLASSES), labels, cells)
    assert torch.equal(weights_of(truth_of(labels, CLASSES), labels, cells), found.weights)
    for image, row, column in np.ndindex(len(labels), *cells):
        pixels = labels[image, covered(row, cells[0], size[0]), covered(column, cells[1], size[1])]
        known = pixels[pixels != 255]
        assert found.weights[image, row, column] == pytest.approx(known.size / pixels.size, abs=1e-6)
        expected = [(known == k).mean() if known.size else 0 for k in range(3)]
        np.testing.assert_allclose(found.means[image, :, row, column], expected, atol=1e-6)


@pytest.mark.parametrize("positive", [True, False])
@pytest.mark.parametrize(("size", "cells"), SHAPES, ids=str)
def test_values_are_averaged_where_they_are_known_in_logarithms_where_they_are_positive(size, cells, positive):
    draw = np.random.default_rng(0)
    labels = draw.uniform(0.5, 9, (4, *size, 2)).astype(np.float32)
    labels[draw.random(labels.shape) < 0.3] = np.nan
    labels[0] = np.nan
    labels[1] = 1.5
    found = cells_of(truth_of(labels, Values(size=2, dense=True, positive=positive)), labels, cells)
    for image, row, column in np.ndindex(4, *cells):
        pixels = labels[image, covered(row, cells[0], size[0]), covered(column, cells[1], size[1])].reshape(-1, 2)
        known = pixels[~np.isnan(pixels).any(axis=1)].astype(np.float64)
        assert found.weights[image, row, column] == pytest.approx(len(known) / len(pixels), abs=1e-6)
        expected = (np.log(known) if positive else known).mean(axis=0) if len(known) else [0, 0]
        np.testing.assert_allclose(found.means[image, :, row, column], expected, atol=1e-5)


def test_rows_of_cells_are_in_the_order_of_images_then_rows_then_columns():
    maps = torch.arange(2 * 3 * 4 * 5.0).view(2, 3, 4, 5)
    rows = rows_of(maps)
    for place, (image, row, column) in enumerate(np.ndindex(2, 4, 5)):
        assert (rows[place] == maps[image, :, row, column]).all()


def bilinear(values, size):
    """Between centres of cells, one pixel after the other."""
    rows, columns = values.shape
    out = np.empty(size)
    for r, c in np.ndindex(*size):
        y = min(max((r + 0.5) * rows / size[0] - 0.5, 0), rows - 1)
        x = min(max((c + 0.5) * columns / size[1] - 0.5, 0), columns - 1)
        top, left = int(y), int(x)
        below, right = min(top + 1, rows - 1), min(left + 1, columns - 1)
        a, b = y - top, x - left
        upper, lower = ((1 - b) * values[row, left] + b * values[row, right] for row in (top, below))
        out[r, c] = (1 - a) * upper + a * lower
    return out


@pytest.mark.parametrize(("size", "cells"), SHAPES, ids=str)
def test_maps_are_enlarged_between_the_centres_of_cells(size, cells):
    labels = np.random.default_rng(1).uniform(1, 2, (2, *size, 1)).astype(np.float32)
    truth = truth_of(labels, Values(size=1, dense=True))
    maps = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 1, *cells)).astype(np.float32))
    for image, answer in enumerate(truth.answer(maps)):
        np.testing.assert_allclose(answer[..., 0], bilinear(maps[image, 0].double().numpy(), size), atol=1e-5)


def test_log_probabilities_are_taken_after_enlarging():
    labels = np.broadcast_to(np.arange(3)[:, None, None], (3, 6, 6))
    maps = torch.from_numpy(np.random.default_rng(0).normal(size=(1, 3, 2, 2)).astype(np.float32))
    answer = truth_of(labels, CLASSES).answer(maps)[0]
    scores = np.stack([bilinear(plane.double().numpy(), (6, 6)) for plane in maps[0]], axis=-1)
    expected = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    np.testing.assert_allclose(answer, expected, atol=1e-5)


def test_positive_values_are_kept_near_the_range_of_fit():
    labels = np.array([2.0, 8.0], np.float32).reshape(2, 1, 1, 1)
    truth = truth_of(labels, Values(size=1, dense=True, positive=True))
    answer = truth.answer(torch.tensor([-50.0, np.log(3.0), 50.0]).view(3, 1, 1, 1))
    np.testing.assert_allclose(answer.ravel(), [1, 3, 16], rtol=1e-5)


@pytest.mark.parametrize("target", [CLASSES, Values(size=1, dense=True), Values(size=2, dense=True)], ids=str)
def test_the_loss_is_the_mean_over_labelled_pixels(target):
    draw = np.random.default_rng(0)
    if isinstance(target, Classes):
        labels = ids((6, 6))
        truth, maps = truth_of(labels, target), torch.randn(4, 3, 6, 6, generator=torch.Generator().manual_seed(0))
        log_shares = maps.log_softmax(dim=1).permute(0, 2, 3, 1).numpy()
        known = labels != 255
        expected = -np.take_along_axis(log_shares[known], labels[known][:, None], axis=1).mean()
    else:
        labels = draw.normal(size=(4, 6, 6, target.size)).astype(np.float32)
        labels[draw.random((4, 6, 6)) < 0.3] = np.nan
        truth = truth_of(labels, target)
        maps = torch.randn(4, target.size, 6, 6, generator=torch.Generator().manual_seed(0))
        known = ~np.isnan(labels).any(axis=-1)
        error, spread = maps.permute(0, 2, 3, 1).numpy()[known] - labels[known], labels[known].std(axis=0)
        lengths = np.linalg.norm(error, axis=1) / np.linalg.norm(spread) if target.size == 2 else np.abs(error) / spread
        expected = lengths.mean()
    assert truth.loss(maps, labels).item() == pytest.approx(expected, rel=1e-4)
    void = np.full_like(labels, 255 if isinstance(target, Classes) else np.nan)
    maps.requires_grad_()
    loss = truth.loss(maps, void)
    loss.backward()
    assert loss.item() == 0
    assert (maps.grad == 0).all()


def test_an_exact_answer_has_a_gradient():
    labels = np.random.default_rng(0).normal(size=(2, 3, 3, 2)).astype(np.float32)
    truth = truth_of(labels, Values(size=2, dense=True))
    maps = torch.from_numpy(labels).permute(0, 3, 1, 2).clone().requires_grad_()
    truth.loss(maps, labels).backward()
    assert maps.grad.isfinite().all()


def test_examples_without_a_label_are_told_apart():
    labels = ids((4, 4), 70)
    labels[65] = 255
    assert set(range(70)) - set(truth_of(labels, CLASSES).rows) == {0, 65}
    with pytest.raises(ExperimentError, match="no labelled pixel in fit"):
        truth_of(labels[:1], CLASSES)
