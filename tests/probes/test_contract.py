"""What every image-level probe of the shelf must do; dense ones are in test_dense_contract.py.

A plug-in's author may run the same checks on theirs: a probe is tested on all that it does not reject.
"""

import dataclasses
import inspect
import subprocess
import sys

import numpy as np
import pytest

from virb.errors import ExperimentError
from virb.metrics.classification import accuracy
from virb.probes import PROBES, Examples, Probe, Score
from virb.spec import Classes, Values

CLASSES, VALUES = Classes(count=4), Values(size=2)
IMAGES = (1, 2, 3)


def readers(*targets):
    """Names of the probes that read out one of some targets, from any number of images."""
    return [
        name
        for name, probe in PROBES.items()
        if any(probe.rejects(target, images) is None for target in targets for images in IMAGES)
    ]


IMAGE_LEVEL, CLASSIFIERS, REGRESSORS = readers(CLASSES, VALUES), readers(CLASSES), readers(VALUES)
DENSE = readers(Classes(count=4, dense=True), Values(size=2, dense=True))
DRAWN = [name for name in IMAGE_LEVEL if "steps" in (field.name for field in dataclasses.fields(PROBES.load(name)))]
COMBINING = {"mlp", "attentive", "siamese"}
"""Whose images do not simply lie side by side: see their own tests."""
SCORES = {"classes": Score(CLASSES, "accuracy"), "values": Score(VALUES, "r2")}


def quick(probe, steps=30):
    """The same probe with fewer steps, where it takes steps."""
    return dataclasses.replace(probe, steps=steps, batch=64) if probe.spec.name in DRAWN else probe


def layer_of(probe):
    return probe.spec.layers[0]


def images_of(probe, target):
    return next(images for images in IMAGES if probe.rejects(target, images) is None)


def served(probe, n, seed, target=CLASSES, width=12, classes=4, distance=1.5, layers=None):
    """Round clouds, one a class, around centres that are the same for every seed, so that splits agree.

    They come as vectors, as maps of 2 x 2 cells that differ a little, or as pairs of such, as the probe takes them.
    Values are linear in them, with some noise.
    """
    centres = distance * np.random.default_rng(1000).normal(size=(classes, width))
    draw = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    features = {}
    for layer in layers or probe.spec.layers:
        rows = centres[labels] + draw.normal(size=(n, width))
        if isinstance(target, Values):
            truth = rows @ np.random.default_rng(1001).normal(size=(width, target.size))
        shape = (n, 1, width) if images_of(probe, target) == 1 else (n, images_of(probe, target), width)
        rows = np.broadcast_to(rows[:, None], shape)
        if probe.spec.maps:
            rows = rows[..., None, None] + 0.3 * draw.normal(size=(*shape, 2, 2))
        features[layer] = np.ascontiguousarray(rows[:, 0] if shape[1] == 1 else rows, np.float32)
    if isinstance(target, Values):
        labels = (truth + 0.1 * draw.normal(size=truth.shape)).astype(np.float32)
    return Examples(features, labels)


def fitted(probe, fit, select, target=CLASSES, seed=0, score=None, steps=30):
    return quick(probe, steps).fit(fit, select, target, score or SCORES[target.type], seed)


@pytest.fixture(params=CLASSIFIERS)
def classifier(request):
    return PROBES.load(request.param)


@pytest.fixture(params=REGRESSORS)
def regressor(request):
    return PROBES.load(request.param)


@pytest.fixture(params=IMAGE_LEVEL)
def probe(request):
    return PROBES.load(request.param)


@pytest.fixture
def target(probe):
    return CLASSES if probe.spec.name in CLASSIFIERS else VALUES


# ---- All of them.


def test_every_probe_on_the_shelf_reads_something_out():
    assert set(IMAGE_LEVEL) | set(DENSE) == set(PROBES.names())


def test_there_is_no_way_to_hand_over_the_test_split(probe):
    for name, given in (
        ("fit", ["fit", "select", "target", "score", "seed"]),
        ("sweep", ["fit", "select", "target", "score", "seed"]),
        ("refit", ["examples", "target", "choice", "seed"]),
    ):
        assert list(inspect.signature(getattr(probe, name)).parameters) == given
        assert list(inspect.signature(getattr(Probe, name)).parameters) == ["self", *given]


