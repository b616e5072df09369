"""The cache: a byte budget, least recently used first, never what somebody holds."""

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virb.cache import Cache, parse_size, show_size
from virb.errors import UserError


def filled(cache, name, size, age):
    path = cache.open("features", name)
    (path / "shard").write_bytes(b"x" * size)
    os.utime(path / "used", (time.time() - age,) * 2)
    return path


def test_the_least_recently_used_entry_goes_first(tmp_path):
    cache = Cache(tmp_path, budget=250)
    old, new = filled(cache, "old", 100, age=50), filled(cache, "new", 100, age=10)
    own = cache.open("features", "own")
    cache.make_room(100, keep=[own])
    assert not old.exists()
    assert new.exists()
    assert own.exists()


def test_opening_an_entry_counts_as_using_it(tmp_path):
    cache = Cache(tmp_path, budget=250)
    one, two = filled(cache, "one", 100, age=50), filled(cache, "two", 100, age=10)
    cache.open("features", "one")
    cache.make_room(100, keep=[cache.open("features", "own")])
    assert one.exists()
    assert not two.exists()


def test_an_entry_that_is_held_stays(tmp_path):
    cache = Cache(tmp_path, budget=150)
    held = filled(cache, "held", 100, age=50)
    with cache.lock(held):
        cache.make_room(100, keep=[cache.open("features", "own")])
        assert cache.clear() == 0
        assert held.exists()
    assert cache.clear() == 100
    assert not held.exists()


def test_what_is_larger_than_the_budget_is_refused_with_what_to_set(tmp_path):
    cache = Cache(tmp_path, budget=10**9)
    with pytest.raises(UserError, match="VIRB_CACHE_BUDGET=6GB"):
        cache.make_room(5 * 10**9, keep=[cache.open("features", "own")])


def test_the_entry_being_written_counts_and_stays(tmp_path):
    cache = Cache(tmp_path, budget=150)
    own = filled(cache, "own", 100, age=90)
    with pytest.raises(UserError):
        cache.make_room(100, keep=[own])
    assert own.exists()


def test_the_environment_sets_folder_and_budget(tmp_path, monkeypatch):
    monkeypatch.setenv("VIRB_CACHE", str(tmp_path / "with space"))
    monkeypatch.setenv("VIRB_CACHE_BUDGET", "3MB")
    assert Cache().folder == tmp_path / "with space"
    assert Cache().budget == 3_000_000
    assert Cache().entries() == []
    monkeypatch.setenv("VIRB_CACHE_BUDGET", "plenty")
    with pytest.raises(UserError, match="'plenty'"):
        Cache()


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("12", 12),
        ("12B", 12),
        ("1.5kb", 1500),
        (" 20 GB ", 20 * 10**9),
        ("2T", 2 * 10**12),
        ("7m", 7_000_000),
    ],
)
def test_sizes_are_read(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "1 PB", "1,5GB", "1e3", "inf"])
def test_what_is_not_a_size_is_refused(text):
    with pytest.raises(UserError):
        parse_size(text)


@given(st.integers(0, 10**15))
def test_a_size_that_is_shown_can_be_read_again(size):
    assert parse_size(show_size(size)) == pytest.approx(size, rel=0.06, abs=1)
