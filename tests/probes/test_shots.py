"""A handful of examples: five folds choose, every example is held out once, and below five nothing is chosen."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from virb.probes import PROBES, Examples, Head, Joined, Probe, Score, Sweep, join
from virb.probes._shots import fit_shots, subset
from virb.spec import Classes, ProbeSpec, Trial

CLASSES = Classes(count=3)
SCORE = Score(CLASSES, "accuracy")


def shots(n, classes=3, width=8, seed=0):
    draw = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), n)
    features = (5 * np.eye(classes, width)[labels] + draw.normal(size=(len(labels), width))).astype(np.float32)
    return Examples({"embedding": features}, labels)


@dataclass(frozen=True)
class Listening(Probe):
    """Three settings whose scores are known, and a memory of who was held out."""

    spec: ProbeSpec = field(default_factory=lambda: ProbeSpec(name="listening"))
    default: dict = field(default_factory=lambda: {"k": 1.0})
    held_out: list = field(default_factory=list)
    refits: list = field(default_factory=list)

    def rejects(self, target, images=1):
        return None

    def sweep(self, fit, select, target, score, seed):
        self.held_out.append(select.features["embedding"])
        fold = len(self.held_out)
        # 1 wins two folds by far, 2 is second everywhere and best on average, 3 is never any good
        scores = {1.0: 1.0 if fold <= 2 else 0.0, 2.0: 0.6, 3.0: 0.1}
        trials = tuple(Trial(settings={"k": k}, score=s, loss=1.0) for k, s in scores.items() if fold < 5 or k < 3)
        return Sweep({"k": 1.0}, trials, None)

    def refit(self, examples, target, choice, seed):
        self.refits.append((len(examples), choice))
        return Head(lambda features: features["embedding"])


def test_every_example_is_held_out_once_and_the_best_mean_is_refitted_on_all():
    probe, examples = Listening(), shots(7)
    fitted = fit_shots(probe, examples, CLASSES, SCORE, 7, seed=0)
    assert len(probe.held_out) == 5
    held = np.concatenate(probe.held_out)
    assert sorted(map(tuple, held)) == sorted(map(tuple, examples.features["embedding"]))
    assert fitted.choice == {"k": 2.0}
    assert probe.refits == [(21, {"k": 2.0})]
    assert fitted.select_outputs is None


def test_a_setting_that_a_fold_could_not_try_does_not_count():
    fitted = fit_shots(Listening(), shots(7), CLASSES, SCORE, 7, seed=0)
    assert [trial.settings["k"] for trial in fitted.trials] == [1.0, 2.0]
    assert [trial.score for trial in fitted.trials] == pytest.approx([0.4, 0.6])


def test_each_fold_holds_out_every_class():
    probe = Listening()
    fit_shots(probe, shots(5), CLASSES, SCORE, 5, seed=0)
    for held in probe.held_out:
        assert len(held) == 3
        assert set(held[:, :3].argmax(axis=1)) == {0, 1, 2}


def test_below_five_shots_the_published_default_stands_and_is_said():
    probe = Listening()
    fitted = fit_shots(probe, shots(4), CLASSES, SCORE, 4, seed=0)
    assert not probe.held_out
    assert fitted.choice == {"k": 1.0}
    assert fitted.trials == ()
    assert "default" in fitted.notes[0]


@pytest.mark.parametrize("n", [1, 4, 5, 8])
@pytest.mark.parametrize("name", ["logistic", "knn"])
def test_probes_learn_from_a_few_shots(name, n):
    fitted = fit_shots(PROBES.load(name), shots(n), CLASSES, SCORE, n, seed=0)
    test = shots(200, seed=1)
    assert SCORE(fitted.predict(test.features), test.labels)[0] > (0.6 if n == 1 else 0.8)


def test_every_probe_has_a_default_within_its_grid():
    for name, probe in PROBES.items():
        assert set(probe.default) >= set(probe.spec.grid), name
        for setting, values in probe.spec.grid.items():
            assert min(values) <= probe.default[setting] <= max(values), name


def test_what_is_joined_reads_as_if_it_were_one():
    draw = np.random.default_rng(0)
    first, second = draw.normal(size=(5, 2, 3)), draw.normal(size=(4, 2, 3))
    whole, joined = np.concatenate([first, second]), Joined(first, second)
    assert joined.shape == whole.shape
    for rows in (slice(0, 9), slice(4, 7), np.array([8, 0, 4, 5, 4]), np.array([6, 7]), np.array([], int)):
        np.testing.assert_array_equal(joined[rows], whole[rows])


def test_arrays_are_joined_as_arrays_and_what_lies_on_disk_stays_there():
    one, two = shots(2), shots(3, seed=1)
    assert type(join(one, two).features["embedding"]) is np.ndarray
    lazy = Examples({"embedding": Joined(one.features["embedding"], two.features["embedding"])}, one.labels)
    assert type(join(lazy, two).features["embedding"]) is Joined


def test_a_subset_keeps_features_and_labels_together():
    examples = shots(4)
    found = subset(examples, examples.labels == 1)
    assert found.labels.tolist() == [1, 1, 1, 1]
    np.testing.assert_array_equal(found.features["embedding"], examples.features["embedding"][4:8])