def test_the_same_request_has_the_same_answer(probe, target):
    fit, select, test = (served(probe, n, seed, target) for n, seed in ((120, 1), (40, 2), (50, 3)))
    one, other = fitted(probe, fit, select, target), fitted(probe, fit, select, target)
    assert one.trials == other.trials
    assert one.choice == other.choice
    np.testing.assert_array_equal(one.predict(test.features), other.predict(test.features))


def test_a_seed_changes_what_is_drawn_and_nothing_else(probe, target):
    fit, select = served(probe, 60, 1, target, distance=0.5), served(probe, 40, 2, target, distance=0.5)
    same = fitted(probe, fit, select, target, seed=0).trials == fitted(probe, fit, select, target, seed=7).trials
    assert same == (probe.spec.name not in DRAWN)


def test_one_example_alone_is_predicted_as_among_others(probe, target):
    fit, select, test = (served(probe, n, seed, target) for n, seed in ((120, 1), (40, 2), (30, 3)))
    answer = fitted(probe, fit, select, target)
    layer = layer_of(probe)
    alone = answer.predict({layer: test.features[layer][4:5]})
    np.testing.assert_allclose(alone[0], answer.predict(test.features)[4], atol=1e-4)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("split", ["fit", "select"])
def test_features_that_are_not_finite_are_refused_and_counted(probe, target, split, value):
    splits = {"fit": served(probe, 40, 1, target), "select": served(probe, 20, 2, target)}
    rows = splits[split].features[layer_of(probe)].reshape(len(splits[split]), -1)
    rows[[1, 1, 5], [0, 2, 3]] = value
    with pytest.raises(ExperimentError, match=rf"layer '{layer_of(probe)}' are not finite in 2 of (40|20) examples"):
        fitted(probe, target=target, **splits)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e8])
def test_features_that_are_all_the_same_are_refused(probe, target, value):
    fit = served(probe, 40, 1, target)
    fit.features[layer_of(probe)][:] = value
    with pytest.raises(ExperimentError, match=f"layer '{layer_of(probe)}' are the same for every example of fit"):
        fitted(probe, fit, served(probe, 20, 2, target), target)


def test_a_column_that_is_dead_in_fit_changes_nothing_even_when_it_wakes_in_test(probe, target):
    fit, select, test = (served(probe, n, seed, target) for n, seed in ((120, 1), (40, 2), (50, 3)))
    expected = fitted(probe, fit, select, target).predict(test.features)
    axis = -3 if probe.spec.maps else -1

    def widened(split, value):
        rows = split.features[layer_of(probe)]
        column = np.full_like(np.take(rows, [0], axis=axis), value)
        return Examples({layer_of(probe): np.concatenate([rows, column], axis=axis)}, split.labels)

    answer = fitted(probe, widened(fit, 0.3), widened(select, 0.3), target).predict(widened(test, 1e4).features)
    if isinstance(target, Classes):
        answer, expected = np.exp(answer), np.exp(expected)
    np.testing.assert_allclose(answer, expected, atol=1e-3)


def test_the_choice_is_the_best_trial(probe, target):
    fit, select = served(probe, 200, 1, target, distance=0.4), served(probe, 100, 2, target, distance=0.4)
    answer = fitted(probe, fit, select, target)
    best = max(answer.trials, key=lambda trial: (trial.score, -trial.loss))
    assert answer.choice == best.settings
    for trial in answer.trials:
        assert trial.settings.keys() == probe.spec.grid.keys()
        assert all(value in probe.spec.grid[name] for name, value in trial.settings.items())
    assert len({tuple(trial.settings.values()) for trial in answer.trials}) == len(answer.trials)


def test_a_choice_at_the_edge_of_the_grid_says_so(probe, target):
    fit, select = served(probe, 100, 1, target), served(probe, 40, 2, target)
    # Of equal trials the strongest regularisation is chosen, which is at one end.
    notes = fitted(probe, fit, select, target, score=lambda outputs, truth: (0.5, 1.0)).notes
    name = next(iter(probe.spec.grid))
    assert any(note.startswith(f"{name} = ") and note.endswith("est tried") for note in notes)


