"""What is particular to trained networks on maps; what all dense probes do is in test_dense_contract.py."""

import numpy as np
import pytest
import torch

from dense_samples import CLASSES, DEPTH, MOTION, SCORES, examples, short, with_spec
from virb.errors import ExperimentError
from virb.heads.matching import Matching
from virb.heads.pyramid import Pyramid
from virb.probes import Score, _dense_training
from virb.probes._dense_training import TrainedMaps
from virb.probes.dense_pyramid import PROBE

LAYERS = ("stage1", "stage3")


def with_rates(steps, *rates):
    return with_spec(short(PROBE, steps), grid={"lr": rates}, layers=LAYERS)


def test_a_network_alone_is_the_network_among_others():
    fit, new = examples(40, 1), examples(5, 2)
    rates = [1e-3, 1e-2]
    together = list(TrainedMaps(fit, LAYERS, CLASSES, Pyramid, rates, 5, 0).predictions(new.features))
    for rate, ours in zip(rates, together, strict=True):
        (alone,) = TrainedMaps(fit, LAYERS, CLASSES, Pyramid, [rate], 5, 0).predictions(new.features)
        np.testing.assert_array_equal(ours, alone)


def test_layers_are_read_together():
    """Each of two layers shows one half of the image only."""
    fit, test = (
        examples(n, seed, DEPTH, sizes={"stage1": (4, 4), "stage3": (4, 4)}) for n, seed in ((150, 1), (50, 2))
    )
    for split in (fit, test):
        split.features["stage1"][:, :, :2] = 0
        split.features["stage3"][:, :, 2:] = 0
    head = with_rates(60, 1e-2).refit(fit, DEPTH, {"lr": 1e-2}, 0)
    alone = with_spec(with_rates(60, 1e-2), layers=("stage1",)).refit(fit, DEPTH, {"lr": 1e-2}, 0)
    both, one = (SCORES[DEPTH](h.predict(test.features), test.labels)[0] for h in (head, alone))
    assert both > one + 0.1


def test_trials_that_diverge_are_scored_worst_and_noted():
    found = with_rates(4, 1e-3, 1e38).sweep(examples(20, 1), examples(10, 2), CLASSES, SCORES[CLASSES], 0)
    assert found.choice == {"lr": 1e-3}
    assert (found.trials[1].score, found.trials[1].loss) == (-np.inf, np.inf)
    assert "1 of 2 trials diverged: lr = 1e+38" in found.notes


def test_where_all_trials_diverge_there_is_no_score():
    with pytest.raises(ExperimentError, match="All 2 trials diverged"):
        with_rates(4, 1e37, 1e38).sweep(examples(20, 1), examples(10, 2), CLASSES, SCORES[CLASSES], 0)
    with pytest.raises(ExperimentError, match="fitted again on fit and select diverged, at lr = 1e\\+38"):
        with_rates(4, 1e38).refit(examples(20, 1), CLASSES, {"lr": 1e38}, 0)


def test_too_few_steps_to_see_every_example_are_noted():
    head = with_rates(1, 1e-3).refit(examples(64, 1), CLASSES, {"lr": 1e-3}, 0)
    assert head.notes == ("1 steps of 32 examples saw 50% of the 64, and none twice",)
    assert with_rates(2, 1e-3).refit(examples(64, 1), CLASSES, {"lr": 1e-3}, 0).notes == ()


def test_random_numbers_of_others_are_left_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    with_rates(1, 1e-3).refit(examples(10, 1), CLASSES, {"lr": 1e-3}, 0)
    torch.testing.assert_close(torch.rand(2), expected)


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_values_of_any_scale_are_learnt_alike(scale):
    fit, test = examples(60, 1, DEPTH), examples(20, 2, DEPTH)
    one = with_rates(20, 1e-2).refit(fit, DEPTH, {"lr": 1e-2}, 0).predict(test.features)
    fit.labels[:] *= scale
    other = with_rates(20, 1e-2).refit(fit, DEPTH, {"lr": 1e-2}, 0).predict(test.features)
    np.testing.assert_allclose(other / scale, one, rtol=0.02)


def test_of_equal_trials_the_smallest_rate_is_chosen():
    fit, select = examples(20, 1), examples(10, 2)
    fit.labels[:] = select.labels[:] = 2
    assert with_rates(1, 1e-2, 1e-3).sweep(fit, select, CLASSES, Score(CLASSES, "miou"), 0).choice == {"lr": 1e-3}


def answers(fit, target, layers=LAYERS, build=Pyramid):
    """What a network says after a few steps of 32 examples."""
    return next(TrainedMaps(fit, layers, target, build, [1e-2], 4, 0).predictions(fit.features))


@pytest.mark.parametrize("target", [CLASSES, DEPTH], ids=["classes", "values"])
@pytest.mark.parametrize("together", [1, 5, 31])
def test_a_step_in_parts_is_the_step_of_the_whole(target, together, monkeypatch):
    """Examples have from one row of labelled pixels to all, so that parts weigh differently."""
    fit = examples(40, 1, target)
    void = 255 if target is CLASSES else np.nan
    for row in range(40):
        fit.labels[row, : row % 12] = void
    whole = answers(fit, target)
    each = sum(fit.features[layer][0].size for layer in LAYERS) + 12 * 12 * (target.count if target is CLASSES else 1)
    calls = []
    loss = TrainedMaps._loss
    monkeypatch.setattr(_dense_training, "NUMBERS", together * each)
    monkeypatch.setattr(TrainedMaps, "_loss", lambda self, *args: calls.append(len(args[-1])) or loss(self, *args))
    np.testing.assert_allclose(answers(fit, target), whole, rtol=1e-3, atol=1e-3)
    assert calls[:2] == [together, min(together, 32 - together)]
    assert sum(calls) == 4 * 32


def test_two_images_are_compared_the_same_in_parts(monkeypatch):
    fit = examples(40, 1, MOTION, images=2)
    whole = answers(fit, MOTION, ("stage1", "stage3"), Matching)
    monkeypatch.setattr(_dense_training, "NUMBERS", 1)
    np.testing.assert_allclose(answers(fit, MOTION, ("stage1", "stage3"), Matching), whole, rtol=1e-3, atol=1e-3)
