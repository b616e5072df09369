"""What every probe of the shelf must do. A plug-in's author may run the same checks on theirs."""

import dataclasses
import inspect

import numpy as np
import pytest

from virb.errors import ExperimentError
from virb.metrics.classification import accuracy, primary_score
from virb.probes import PROBES, Examples, Probe
from virb.spec import Classes, Values

CLASSES = Classes(count=4)


def by_accuracy(outputs, labels):
    return primary_score(outputs, labels, "accuracy")


def examples(n, seed, width=12, classes=4, distance=1.5, layers=("embedding",)):
    """Round clouds, one a class, around centres that are the same for every seed, so that splits agree."""
    centres = distance * np.random.default_rng(1000).normal(size=(classes, width))
    draw = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    features = {layer: (centres[labels] + draw.normal(size=(n, width))).astype(np.float32) for layer in layers}
    return Examples(features, labels)


def fitted(probe, fit, select, target=CLASSES, seed=0):
    return probe.fit(fit, select, target, by_accuracy, seed)


@pytest.fixture(params=PROBES.names())
def probe(request):
    return PROBES.load(request.param)


def test_separable_classes_are_learnt(probe):
    test = examples(400, 3)
    answer = fitted(probe, examples(200, 1), examples(60, 2))
    assert accuracy(answer.predict(test.features), test.labels) > 0.93


def test_labels_that_have_nothing_to_do_with_the_features_give_chance(probe):
    fit, select, test = (examples(n, seed, distance=0.0) for n, seed in ((300, 1), (100, 2), (2000, 3)))
    # Four standard errors around one in four.
    assert abs(accuracy(fitted(probe, fit, select).predict(test.features), test.labels) - 0.25) < 0.04


def test_there_is_no_way_to_hand_over_the_test_split(probe):
    assert list(inspect.signature(probe.fit).parameters) == ["fit", "select", "target", "score", "seed"]
    assert inspect.signature(probe.fit).parameters.keys() == inspect.signature(Probe.fit).parameters.keys() - {"self"}


def test_the_same_request_has_the_same_answer(probe):
    fit, select, test = examples(120, 1), examples(40, 2), examples(50, 3)
    one, other = fitted(probe, fit, select), fitted(probe, fit, select)
    assert one.trials == other.trials
    assert one.choice == other.choice
    np.testing.assert_array_equal(one.predict(test.features), other.predict(test.features))


def test_a_seed_changes_nothing_where_nothing_is_drawn(probe):
    fit, select = examples(60, 1), examples(20, 2)
    assert fitted(probe, fit, select, seed=0).trials == fitted(probe, fit, select, seed=7).trials


def test_outputs_are_log_probabilities(probe):
    test = examples(30, 3)
    answer = fitted(probe, examples(120, 1), examples(40, 2))
    for outputs in (answer.predict(test.features), answer.select_outputs):
        assert outputs.dtype == np.float32
        np.testing.assert_allclose(np.exp(outputs.astype(float)).sum(axis=1), 1, atol=1e-5)
    assert answer.predict(test.features).shape == (30, 4)


def test_one_example_alone_is_predicted_as_among_others(probe):
    test = examples(30, 3)
    answer = fitted(probe, examples(120, 1), examples(40, 2))
    alone = answer.predict({"embedding": test.features["embedding"][4:5]})
    np.testing.assert_allclose(alone[0], answer.predict(test.features)[4], atol=1e-4)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("split", ["fit", "select"])
def test_features_that_are_not_finite_are_refused_and_counted(probe, split, value):
    splits = {"fit": examples(40, 1), "select": examples(20, 2)}
    splits[split].features["embedding"][[1, 1, 5], [0, 2, 3]] = value
    with pytest.raises(ExperimentError, match=r"layer 'embedding' are not finite in 2 of (40|20) examples"):
        fitted(probe, **splits)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e8])
def test_features_that_are_all_the_same_are_refused(probe, value):
    fit = Examples({"embedding": np.full((40, 6), value, np.float32)}, np.arange(40) % 4)
    with pytest.raises(ExperimentError, match="layer 'embedding' are the same for every example of fit"):
        fitted(probe, fit, examples(20, 2, width=6))


def test_a_column_that_is_dead_in_fit_changes_nothing_even_when_it_wakes_in_test(probe):
    fit, select, test = examples(120, 1), examples(40, 2), examples(50, 3)
    expected = fitted(probe, fit, select).predict(test.features)

    def widened(split, value):
        column = np.full((len(split), 1), value, np.float32)
        return Examples({"embedding": np.concatenate([split.features["embedding"], column], axis=1)}, split.labels)

    answer = fitted(probe, widened(fit, 0.3), widened(select, 0.3))
    np.testing.assert_allclose(np.exp(answer.predict(widened(test, 1e4).features)), np.exp(expected), atol=1e-3)


