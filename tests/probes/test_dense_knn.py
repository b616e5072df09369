"""What is particular to cells that vote; what all dense probes do is in test_dense_contract.py."""

import numpy as np
import pytest
import torch

from dense_samples import CLASSES, DEPTH, SCORES, examples
from virb.probes import _neighbouring_cells as module
from virb.probes._cells import cells_of
from virb.probes._neighbouring_cells import Memory, nearest
from virb.probes._truth import truth_of
from virb.probes.dense_knn import PROBE

KS = [1, 5, 20]


def plain(fit, new, target, k):
    """Ten lines that say what is meant."""
    truth, maps = truth_of(fit.labels, target), fit.features["stage1"].astype(np.float64)
    mean, deviation = (getattr(maps, name)(axis=(0, 2, 3), keepdims=True) for name in ("mean", "std"))
    means, weights = (part.double().numpy() for part in cells_of(truth, fit.labels, (4, 4)).rows)

    def rows(maps):
        flat = ((maps - mean) / deviation).transpose(0, 2, 3, 1).reshape(-1, 8)
        return flat / np.linalg.norm(flat, axis=1, keepdims=True)

    known = weights > 0
    memory, means, weights = rows(maps)[known], means[known], weights[known]
    votes = []
    for similarity in rows(new.features["stage1"].astype(np.float64)) @ memory.T:
        near = np.argsort(-similarity)[:k]
        votes.append(np.average(means[near], axis=0, weights=np.exp(similarity[near] / 0.07) * weights[near]))
    maps = torch.from_numpy(np.array(votes, np.float32)).view(len(new), 4, 4, -1).permute(0, 3, 1, 2)
    return truth.answer_of_means(maps.contiguous())


@pytest.mark.parametrize("target", [CLASSES, DEPTH], ids=["classes", "values"])
def test_votes_are_those_of_the_plain_rule(target):
    fit, new = examples(25, 1, target), examples(6, 2, target)
    fit.labels[np.random.default_rng(0).random(fit.labels.shape[:3]) < 0.7] = 255 if target is CLASSES else np.nan
    ours = list(Memory(fit, "stage1", target, KS, 0).predictions(new.features))
    for k, mine in zip(KS, ours, strict=True):
        theirs = plain(fit, new, target, k)
        np.testing.assert_allclose(*(np.exp(part) if target is CLASSES else part for part in (mine, theirs)), atol=1e-4)


@pytest.mark.parametrize(("q", "m", "k"), [(5, 3000, 7), (5, 3001, 1), (3, 90, 50), (2, 20, 20), (4, 640, 9)])
def test_the_nearest_are_those_of_a_full_sort(q, m, k):
    similarity = torch.randn(q, m, generator=torch.Generator().manual_seed(0))
    values, ids = nearest(similarity, k)
    expected, order = similarity.sort(dim=1, descending=True)
    torch.testing.assert_close(values, expected[:, :k])
    torch.testing.assert_close(ids, order[:, :k])


def test_equal_similarities_are_all_real_memories():
    values, ids = nearest(torch.full((3, 1000), -1.0), 11)
    assert (values == -1).all()
    assert (ids < 1000).all()
    assert all(len(set(row.tolist())) == 11 for row in ids)


def test_blocks_of_the_search_change_nothing(monkeypatch):
    fit, new = examples(25, 1), examples(6, 2)
    expected = list(Memory(fit, "stage1", CLASSES, KS, 0).predictions(new.features))
    monkeypatch.setattr(module, "QUERIES", 7)
    monkeypatch.setattr(module, "GROUP", 4)
    ours = list(Memory(fit, "stage1", CLASSES, KS, 0).predictions(new.features))
    np.testing.assert_allclose(np.exp(ours), np.exp(expected), atol=1e-5)


def test_of_very_many_cells_a_seeded_draw_is_remembered_and_noted(monkeypatch):
    monkeypatch.setattr(module, "MEMORY", 60)
    fit, new = examples(25, 1), examples(6, 2)
    one, same, other = (Memory(fit, "stage1", CLASSES, [5], seed) for seed in (0, 0, 1))
    assert one.notes == ("60 of 400 labelled cells of 'stage1' are used",)
    first, second, third = (next(memory.predictions(new.features)) for memory in (one, same, other))
    np.testing.assert_array_equal(first, second)
    assert (first != third).any()


def test_where_there_are_fewer_cells_than_neighbours_all_of_them_vote():
    fit, new = examples(2, 1), examples(3, 2)
    answers = list(Memory(fit, "stage3", CLASSES, [8, 50], 0).predictions(new.features))
    np.testing.assert_array_equal(*answers)


def test_of_equal_trials_the_most_neighbours_are_chosen():
    fit, select = examples(25, 1), examples(6, 2)
    fit.labels[:] = select.labels[:] = 2
    assert PROBE.sweep(fit, select, CLASSES, SCORES[CLASSES], 0).choice == {"k": 50}


def test_a_cell_at_the_mean_of_all_is_answered_with_finite_numbers():
    fit = examples(25, 1)
    middle = np.broadcast_to(fit.features["stage1"].mean(axis=(0, 2, 3))[:, None, None], (1, 8, 4, 4))
    for outputs in Memory(fit, "stage1", CLASSES, KS, 0).predictions({"stage1": middle}):
        assert np.isfinite(outputs).all()


def test_a_copy_of_a_cell_decides():
    fit, new = examples(25, 1), examples(1, 2)
    fit.features["stage1"][3], fit.labels[3] = new.features["stage1"][0], 2
    (outputs,) = Memory(fit, "stage1", CLASSES, [1], 0).predictions(new.features)
    assert (outputs.argmax(axis=-1) == 2).all()
