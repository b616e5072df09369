"""PIRL's loss, memory bank and puzzles against numbers worked by hand and plain loops."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from pretraining_samples import BATCH, IMAGES, batch, draw, objective
from virb.pretrain.objectives.pirl import MemoryBank, nce


def unit(*shape, seed=0):
    return functional.normalize(torch.randn(*shape, generator=draw(seed), dtype=torch.float64), dim=-1)


def test_the_loss_of_one_image_by_hand():
    one = torch.tensor([[1.0, 0.0]])
    other = torch.tensor([[0.6, 0.8]])  # cosine 0.6
    negatives = torch.tensor([[0.0, 1.0], [-1.0, 0.0]])  # cosines 0 and -1
    # With t = 0.5 the exponentials are e^1.2 = 3.320117, e^0 = 1 and e^-2 = 0.135335; their sum is 4.455452.
    # h(positive) = 0.745181, h(negatives) = 0.224444 and 0.030375.
    # -log 0.745181 - log(1 - 0.224444) - log(1 - 0.030375) = 0.294128 + 0.254175 + 0.030846 = 0.579149.
    assert nce(one, other, negatives, 0.5).item() == pytest.approx(0.579149, abs=2e-6)


def test_one_negative_as_near_as_the_positive_costs_twice_the_logarithm_of_two():
    # h = 1/2 for both: -log 1/2 - log(1 - 1/2).
    same = torch.tensor([[0.0, 1.0]])
    assert nce(same, same, same, 0.07).item() == pytest.approx(2 * math.log(2))


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("temperature", [0.07, 1.0])
def test_the_loss_is_that_of_a_plain_double_loop(shared, temperature):
    one, other = unit(6, 5), unit(6, 5, seed=1)
    negatives = unit(9, 5, seed=2) if shared else unit(6, 9, 5, seed=2)
    total = 0.0
    for row in range(6):
        pool = (negatives if shared else negatives[row]).numpy()
        positive = math.exp(float(one[row] @ other[row]) / temperature)
        scores = [math.exp(float(one[row].numpy() @ entry) / temperature) for entry in pool]
        whole = positive + sum(scores)
        total -= math.log(positive / whole) + sum(math.log(1 - score / whole) for score in scores)
    assert nce(one, other, negatives, temperature).item() == pytest.approx(total / 6, rel=1e-9)


@pytest.mark.parametrize("positive", [-1.0, 1.0])
@pytest.mark.parametrize("negative", [-1.0, 1.0])
@pytest.mark.parametrize("temperature", [1e-3, 0.07])
def test_extreme_cosines_give_a_finite_loss_and_finite_gradients(positive, negative, temperature):
    one = torch.tensor([[1.0, 0.0]], requires_grad=True)
    loss = nce(one, torch.tensor([[positive, 0.0]]), torch.tensor([[negative, 0.0]] * 3), temperature)
    loss.backward()
    assert loss.isfinite()
    assert one.grad.isfinite().all()
    if (positive, negative) == (1.0, -1.0):
        assert loss.item() == pytest.approx(0, abs=1e-5)


def test_the_bank_is_a_moving_average_of_unit_length_by_hand():
    bank = MemoryBank(3, 2, memory=0.5)
    bank.entries.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]))
    bank.remember(torch.tensor([0, 2]), torch.tensor([[0.0, 1.0], [0.6, -0.8]]))
    # (1, 0) and (0, 1) meet at (1/2, 1/2), which is (0.7071, 0.7071) at unit length;
    # (0.6, 0.8) and (0.6, -0.8) meet at (0.6, 0), which is (1, 0). Row 1 is not of the batch.
    expected = torch.tensor([[0.5**0.5, 0.5**0.5], [0.0, 1.0], [1.0, 0.0]])
    torch.testing.assert_close(bank.entries, expected)
    bank.remember(torch.tensor([1]), torch.tensor([[1.0, 0.0]]), memory=0.75)
    torch.testing.assert_close(bank.entries[1], torch.tensor([0.25, 0.75]) / 0.625**0.5)


def test_negatives_are_distinct_entries_and_never_those_of_the_batch():
    bank = MemoryBank(20, 4, memory=0.5)
    rows = torch.tensor([3, 17, 0, 5])
    place = {tuple(entry.tolist()): row for row, entry in enumerate(bank.entries)}
    seen = set()
    for seed in range(30):
        drawn = [place[tuple(entry.tolist())] for entry in bank.negatives(rows, 6, draw(seed))]
        assert len(set(drawn)) == 6
        assert not set(drawn) & set(rows.tolist())
        seen |= set(drawn)
    assert seen == set(range(20)) - set(rows.tolist())
    assert len(bank.negatives(rows, 50, draw())) == 16


def test_preparing_fills_the_bank_with_what_the_network_makes_of_each_image():
    one = objective("pirl")
    before = one.bank.entries.clone()
    whole = batch(count=IMAGES)
    batches = [
        whole._replace(images=whole.images[rows], rows=whole.rows[rows]) for rows in torch.arange(IMAGES).split(BATCH)
    ]
    made = []
    one.image_head.register_forward_hook(lambda _module, _given, out: made.append(functional.normalize(out, dim=1)))
    one.prepare(iter(batches), draw(5))
    torch.testing.assert_close(one.bank.entries[whole.rows], torch.cat(made))
    assert ((one.bank.entries - before).abs().amax(dim=1) > 1e-3).all()
    assert one.bank.entries.grad_fn is None


def test_a_step_weighs_both_losses_and_remembers_the_image():
    one = objective("pirl", share=0.3)
    rows = batch().rows
    before = one.bank.entries.clone()
    made = {}
    one.image_head.register_forward_hook(
        lambda _module, _given, out: made.update(image=functional.normalize(out, dim=1))
    )
    one.puzzle_head.register_forward_hook(
        lambda _module, _given, out: made.update(puzzle=functional.normalize(out, dim=1))
    )
    picked = []
    negatives = one.bank.negatives

    def pick(*given):
        picked.append(negatives(*given))
        return picked[-1]

    one.bank.negatives = pick
    outcome = one(batch(), draw(), 0)
    against = (before[rows], picked[0], 0.07)
    expected = 0.3 * nce(made["puzzle"], *against) + 0.7 * nce(made["image"], *against)
    assert len(picked) == 1
    assert picked[0].shape == (12, 8)
    torch.testing.assert_close(outcome.loss, expected)
    torch.testing.assert_close(outcome.embeddings, made["image"])
    moved = functional.normalize(0.5 * before[rows] + 0.5 * made["image"].detach(), dim=1)
    torch.testing.assert_close(one.bank.entries[rows], moved)


def test_no_gradient_reaches_the_bank():
    one = objective("pirl")
    one(batch(), draw(), 0).loss.backward()
    assert not one.bank.entries.requires_grad
    assert one.bank.entries.grad_fn is None


@pytest.mark.parametrize("grid", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("size", [16, 48, 96, 224])
def test_pieces_fit_into_the_cells_of_any_grid(grid, size):
    from virb.encoders._architectures import untrained
    from virb.pretrain import METHODS
    from virb.pretrain.objectives.pirl import PIRLObjective

    settings = {name: one.default for name, one in METHODS.load("pirl").settings.items()}
    one = PIRLObjective(untrained("narrow_resnet10_w8", 16, 0).module, 64, size, 4, {**settings, "grid": grid})
    cell = one.canvas / grid
    assert cell == int(cell)
    # Published: 64 pixels of a cell of 85, for images of 224.
    assert one.piece / cell == pytest.approx(64 / 85, abs=0.02)
    if size == 224:
        assert (one.piece, cell) == (64, 85)


def test_a_grid_of_five_runs():
    assert objective("pirl", grid=5)(batch(), draw(), 0).loss.isfinite()


def test_pieces_reach_the_head_in_their_shuffled_order():
    one = objective("pirl")
    shown = []
    one.trunk.register_forward_pre_hook(lambda _, given: shown.append(given[0]))
    given = []
    one.puzzle_head.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    pieces_out = []
    one.piece_head.register_forward_hook(lambda _module, _given, out: pieces_out.append(out))
    one(batch(), draw(), 0)
    assert shown[1].shape == (BATCH * 4, 3, one.piece, one.piece)
    np.testing.assert_array_equal(given[0].detach(), pieces_out[0].detach().reshape(BATCH, -1))
