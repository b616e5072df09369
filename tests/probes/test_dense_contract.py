"""What every dense probe of the shelf must do. A plug-in's author may run the same checks on theirs."""

import numpy as np
import pytest

from dense_samples import CLASSES, DEPTH, MOTION, SCORES, OnDisk, examples, short, with_spec
from virb.errors import ExperimentError
from virb.probes import PROBES, Examples, Score, best_layer, join
from virb.spec import Classes, Values


def images_of(probe):
    """How many images it reads of a dense target, or none at all."""
    return next((images for images in (1, 2) if probe.rejects(CLASSES, images) is None), None)


DENSE = [name for name in PROBES.names() if images_of(PROBES.load(name))]
HALVES = (slice(0, 7), slice(7, None))
TARGETS = pytest.mark.parametrize("target", [CLASSES, DEPTH], ids=["classes", "values"])


@pytest.fixture(params=DENSE)
def learner(request):
    """Trained for long enough to learn, where it is trained."""
    probe = short(PROBES.load(request.param), 30)
    return with_spec(probe, grid={"lr": (1e-2,)}) if "lr" in probe.spec.grid else probe


@pytest.fixture
def probe(learner):
    """Trained for a moment, where it is trained: for what must be so whatever was learnt."""
    return with_spec(short(learner, 2), grid=PROBES.load(learner.spec.name).spec.grid)


def drawn(probe, n, seed, target=CLASSES, **changes):
    return examples(n, seed, target, images_of(probe), **changes)


def fitted(probe, fit, select, target=CLASSES, seed=0):
    return probe.fit(fit, select, target, SCORES.get(target) or Score(target, "pixel-accuracy"), seed)


def goodness(answer, test, target=CLASSES):
    return SCORES[target](answer.predict(test.features), test.labels)[0]


def relabelled(split, labels):
    return Examples(split.features, labels)


def test_there_are_dense_probes_to_test():
    assert set(DENSE) >= {"dense-linear", "dense-pyramid", "dense-siamese", "dense-knn"}


@pytest.mark.parametrize(("target", "least"), [(CLASSES, 0.7), (DEPTH, 0.45)], ids=["classes", "values"])
def test_what_the_maps_show_is_learnt(learner, target, least):
    """Chance is 1 in 4, and about 1 in 3: the rest is lost at the borders of blocks, which are coarse."""
    fit, select, test = (drawn(learner, n, seed, target) for n, seed in ((120, 1), (30, 2), (60, 3)))
    assert goodness(fitted(learner, fit, select, target), test, target) > least


def test_maps_that_show_nothing_give_chance(learner):
    fit, select, test = (drawn(learner, n, seed, distance=0.0) for n, seed in ((60, 1), (30, 2), (400, 3)))
    # Four standard errors around one in four, with 4 blocks an image.
    assert abs(goodness(fitted(learner, fit, select), test) - 0.25) < 0.05


def test_truth_of_other_images_gives_no_more_than_the_best_constant(learner):
    fit, select, test = (drawn(learner, n, seed, DEPTH, distance=0.0) for n, seed in ((60, 1), (30, 2), (100, 3)))
    by_error = Score(DEPTH, "depth-l1")
    answer = learner.fit(fit, select, DEPTH, by_error, 0)
    constant = np.full(test.labels.shape, np.median(test.labels), np.float32)
    assert by_error(answer.predict(test.features), test.labels)[0] < 0.97 * by_error(constant, test.labels)[0]


@TARGETS
def test_predictions_are_what_a_meter_takes(probe, target):
    fit, select, test = (drawn(probe, n, seed, target) for n, seed in ((20, 1), (10, 2), (5, 3)))
    answer = fitted(probe, fit, select, target)
    outputs = answer.predict(test.features)
    assert outputs.dtype == np.float32
    assert outputs.shape == (5, 12, 12, 4 if target is CLASSES else 1)
    assert answer.select_outputs is None
    if target is CLASSES:
        np.testing.assert_allclose(np.exp(outputs.astype(float)).sum(axis=-1), 1, atol=1e-5)
    else:
        both = np.concatenate([fit.labels, select.labels])
        assert (outputs >= both.min() / 2.001).all()
        assert (outputs <= both.max() * 2.001).all()


