"""Galleries show what records kept, side by side, and nothing that does not belong together."""

import numpy as np
import pytest
from record_factory import HOSTILE, Lab, make_encoder, packed
from toy_scenes import depth_task, flow_task, parts_task

from virb.analysis import matrix
from virb.errors import UserError
from virb.report.gallery import gallery, load_predictions
from virb.report.pictures import data_uri, picture, scale_of
from virb.spec import FAMILIES, Classes

NAMES = tuple("abcdefgh")


def made(lab, predictions=None):
    found = matrix(lab.records, lab.outcomes)
    (column,) = found.columns
    return gallery(found, column, predictions or lab.predictions)


def measured(task, names=NAMES[:3], **changes):
    lab = Lab()
    for place, name in enumerate(names):
        lab.measure(make_encoder(name), task, 0.95 - 0.05 * place, **changes)
    return lab


# ------------------------------------------------------------------------------------------------ what is shown


@pytest.mark.parametrize("task", [parts_task(), depth_task(), flow_task()], ids=lambda task: task.name)
def test_each_example_has_images_truth_and_a_prediction_of_each_encoder(task):
    shown = made(measured(task))
    assert [row.name for row in shown.encoders] == ["a", "b", "c"]
    assert [line.example for line in shown.lines] == [2, 5, 8, 11]
    for line in shown.lines:
        assert len(line.images) == task.images_per_example
        assert len(line.predicted) == 3
        shots = [*line.images, line.truth, *line.predicted]
        assert all(shot.uri.startswith("data:image/png;base64,") for shot in shots)
        assert {(shot.width, shot.height) for shot in shots} == {(48, 48)}
    assert shown.without == []


def test_predictions_are_drawn_by_the_range_of_the_truth():
    task = depth_task()
    lab = measured(task, "a")
    line = made(lab).lines[1]
    ((_, arrays),) = lab.kept.items()
    truth, predicted = arrays["truth"][1], arrays["predicted"][1]
    assert line.predicted[0].uri == data_uri(picture(task.target, predicted, scale_of(task.target, truth)))
    assert line.predicted[0].uri != data_uri(picture(task.target, predicted, scale_of(task.target, predicted)))


def test_alt_texts_say_who_predicted_what_on_which_example():
    line = made(measured(depth_task(), "a")).lines[0]
    assert line.truth.alt == f"true depth of example 2: {line.told}"
    assert line.predicted[0].alt.startswith("predicted depth by a on example 2: ")
    assert line.images[0].alt == "image of example 2"
    line = made(measured(flow_task(), "a")).lines[0]
    assert [image.alt for image in line.images] == ["image 1 of example 2", "image 2 of example 2"]
    line = made(measured(parts_task(), "a")).lines[0]
    assert line.truth.alt.startswith("true part of example 2: floor ")
    assert line.truth.alt.count(" %") == 4


def test_encoders_that_kept_other_examples_are_shown_on_the_shared_ones():
    lab = Lab()
    lab.measure(make_encoder("a"), depth_task(), 0.9, shown=(2, 5, 8, 11))
    lab.measure(make_encoder("b"), depth_task(), 0.8, shown=(11, 5, 20))
    lab.measure(make_encoder("c"), depth_task(), 0.7, shown=(2, 8))
    shown = made(lab)
    assert [row.name for row in shown.encoders] == ["a", "b"]
    assert [line.example for line in shown.lines] == [5, 11]
    assert shown.without == [("c", "its kept examples are others")]
    alone = Lab()
    alone.records, alone.files, alone.kept = lab.records[1:2], lab.files, lab.kept
    places = {line.example: line.predicted[0].uri for line in made(alone).lines}
    assert [line.predicted[1].uri for line in shown.lines] == [places[5], places[11]]


def test_at_most_four_examples_and_six_encoders_with_a_floor_among_them():
    lab = measured(parts_task(), NAMES, shown=tuple(range(9)))
    lab.measure(make_encoder("pixels", "pixels"), parts_task(), 0.3, shown=tuple(range(9)))
    shown = made(lab)
    assert [row.name for row in shown.encoders] == ["a", "b", "c", "d", "e", "pixels"]
    assert [line.example for line in shown.lines] == [1, 3, 5, 7], "from all over test"


def test_an_encoder_without_kept_predictions_is_named():
    lab = measured(parts_task())
    lab.measure(make_encoder("d"), parts_task(), 0.2, shown=())
    shown = made(lab)
    assert [row.name for row in shown.encoders] == ["a", "b", "c"]
    assert shown.without == [("d", "its predictions were not kept")]
    assert made(lab, lambda record: None) is None


def test_an_encoder_that_failed_has_no_pictures():
    lab = measured(parts_task(), "a")
    lab.fail(make_encoder("b"), parts_task(), probe="dense")
    assert [row.name for row in made(lab).encoders] == ["a"]


def test_a_scale_free_prediction_is_brought_to_the_median_of_the_truth():
    task = depth_task(primary="abs-rel-aligned")
    lab = measured(task, "a")
    ((_, arrays),) = lab.kept.items()
    arrays["predicted"] = (7 * arrays["truth"]).astype(np.float32)
    shown = made(lab)
    assert "median" in shown.legend.words
    assert all(line.predicted[0].uri == line.truth.uri for line in shown.lines)


def test_legends_name_what_can_be_seen_and_no_more():
    legend = made(measured(parts_task(), "a")).legend
    assert [name for _, name in legend.swatches] == ["floor", "wall", "crate", "<b>ball</b>", "no label"]
    assert legend.swatches[0][0] == "#332288"
    lab = measured(parts_task(target=Classes(count=30, dense=True)), "a")
    for arrays in lab.kept.values():
        arrays["truth"] = arrays["predicted"] = np.full((4, 6, 6), 29, np.uint8)
    assert [name for _, name in made(lab).legend.swatches] == ["class 29"]
    depth, flow = made(measured(depth_task(), "a")).legend, made(measured(flow_task(), "a")).legend
    assert depth.strip
    assert "in m" in depth.words
    assert flow.wheel
    assert "in px" in flow.words
    assert [name for _, name in depth.swatches] == ["not known"]


