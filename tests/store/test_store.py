"""The store: nothing edited, nothing half-read, and what is missing."""

import json
import os
import sys
import tempfile
from collections import Counter
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samples import GROWN, HERE, bytes_of, experiment, record, visible, without_syncing
from virb.errors import UserError
from virb.spec import SCHEMA, Found, Trial
from virb.store import Ignored, Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


# ------------------------------------------------------------------------------------------------ publishing


def test_a_published_record_comes_back_as_it_was(store):
    trials = (Trial(settings={"l2": 1e-06, "layer": "stage1"}, score=0.1, loss=float("inf")),)
    whole = record(trials=trials, notes=("größer\n<b>\udcff",), bad_images=("a/b.png",), counts={"fit": 3}, chance=0.1)
    assert store.publish(whole)
    assert store.records() == Store(store.folder).records() == [whole]
    assert store.records()[0].trials[0].loss == float("inf")


def test_a_record_is_one_indented_json_document_named_by_id_and_what_was_found(store):
    store.publish(record())
    (name,) = visible(store)
    assert name.startswith(f"{experiment().id}.")
    assert len(name) == len("0123456789abcdef.01234567.json")
    text = (store.folder / "records" / name).read_text("ascii")
    assert text == json.dumps(json.loads(text), indent=1) + "\n"


def test_the_first_answer_wins_and_is_never_edited(store):
    assert store.publish(record(notes=("first",)))
    before = bytes_of(store)
    assert not store.publish(record(notes=("second",), minute=5))
    assert bytes_of(store) == before
    assert [r.notes for r in store.records()] == [("first",)]


def test_the_same_experiment_on_other_data_or_weights_is_another_answer(store):
    others = [HERE, GROWN, Found(weights="w2", data="d1"), Found(data="d1")]
    assert all(store.publish(record(found=found, minute=n)) for n, found in enumerate(others))
    assert [r.found for r in store.records()] == others
    assert [r.found for r in store.latest()] == others[-1:]


def test_failures_are_numbered_and_all_are_kept(store):
    for status in ("failed", "killed", "failed"):
        assert store.publish(record(status=status, reason="no"))
    assert visible(store) == [f"{experiment().id}.fail-{n}.json" for n in (1, 2, 3)]
    assert Counter(r.status for r in store.failures()) == {"failed": 2, "killed": 1}
    assert store.records() == store.latest() == []


def test_nothing_but_records_is_left_after_publishing(store):
    store.publish(record())
    store.publish(record())
    store.publish(record(status="failed"))
    assert not [path for path in (store.folder / "records").iterdir() if path.suffix != ".json"]
    assert len(list((store.folder / "records").iterdir())) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="has no umask")
def test_others_may_read_what_the_umask_lets_them_read(store):
    before = os.umask(0o022)
    try:
        store.publish(record())
        store.attach(b"outcomes")
    finally:
        os.umask(before)
    files = [*(store.folder / "records").iterdir(), *store.outcomes_folder.iterdir()]
    assert [path.stat().st_mode & 0o777 for path in files] == [0o644, 0o644]


def test_a_time_that_is_none_is_refused_before_anything_is_written(store):
    with pytest.raises(ValueError, match="yesterday"):
        store.publish(record(finished="yesterday"))
    assert not store.exists


@pytest.mark.parametrize("first", [b"", b"{", b"not json", None], ids=repr)
def test_half_a_file_under_the_records_name_does_not_keep_the_answer_out(store, first):
    store.publish(record(notes=("a",)))
    (name,) = visible(store)
    path = store.folder / "records" / name
    cut = path.read_bytes()[:-20] if first is None else first
    path.write_bytes(cut)
    assert [one.name for one in store.ignored()] == [name]
    assert store.records() == []
    assert store.publish(record(notes=("b",)))
    assert not store.publish(record(notes=("c",)))
    assert [r.notes for r in store.records()] == [("b",)]
    assert path.read_bytes() == cut


def test_when_a_cut_copy_is_completed_later_the_answer_still_counts_once(store):
    store.publish(record(minute=1))
    path = store.folder / "records" / visible(store)[0]
    whole = path.read_bytes()
    path.write_bytes(whole[:50])
    store.publish(record(minute=2))
    path.write_bytes(whole)
    assert store.records() == [record(minute=1)]
    assert store.ignored() == []


