"""Publishing: exactly one is first and nothing is half there, whoever is killed and whatever the disk is like."""

import errno
import os
import pickle
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest

from samples import HERE, bytes_of, experiment, record, visible, without_syncing
from virb.errors import UserError
from virb.store import Missing, Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


# ------------------------------------------------------------------------------------------------ many at once

PUBLISHER = """
import errno, os, sys, time
from pathlib import Path
sys.path[:0] = {path!r}
import samples
from virb.store import Store

def no_links(*paths):
    raise OSError(errno.EPERM, "Operation not permitted")

folder, name, links = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "links"
if not links:
    os.link = no_links
store = Store(folder / "store")
(folder / f"ready-{{name}}").touch()
while not (folder / "go").exists():
    time.sleep(0.001)
{work}
"""
PATH = [str(Path(__file__).parent), *filter(None, sys.path)]


def start(work, *arguments):
    code = PUBLISHER.format(path=PATH, work=work)
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True)


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "a process did not get ready"
        time.sleep(0.002)


@pytest.mark.parametrize("links", ["links", "no links"])
def test_of_several_processes_exactly_one_is_first_with_each_answer(tmp_path, links):
    work = """
for seed in range(12):
    if store.publish(samples.record(seed, notes=(name,))):
        print(seed)
    store.publish(samples.record(seed, status="failed"))
    store.publish(samples.record(100 + 100 * int(name) + seed))
    store.attach(b"the same outcomes")
"""
    processes = {name: start(work, tmp_path, name, links) for name in "012"}
    wait_until(lambda: len(list(tmp_path.glob("ready-*"))) == 3)
    (tmp_path / "go").touch()
    claims = {name: process.communicate(timeout=60)[0].split() for name, process in processes.items()}
    assert all(process.returncode == 0 for process in processes.values())
    assert sorted(int(seed) for won in claims.values() for seed in won) == list(range(12))
    store = Store(tmp_path / "store")
    kept = {r.experiment.seed: r for r in store.records()}
    assert len(kept) == len(store.records()) == 12 + 3 * 12
    assert all(kept[int(seed)].notes == (name,) for name, won in claims.items() for seed in won)
    assert Counter(r.experiment.seed for r in store.failures()) == dict.fromkeys(range(12), 3)
    assert store.ignored() == []
    assert len(list(store.outcomes_folder.iterdir())) == 1
    assert not list((tmp_path / "store" / "records").glob(".*.tmp"))


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
def test_a_process_killed_at_any_moment_leaves_whole_records_only(tmp_path):
    work = """
for seed in range(100_000):
    store.publish(samples.record(seed, notes=("x" * 20_000,)))
"""
    (tmp_path / "go").touch()
    store = Store(tmp_path / "store")
    dice = random.Random(0)
    known = {}
    for _round in range(5):
        process = start(work, tmp_path, "0", "links")
        before = len(known)
        wait_until(lambda before=before: store.exists and len(visible(store)) > before)
        time.sleep(dice.uniform(0, 0.03))
        process.kill()
        process.communicate(timeout=60)
        records = Store(store.folder).records()
        assert [r.experiment.seed for r in sorted(records, key=lambda r: r.experiment.seed)] == [*range(len(records))]
        assert len(records) == len(visible(store)) > before
        assert Store(store.folder).ignored() == []
        now = {name: (store.folder / "records" / name).read_bytes() for name in visible(store)}
        assert known.items() <= now.items()
        known = now


@pytest.mark.parametrize("step", ["os.fsync", "os.link", "pathlib.Path.unlink"])
def test_after_a_death_at_any_step_the_record_is_there_or_can_be_published(tmp_path, step):
    work = f"""
from unittest import mock
with mock.patch("{step}", lambda *arguments, **options: os._exit(9)):
    store.publish(samples.record())
"""
    (tmp_path / "go").touch()
    process = start(work, tmp_path, "0", "links")
    process.communicate(timeout=60)
    assert process.returncode == 9
    store = Store(tmp_path / "store")
    there = step == "pathlib.Path.unlink"
    assert store.records() == ([record()] if there else [])
    assert store.ignored() == []
    assert store.publish(record()) == (not there)
    assert store.records() == [record()]


def test_threads_may_share_one_store(store):
    wins = []

    def work(name):
        for seed in range(5):
            if store.publish(record(seed, notes=(name,))):
                wins.append(seed)
            assert len(store.records()) <= 5
            store.missing([experiment(seed)], lambda _: HERE)

    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(6)]
    with without_syncing():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(wins) == [0, 1, 2, 3, 4]
    assert len(store.records()) == 5


def test_a_store_travels_as_its_path(store):
    store.publish(record(notes=("x" * 10_000,)))
    assert store.records()
    packed = pickle.dumps(store)
    assert len(packed) < 1000
    assert pickle.loads(packed).records() == [record(notes=("x" * 10_000,))]


