"""Pixelwise predictions are scored at the resolution of the truth, not at that of the encoder's input."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from virb.analysis import load_outcomes
from virb.cache import Cache
from virb.data import BadImage, PixelTruth
from virb.data._geometry import frame_truth
from virb.data._splits import carve
from virb.encoders import load_encoder
from virb.errors import ExperimentError, UserError
from virb.probes import PROBES, best_layer
from virb.run import Bench, run_experiment
from virb.run._native import at_truth
from virb.spec import Classes, Experiment, Found, InputPolicy, Values
from virb.store import Store
from virb.testing import toy_pixelwise_task, toy_scenes

IDS = Classes(count=3, dense=True, ignore=255)
DEPTH = Values(size=1, dense=True, masked=True, positive=True, unit="m")
FLOW = Values(size=2, dense=True, masked=True, unit="px")
DRAW = np.random.default_rng(0)


def enlarged(truth, times):
    """The same at so many times the resolution."""
    return truth.repeat(times, axis=0).repeat(times, axis=1)


@pytest.mark.parametrize("fit", ["squash", "pad"])
@pytest.mark.parametrize("wide", [None, 64])
@pytest.mark.parametrize(("height", "width"), [(31, 47), (60, 20), (8, 8), (128, 96)])
def test_what_is_right_in_the_frame_is_right_in_the_image(height, width, wide, fit):
    inputs = InputPolicy(size=32, width=wide, fit=fit)
    truth = enlarged(DRAW.integers(0, 3, (2, 2)).astype(np.uint8), 64)[:height, :width]
    framed = frame_truth(truth, IDS, "segmentation", inputs)
    sure = np.where(framed[..., None] == np.arange(3), 0, -9).astype(np.float32)
    outputs = at_truth(sure, height, width, IDS, "segmentation", inputs)
    assert outputs.shape == (height, width, 3)
    assert (outputs.argmax(axis=-1) == truth).mean() > 0.97
    np.testing.assert_allclose(np.exp(outputs).sum(axis=-1), 1, rtol=1e-5)


def test_enlarging_is_what_torch_does_between_the_centres_of_pixels():
    depth = DRAW.uniform(1, 5, (12, 12, 1)).astype(np.float32)
    theirs = functional.interpolate(
        torch.from_numpy(depth).permute(2, 0, 1)[None], size=(30, 45), mode="bilinear", align_corners=False
    )
    ours = at_truth(depth, 30, 45, DEPTH, "depth", InputPolicy(size=12))
    np.testing.assert_allclose(ours, theirs[0].permute(1, 2, 0), rtol=1e-5)


@pytest.mark.parametrize("fit", ["squash", "pad"])
@pytest.mark.parametrize("wide", [None, 40])
def test_vectors_come_back_to_what_they_were(wide, fit):
    flow = np.broadcast_to(np.float32([6, -4]), (30, 60, 2)).copy()
    inputs = InputPolicy(size=24, width=wide, fit=fit)
    framed = np.nan_to_num(frame_truth(flow, FLOW, "flow", inputs))
    found = at_truth(framed, 30, 60, FLOW, "flow", inputs)
    np.testing.assert_allclose(found[4:-4], flow[4:-4], rtol=1e-5)


# ------------------------------------------------------------------------------------------------ a whole experiment


def in_files(dataset, column, times=1, bad=()):
    """The same data, its truth in files of another resolution."""
    truths = dataset.columns[column]

    def read(row):
        if row in bad:
            raise BadImage(f"{row}.png", "truncated")
        return enlarged(truths[row], times)

    columns = {name: values for name, values in dataset.columns.items() if name != column}
    return replace(dataset, columns=columns, pixels={column: PixelTruth(read, lambda row: f"{row}.png")})


def run(tmp_path, dataset, column, task=None, probe="dense-linear", **declared):
    sealed = load_encoder("pixels", InputPolicy(size=32))
    task, probe = task or toy_pixelwise_task(column), best_layer(PROBES.load(probe)).spec
    experiment = Experiment(encoder=sealed.spec, task=task, probe=probe, inputs=sealed.inputs, **declared)
    bench = Bench(Store(tmp_path / "store"), Cache(tmp_path / "cache", budget=10**9))
    record = run_experiment(experiment, sealed, dataset, Found(data=dataset.digest), bench)
    return record, load_outcomes(bench.store.folder, record)


@pytest.mark.parametrize("column", ["mask", "depth"])
def test_truth_in_files_of_the_size_of_the_square_scores_as_an_array_does(tmp_path, column):
    dataset = toy_scenes(60)
    array, _ = run(tmp_path / "array", dataset, column)
    files, _ = run(tmp_path / "files", in_files(dataset, column), column)
    assert files.choice == array.choice
    assert files.scores == pytest.approx(array.scores, abs=1e-6)
    assert files.chance == pytest.approx(array.chance)


def test_every_pixel_of_the_truth_is_scored_at_its_own_resolution(tmp_path):
    dataset = toy_scenes(60)
    record, outcomes = run(tmp_path, in_files(dataset, "mask", times=5), "mask")
    assert (outcomes["labelled"] == 160 * 160).all()
    wanted = (dataset.columns["mask"][outcomes["example"]] == 1).sum(axis=(1, 2)) * 25
    np.testing.assert_array_equal(outcomes["truth"][:, 1], wanted)
    coarse, _ = run(tmp_path / "coarse", dataset, "mask")
    assert record.score == pytest.approx(coarse.score, abs=0.05)
    assert record.score != coarse.score


def test_predictions_are_kept_at_the_size_of_the_square(tmp_path):
    record, _ = run(tmp_path, in_files(toy_scenes(60), "depth", times=3), "depth")
    with np.load(tmp_path / "store" / "predictions" / record.predictions) as kept:
        assert kept["truth"].shape == kept["predicted"].shape == (12, 32, 32, 1)


def test_truth_that_cannot_be_read_stops_the_experiment_or_is_left_out_and_listed(tmp_path):
    dataset = in_files(toy_scenes(60), "mask", bad=(4, 7))
    with pytest.raises(ExperimentError, match=r"'4.png': truncated.*--on-bad-image skip"):
        run(tmp_path, dataset, "mask")
    record, outcomes = run(tmp_path, dataset, "mask", on_bad_image="skip")
    assert len(record.bad_images) == 2
    assert sum(record.counts.values()) == 58
    assert 4 not in outcomes["example"]


# ------------------------------------------------------------------------------------------------ nothing but void

WITH_VOID = toy_pixelwise_task("mask").model_copy(update={"target": Classes(count=2, dense=True, ignore=255)})


def with_void(*splits, each=None):
    """Scenes in files, the first ones of some splits without a labelled pixel, or all of them; and the others' rows."""
    dataset = toy_scenes(60)
    rows = carve(dataset, "mask", WITH_VOID.splits, seed=0)
    lost = np.concatenate([rows[split][:each] for split in splits])
    mask = dataset.columns["mask"].copy()
    mask[lost] = 255
    dataset = replace(dataset, columns={**dataset.columns, "mask": mask})
    return in_files(dataset, "mask", times=2), {split: np.setdiff1d(its, lost) for split, its in rows.items()}


