"""Identity: what names an experiment, what does not, and what is refused."""

import hashlib
import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from virb.errors import UserError
from virb.spec import (
    CLASS_METRICS,
    METRICS,
    Classes,
    EncoderSpec,
    Experiment,
    Found,
    InputPolicy,
    Pretraining,
    ProbeSpec,
    Quadrant,
    Record,
    Regime,
    Splits,
    Task,
    Trial,
    Values,
    digest_of,
    input_policy,
    show_sides,
)

SEMANTIC = Quadrant(level="image-level", kind="semantic")
ENCODER = EncoderSpec(name="timm:resnet18", source="timm", arch="resnet18", weights="a1_in1k")
PROBE = ProbeSpec(name="logistic")
DEPTH = Values(size=1, dense=True, masked=True, positive=True, unit="m")


def task(**fields):
    return Task(**{"name": "pets", "quadrant": SEMANTIC, "data": "pets", "target": Classes(count=37), **fields})


def experiment(**fields):
    return Experiment(**{"encoder": ENCODER, "task": task(), "probe": PROBE, **fields})


def record(**fields):
    given = {"experiment": experiment(), "found": Found(data="d"), "status": "ok", "finished": "2024-05-01T00:00:00Z"}
    return Record(**{**given, "virb": "0.1.0", **fields})


EVERYTHING = experiment(
    encoder=EncoderSpec(
        name="zoo:moco",
        source="checkpoint",
        arch="resnet50",
        weights="runs/moco größer.pt",
        layout="moco-v2",
        pretraining=Pretraining(
            method="moco-v2",
            data="world:objects",
            fraction=0.25,
            balance="log",
            mixture="half",
            images=1000,
            images_seen=200_000,
            run=2,
            seed=7,
        ),
    ),
    task=task(
        version=3,
        column="breed",
        target=Classes(count=2, dense=True, ignore=255, names=("cat", "dog")),
        splits=Splits(select=0.1, test=0.2),
        images_per_example=2,
        metrics=("miou", "pixel-accuracy"),
        primary="pixel-accuracy",
        trained_on="parent",
    ),
    probe=ProbeSpec(
        name="logistic",
        version=2,
        layers=("embedding", "stage4"),
        grid={"l2": (0.1, 1e-05, 1.0)},
        maps=True,
        joint=True,
    ),
    regime=Regime(kind="examples", n=1000, resample=2),
    seed=3,
    inputs=InputPolicy(size=64, fit="pad"),
    on_bad_image="skip",
)

# If one of these fails, results on disk have lost their names: mend the spec, never the id.
GOLDEN = {
    "smallest": (experiment(), "2a2aa142a9bbebcc"),
    "seed": (experiment(seed=1), "e1cbb5e2193cc7dc"),
    "values": (experiment(task=task(target=DEPTH, metrics=("abs-rel",), primary="abs-rel")), "4413b7f3190170e3"),
    "grid": (experiment(probe=ProbeSpec(name="logistic", grid={"l2": (1e-06, 0.1, 10.0)})), "5e28e1d525a7fd27"),
    "splits": (experiment(task=task(splits=Splits(select=0.2))), "68c349ba3dda95cf"),
    "everything": (EVERYTHING, "3bf04cbd70371efd"),
}

# ------------------------------------------------------------------------------------------------ identity


@pytest.mark.parametrize("name", GOLDEN)
def test_ids_of_experiments_that_people_have_on_disk_do_not_change(name):
    given, name_on_disk = GOLDEN[name]
    assert given.id == name_on_disk


def test_an_id_is_the_hash_of_the_declared_form_in_canonical_json():
    plain = (
        '{"encoder":{"arch":"resnet18","source":"timm","weights":"a1_in1k"},"probe":{"name":"logistic"},'
        '"task":{"data":"pets","target":{"count":37,"type":"classes"}}}'
    )
    assert experiment().id == hashlib.sha256(plain.encode()).hexdigest()[:16]


def test_labels_do_not_change_an_id():
    shown = experiment(
        encoder=ENCODER.model_copy(update={"name": "mine"}),
        task=task(
            name="folder",
            title="Pets!",
            about="A sentence.",
            quadrant=Quadrant(level="pixelwise", kind="structural"),
            target=Classes(count=37, names=tuple(f"class {n}" for n in range(37))),
        ),
        probe=ProbeSpec(name="logistic", about="Another."),
    )
    assert shown != experiment()
    assert shown.id == experiment().id