def test_the_better_of_two_layers_is_chosen_and_named(probe, target):
    layers = ("stage2", "stage3")
    both = dataclasses.replace(probe, spec=probe.spec.model_copy(update={"layers": layers}))
    splits = [served(probe, n, seed, target, layers=layers) for n, seed in ((120, 1), (60, 2), (80, 3))]
    for number, split in enumerate(splits):
        split.features["stage2"][:] = np.random.default_rng(number).normal(size=split.features["stage2"].shape)
    fit, select, test = splits
    answer = fitted(both, fit, select, target)
    assert answer.choice["layer"] == "stage3"
    assert {trial.settings["layer"] for trial in answer.trials} == set(layers)
    alone = dataclasses.replace(probe, spec=probe.spec.model_copy(update={"layers": ("stage3",)}))
    expected = fitted(alone, fit, select, target).predict(test.features)
    np.testing.assert_array_equal(answer.predict({"stage3": test.features["stage3"]}), expected)


def test_a_layer_that_is_broken_is_named(probe, target):
    layers = ("stage1", "stage2")
    both = dataclasses.replace(probe, spec=probe.spec.model_copy(update={"layers": layers}))
    fit, select = served(probe, 40, 1, target, layers=layers), served(probe, 20, 2, target, layers=layers)
    fit.features["stage2"][:] = 1
    with pytest.raises(ExperimentError, match="layer 'stage2'"):
        fitted(both, fit, select, target)


def test_the_default_names_all_that_a_refit_needs_and_lies_within_what_is_tried(probe, target):
    assert probe.default.keys() == probe.spec.grid.keys()
    for name, grid in probe.spec.grid.items():
        assert min(grid) <= probe.default[name] <= max(grid)
    head = quick(probe).refit(served(probe, 12, 1, target, distance=3.0), target, probe.default, 0)
    test = served(probe, 80, 2, target, distance=3.0)
    assert SCORES[target.type](head.predict(test.features), test.labels)[0] > 0.7


def test_a_probe_goes_by_the_name_of_its_file(probe):
    assert PROBES.load(probe.spec.name) is probe


def test_what_is_one_answer_a_pixel_is_rejected_with_a_reason(probe):
    assert "pixel" in probe.rejects(CLASSES.model_copy(update={"dense": True})) or probe.spec.name in REGRESSORS
    assert "pixel" in probe.rejects(VALUES.model_copy(update={"dense": True})) or probe.spec.name in CLASSIFIERS


def test_listing_and_planning_do_without_torch():
    code = """
import sys
from virb.probes import PROBES
from virb.spec import Classes, Values
for name in sys.argv[1:]:
    probe = PROBES.load(name)
    for images in (1, 2, 6):
        for target in (Classes(count=4), Values(size=2), Classes(count=4, dense=True)):
            probe.rejects(target, images)
assert "torch" not in sys.modules
"""
    # The numbers of a probe's grid need no network: a plan of a thousand cells is made in a moment.
    subprocess.run([sys.executable, "-c", code, *IMAGE_LEVEL], check=True)


# ---- Those that tell classes apart.


def test_separable_classes_are_learnt(classifier):
    test = served(classifier, 400, 3)
    answer = fitted(classifier, served(classifier, 200, 1), served(classifier, 60, 2))
    assert accuracy(answer.predict(test.features), test.labels) > 0.93


def test_labels_that_have_nothing_to_do_with_the_features_give_chance(classifier):
    fit, select, test = (served(classifier, n, seed, distance=0.0) for n, seed in ((300, 1), (100, 2), (2000, 3)))
    # Four standard errors around one in four.
    assert abs(accuracy(fitted(classifier, fit, select).predict(test.features), test.labels) - 0.25) < 0.04


def test_outputs_are_log_probabilities(classifier):
    test = served(classifier, 30, 3)
    answer = fitted(classifier, served(classifier, 120, 1), served(classifier, 40, 2))
    for outputs in (answer.predict(test.features), answer.select_outputs):
        assert outputs.dtype == np.float32
        np.testing.assert_allclose(np.exp(outputs.astype(float)).sum(axis=1), 1, atol=1e-5)
    assert answer.predict(test.features).shape == (30, 4)