# ------------------------------------------------------------------------------------------------ what is not a record


def test_files_that_are_no_records_are_ignored_and_named(store):
    store.publish(record())
    (good,) = visible(store)
    text = (store.folder / "records" / good).read_text()
    form = json.loads(text)
    other = "0" * 16
    foreign = {
        "notes.txt": b"hello",
        f"copy of {good}": text.encode(),
        f"{other}.00000000.json": text.encode(),
        f"{experiment().id}.fail-1.json": text.encode(),
        f"{other}.00000001.json": text[: len(text) // 2].encode(),
        f"{other}.00000002.json": b"",
        f"{other}.00000003.json": b"\xff\xfe",
        f"{other}.00000004.json": b"[" * 100_000,
        f"{other}.00000005.json": b'{"schema_version": 0}',
        f"{other}.00000006.json": b"[1, 2]",
        f"{other}.00000007.json": json.dumps({**form, "colour": "red"}).encode(),
        good.replace(".json", "-2.json"): json.dumps({**form, "finished": "yesterday"}).encode(),
    }
    for name, content in foreign.items():
        (store.folder / "records" / name).write_bytes(content)
    (store.folder / "records" / f"{other}.00000008.json").mkdir()
    (store.folder / "records" / f"{other}.00000009.json").symlink_to("nowhere")
    (store.folder / "records" / ".half.tmp").write_text("{")
    for _again in range(2):
        assert store.records() == [record()]
        assert store.failures() == []
        ignored = store.ignored()
        assert {one.name for one in ignored} == {
            *foreign,
            f"{other}.00000008.json",
            f"{other}.00000009.json",
        }
        assert all(one.why for one in ignored)
    assert Ignored("notes.txt", "not the name of a record") in ignored


def test_a_record_of_a_newer_virb_is_refused_by_name(store):
    store.publish(record())
    path = store.folder / "records" / visible(store)[0]
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema_version": SCHEMA + 1}))
    for request in (store.records, store.failures, store.ignored, lambda: store.publish(record())):
        with pytest.raises(UserError, match="newer virb") as caught:
            request()
        assert str(path) in caught.value.problem
    assert visible(store) == [path.name]


# ------------------------------------------------------------------------------------------------ what is missing


def missing(store, *seeds, found=HERE, **options):
    return [
        (one.experiment.seed, one.why)
        for one in store.missing([experiment(seed) for seed in seeds], lambda _: found, **options)
    ]


def test_what_was_never_run_is_missing_once_and_in_the_order_given(store):
    store.publish(record(1))
    assert missing(store, 2, 0, 1, 2, 0) == [(2, "never run"), (0, "never run")]


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (Found(weights="w1", data="d2"), "data changed since 2024-05-03"),
        (Found(weights="w2", data="d1"), "weights changed since 2024-05-03"),
        (Found(weights=None, data="d1"), "weights changed since 2024-05-03"),
        (Found(weights="w2", data="d2"), "weights and data changed since 2024-05-03"),
    ],
)
def test_an_answer_for_other_data_or_weights_is_missing_and_says_what_changed(store, now, why):
    store.publish(record(found=Found(weights="w0", data="d0"), minute=1))
    store.publish(record(minute=2 * 1440))
    store.publish(record(status="failed", found=Found(weights="w0", data="d9"), minute=5 * 1440))
    assert missing(store, 0, found=now) == [(0, why)]
    assert missing(store, 0) == []


def test_an_answer_counts_again_when_the_data_are_back(store):
    store.publish(record(found=HERE, minute=1))
    store.publish(record(found=GROWN, minute=2))
    assert missing(store, 0, found=HERE) == missing(store, 0, found=GROWN) == []


def test_what_failed_is_held_back_until_it_is_asked_for(store):
    failure = record(status="failed", reason="NaN features")
    store.publish(failure)
    assert missing(store, 0) == []
    assert store.failed([experiment(), experiment(), experiment(1)], lambda _: HERE) == [failure]
    assert missing(store, 0, retry_failed=True) == [(0, "failed before: retried")]