def test_adding_a_metric_renames_nothing_but_another_primary_metric_does():
    assert experiment(task=task(metrics=("accuracy",))).id == experiment(task=task(metrics=CLASS_METRICS)).id
    assert experiment(task=task(primary="nll")).id != experiment().id


def test_fields_given_at_their_default_do_not_change_an_id():
    explicit = experiment(
        encoder=EncoderSpec(**{**ENCODER.model_dump(), "layout": None, "pretraining": None}),
        task=task(version=1, column="label", splits=Splits(select=None, test=None), images_per_example=1),
        probe=ProbeSpec(name="logistic", version=1, layers=("embedding",), grid={}),
        seed=0,
        inputs=InputPolicy(size=224, fit="squash"),
        on_bad_image="error",
        protocol="standard",
    )
    assert explicit.id == experiment().id


def test_a_square_has_one_identity_however_it_is_written():
    square = InputPolicy(size=64)
    assert InputPolicy(size=64, width=64) == square == input_policy("64x64")
    assert experiment(inputs=InputPolicy(size=64, width=64)).id == experiment(inputs=square).id
    wide = InputPolicy(size=64, width=128)
    assert wide.declared() == {"size": 64, "width": 128}
    assert len({experiment(inputs=one).id for one in (square, wide, InputPolicy(size=128, width=64))}) == 3


@pytest.mark.parametrize(
    ("written", "sides"),
    [(64, (64, 64)), ("64", (64, 64)), ("512x1024", (512, 1024)), (" 512 X 1024 ", (512, 1024)), ("9×8", (9, 8))],
)
def test_a_size_is_read_as_people_write_it(written, sides):
    policy = input_policy(written, "pad")
    assert policy.sides == sides
    assert policy.fit == "pad"
    assert input_policy(show_sides(sides), "pad") == policy


@pytest.mark.parametrize(
    "written", [0, -4, "0", "64x0", "0x64", "64x", "x64", "64x64x3", "6.4", "64 px", "", "-64x64", "1" * 10, True]
)
def test_what_is_no_size_is_refused_with_an_example(written):
    with pytest.raises(UserError, match=r"(?s)is not a size in pixels.*512x1024 is height x width") as refused:
        input_policy(written)
    assert f"'{written}'" in refused.value.problem


def test_a_fit_that_is_none_is_refused_with_those_there_are():
    with pytest.raises(UserError, match="'squash'"):
        input_policy(64, "squish")


def leaves(form, path=()):
    """Every (path, value) of a nested form."""
    if isinstance(form, dict):
        for key, value in form.items():
            yield from leaves(value, (*path, key))
    else:
        yield path, form


def test_every_declared_field_changes_the_id():
    changes = {
        ("encoder", "source"): "timm",
        ("encoder", "arch"): "resnet51",
        ("encoder", "weights"): None,
        ("encoder", "layout"): None,
        ("encoder", "pretraining", "method"): "moco-v1",
        ("encoder", "pretraining", "data"): None,
        ("encoder", "pretraining", "fraction"): 1.0,
        ("encoder", "pretraining", "balance"): None,
        ("encoder", "pretraining", "mixture"): None,
        ("encoder", "pretraining", "images"): None,
        ("encoder", "pretraining", "images_seen"): None,
        ("encoder", "pretraining", "run"): 1,
        ("encoder", "pretraining", "seed"): 0,
        ("task", "version"): 1,
        ("task", "data"): "dogs",
        ("task", "column"): "label",
        ("task", "target", "type"): None,
        ("task", "target", "count"): 3,
        ("task", "target", "dense"): None,
        ("task", "target", "ignore"): None,
        ("task", "splits", "select"): None,
        ("task", "splits", "test"): None,
        ("task", "images_per_example"): 1,
        ("task", "primary"): "miou",
        ("task", "trained_on"): None,
        ("probe", "name"): "knn",
        ("probe", "version"): 1,
        ("probe", "layers"): ["embedding"],
        ("probe", "grid", "l2"): [0.1, 1e-05],
        ("probe", "maps"): False,
        ("probe", "joint"): False,
        ("regime", "kind"): "shots",
        ("regime", "n"): 10,
        ("regime", "resample"): 0,
        ("seed",): 0,
        ("inputs", "size"): 65,
        ("inputs", "fit"): "crop",
        ("on_bad_image",): "error",
    }
    assert {path for path, _ in leaves(EVERYTHING.declared())} == changes.keys()
    ids = {EVERYTHING.id}
    for path, value in changes.items():
        form = json.loads(json.dumps(EVERYTHING.model_dump()))
        inner = form
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        if path[-1] == "type":
            form["task"] |= {"target": {"type": "values", "size": 2}, "metrics": ["mae"], "primary": "mae"}
        if path[-1] == "count":
            form["task"]["target"]["names"] = []
        if path[-1] == "dense":
            form["task"] |= {"metrics": ["accuracy"], "primary": "accuracy"}
            form["task"]["target"]["dense"] = False
        ids.add(Experiment.model_validate(form).id)
    assert len(ids) == 1 + len(changes)


