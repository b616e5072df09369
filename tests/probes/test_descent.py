"""Training in steps: each trial as it would be alone, against a plain loop, and what happens when one diverges."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from virb.errors import ExperimentError
from virb.heads.linear import LinearHeads
from virb.probes import PROBES, Examples, Joined, Score
from virb.probes._descent import Trained, orders, trials
from virb.probes._optimisers import cosine
from virb.spec import Classes, ProbeSpec

CLASSES = Classes(count=3)
BY_ACCURACY = Score(CLASSES, "accuracy")
SHAPES = {"linear": (6,), "mlp": (2, 6), "attentive": (6, 3, 3), "siamese": (2, 6, 3, 3)}


def examples(name, n=50, seed=0):
    draw = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    shape = SHAPES[name]
    centres = np.random.default_rng(99).normal(size=(3, *shape))
    return Examples({layer_of(name): (centres[labels] + draw.normal(size=(n, *shape))).astype(np.float32)}, labels)


def layer_of(name):
    return PROBES.load(name).spec.layers[0]


def probe_of(name, **changes):
    probe = PROBES.load(name)
    grid = changes.pop("grid", probe.spec.grid)
    return dataclasses.replace(
        probe, **{"steps": 20, "batch": 16, **changes}, spec=probe.spec.model_copy(update={"grid": grid})
    )


@pytest.fixture(params=SHAPES)
def name(request):
    return request.param


def test_trained_together_or_alone_heads_are_the_same(name):
    probe, data = probe_of(name), examples(name)
    tried = trials(probe.spec)
    together = Trained(probe._recipe(), data, layer_of(name), 3, tried, 0)
    for head in (0, len(tried) - 1):
        alone = Trained(probe._recipe(), data, layer_of(name), 3, [tried[head]], 0)
        for ours, theirs in zip(together.stack.parameters(), alone.stack.parameters(), strict=True):
            torch.testing.assert_close(ours[head], theirs[0], atol=2e-4, rtol=1e-3)


def test_the_refit_of_the_same_examples_is_the_head_of_the_sweep(name):
    probe, data = probe_of(name), examples(name)
    found = probe.sweep(data, data, CLASSES, BY_ACCURACY, 3)
    head = probe.refit(data, CLASSES, found.choice, 3)
    np.testing.assert_allclose(np.exp(head.predict(data.features)), np.exp(found.outputs), atol=1e-3)


def test_a_linear_head_is_what_a_plain_loop_trains():
    probe, data = probe_of("linear", batch=512, grid={"lr": (0.05,), "weight_decay": (0.01,)}), examples("linear")
    trained = Trained(probe._recipe(), data, "embedding", 3, trials(probe.spec), 0)
    generator = torch.Generator().manual_seed(0)
    plain = nn.Linear(6, 3)
    start = LinearHeads(6, 3, 1, generator)
    plain.weight.data, plain.bias.data = start.weights.data[0], start.bias.data[0]
    rate = 0.05 * 512 / 256
    optimiser = torch.optim.SGD(
        [{"params": [plain.weight], "weight_decay": 0.01}, {"params": [plain.bias]}], lr=rate, momentum=0.9
    )
    rows = data.features["embedding"]
    inputs = torch.from_numpy(((rows - rows.mean(axis=0)) / rows.std(axis=0)).astype(np.float32))
    for share in cosine(20):
        optimiser.zero_grad()
        nn.functional.cross_entropy(plain(inputs), torch.from_numpy(data.labels)).backward()
        for group in optimiser.param_groups:
            group["lr"] = rate * share
        optimiser.step()
    theirs = plain(inputs).log_softmax(dim=1).detach().numpy()
    ours = trained.log_probabilities(trained.inputs.open(rows), 50, 0)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_maps_that_are_read_batch_by_batch_give_the_same_heads():
    probe, data, new = probe_of("attentive"), examples("attentive"), examples("attentive", seed=1)
    rows = data.features["stage4"]
    parts = Examples({"stage4": Joined(rows[:20], rows[20:])}, data.labels)
    one, other = (probe.fit(given, new, CLASSES, BY_ACCURACY, 0) for given in (data, parts))
    assert one.trials == other.trials
    np.testing.assert_array_equal(one.predict(new.features), other.predict(new.features))


def test_a_trial_that_diverges_is_the_worst_and_the_others_do_not_notice(name):
    data = examples(name)
    fine = {"lr": (1e-3, 1e-2), "weight_decay": (0.1,)}
    found = probe_of(name, grid={**fine, "lr": (*fine["lr"], 1e30)}).sweep(data, data, CLASSES, BY_ACCURACY, 0)
    without = probe_of(name, grid=fine).sweep(data, data, CLASSES, BY_ACCURACY, 0)
    assert found.choice == without.choice
    assert found.notes[0] == "1 of 3 trials diverged: lr = 1e+30, weight_decay = 0.1"
    (worst,) = (trial for trial in found.trials if trial.settings["lr"] == 1e30)
    assert (worst.score, worst.loss) == (-np.inf, np.inf)
    np.testing.assert_allclose(np.exp(found.outputs), np.exp(without.outputs), atol=1e-3)


def test_where_every_trial_diverges_the_experiment_fails(name):
    data, probe = examples(name), probe_of(name, grid={"lr": (1e30, 1e31), "weight_decay": (0.1,)})
    with pytest.raises(ExperimentError, match="All 2 trials diverged"):
        probe.sweep(data, data, CLASSES, BY_ACCURACY, 0)
    with pytest.raises(ExperimentError, match=r"diverged, at lr = 1e\+30, weight_decay = 0\.1"):
        probe.refit(data, CLASSES, {"lr": 1e30, "weight_decay": 0.1}, 0)


def test_too_few_steps_to_see_every_example_are_noted():
    data = examples("linear")
    few, enough = (probe_of("linear", steps=steps).refit(data, CLASSES, {"lr": 0.01, "weight_decay": 0.0}, 0)
                   for steps in (2, 4))  # fmt: skip
    assert few.notes == ("2 steps of 16 examples saw 64% of the 50, and none twice",)
    assert enough.notes == ()


def test_the_number_of_threads_stays_as_it_is():
    before = torch.get_num_threads()
    data = examples("linear")
    probe_of("linear").fit(data, data, CLASSES, BY_ACCURACY, 0)
    assert torch.get_num_threads() == before


def test_the_random_state_of_the_caller_stays_as_it_is(name):
    before = torch.get_rng_state()
    data = examples(name)
    probe_of(name).fit(data, data, CLASSES, BY_ACCURACY, 0)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_strongest_regularisation_comes_first():
    tried = trials(ProbeSpec(name="p", grid={"lr": (0.1, 0.01), "weight_decay": (0.0, 1.0)}))
    assert [(trial["weight_decay"], trial["lr"]) for trial in tried] == [
        (1.0, 0.01),
        (1.0, 0.1),
        (0.0, 0.01),
        (0.0, 0.1),
    ]


def test_of_equal_trials_the_strongest_regularisation_is_chosen():
    data = examples("linear")
    grid = {"lr": (0.1, 0.01), "weight_decay": (0.0, 1.0, 0.5)}
    found = probe_of("linear", grid=grid).sweep(data, data, CLASSES, lambda outputs, labels: (0.5, 1.0), 0)
    assert found.choice == {"lr": 0.01, "weight_decay": 1.0}


@pytest.mark.parametrize(("n", "batch"), [(10, 4), (10, 5), (7, 3)])
def test_each_example_comes_once_before_any_comes_again(n, batch):
    ids = np.concatenate(list(orders(n, batch, 25, torch.Generator().manual_seed(0))))
    assert len(ids) == 25 * batch
    for start in range(0, len(ids) - n, n):
        assert set(ids[start : start + n]) == set(range(n))
    assert list(ids[:n]) != list(ids[n : 2 * n])


def test_a_batch_holds_no_more_than_there_are():
    for ids in orders(3, 8, 4, torch.Generator().manual_seed(0)):
        assert sorted(ids) == [0, 1, 2]


def test_learning_rates_at_the_edge_are_noted_but_not_one_of_two_weight_decays():
    data = examples("linear")
    for decays, edges in (((0.0, 1.0), 1), ((0.0, 0.5, 1.0), 2)):
        probe = probe_of("linear", grid={"lr": (0.1, 0.01, 0.03), "weight_decay": decays})
        found = probe.sweep(data, data, CLASSES, lambda outputs, labels: (0.5, 1.0), 0)
        assert found.notes[0] == "lr = 0.01 is the smallest tried"
        assert len(found.notes) == edges
