"""Taskonomy's depth, edges and holes, in both layouts; and which building is in which split."""

import shutil

import numpy as np
import pytest
from PIL import Image

import miniatures
from miniatures.taskonomy import BUILDINGS, SIZE, VIEWS, depth, edge, grey16
from virb.data import BadImage
from virb.data._taskonomy import TINY
from virb.data._verifying import verify
from virb.data.taskonomy_inpainting import GREY
from virb.errors import UserError
from virb.progress import Quiet


@pytest.fixture
def source(tmp_path):
    return miniatures.write("taskonomy", "official", tmp_path)


def row_of(data, name):
    return [data.keys[image] for image in data.images[:, 0]].index(name)


def file(root, building="beechwood", n=1, domain="depth_zbuffer"):
    return root / f"taskonomy/{domain}/taskonomy/{building}/point_{7 * n}_view_{n}_domain_{domain}.png"


def official_splits(data):
    buildings = {data.keys[data.images[row, 0]].partition("/")[0]: str(data.official[row]) for row in range(len(data))}
    return {split: sorted(name for name, its in buildings.items() if its == split) for split in buildings.values()}


# ------------------------------------------------------------------------------------------------ truth


def test_depth_is_in_medians_of_its_view_and_holes_are_missing(source, tmp_path):
    """The study took holes for ten thousand steps, the farthest there is."""
    data = source.open(tmp_path)
    found = data.truth("depth", row_of(data, "beechwood/point_7_view_1_domain_rgb.png"))[..., 0]
    steps = depth(sum(map(ord, "beechwood")), 1)
    np.testing.assert_array_equal(np.isnan(found), steps == 65535)
    known = steps[steps != 65535]
    np.testing.assert_allclose(found[steps != 65535], known / np.median(known), rtol=1e-6)
    assert np.nanmedian(found) == 1


def test_a_zero_is_no_depth_either(source, tmp_path):
    steps = depth(0, 0)
    steps[0, 0] = 0
    grey16(file(tmp_path), steps)
    data = source.open(tmp_path)
    assert np.isnan(data.truth("depth", row_of(data, "beechwood/point_7_view_1_domain_rgb.png"))[0, 0, 0])


def test_edges_go_from_zero_to_one_in_each_view_and_nothing_is_no_edge(source, tmp_path):
    data = source.open(tmp_path)
    row = row_of(data, "beechwood/point_7_view_1_domain_rgb.png")
    strength = edge(sum(map(ord, "beechwood")), 1)
    expected = (strength - strength.min()) / (strength.max() - strength.min())
    np.testing.assert_allclose(data.truth("edges", row)[..., 0], expected, rtol=1e-6)
    grey16(file(tmp_path, domain="edge_texture"), np.full((SIZE, SIZE), 700))
    assert (source.open(tmp_path).truth("edges", row) == 0).all()


@pytest.mark.parametrize("size", [(21, 21), (224, 224), (33, 47)])
def test_the_hole_is_the_studys_and_hides_what_is_asked_for(size, tmp_path):
    source = miniatures.write("taskonomy-inpainting", "official", tmp_path)
    building = "beechwood"
    miniatures.photo(file(tmp_path, domain="rgb"), 3, 3, size)
    whole = np.asarray(Image.open(file(tmp_path, domain="rgb")))
    data = source.open(tmp_path)
    row = row_of(data, f"{building}/point_7_view_1_domain_rgb.png")
    shown, hidden = data.read(int(data.images[row, 0])), data.truth("colour", row)
    asked = np.isfinite(hidden).all(axis=-1)
    np.testing.assert_array_equal(shown[~asked], whole[~asked])
    np.testing.assert_array_equal(shown[asked], np.broadcast_to(GREY, (asked.sum(), 3)))
    np.testing.assert_allclose(hidden[asked] * 255, whole[asked], atol=1e-4)
    down, across = np.flatnonzero(asked.any(axis=1)), np.flatnonzero(asked.any(axis=0))
    width, height = size
    assert [down[0], down[-1] + 1] == [round(64 / 224 * height), round(160 / 224 * height)]
    assert [across[0], across[-1] + 1] == [round(64 / 224 * width), round(160 / 224 * width)]


