"""Digests of files and arrays, and the memory of hashes."""

import hashlib
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from virb.data import _manifest as manifest
from virb.data._manifest import Content, digest_of_arrays, digest_of_files, hash_files


@pytest.fixture(autouse=True)
def _fresh_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRB_CACHE", str(tmp_path / "memory"))


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "files"
    folder.mkdir()
    paths = [folder / f"{number}.bin" for number in range(5)]
    for number, path in enumerate(paths):
        path.write_bytes(bytes([number]) * 1000 * number)
    return paths


def settle(monkeypatch: pytest.MonkeyPatch, seconds: float = 60) -> None:
    """Let the clock run on, so that what was just written counts as old."""
    later = time.time_ns() + int(seconds * 1e9)
    monkeypatch.setattr(manifest.time, "time_ns", lambda: later)


def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Record which files are read."""
    seen: list[Path] = []
    original = manifest._sha256

    def spy(path: Path) -> str:
        seen.append(path)
        return original(path)

    monkeypatch.setattr(manifest, "_sha256", spy)
    return seen


def test_contents_are_sizes_and_sha256(files: list[Path]) -> None:
    plain = [Content(len(path.read_bytes()), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
    assert hash_files(files) == plain
    assert hash_files([]) == []


def test_what_is_remembered_is_not_read_again(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    settle(monkeypatch)
    seen = reads(monkeypatch)
    first = hash_files(files)
    assert seen == files
    assert hash_files(files) == first
    assert hash_files([files[2], files[0]]) == [first[2], first[0]]
    assert seen == files


def test_a_file_of_just_now_is_read_again_each_time(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    seen = reads(monkeypatch)
    hash_files(files)
    hash_files(files)
    assert seen == files * 2


def test_a_file_from_the_future_is_not_remembered(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    settle(monkeypatch)
    ahead = time.time() + 3600
    os.utime(files[0], (ahead, ahead))
    seen = reads(monkeypatch)
    hash_files(files[:1])
    hash_files(files[:1])
    assert seen == files[:1] * 2


def test_a_change_that_keeps_size_and_modification_time_is_seen(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = files[3].stat()
    settle(monkeypatch)
    before = hash_files(files)
    time.sleep(0.02)  # the change time of some kernels moves in ticks
    files[3].write_bytes(b"x" * old.st_size)
    os.utime(files[3], ns=(old.st_atime_ns, old.st_mtime_ns))
    after = hash_files(files)
    assert files[3].stat().st_mtime_ns == old.st_mtime_ns
    assert after[3].sha256 == hashlib.sha256(b"x" * old.st_size).hexdigest()
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, True, True, False, True]


def test_a_file_that_changes_while_it_is_read_is_not_remembered(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(monkeypatch)
    original = manifest._sha256

    def meanwhile(path: Path) -> str:
        found = original(path)
        path.write_bytes(b"longer than before" * 1000)
        return found

    monkeypatch.setattr(manifest, "_sha256", meanwhile)
    hash_files(files[:1])
    monkeypatch.setattr(manifest, "_sha256", original)
    assert hash_files(files[:1])[0].sha256 == original(files[0])


@pytest.mark.parametrize("broken", ["not a database", "a folder", "a cache that is a file"])
def test_a_broken_memory_only_costs_time(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, broken: str
) -> None:
    settle(monkeypatch)
    memory = tmp_path / "memory"
    if broken == "a cache that is a file":
        memory.write_text("")
    else:
        memory.mkdir()
        place = memory / "contents.sqlite"
        place.mkdir() if broken == "a folder" else place.write_bytes(b"rubbish" * 1000)
    plain = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    assert [content.sha256 for content in hash_files(files)] == plain


def test_a_memory_of_another_make_only_costs_time(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settle(monkeypatch)
    (tmp_path / "memory").mkdir()
    with sqlite3.connect(tmp_path / "memory" / "contents.sqlite") as other:
        other.execute("CREATE TABLE contents (something TEXT)")
    other.close()
    assert hash_files(files)[0].sha256 == hashlib.sha256(b"").hexdigest()


PROCESS = """
import sys, time
from pathlib import Path
from virb.data import _manifest
later = time.time_ns() + 60 * 10**9
_manifest.time.time_ns = lambda: later
for _ in range(20):
    contents = _manifest.hash_files([Path(name) for name in sys.argv[1:]])
print(contents)
"""


def test_several_processes_may_share_the_memory(files: list[Path]) -> None:
    command = [sys.executable, "-c", PROCESS, *map(str, files)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    expected = str(hash_files(files))
    assert [process.communicate()[0].strip() for process in running] == [expected] * 3


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        hash_files([tmp_path / "nothing"])


contents = st.builds(Content, st.integers(0, 2**40), st.text("0123456789abcdef", min_size=64, max_size=64))
names = st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=20)
listings = st.dictionaries(names, contents, max_size=5)


@given(listings, st.randoms())
def test_the_order_of_files_does_not_count(listing: dict[str, Content], random: object) -> None:
    shuffled = list(listing.items())
    random.shuffle(shuffled)
    assert digest_of_files(list(listing), list(listing.values())) == digest_of_files(
        [name for name, _ in shuffled], [content for _, content in shuffled]
    )


@given(listings, listings)
def test_different_files_have_different_digests(one: dict[str, Content], other: dict[str, Content]) -> None:
    same = digest_of_files(list(one), list(one.values())) == digest_of_files(list(other), list(other.values()))
    assert same == (one == other)


def test_the_digest_of_files_does_not_change_with_releases() -> None:
    assert (
        digest_of_files(["a/1.png", "é\udcff"], [Content(1, "00"), Content(2, "ff")])
        == hashlib.sha256(
            b"a/1.png\x001\x0000\x00" + "é\udcff".encode("utf-8", "surrogatepass") + b"\x002\x00ff\x00"
        ).hexdigest()[:32]
    )


arrays = npst.arrays(
    st.sampled_from([np.uint8, np.int64, np.float32, "<U3"]), npst.array_shapes(min_dims=1, max_dims=3, max_side=3)
)


@given(arrays)
def test_arrays_of_either_byte_order_and_layout_have_one_digest(array: np.ndarray) -> None:
    digest = digest_of_arrays({"a": array})
    assert digest == digest_of_arrays({"a": array.astype(array.dtype.newbyteorder(">"))})
    assert digest == digest_of_arrays({"a": np.asfortranarray(array)})
    assert digest != digest_of_arrays({"b": array})
    assert digest != digest_of_arrays({"a": array[None]})


def test_type_shape_value_and_name_all_count() -> None:
    base = np.arange(6, dtype=np.int64)
    variants = [base, base.astype(np.int32), base.reshape(2, 3), base.reshape(3, 2), base + 1]
    digests = [digest_of_arrays({"a": array}) for array in variants]
    digests += [digest_of_arrays({"b": base}), digest_of_arrays({"a": base, "b": base}), digest_of_arrays({})]
    assert len(set(digests)) == len(digests)