def test_a_failure_on_other_data_holds_nothing_back(store):
    store.publish(record(status="failed", found=GROWN))
    assert missing(store, 0) == [(0, "data changed since 2024-05-01")]
    assert store.failed([experiment()], lambda _: HERE) == []


def test_what_was_killed_is_missing_and_the_newest_failure_decides(store):
    store.publish(record(status="failed", minute=1))
    store.publish(record(status="killed", minute=2))
    assert missing(store, 0) == [(0, "its worker was killed: run again")]
    assert store.failed([experiment()], lambda _: HERE) == []
    store.publish(record(status="failed", minute=3))
    assert missing(store, 0) == []
    assert store.failed([experiment()], lambda _: HERE) == [record(status="failed", minute=3)]


def test_what_failed_and_then_succeeded_is_neither_missing_nor_failed(store):
    store.publish(record(status="failed", minute=9))
    store.publish(record(minute=1))
    assert missing(store, 0, retry_failed=True) == []
    assert store.failed([experiment()], lambda _: HERE) == []


def test_what_is_there_now_is_asked_only_about_experiments_with_a_past(store):
    store.publish(record(0))
    asked = mock.Mock(return_value=HERE)
    store.missing([experiment(0), experiment(1)], asked)
    assert asked.call_args_list == [mock.call(experiment(0))]


def test_the_newest_is_newest_in_time_however_its_time_is_written(store):
    times = ["2024-05-01T12:00:00Z", "2024-05-01T14:30:00+03:00", "2024-05-01T11:59:59.5+00:00", "2024-05-01T11:00:00"]
    for number, finished in enumerate(times):
        store.publish(record(found=Found(data=str(number)), finished=finished))
    assert [r.found.data for r in store.records()] == ["3", "1", "2", "0"]
    assert [r.found.data for r in store.latest()] == ["0"]


EVENTS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([HERE, GROWN]), st.sampled_from(["ok", "failed", "killed"])),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.booleans())
def test_a_store_answers_as_a_list_kept_in_memory_would(events, retry):
    seeds, kept = range(3), []
    with tempfile.TemporaryDirectory() as folder, without_syncing():
        store = Store(folder)
        for minute, (seed, found, status) in enumerate(events):
            one = record(seed, found, status, minute)
            first = status != "ok" or not any((k.id, k.found, k.status) == (one.id, one.found, "ok") for k in kept)
            assert store.publish(one) == first
            kept += [one] * first
        kept.sort(key=lambda r: r.id)
        answers = [r for r in kept if r.status == "ok"]
        last = {(r.experiment.seed, r.found): r.status for r in kept if r.status != "ok"}
        open_ = [s for s in seeds if not any(r.experiment.seed == s and r.found == HERE for r in answers)]
        held = [s for s in open_ if last.get((s, HERE)) == "failed"]
        for reader in (store, Store(folder), Store(folder)):
            assert reader.records() == answers
            assert reader.failures() == [r for r in kept if r.status != "ok"]
            assert reader.latest() == list({r.id: r for r in answers}.values())
            assert [s for s, _ in missing(reader, *seeds, retry_failed=retry)] == [
                s for s in open_ if retry or s not in held
            ]
            wanted = [experiment(s) for s in seeds]
            assert [r.experiment.seed for r in reader.failed(wanted, lambda _: HERE)] == held


# ------------------------------------------------------------------------------------------------ outcomes


def test_outcomes_are_named_by_their_content_and_kept_once(store):
    one, two = store.attach(b"one"), store.attach(b"two")
    before = (store.outcomes_folder / one).stat().st_mtime_ns
    assert store.attach(b"one") == one != two
    assert (store.outcomes_folder / one).stat().st_mtime_ns == before
    assert one == "7692c3ad3540bb80.npz"  # printf one | sha256sum
    assert (store.outcomes_folder / one).read_bytes() == b"one"
    assert sorted(path.name for path in store.outcomes_folder.iterdir()) == sorted([one, two])


def test_attaching_mends_what_was_damaged(store):
    path = store.outcomes_folder / store.attach(b"outcomes")
    path.write_bytes(b"outc")
    store.attach(b"outcomes")
    assert path.read_bytes() == b"outcomes"