# ------------------------------------------------------------------------------------------------ splits


def test_without_a_list_buildings_are_in_the_splits_of_tiny(source, tmp_path):
    assert {split: len(names.split()) for split, names in TINY.items()} == {"fit": 25, "select": 5, "test": 5}
    assert official_splits(source.open(tmp_path)) == BUILDINGS


def test_the_smallest_list_that_names_all_buildings_counts(source, tmp_path):
    folder = tmp_path / "taskonomy/splits_taskonomy"
    folder.mkdir()
    every = [name for names in BUILDINGS.values() for name in names]
    full = dict.fromkeys(every, (1, 0, 0)) | {every[0]: (0, 0, 1), every[1]: (0, 1, 0), every[2]: (0, 0, 0)}
    lists = {"tiny": {every[0]: (1, 0, 0)}, "full": full, "fullplus": dict.fromkeys(every, (0, 0, 1))}
    for size, splits in lists.items():
        lines = [f"{name},{train},{val},{test}" for name, (train, val, test) in splits.items()]
        (folder / f"train_val_test_{size}.csv").write_text("\n".join(["id,train,val,test", *lines]) + "\n")
    other = source.sized({"fit": 7 * VIEWS, "select": VIEWS, "test": VIEWS}, 9 * VIEWS)
    assert official_splits(other.open(tmp_path)) == {
        "test": [every[0]],
        "select": [every[1]],
        "fit": sorted(every[3:]),
    }


def test_a_building_that_no_list_names_is_refused_by_name(source, tmp_path):
    shutil.copytree(tmp_path / "taskonomy/rgb/taskonomy/cosmos", tmp_path / "taskonomy/rgb/taskonomy/elsewhere")
    with pytest.raises(UserError, match=r"(?s)'elsewhere' in .* is in no split.*train_val_test_fullplus.csv"):
        source.open(tmp_path)


def test_domains_may_lie_without_the_folder_in_between(source, tmp_path):
    digest = source.open(tmp_path).digest
    for domain in (tmp_path / "taskonomy").iterdir():
        for building in (domain / "taskonomy").iterdir():
            building.rename(domain / building.name)
        (domain / "taskonomy").rmdir()
    assert source.open(tmp_path).digest == digest


def test_of_the_studys_train_a_tenth_of_the_buildings_is_select(tmp_path):
    data = miniatures.write("taskonomy", "2021", tmp_path).open(tmp_path)
    assert {split: len(names) for split, names in official_splits(data).items()} == {"fit": 9, "select": 1, "test": 3}


# ------------------------------------------------------------------------------------------------ what is wrong


def test_one_of_the_truths_may_be_missing_but_not_both(source, tmp_path):
    shutil.rmtree(tmp_path / "taskonomy/edge_texture")
    assert set(source.open(tmp_path).pixels) == {"depth"}
    shutil.rmtree(tmp_path / "taskonomy/depth_zbuffer")
    with pytest.raises(UserError, match="has images of Taskonomy and no truth: neither 'depth_zbuffer' nor 'edge_text"):
        source.open(tmp_path)


def test_eight_bits_a_map_of_holes_and_another_size_are_named(source, tmp_path):
    Image.fromarray(np.full((SIZE, SIZE), 9, np.uint8)).save(file(tmp_path))
    grey16(file(tmp_path, n=2), np.full((SIZE, SIZE), 65535))
    grey16(file(tmp_path, "cosmos"), depth(0, 0)[:-1])
    found = verify(source.unhashed(tmp_path), 1, Quiet()).problems
    told = {"view_1": "16 bits of grey are wanted, and this is 8", "view_2": "no pixel of it has a depth"}
    told["cosmos"] = "is 21 x 20 pixels, and its image"
    assert len(found) == 3
    for name, problem in told.items():
        assert any(name in one and problem in one for one in found)


def test_a_depth_map_of_eight_bits_never_becomes_a_number(source, tmp_path):
    Image.fromarray(np.full((SIZE, SIZE), 9, np.uint8)).save(file(tmp_path))
    data = source.open(tmp_path)
    with pytest.raises(BadImage):
        data.truth("depth", row_of(data, "beechwood/point_7_view_1_domain_rgb.png"))