# ------------------------------------------------------------------------------------------------ file systems


@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS])
def test_a_file_system_without_hard_links_keeps_the_same_promises(store, monkeypatch, code):
    monkeypatch.setattr("os.link", mock.Mock(side_effect=OSError(code, "no links here")))
    assert store.publish(record(notes=("first",)))
    assert not store.publish(record(notes=("second",)))
    assert store.publish(record(status="failed"))
    assert store.publish(record(status="failed"))
    assert [r.notes for r in store.records()] == [("first",)]
    assert len(store.failures()) == 2
    assert store.ignored() == []


def test_a_link_whose_confirmation_was_lost_counts_as_made(store, monkeypatch):
    link = os.link

    def repeated(source, target):
        link(source, target)
        raise FileExistsError(errno.EEXIST, "File exists", source, None, target)

    monkeypatch.setattr("os.link", repeated)
    assert store.publish(record(notes=("first",)))
    monkeypatch.setattr("os.link", link)
    assert not store.publish(record(notes=("second",)))


@pytest.mark.parametrize("step", ["os.fsync", "os.link", "pathlib.Path.open", "pathlib.Path.mkdir"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_full_or_closed_disk_is_said_so_and_changes_nothing(store, step, code):
    store.publish(record(0))
    before = bytes_of(store)
    error = OSError(code, os.strerror(code))
    with mock.patch(step, side_effect=error), pytest.raises(UserError) as caught:
        store.publish(record(1))
    assert f"'{experiment(1).id}'" in caught.value.problem
    assert f"'{store.folder}'" in caught.value.problem
    assert os.strerror(code) in caught.value.problem
    assert "unchanged" in caught.value.remedy
    assert bytes_of(store) == before
    assert store.publish(record(1))


def test_a_disk_that_fills_while_outcomes_are_attached_is_said_so(store):
    error = OSError(errno.ENOSPC, "No space left on device")
    with mock.patch("os.fsync", side_effect=error), pytest.raises(UserError, match="No space left"):
        store.attach(b"outcomes")
    assert list(store.outcomes_folder.iterdir()) == []


@contextmanager
def as_nobody():
    """Root may write anywhere: be somebody else for a while."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.skipif(sys.platform == "win32", reason="has no such permissions")
@pytest.mark.parametrize("indexed", [True, False])
def test_a_read_only_store_can_be_read_and_says_why_it_cannot_be_written_to(indexed):
    folder = Path(tempfile.mkdtemp())  # nobody may pass through pytest's own
    store = Store(folder / "store")
    try:
        store.publish(record())
        if indexed:
            store.records()
        for path in (folder, store.folder, store.folder / "records"):
            path.chmod(0o555)
        with as_nobody():
            other = Store(store.folder)
            assert other.records() == [record()]
            assert other.missing([experiment(), experiment(1)], lambda _: HERE) == [
                Missing(experiment(1), "never run"),
            ]
            with pytest.raises(UserError, match="Permission denied"):
                other.publish(record(1))
            with pytest.raises(UserError, match="Permission denied"):
                other.attach(b"outcomes")
    finally:
        for path in (folder, store.folder, store.folder / "records"):
            path.chmod(0o755)
        shutil.rmtree(folder)


WEIRD = ["with space", "quo'te\"s;--", "größe 图", "new\nline", "per%20cent?mode=memory#x", "-dash", ":memory:"]


@pytest.mark.skipif(sys.platform == "win32", reason="does not allow such names")
@pytest.mark.parametrize("name", [*WEIRD, os.fsdecode(b"not-utf8-\xff")], ids=ascii)
def test_a_folder_may_have_any_name(tmp_path, name):
    try:
        (tmp_path / name).mkdir()
    except OSError:
        pytest.skip("the file system does not allow this name")
    store = Store(tmp_path / name)
    store.publish(record())
    assert store.records() == Store(str(tmp_path / name)).records() == [record()]
    assert (tmp_path / name / "index.sqlite").is_file()


def test_a_relative_folder_stays_where_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = Store("store")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    store.publish(record())
    assert Store(tmp_path / "store").records() == [record()]


def test_a_folder_that_is_not_there_is_an_empty_store_and_reading_makes_nothing(store):
    assert not store.exists
    assert store.records() == store.failures() == store.latest() == store.ignored() == []
    assert store.missing([experiment()], lambda _: HERE) == [Missing(experiment(), "never run")]
    assert not store.folder.exists()


def test_a_file_instead_of_a_folder_is_refused(tmp_path):
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(UserError, match="Not a directory"):
        Store(path).records()
    with pytest.raises(UserError, match=r"could not be written to '.*file'"):
        Store(path).publish(record())
