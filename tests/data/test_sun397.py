"""SUN397 as torchvision's reader gives it, and its folders by whatever name they have when flattened."""

import numpy as np
import pytest
from torchvision.datasets import SUN397

import miniatures
from virb.data._whereabouts import plain
from virb.data.sun397 import PATHS, SCENES, flattened
from virb.errors import UserError


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The miniature, whose tests leave it as it was: its root and its source."""
    root = tmp_path_factory.mktemp("root")
    return root, miniatures.write("sun397", "official", root)


def test_images_and_labels_are_those_of_torchvision(made):
    root, source = made
    data, reference = source.unhashed(root), SUN397(root)
    assert tuple(reference.classes) == SCENES
    places = {path.relative_to(root / "SUN397").as_posix(): n for n, path in enumerate(reference._image_files)}
    assert len(places) == len(data) + 4  # those in no list of the first partition
    for row in range(0, len(data), 3):
        image, label = reference[places[data.keys[data.images[row, 0]]]]
        assert data.columns["label"][row] == label
        np.testing.assert_array_equal(data.read(int(data.images[row, 0])), np.asarray(image))


def test_there_are_397_scenes_in_the_order_of_their_paths():
    assert len(PATHS) == len(set(PATHS)) == 397
    assert list(PATHS) == sorted(PATHS)
    assert all(path[1] == path[3] and path[2] == "/" for path in PATHS)


def test_no_flattened_name_stands_for_two_scenes():
    meant: dict[str, set[str]] = {}
    for name, scene in [*flattened().items(), *((scene, scene) for scene in SCENES)]:
        meant.setdefault(plain(name), set()).add(scene)
    assert {name: its for name, its in meant.items() if len(its) > 1} == {}
    names = flattened()
    assert names["apse_indoor"] == names["indoor_apse"] == names["a_apse_indoor"] == "apse/indoor"


def test_a_line_of_no_scene_is_refused(made):
    root, source = made
    file = root / "SUN397/Testing_01.txt"
    whole = file.read_text()
    file.write_text(whole + "/a/atlantis/sun_abc.jpg\n")
    with pytest.raises(UserError, match=r"/a/atlantis/sun_abc\.jpg', which is of no scene"):
        source.open(root)
    file.write_text(whole)
