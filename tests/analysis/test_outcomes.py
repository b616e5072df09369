"""Per-example files come back whole or are refused."""

import numpy as np
import pytest
from record_factory import Lab, make_encoder, make_task

from virb.analysis import load_outcomes
from virb.errors import UserError


@pytest.fixture
def lab():
    return Lab()


@pytest.fixture
def record(lab):
    return lab.run(make_encoder("a"), make_task())


def put(folder, record, content):
    (folder / "outcomes").mkdir(exist_ok=True)
    (folder / "outcomes" / record.outcomes).write_bytes(content)


def saved(arrays):
    import io

    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def test_arrays_come_back_as_they_were_written(tmp_path, lab, record):
    put(tmp_path, record, lab.npz(record))
    found = load_outcomes(tmp_path, record)
    assert found is not None
    for name, array in lab.outcomes(record).items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_files_that_the_store_attached_are_found(tmp_path, lab, record):
    from virb.store import Store

    store = Store(tmp_path)
    content = lab.npz(record)
    attached = record.model_copy(update={"outcomes": store.attach(content)})
    np.testing.assert_array_equal(load_outcomes(tmp_path, attached)["correct"], lab.outcomes(record)["correct"])


def test_a_record_without_a_file_has_no_arrays(tmp_path, record):
    assert load_outcomes(tmp_path, record.model_copy(update={"outcomes": None})) is None
    assert load_outcomes(tmp_path, record) is None


@pytest.mark.parametrize("name", ["../secret.npz", "/etc/passwd", "a/b.npz", "."])
def test_a_name_that_leaves_the_folder_is_refused(tmp_path, record, name):
    with pytest.raises(UserError, match="plain file name"):
        load_outcomes(tmp_path, record.model_copy(update={"outcomes": name}))


def test_half_a_file_is_refused_by_name(tmp_path, lab, record):
    put(tmp_path, record, lab.npz(record)[:200])
    with pytest.raises(UserError, match=record.outcomes):
        load_outcomes(tmp_path, record)


def test_pickled_arrays_are_not_opened(tmp_path, lab, record):
    put(tmp_path, record, saved({**lab.outcomes(record), "label": np.array([{}], object)}))
    with pytest.raises(UserError, match="cannot be used"):
        load_outcomes(tmp_path, record)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda a: a.pop("group"), "group"),
        (lambda a: a.update(label=a["label"][1:]), "different length"),
        (lambda a: a.update(example=np.zeros_like(a["example"])), "appears twice"),
        (lambda a: a.update(correct=a["correct"] * np.nan), "not a number"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(tmp_path, lab, record, change, why):
    arrays = dict(lab.outcomes(record))
    change(arrays)
    put(tmp_path, record, saved(arrays))
    with pytest.raises(UserError, match=why):
        load_outcomes(tmp_path, record)
