"""CLEVR as torchvision's reader gives it, and its scenes by name and not by place."""

import json
from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets import CLEVRClassification

import miniatures
from virb.data.clevr import _distance


@pytest.mark.parametrize(("split", "part"), [("fit", "train"), ("test", "val")])
def test_images_and_counts_are_those_of_torchvision(split, part, tmp_path):
    data = miniatures.write("clevr", "official", tmp_path / "clevr").open(tmp_path)
    reference = CLEVRClassification(tmp_path, split=part)
    ours = {data.keys[data.images[row, 0]]: row for row in np.flatnonzero(data.official == split)}
    theirs = {Path(path).name: place for place, path in enumerate(reference._image_files)}
    assert set(ours) == set(theirs)
    for name, row in ours.items():
        image, count = reference[theirs[name]]
        assert int(data.class_names["count"][data.columns["count"][row]]) == count
        np.testing.assert_array_equal(data.read(int(data.images[row, 0])), np.asarray(image))


def test_the_distance_is_that_of_the_nearest_solid_to_the_middle_of_the_floor():
    solids = [{"3d_coords": [3, 4, 0]}, {"3d_coords": [0.6, 0.8, 0.35]}, {"3d_coords": [-2, 0, 0.7]}]
    assert _distance(solids) == int(2 * np.sqrt(0.36 + 0.64 + 0.35**2)) == 2
    assert _distance([{"3d_coords": [3, 3, 3]}]) == 6


def test_a_scene_whose_image_is_not_there_is_no_whole_source(tmp_path):
    source = miniatures.write("clevr", "official", tmp_path)
    file = tmp_path / "CLEVR_v1.0/scenes/CLEVR_val_scenes.json"
    scenes = json.loads(file.read_text())
    scenes["scenes"][3]["image_filename"] = "CLEVR_val_999999.png"
    file.write_text(json.dumps(scenes))
    assert "CLEVR_val_999999.png" in source.status(tmp_path).problem.problem