@pytest.mark.parametrize("probe", ["dense-linear", "dense-knn"])
def test_an_image_of_nothing_but_void_teaches_and_scores_nothing_and_is_counted(probe, tmp_path):
    dataset, rows = with_void("fit", "select", "test", each=1)
    record, outcomes = run(tmp_path, dataset, "mask", WITH_VOID, probe)
    assert record.notes[-1] == "1 of 12 test examples have no labelled pixel and are not scored"
    assert record.counts == {"fit": 36, "select": 12, "test": 12}
    np.testing.assert_array_equal(outcomes["example"], rows["test"])
    assert (outcomes["labelled"] == 64 * 64).all()

    # The same scores as if it were not there, whatever was said of it.
    kept = np.sort(np.concatenate([*rows.values()]))
    truth = dataset.pixels["mask"].read
    without = replace(
        dataset,
        images=dataset.images[kept],
        official=dataset.official[kept],
        columns={name: values[kept] for name, values in dataset.columns.items()},
        pixels={"mask": PixelTruth(lambda row: truth(kept[row]), lambda row: f"{kept[row]}.png")},
        digest="without",
    )
    other, _ = run(tmp_path / "without", without, "mask", WITH_VOID, probe)
    assert record.scores == pytest.approx(other.scores, abs=1e-6)


@pytest.mark.parametrize("split", ["fit", "select", "test"])
def test_a_split_of_nothing_but_void_is_refused_by_name(split, tmp_path):
    with pytest.raises(UserError, match=f"The {split} split of 'toy' has no labelled pixel in 'mask'"):
        run(tmp_path, with_void(split)[0], "mask", WITH_VOID)
