"""Records survive their own JSON, and what is not a record says so."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples import experiment, record
from virb.errors import UserError
from virb.spec import METRICS, MIGRATIONS, SCHEMA, Found, Preprocessing, Record, Resolved, Trial

RESOLVED = Resolved(
    weights="w",
    data="d",
    preprocessing=Preprocessing(mean=(0.1, 0.2, 0.3), std=(1, 1, 1)),
    layers={"embedding": 512},
    engine="torch",
    precision="float32",
    device="cpu",
    threads=1,
    versions={"torch": "2.4"},
)


def test_a_whole_record_is_the_same_after_its_json():
    whole = record(
        seed=5,
        found=Found(weights="w", data="d"),
        resolved=RESOLVED,
        scores={"accuracy": 0.1 + 0.2, "nll": 1e-300},
        chance=0.5,
        choice={"l2": 0.1, "layer": "stage4"},
        trials=(Trial(settings={"l2": 0.1}, score=0.5, loss=float("inf")), Trial(settings={}, score=-0.0, loss=0)),
        counts={"fit": 10},
        seconds={"fit": 0.1},
        bad_images=("a\udcff.png",),
        notes=("größer",),
        outcomes="0123456789abcdef.npz",
    )
    again = Record.parse(json.dumps(whole.model_dump()))
    assert again == whole
    assert again.id == whole.id == experiment(5).id
    assert again.score == 0.1 + 0.2
    assert repr(again.trials[1].score) == "-0.0"
    assert isinstance(again.choice["layer"], str)


@given(
    scores=st.dictionaries(st.sampled_from(sorted(METRICS)), st.floats(allow_nan=False), max_size=6),
    settings=st.dictionaries(st.text(max_size=5), st.floats(allow_nan=False) | st.text(max_size=5), max_size=4),
    notes=st.lists(st.text(), max_size=3),
    status=st.sampled_from(["ok", "failed", "killed"]),
    reason=st.none() | st.text(),
)
def test_any_record_is_the_same_after_its_json(scores, settings, notes, status, reason):
    trials = (Trial(settings=settings, score=0.5, loss=0.25),)
    one = record(scores=scores, choice=settings, notes=notes, status=status, reason=reason, trials=trials)
    assert Record.parse(json.dumps(one.model_dump())) == one


def test_a_record_of_a_newer_schema_is_refused_with_what_to_do():
    form = {**record().model_dump(), "schema_version": SCHEMA + 1, "a field of tomorrow": 1}
    with pytest.raises(UserError) as caught:
        Record.parse(json.dumps(form), "here.json")
    assert caught.value.problem == f"'here.json' has schema {SCHEMA + 1}; this virb knows {SCHEMA}."
    assert "pip install --upgrade virb" in caught.value.remedy


def test_a_record_of_an_older_schema_is_migrated_step_by_step(monkeypatch):
    def rename(form):
        return {**{k: v for k, v in form.items() if k != "why"}, "reason": form["why"], "schema_version": SCHEMA}

    monkeypatch.setitem(MIGRATIONS, SCHEMA - 1, rename)
    old = {k: v for k, v in record().model_dump().items() if k != "reason"}
    text = json.dumps({**old, "why": "because", "schema_version": SCHEMA - 1})
    assert Record.parse(text) == record(reason="because")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "1", "null", '"text"', "{}", '{"schema_version": "1"}', '{"schema_version": null}', "\ufeff{}"],
)
def test_what_is_not_a_record_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"."):
        Record.parse(text)


@pytest.mark.parametrize("field", ["experiment", "found", "status", "finished", "virb"])
def test_a_record_without_a_required_field_is_a_value_error_that_says_where(field):
    form = {key: value for key, value in record().model_dump().items() if key != field}
    with pytest.raises(ValueError, match=r"here\.json is not a record: Field required"):
        Record.parse(json.dumps(form), "here.json")


def test_what_was_found_compares_by_value():
    assert Found(weights="w", data="d") == Found(data="d", weights="w")
    assert Found(data="d") != Found(weights="w", data="d")
    assert Found(data="d").declared() == {"data": "d"}
