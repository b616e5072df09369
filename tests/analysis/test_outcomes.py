"""Per-example files come back whole or are refused."""

import numpy as np
import pytest
from record_factory import Lab, make_encoder, make_task
from toy_scenes import depth_task, flow_task, parts_task

from virb.analysis import load_outcomes
from virb.errors import UserError
from virb.metrics import meter


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


def arrays_of(task, n=5):
    """What a meter gives for random predictions, with the examples' names."""
    draw = np.random.default_rng(0)
    family, shape = task.family, (n, 6, 6)
    if family == "segmentation":
        outputs, truth = np.log(draw.dirichlet(np.ones(4), shape)), draw.integers(0, 4, shape)
    else:
        outputs, truth = (draw.lognormal(size=(*shape, task.target.size)) for _ in range(2))
        truth[3] = np.nan
    its = meter(task.target, family)
    its.add(outputs, truth)
    return {"example": np.arange(n), "group": np.arange(n), **its.outcomes()}


@pytest.mark.parametrize("task", [parts_task(), depth_task(), flow_task()], ids=lambda task: task.name)
def test_what_a_meter_gives_comes_back_for_every_kind_of_target(tmp_path, lab, task):
    record, arrays = lab.measure(make_encoder("a"), task), arrays_of(task)
    put(tmp_path, record, saved(arrays))
    found = load_outcomes(tmp_path, record)
    assert set(found) == set(arrays)
    for name, values in arrays.items():
        np.testing.assert_array_equal(found[name], values)


def test_a_file_from_before_a_metric_was_there_is_read_as_far_as_it_goes(tmp_path, lab):
    record, arrays = lab.measure(make_encoder("a"), depth_task()), arrays_of(depth_task())
    del arrays["rmse"]
    put(tmp_path, record, saved({**arrays, "unheard-of": np.arange(5)}))
    assert set(load_outcomes(tmp_path, record)) == set(arrays)


@pytest.mark.parametrize(
    ("task", "change", "why"),
    [
        (parts_task(), lambda a: a.pop("truth"), "truth"),
        (parts_task(), lambda a: a.update(intersection=a["truth"] + 1), "do not fit"),
        (parts_task(), lambda a: a.update(union=a["truth"] - 1), "do not fit"),
        (parts_task(), lambda a: a.update(union=a["union"][:, :-1]), "do not fit"),
        (parts_task(), lambda a: a.update(labelled=a["labelled"] + 1), "do not fit"),
        (parts_task(), lambda a: a.update(right=a["right"][1:]), "different length"),
        (depth_task(), lambda a: a.update(rmse=a["rmse"] * np.inf), "infinite"),
        (flow_task(), lambda a: a.update(epe=a["epe"][:-1]), "different length"),
        (flow_task(), lambda a: a.update(epe=np.float64(3)), "different length"),
    ],
)
def test_arrays_of_pixels_that_do_not_fit_together_are_refused(tmp_path, lab, task, change, why):
    record, arrays = lab.measure(make_encoder("a"), task), arrays_of(task)
    change(arrays)
    put(tmp_path, record, saved(arrays))
    with pytest.raises(UserError, match=why):
        load_outcomes(tmp_path, record)
