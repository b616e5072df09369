"""A file is what it was when it was first seen, or it is refused by name."""

import json
from hashlib import sha256

import pytest

from virb.errors import UserError
from virb.fetching import LEDGER, Digests


def test_the_first_sight_is_written_down_and_the_next_compared(tmp_path):
    file = tmp_path / "sub" / "w.pth"
    file.parent.mkdir()
    file.write_bytes(b"weights")
    digest = sha256(b"weights").hexdigest()
    assert Digests(tmp_path).known(file) is None
    assert Digests(tmp_path).check(file, source="https://example.org/w.pth") == digest
    assert Digests(tmp_path).known(file) == digest
    line = json.loads((tmp_path / LEDGER).read_text())["sub/w.pth"]
    assert line["bytes"] == 7
    assert line["source"] == "https://example.org/w.pth"
    file.write_bytes(b"other")
    with pytest.raises(UserError, match=r"w\.pth' was changed since it was first seen"):
        Digests(tmp_path).check(file)


def test_a_file_that_was_replaced_on_purpose_is_forgotten_first(tmp_path):
    ledger, file = Digests(tmp_path), tmp_path / "w.pth"
    file.write_bytes(b"weights")
    ledger.check(file)
    file.write_bytes(b"other")
    ledger.forget(file)
    assert ledger.check(file) == sha256(b"other").hexdigest()


@pytest.mark.parametrize("text", ["{", "[]", '{"w.pth": 3}', '{"w.pth": {"sha256": 3}}'])
def test_a_ledger_that_is_none_is_refused_and_left_alone(tmp_path, text):
    (tmp_path / LEDGER).write_text(text)
    (tmp_path / "w.pth").write_bytes(b"weights")
    with pytest.raises(UserError, match="no ledger"):
        Digests(tmp_path).check(tmp_path / "w.pth")
    assert (tmp_path / LEDGER).read_text() == text