def test_three_dense_tasks_and_three_encoders_at_full_size_stay_below_the_limit():
    draw = np.random.default_rng(0)
    total = 0
    for task in (parts_task(), depth_task(), flow_task()):
        lab = measured(task)
        for arrays in lab.kept.values():
            arrays["image"] = draw.integers(0, 256, (4, task.images_per_example, 224, 224, 3)).astype(np.uint8)
            for name in ("truth", "predicted"):
                arrays[name] = arrays[name].repeat(5, 1)[:, :224].repeat(5, 2)[:, :, :224]
        for line in made(lab).lines:
            total += sum(len(shot.uri) for shot in (*line.images, line.truth, *line.predicted))
    assert total < 1_500_000, "even where images are noise, which nothing compresses"


# ------------------------------------------------------------------------------------------------ files


@pytest.fixture
def kept(tmp_path):
    """A store's folder, a record and its arrays; ``write`` puts arrays where the record looks."""
    lab = measured(depth_task(), "a")
    (record,) = lab.records
    (tmp_path / "predictions").mkdir()
    arrays = dict(lab.predictions(record))

    def write(**changes):
        content = packed({name: array for name, array in (arrays | changes).items() if array is not None})
        (tmp_path / "predictions" / record.predictions).write_bytes(content)
        return load_predictions(tmp_path, record)

    return tmp_path, record, arrays, write


def test_a_file_comes_back_as_it_was_written(kept):
    _, _, arrays, write = kept
    loaded = write()
    assert loaded.keys() == arrays.keys()
    assert all(np.array_equal(loaded[name], arrays[name], equal_nan=name != "image") for name in arrays)


def test_a_file_that_did_not_travel_is_none(kept):
    folder, record, _, _ = kept
    assert load_predictions(folder, record) is None
    assert load_predictions(folder / "nowhere", record) is None
    assert load_predictions(folder, record.model_copy(update={"predictions": None})) is None


def test_a_name_that_leads_out_of_the_folder_is_refused(kept):
    folder, record, _, _ = kept
    for name in ("../records/x.npz", "/etc/passwd", "a/b.npz"):
        with pytest.raises(UserError, match="names the predictions file"):
            load_predictions(folder, record.model_copy(update={"predictions": name}))


@pytest.mark.parametrize(
    "content",
    [b"", b"no zip", b"PK\x03\x04 half", packed({"example": np.arange(3)})],
    ids=["empty", "text", "cut", "few"],
)
def test_a_broken_file_is_named(kept, content):
    folder, record, _, _ = kept
    path = folder / "predictions" / record.predictions
    path.write_bytes(content)
    with pytest.raises(UserError, match="cannot be used") as caught:
        load_predictions(folder, record)
    assert str(path) in caught.value.problem
    assert "the score stays" in caught.value.remedy


@pytest.mark.parametrize(
    "changes",
    [
        {"example": np.array([2, 2, 8, 11])},
        {"example": np.array([2, 5])},
        {"example": np.array([2.0, 5, 8, 11])},
        {"example": np.array(["a", "b", "c", "d"])},
        {"example": None},
        {"image": np.zeros((4, 48, 48, 3), np.uint8)},
        {"image": np.zeros((4, 1, 48, 48, 3))},
        {"image": np.zeros((4, 1, 48, 48, 1), np.uint8)},
        {"truth": np.zeros((4, 48, 48, 1), np.uint8)},
        {"truth": np.zeros((4, 24, 24, 1))},
        {"predicted": np.zeros((4, 48, 48), np.uint8), "truth": np.zeros((4, 48, 48), np.uint8)},
        {"predicted": np.zeros((4, 48, 48, 2)), "truth": np.zeros((4, 48, 48, 2))},
        {"predicted": np.zeros((4, 48, 48, 1), complex)},
        {name: np.zeros((0, 1, 4, 4, 3)[: 5 - 4 * (name == "example")], np.uint8) for name in ("example", "image")},
        {"predicted": np.array([None] * 4)},
    ],
    ids=range(15),
)
def test_arrays_that_do_not_fit_together_are_refused(kept, changes):
    *_, write = kept
    with pytest.raises(UserError, match="cannot be used"):
        write(**changes)


def test_masks_must_be_ids(tmp_path):
    lab = measured(parts_task(), "a")
    (record,) = lab.records
    (tmp_path / "predictions").mkdir()
    for changes, fine in (({}, True), ({"truth": np.zeros((4, 48, 48)), "predicted": np.zeros((4, 48, 48))}, False)):
        (tmp_path / "predictions" / record.predictions).write_bytes(packed(lab.predictions(record) | changes))
        if fine:
            assert load_predictions(tmp_path, record)["truth"].dtype == np.uint8
        else:
            with pytest.raises(UserError, match="float64"):
                load_predictions(tmp_path, record)


def test_names_of_classes_and_encoders_are_kept_as_they_are_for_the_page_to_escape():
    target = Classes(count=4, dense=True, ignore=255, names=(HOSTILE, '" onerror="x', "c", "d"))
    lab = Lab()
    lab.measure(make_encoder(HOSTILE), parts_task(target=target, metrics=FAMILIES["segmentation"]), 0.9)
    line = made(lab).lines[0]
    assert HOSTILE in line.truth.alt
    assert line.predicted[0].alt.startswith(f"predicted part by {HOSTILE} on")