@TARGETS
def test_the_same_request_has_the_same_answer(probe, target):
    fit, select, test = (drawn(probe, n, seed, target) for n, seed in ((20, 1), (10, 2), (5, 3)))
    one, other = (fitted(probe, fit, select, target) for _ in range(2))
    assert (one.trials, one.choice, one.notes) == (other.trials, other.choice, other.notes)
    np.testing.assert_array_equal(one.predict(test.features), other.predict(test.features))


def test_a_seed_changes_what_is_drawn_and_nothing_else(probe):
    fit, select = drawn(probe, 20, 1), drawn(probe, 10, 2)
    trials = [fitted(probe, fit, select, seed=seed).trials for seed in (0, 7)]
    assert (trials[0] == trials[1]) == (short(probe, 1) == short(probe, 2))


def test_batches_are_predicted_as_the_whole(probe):
    fit, select, test = (drawn(probe, n, seed) for n, seed in ((20, 1), (10, 2), (7, 3)))
    answer = fitted(probe, fit, select)
    whole = answer.predict(test.features)
    for part in (slice(0, 3), slice(3, 4), slice(4, 7)):
        alone = answer.predict({layer: maps[part] for layer, maps in test.features.items()})
        np.testing.assert_allclose(alone, whole[part], atol=1e-4)


@TARGETS
def test_what_lies_on_disk_is_read_as_what_is_in_memory(probe, target):
    fit, select, test = (drawn(probe, n, seed, target) for n, seed in ((20, 1), (10, 2), (5, 3)))
    stored = [Examples({k: OnDisk(v) for k, v in e.features.items()}, OnDisk(e.labels)) for e in (fit, select)]
    one, other = fitted(probe, fit, select, target), fitted(probe, *stored, target)
    assert one.trials == other.trials
    np.testing.assert_array_equal(one.predict(test.features), other.predict(test.features))


@TARGETS
def test_an_image_without_a_label_changes_nothing(probe, target):
    fit, select, test = (drawn(probe, n, seed, target) for n, seed in ((20, 1), (10, 2), (5, 3)))
    void = drawn(probe, 2, 9, target)
    void.labels[:] = 255 if target is CLASSES else np.nan
    first, last = (Examples({k: v[part] for k, v in fit.features.items()}, fit.labels[part]) for part in HALVES)
    with_void = join(join(first, void), last)
    one, other = fitted(probe, fit, select, target), fitted(probe, with_void, join(select, void), target)
    np.testing.assert_allclose([t.score for t in other.trials], [t.score for t in one.trials], atol=1e-6)
    np.testing.assert_allclose(other.predict(test.features), one.predict(test.features), atol=1e-5)


@pytest.mark.parametrize("ignore", [-1, 4, 1])
def test_pixels_without_a_label_have_any_id_the_target_says(probe, ignore):
    fit, select, test = (drawn(probe, n, seed) for n, seed in ((20, 1), (10, 2), (5, 3)))
    for split in (fit, select):
        split.labels[:, :, :5] = 255
        split.labels[split.labels == 1] = 255
    expected = fitted(probe, fit, select)
    others = [relabelled(split, np.where(split.labels == 255, ignore, split.labels)) for split in (fit, select)]
    answer = fitted(probe, *others, Classes(count=4, dense=True, ignore=ignore))
    assert answer.trials == expected.trials
    np.testing.assert_array_equal(answer.predict(test.features), expected.predict(test.features))


def test_an_id_that_is_no_class_is_refused(probe):
    fit, select = drawn(probe, 20, 1), drawn(probe, 10, 2)
    fit.labels[3, 2, 1] = 17
    with pytest.raises(ValueError, match="the label 17 for 4 classes"):
        fitted(probe, fit, select)


def test_small_integers_are_labels_too(probe):
    fit, select, test = (drawn(probe, n, seed) for n, seed in ((20, 1), (10, 2), (5, 3)))
    expected = fitted(probe, fit, select).predict(test.features)
    small = (relabelled(split, split.labels.astype(np.uint8)) for split in (fit, select))
    np.testing.assert_array_equal(fitted(probe, *small).predict(test.features), expected)


def test_values_that_a_meter_of_depth_leaves_out_are_left_out(probe):
    fit, select, test = (drawn(probe, n, seed, DEPTH) for n, seed in ((20, 1), (10, 2), (5, 3)))
    answers = []
    for missing in (np.nan, 0.0, -3.0, np.inf):
        for split in (fit, select):
            split.labels[:, 3:9, 5:] = missing
        answers.append(fitted(probe, fit, select, DEPTH).predict(test.features))
    assert np.isfinite(answers[0]).all()
    for other in answers[1:]:
        np.testing.assert_array_equal(other, answers[0])