def test_the_same_numbers_mean_different_things_for_different_targets():
    assert Classes(count=3).declared() != Values(size=3).declared()
    assert Classes(count=3).declared() == {"type": "classes", "count": 3}


def test_floats_count_by_their_shortest_repr_and_integers_given_for_them_are_floats():
    grid = {"l2": (0.1, 0.30000000000000004, 1, 1e-05, 1e22, 5e-324)}
    shown = ["0.1", "0.30000000000000004", "1.0", "1e-05", "1e+22", "5e-324"]
    assert ProbeSpec(name="p", grid=grid).declared()["grid"] == {"l2": shown}
    assert Splits(select=0.2).declared() == {"select": "0.2"}
    assert Pretraining(method="m", fraction=1).declared() == {"method": "m"}


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_two_floats_declare_the_same_exactly_when_they_are_the_same_bits(one, two):
    same = one.hex() == two.hex()
    declared = [ProbeSpec(name="p", grid={"x": (value,)}).declared() for value in (one, two)]
    assert (digest_of(declared[0]) == digest_of(declared[1])) == same


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), PLAIN, max_size=5), st.randoms(use_true_random=False))
def test_a_digest_does_not_depend_on_the_order_of_keys(form, dice):
    keys = list(form)
    dice.shuffle(keys)
    digest = digest_of(form)
    assert digest == digest_of({key: form[key] for key in keys})
    assert len(digest) == 16
    assert set(digest) <= set("0123456789abcdef")


@given(PLAIN, PLAIN)
def test_different_forms_have_different_digests(one, two):
    assume(json.dumps(one, sort_keys=True) != json.dumps(two, sort_keys=True))
    assert digest_of(one) != digest_of(two)


def test_a_digest_refuses_what_is_not_plain():
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="Out of range"):
            digest_of({"x": value})
    with pytest.raises(TypeError):
        digest_of({"x": {1, 2}})


@given(
    seed=st.integers(-(2**60), 2**60),
    size=st.integers(1, 4096),
    fit=st.sampled_from(["squash", "crop", "pad"]),
    count=st.integers(2, 10**6),
    select=st.none() | st.floats(0, 1, exclude_min=True, exclude_max=True),
    grid=st.dictionaries(st.text(max_size=5), st.lists(st.floats(allow_nan=False), max_size=4), max_size=3),
    fraction=st.floats(0, 1, exclude_min=True),
    arch=st.text(),
)
def test_an_experiment_keeps_its_id_through_json(seed, size, fit, count, select, grid, fraction, arch):
    pretraining = Pretraining(method="m", fraction=fraction)
    one = experiment(
        encoder=EncoderSpec(name="n", source="s", arch=arch, pretraining=pretraining),
        task=task(target=Classes(count=count), splits=Splits(select=select)),
        probe=ProbeSpec(name="p", grid=grid),
        inputs=InputPolicy(size=size, fit=fit),
        seed=seed,
    )
    again = Experiment.model_validate(json.loads(json.dumps(one.model_dump())))
    assert again == one
    assert again.id == one.id