def test_a_class_that_only_select_has_is_predicted_after_the_refit(probe):
    fit, select, test = examples(200, 1), examples(200, 2), examples(100, 3)
    rows = fit.labels != 3
    answer = fitted(probe, Examples({"embedding": fit.features["embedding"][rows]}, fit.labels[rows]), select)
    assert answer.select_outputs.argmax(axis=1).max() == 2
    outputs = answer.predict(test.features)
    assert (outputs.argmax(axis=1)[test.labels == 3] == 3).mean() > 0.8


def test_classes_that_nobody_has_get_a_column_of_almost_nothing(probe):
    fit, select, test = examples(80, 1), examples(40, 2), examples(30, 3)
    outputs = fitted(probe, fit, select, Classes(count=9)).predict(test.features)
    assert outputs.shape == (30, 9)
    np.testing.assert_allclose(outputs[:, 4:], np.log(np.finfo(np.float32).eps), rtol=1e-6)
    assert accuracy(outputs, test.labels) > 0.85


def test_one_class_alone_is_certain(probe):
    fit, select = examples(30, 1, classes=1), examples(10, 2, classes=1)
    outputs = fitted(probe, fit, select).predict(select.features)
    np.testing.assert_allclose(outputs[:, 0], 0, atol=1e-6)


@pytest.mark.parametrize(("n", "width"), [(24, 300), (1500, 5)], ids=["n << width", "n >> width"])
def test_tall_and_wide_features_are_fitted(probe, n, width):
    fit, select, test = (examples(m, s, width, distance=2.0) for m, s in ((n, 1), (n // 2, 2), (200, 3)))
    assert accuracy(fitted(probe, fit, select).predict(test.features), test.labels) > 0.9


def test_the_images_of_an_example_lie_side_by_side(probe):
    fit, select, test = examples(120, 1), examples(40, 2), examples(50, 3)

    def paired(split):
        return Examples({"embedding": split.features["embedding"].reshape(len(split), 2, 6)}, split.labels)

    one = fitted(probe, fit, select)
    two = fitted(probe, paired(fit), paired(select))
    assert one.trials == two.trials
    np.testing.assert_array_equal(one.predict(test.features), two.predict(paired(test).features))


def test_the_choice_is_the_best_trial_and_its_outputs_are_kept(probe):
    fit, select = examples(200, 1, distance=0.4), examples(100, 2, distance=0.4)
    answer = fitted(probe, fit, select)
    best = max(answer.trials, key=lambda trial: (trial.score, -trial.loss))
    assert answer.choice == best.settings
    assert by_accuracy(answer.select_outputs, select.labels) == (best.score, best.loss)
    (name, grid), *others = probe.spec.grid.items()
    assert not others
    assert {trial.settings[name] for trial in answer.trials} <= set(grid)
    assert all(set(trial.settings) == {name} for trial in answer.trials)


def test_the_better_of_two_layers_is_chosen_and_named(probe):
    layers = ("embedding", "stage3")
    both = dataclasses.replace(probe, spec=probe.spec.model_copy(update={"layers": layers}))
    splits = [examples(n, seed, layers=layers) for n, seed in ((120, 1), (60, 2), (80, 3))]
    for number, split in enumerate(splits):
        split.features["embedding"][:] = np.random.default_rng(number).normal(size=split.features["embedding"].shape)
    fit, select, test = splits
    answer = fitted(both, fit, select)
    assert answer.choice["layer"] == "stage3"
    assert {trial.settings["layer"] for trial in answer.trials} == set(layers)
    alone = dataclasses.replace(probe, spec=probe.spec.model_copy(update={"layers": ("stage3",)}))
    expected = fitted(alone, fit, select).predict(test.features)
    np.testing.assert_array_equal(answer.predict({"stage3": test.features["stage3"]}), expected)


def test_a_layer_that_is_broken_is_named(probe):
    layers = ("embedding", "stage2")
    both = dataclasses.replace(probe, spec=probe.spec.model_copy(update={"layers": layers}))
    fit, select = examples(40, 1, layers=layers), examples(20, 2, layers=layers)
    fit.features["stage2"][:] = 1
    with pytest.raises(ExperimentError, match="layer 'stage2'"):
        fitted(both, fit, select)


def test_what_is_not_one_class_an_image_is_rejected_with_a_reason(probe):
    assert probe.rejects(CLASSES) is None
    assert "values" in probe.rejects(Values(size=1))
    assert "pixel" in probe.rejects(Classes(count=2, dense=True))


def test_a_probe_goes_by_the_name_of_its_file(probe):
    assert PROBES.load(probe.spec.name) is probe
