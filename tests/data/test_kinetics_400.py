"""Kinetics-400: labels as torchvision's models have them, frames as a plain loop over all of them decodes them."""

import json

import av
import numpy as np
import pytest
from torchvision.datasets.folder import find_classes
from torchvision.models.video import R3D_18_Weights

import miniatures
from miniatures.kinetics_400 import clip
from virb.data._whereabouts import plain
from virb.data.kinetics_400 import ACTIONS, spellings
from virb.errors import UserError

MADE = {}


@pytest.fixture
def made(request, tmp_path_factory):
    """A miniature, whose tests leave it as it was: its root and its source."""
    if request.param not in MADE:
        root = tmp_path_factory.mktemp("root")
        MADE[request.param] = root, miniatures.write("kinetics-400", request.param, root)
    return MADE[request.param]


def of(layout):
    return pytest.mark.parametrize("made", [layout], indirect=True)


def test_labels_are_those_of_torchvisions_models_in_their_order():
    assert list(ACTIONS) == R3D_18_Weights.DEFAULT.meta["categories"]
    assert len(spellings()) == 400
    assert len({plain(label) for label in ACTIONS}) == 400


@of("official, class folders")
def test_class_folders_are_found_as_torchvision_names_them(made):
    root, source = made
    data = source.unhashed(root)
    folders, _ = find_classes(str(root / "kinetics/val"))
    assert "massaging_persons_head" in folders
    folder_of = {f"val/{path.name}": path.parent.name for path in (root / "kinetics/val").glob("*/*.mp4")}
    for row in np.flatnonzero(data.official == "test"):
        folder = folder_of[data.keys[data.images[row, 0]].partition("#")[0]]
        spelt = ACTIONS[data.columns["label"][row]].replace(" ", "_")
        assert folder.replace(" ", "_") in (spelt, "".join(c for c in spelt if c not in "'()"))


@of("official")
def test_the_six_frames_are_those_in_the_middles_of_six_parts(made):
    root, source = made
    data = source.unhashed(root)
    for row in (0, 500, 1199):
        keys = [data.keys[image] for image in data.images[row]]
        assert [key.rpartition("#")[2] for key in keys] == list("012345")
        with av.open(str(root / "k400" / keys[0].rpartition("#")[0])) as container:
            whole = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert len(whole) == 13
        for image, place in zip(data.images[row], [1, 3, 5, 7, 9, 11], strict=True):
            np.testing.assert_array_equal(data.read(int(image)), whole[place])


@of("official")
def test_labels_are_those_of_the_list(made):
    root, source = made
    data = source.unhashed(root)
    for row in range(len(data)):
        video = data.keys[data.images[row, 0]].partition("/")[2]
        assert int(video.split("_")[-2]) == data.columns["label"][row]  # the miniature's clips start at second LABEL


@of("official")
def test_a_video_that_no_list_names_is_refused(made):
    root, source = made
    video = next((root / "k400/val").glob("*.mp4"))
    strange = video.rename(video.with_name("nobodyknows_000001_000011.mp4"))
    with pytest.raises(UserError, match=r"'val/nobodyknows_000001_000011.mp4' is not in 'val.csv'"):
        source.open(root)
    strange.rename(video)


@of("official")
def test_a_label_that_is_none_of_the_400_is_refused(made):
    root, source = made
    file = root / "k400/annotations/train.csv"
    whole = file.read_text()
    file.write_text(whole.replace("\nzumba,", "\nrumba,"))
    with pytest.raises(UserError, match="'rumba' is none of the 400 labels"):
        source.open(root)
    file.write_text(whole)


@of("official")
def test_without_pyav_it_is_said_how_to_get_it(made, monkeypatch):
    root, source = made
    monkeypatch.setattr("virb.data._video.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'virb\[video\]'"):
        source.open(root)


@of("2021")
def test_frames_of_the_study_are_spaced_evenly_in_the_order_of_their_numbers(made):
    """It took six in no order; by name, 10 comes before 2."""
    root, source = made
    identity = clip(0, 0)
    for frame in range(7, 13):
        (root / "kinetics400/train" / identity[:2] / f"{identity}_{frame}.jpg").write_bytes(miniatures.jpeg(0, frame))
    data = source.unhashed(root)
    for frame in range(7, 13):
        (root / "kinetics400/train" / identity[:2] / f"{identity}_{frame}.jpg").unlink()
    (row,) = (row for row in range(len(data)) if identity in data.keys[data.images[row, 0]])
    chosen = [data.keys[image].rpartition("_")[2] for image in data.images[row]]
    assert chosen == ["2.jpg", "4.jpg", "6.jpg", "8.jpg", "10.jpg", "12.jpg"]


@of("2021")
def test_clips_of_the_study_with_fewer_than_six_frames_are_left_out(made):
    root, source = made
    data = source.unhashed(root)
    assert "abcdefghijk" in json.loads((root / "kinetics400/annotations/train.json").read_text())
    assert (root / "kinetics400/train/ab/abcdefghijk_1.jpg").is_file()
    assert not [key for key in data.keys if "abcdefghijk" in key]