def test_outputs_on_select_are_those_of_the_chosen_trial(classifier):
    fit, select = served(classifier, 200, 1, distance=0.4), served(classifier, 100, 2, distance=0.4)
    answer = fitted(classifier, fit, select)
    best = max(answer.trials, key=lambda trial: (trial.score, -trial.loss))
    assert SCORES["classes"](answer.select_outputs, select.labels) == (best.score, best.loss)


def test_a_class_that_only_select_has_is_predicted_after_the_refit(classifier):
    fit, select, test = served(classifier, 200, 1), served(classifier, 200, 2), served(classifier, 100, 3)
    rows, layer = fit.labels != 3, layer_of(classifier)
    answer = fitted(classifier, Examples({layer: fit.features[layer][rows]}, fit.labels[rows]), select)
    assert answer.select_outputs.argmax(axis=1).max() == 2
    outputs = answer.predict(test.features)
    assert (outputs.argmax(axis=1)[test.labels == 3] == 3).mean() > 0.8


def test_classes_that_nobody_has_get_a_column_of_almost_nothing(classifier):
    fit, select, test = served(classifier, 80, 1), served(classifier, 40, 2), served(classifier, 30, 3)
    nine = Classes(count=9)
    outputs = fitted(classifier, fit, select, nine, score=Score(nine, "accuracy")).predict(test.features)
    assert outputs.shape == (30, 9)
    np.testing.assert_allclose(outputs[:, 4:], np.log(np.finfo(np.float32).eps), rtol=1e-6)
    assert accuracy(outputs, test.labels) > 0.85


def test_one_class_alone_is_certain(classifier):
    fit, select = served(classifier, 30, 1, classes=1), served(classifier, 10, 2, classes=1)
    outputs = fitted(classifier, fit, select).predict(select.features)
    np.testing.assert_allclose(outputs[:, 0], 0, atol=1e-6)


@pytest.mark.parametrize(("n", "width"), [(24, 300), (1500, 5)], ids=["n << width", "n >> width"])
def test_tall_and_wide_features_are_fitted(classifier, n, width):
    sizes = ((n, 1), (n // 2, 2), (200, 3))
    fit, select, test = (served(classifier, size, seed, width=width, distance=2.0) for size, seed in sizes)
    assert accuracy(fitted(classifier, fit, select, steps=100).predict(test.features), test.labels) > 0.9


@pytest.mark.parametrize("name", [name for name in IMAGE_LEVEL if name not in COMBINING])
def test_the_images_of_an_example_lie_side_by_side(name):
    probe = PROBES.load(name)
    target = CLASSES if name in CLASSIFIERS else VALUES
    fit, select, test = (served(probe, n, seed, target) for n, seed in ((120, 1), (40, 2), (50, 3)))

    def paired(split):
        return Examples({"embedding": split.features["embedding"].reshape(len(split), 2, 6)}, split.labels)

    one = fitted(probe, fit, select, target)
    two = fitted(probe, paired(fit), paired(select), target)
    assert one.trials == two.trials
    np.testing.assert_array_equal(one.predict(test.features), two.predict(paired(test).features))


def test_values_are_rejected_by_what_tells_classes_apart(classifier):
    assert "values" in classifier.rejects(VALUES)


# ---- Those that predict values.


def test_values_that_are_linear_in_the_features_are_learnt(regressor):
    fit, select, test = (served(regressor, n, seed, VALUES) for n, seed in ((200, 1), (60, 2), (400, 3)))
    outputs = fitted(regressor, fit, select, VALUES).predict(test.features)
    assert outputs.dtype == np.float32
    assert outputs.shape == (400, 2)
    assert SCORES["values"](outputs, test.labels)[0] > 0.99


def test_values_that_have_nothing_to_do_with_the_features_are_predicted_by_their_mean(regressor):
    fit, select, test = (served(regressor, n, seed, VALUES) for n, seed in ((300, 1), (100, 2), (500, 3)))
    drawn = [np.random.default_rng(n).normal(7, 1, size=(n, 2)).astype(np.float32) for n in (300, 100)]
    answer = fitted(regressor, Examples(fit.features, drawn[0]), Examples(select.features, drawn[1]), VALUES)
    np.testing.assert_allclose(answer.predict(test.features), 7, atol=0.7)
    assert answer.select_outputs is None


def test_classes_are_rejected_by_what_predicts_values(regressor):
    assert "classes" in regressor.rejects(CLASSES)