def test_half_the_pixels_are_enough(learner):
    fit, select, test = (drawn(learner, n, seed) for n, seed in ((120, 1), (30, 2), (60, 3)))
    fit.labels[np.random.default_rng(0).random(fit.labels.shape) < 0.5] = 255
    assert goodness(fitted(learner, fit, select), test) > 0.68


@pytest.mark.parametrize("labels", ["void", "nan"])
def test_without_a_labelled_pixel_nothing_is_fitted(probe, labels):
    target = CLASSES if labels == "void" else DEPTH
    fit, select = drawn(probe, 10, 1, target), drawn(probe, 5, 2, target)
    fit.labels[:] = 255 if labels == "void" else np.nan
    with pytest.raises(ExperimentError, match="There is no labelled pixel in fit"):
        fitted(probe, fit, select, target)


@TARGETS
@pytest.mark.parametrize(
    ("cells", "size"), [((1, 1), (4, 4)), ((1, 1), (1, 1)), ((5, 7), (13, 17)), ((7, 5), (3, 4))], ids=str
)
def test_maps_and_truth_of_any_size_are_fitted(learner, target, cells, size):
    sizes = dict.fromkeys(("stage1", "stage2", "stage3", "stage4"), cells)
    fit, select, test = (
        drawn(learner, n, seed, target, sizes=sizes, size=size, blocks=1) for n, seed in ((40, 1), (10, 2), (30, 3))
    )
    answer = fitted(short(learner, 20), fit, select, target)
    assert answer.predict(test.features).shape[:3] == (30, *size)
    assert goodness(answer, test, target) > (0.75 if target is CLASSES else 0.4)


def test_the_layer_that_shows_something_is_chosen_and_named(probe):
    best = best_layer(probe)
    if best is None:
        assert probe.spec.joint
        return
    fit, select, test = (drawn(probe, n, seed, informative="stage2") for n, seed in ((60, 1), (30, 2), (20, 3)))
    answer = fitted(best, fit, select)
    assert answer.choice["layer"] == "stage2"
    assert {trial.settings["layer"] for trial in answer.trials} == {"stage1", "stage2", "stage3", "stage4"}
    alone = fitted(with_spec(probe, layers=("stage2",)), fit, select)
    np.testing.assert_array_equal(
        answer.predict({"stage2": test.features["stage2"]}), alone.predict({"stage2": test.features["stage2"]})
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("split", ["fit", "select"])
def test_features_that_are_not_finite_are_refused_and_counted(probe, split, value):
    splits = {"fit": drawn(probe, 20, 1), "select": drawn(probe, 10, 2)}
    layer = probe.spec.layers[-1]
    splits[split].features[layer][[1, 1, 5], ..., [0, 1, 0], [1, 1, 0]] = value
    with pytest.raises(ExperimentError, match=rf"layer '{layer}' are not finite in 2 of (20|10) examples"):
        fitted(probe, **splits)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e8])
def test_features_that_are_constant_are_refused(probe, value):
    fit = drawn(probe, 20, 1)
    layer = probe.spec.layers[-1]
    fit.features[layer][:] = value
    with pytest.raises(ExperimentError, match=f"layer '{layer}' are the same for every example of fit"):
        fitted(probe, fit, drawn(probe, 10, 2))


def test_a_map_that_is_the_same_for_every_image_is_refused(probe):
    fit = drawn(probe, 20, 1)
    layer = probe.spec.layers[-1]
    fit.features[layer][:] = fit.features[layer][:1, :1] if images_of(probe) > 1 else fit.features[layer][:1]
    with pytest.raises(ExperimentError, match=f"layer '{layer}' are the same for every example of fit"):
        fitted(probe, fit, drawn(probe, 10, 2))


def test_a_channel_that_is_dead_in_fit_changes_nothing_even_when_it_wakes_in_test(probe):
    fit, select, test = (drawn(probe, n, seed) for n, seed in ((20, 1), (10, 2), (5, 3)))
    for split in (fit, select):
        for maps in split.features.values():
            maps[..., 0, :, :] = 0.3
    answer = fitted(probe, fit, select)
    asleep, awake = (
        answer.predict({k: np.where(np.arange(8)[:, None, None] == 0, np.float32(value), maps) for k, maps in features})
        for features, value in ((test.features.items(), 0.3), (test.features.items(), 1e4))
    )
    np.testing.assert_array_equal(awake, asleep)


