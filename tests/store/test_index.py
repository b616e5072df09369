"""The index: it saves reading, and whatever happens to it changes no answer."""

import sqlite3
import zlib
from unittest import mock

import pytest

from samples import experiment, read_all, record, without_syncing
from virb.store import Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def indexed(store):
    """A store of four records whose index is complete."""
    with without_syncing():
        for seed in range(3):
            store.publish(record(seed))
        store.publish(record(3, status="failed"))
    assert len(store.records()) == 3
    return store


def test_an_index_saves_reading_the_files(indexed):
    expected = read_all(indexed.folder)
    with mock.patch("pathlib.Path.read_bytes", side_effect=AssertionError("a file was read")):
        assert read_all(indexed.folder) == expected


def test_five_hundred_records_are_the_same_with_an_index_without_and_after_a_rebuild(store):
    with without_syncing():
        for seed in range(500):
            store.publish(record(seed, minute=seed))
    without = read_all(store.folder)
    with_index = read_all(store.folder)
    (store.folder / "index.sqlite").unlink()
    assert without == with_index == read_all(store.folder) == sorted(without, key=lambda r: r.id)
    assert len(without) == 500


def test_new_changed_and_deleted_files_are_seen_in_spite_of_the_index(indexed):
    indexed.publish(record(7))
    assert record(7) in read_all(indexed.folder)
    victim = next(path for path in (indexed.folder / "records").iterdir() if path.name.startswith(experiment(7).id))
    victim.write_bytes(victim.read_bytes().replace(b"0.5", b"0.25"))
    assert {r.score for r in Store(indexed.folder).records()} == {0.5, 0.25}
    assert {r.score for r in indexed.records()} == {0.5, 0.25}
    victim.unlink()
    assert {r.score for r in indexed.records()} == {0.5}
    assert len(read_all(indexed.folder)) == 4
    assert indexed.publish(record(7))


def edit(index, statement, *values):
    database = sqlite3.connect(index)
    with database:
        database.execute(statement, values)
    database.close()


DAMAGES = {
    "garbage": lambda index: index.write_bytes(b"this is no database" * 100),
    "empty": lambda index: index.write_bytes(b""),
    "cut in half": lambda index: index.write_bytes(index.read_bytes()[: index.stat().st_size // 2]),
    "zeroed tail": lambda index: index.write_bytes(index.read_bytes()[:5000] + bytes(index.stat().st_size - 5000)),
    "deleted": lambda index: index.unlink(),
    "another program's": lambda index: edit(index, "ALTER TABLE records RENAME TO things"),
    "other columns": lambda index: edit(index, "ALTER TABLE records RENAME COLUMN content TO colour"),
    "not compressed": lambda index: edit(index, "UPDATE records SET content = name"),
    "null": lambda index: edit(index, "UPDATE records SET content = NULL"),
    "compressed nonsense": lambda index: edit(index, "UPDATE records SET content = ?", zlib.compress(b"{}")),
    "swapped": lambda index: edit(index, "UPDATE records SET content = (SELECT content FROM records LIMIT 1)"),
    "stale": lambda index: edit(index, "UPDATE records SET mtime = mtime + 1"),
    "a folder": lambda index: (index.unlink(), index.mkdir()),
    "leftover journal": lambda index: index.with_name("index.sqlite-journal").write_bytes(b"\xd9\xd5\x05\xf9" * 99),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_changes_no_answer(indexed, damage):
    expected = read_all(indexed.folder)
    DAMAGES[damage](indexed.folder / "index.sqlite")
    assert read_all(indexed.folder) == expected
    assert read_all(indexed.folder) == expected
    assert indexed.publish(record(9))
    assert record(9) in read_all(indexed.folder)


@pytest.mark.parametrize("damage", ["garbage", "empty", "cut in half", "deleted", "compressed nonsense", "stale"])
def test_a_damaged_index_is_rebuilt(indexed, damage):
    DAMAGES[damage](indexed.folder / "index.sqlite")
    read_all(indexed.folder)
    test_an_index_saves_reading_the_files(indexed)


def test_a_locked_index_is_done_without(indexed, monkeypatch):
    expected = read_all(indexed.folder)
    connect = sqlite3.connect
    monkeypatch.setattr("sqlite3.connect", lambda path, timeout: connect(path, timeout=0.01))
    database = connect(indexed.folder / "index.sqlite", isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    try:
        indexed.publish(record(9))
        assert read_all(indexed.folder) == sorted([*expected, record(9)], key=lambda r: (r.status != "ok", r.id))
    finally:
        database.close()