@pytest.mark.parametrize(
    ("splits", "carved"),
    [({}, False), ({"select": 0.1}, True), ({"test": 0.1}, True), ({"select": 0.1, "test": 0.2}, True)],
)
def test_an_experiment_is_deterministic_where_nothing_is_carved(splits, carved):
    assert Splits(**splits).carved == carved
    assert experiment(task=task(splits=Splits(**splits))).deterministic == (not carved)


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    "build",
    [
        lambda: Quadrant(level="image-level", kind="semantic", colour="red"),
        lambda: task(colour="red"),
        lambda: task(target={"type": "classes", "count": 3, "colour": "red"}),
        lambda: experiment(colour="red"),
        lambda: record(colour="red"),
        lambda: Trial(settings={}, score=0, loss=0, colour="red"),
    ],
)
def test_unknown_fields_are_refused(build):
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        build()


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: task(metrics=("accuracy", "speed")), "unknown metric 'speed'"),
        (lambda: task(primary="speed"), "unknown metric 'speed'"),
        (lambda: task(metrics=("nll",), primary="accuracy"), "'accuracy' is not among the metrics"),
        (lambda: Classes(count=1), "greater than or equal to 2"),
        (lambda: Classes(count=3, names=("a", "b")), "2 names for 3 classes"),
        (lambda: Splits(select=0), "greater than 0"),
        (lambda: Splits(test=1), "less than 1"),
        (lambda: task(target={"type": "words", "count": 3}), "'classes', 'values'"),
        (lambda: task(target={"count": 3}), "Unable to extract tag"),
        (lambda: InputPolicy(size=0), "greater than or equal to 1"),
        (lambda: InputPolicy(fit="stretch"), "'squash', 'crop' or 'pad'"),
        (lambda: Pretraining(method="m", fraction=1.5), "less than or equal to 1"),
        (lambda: record(status="fine"), "'ok', 'failed' or 'killed'"),
    ],
)
def test_values_that_cannot_be_are_refused_in_words(build, words):
    with pytest.raises(ValidationError, match=words):
        build()


def test_specs_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        experiment().seed = 1


def test_every_metric_has_a_direction_and_the_class_metrics_exist():
    assert set(CLASS_METRICS) <= METRICS.keys()
    assert {metric.better for metric in METRICS.values()} <= {"higher", "lower"}
    assert METRICS["accuracy"].better == "higher"
    assert METRICS["nll"].better == METRICS["ece"].better == "lower"


def test_quadrants_and_policies_print_as_people_say_them():
    assert str(SEMANTIC) == "image-level semantic"
    assert str(InputPolicy(size=64, fit="crop")) == "64 px, crop"
    assert str(InputPolicy(size=512, width=1024)) == "512x1024 px, squash"


# ------------------------------------------------------------------------------------------------ targets and metrics


@pytest.mark.parametrize(
    ("target", "metric"),
    [
        (Classes(count=2, dense=True), "accuracy"),
        (Classes(count=2), "miou"),
        (DEPTH, "nll"),
        (DEPTH, "mae"),
        (Values(size=1), "abs-rel"),
    ],
)
def test_a_metric_of_another_kind_of_target_is_refused(target, metric):
    with pytest.raises(ValidationError, match=metric):
        task(target=target, metrics=(metric,), primary=metric)


def test_metrics_of_two_families_do_not_mix():
    with pytest.raises(ValidationError, match="epe"):
        task(target=DEPTH, metrics=("abs-rel", "epe"), primary="abs-rel")


def test_a_probe_that_chooses_its_layer_is_labelled_so():
    assert ProbeSpec(name="p").label == "p"
    assert ProbeSpec(name="p", layers=("embedding", "stage4")).label == "p (best layer)"
    assert ProbeSpec(name="p", layers=("stage1", "stage4"), joint=True).label == "p"


def test_a_regime_has_a_number_unless_it_is_full():
    assert str(Regime()) == "full"
    assert str(Regime(kind="examples", n=1000)) == "1,000 examples"
    assert str(Regime(kind="shots", n=5)) == "5 a class"
    for wrong in ({"kind": "shots"}, {"kind": "full", "n": 3}, {"kind": "examples", "n": 0}):
        with pytest.raises(ValidationError):
            Regime(**wrong)


def test_a_seed_counts_where_the_splits_are_carved_or_the_probe_draws():
    assert experiment().deterministic
    assert not experiment(task=task(splits=Splits(select=0.2))).deterministic
    assert not experiment(probe=ProbeSpec(name="mlp", seeded=True)).deterministic
    assert experiment(probe=ProbeSpec(name="logistic", seeded=True)).id == experiment().id