def test_a_class_that_nobody_has_gets_a_column_of_almost_nothing(probe):
    fit, select, test = (drawn(probe, n, seed) for n, seed in ((30, 1), (10, 2), (10, 3)))
    for split in (fit, select):
        split.labels[split.labels == 2] = 255
    outputs = fitted(probe, fit, select).predict(test.features)
    np.testing.assert_allclose(outputs[..., 2], np.log(np.finfo(np.float32).eps), rtol=1e-6)


def test_a_class_that_only_select_has_is_predicted_after_the_refit(learner):
    fit, select, test = (drawn(learner, n, seed) for n, seed in ((60, 1), (60, 2), (30, 3)))
    fit.labels[fit.labels == 3] = 255
    outputs = fitted(learner, fit, select).predict(test.features)
    assert (outputs.argmax(axis=-1)[test.labels == 3] == 3).mean() > 0.4


def test_one_class_alone_is_certain(probe):
    fit, select = drawn(probe, 20, 1), drawn(probe, 10, 2)
    for split in (fit, select):
        split.labels[:] = 1
    np.testing.assert_allclose(fitted(probe, fit, select).predict(select.features)[..., 1], 0, atol=1e-6)


@pytest.mark.parametrize("value", [3.0, 1e-3])
def test_a_value_that_never_varies_is_predicted(learner, value):
    fit, select = drawn(learner, 20, 1, DEPTH), drawn(learner, 10, 2, DEPTH)
    for split in (fit, select):
        split.labels[:] = value
    np.testing.assert_allclose(fitted(learner, fit, select, DEPTH).predict(select.features), value, rtol=0.15)


def test_values_of_two_numbers_are_learnt(learner):
    fit, select, test = (drawn(learner, n, seed, MOTION) for n, seed in ((120, 1), (30, 2), (60, 3)))
    answer = fitted(learner, fit, select, MOTION)
    nothing = SCORES[MOTION](np.zeros(test.labels.shape, np.float32), test.labels)[0]
    assert goodness(answer, test, MOTION) > 0.75 * nothing


def test_the_choice_is_the_best_trial_of_the_grid(probe):
    fit, select = drawn(probe, 30, 1, distance=0.5), drawn(probe, 15, 2, distance=0.5)
    answer = fitted(probe, fit, select)
    best = max(answer.trials, key=lambda trial: (trial.score, -trial.loss))
    assert answer.choice == best.settings
    ((name, grid),) = probe.spec.grid.items()
    assert sorted(trial.settings[name] for trial in answer.trials) == sorted(grid)


def test_a_choice_at_the_edge_of_the_grid_is_noted(probe):
    ((name, grid),) = probe.spec.grid.items()
    far = with_spec(probe, grid={name: (20.0, 30.0) if name == "k" else (min(grid), min(grid) / 2)})
    notes = fitted(far, drawn(probe, 20, 1), drawn(probe, 10, 2)).notes
    assert any(f"{name} = " in note and note.endswith(" tried") for note in notes)


def test_the_default_needs_no_sweep(learner):
    fit, test = drawn(learner, 60, 1), drawn(learner, 30, 3)
    head = learner.refit(fit, CLASSES, learner.default, 0)
    assert SCORES[CLASSES](head.predict(test.features), test.labels)[0] > 0.55


def test_one_image_alone_can_be_fitted(probe):
    fit = drawn(probe, 1, 1)
    assert np.isfinite(probe.refit(fit, CLASSES, probe.default, 0).predict(fit.features)).all()


def test_other_targets_and_numbers_of_images_are_rejected_with_a_reason(probe):
    images = images_of(probe)
    for target in (CLASSES, DEPTH, MOTION):
        assert probe.rejects(target, images) is None
        assert "image" in probe.rejects(target, 3 - images)
        assert "6 images" in probe.rejects(target, 6)
    for target in (Classes(count=2), Values(size=1)):
        assert "each pixel" in probe.rejects(target, images)


def test_a_probe_goes_by_the_name_of_its_file(probe):
    assert probe.spec.name in DENSE
    assert probe.spec.maps
