"""Land from above: the camera looks down, and a cover is what lies on the land."""

import numpy as np
import pytest

from virb.data.world._covers import COVERS
from virb.data.world._land import Land, turn, way
from virb.data.world._render import render
from virb.data.world._stream import Stream
from virb.data.world.sets.aerial import SET, WIDE

NAMES = tuple(COVERS)


def shapes(cover: str, number: int) -> list:
    return list(SET.draw(Stream("test", number), "fit", NAMES.index(cover)).moments[0].shapes)


def crowns(cover: str, number: int) -> int:
    """Trees and bushes."""
    return sum(shape.kind in ("ellipsoid", "cone") for shape in shapes(cover, number))


@pytest.mark.parametrize("row", range(10))
def test_the_camera_looks_down_from_above_everything_and_sees_no_sky(row: int) -> None:
    scene = SET.draw(Stream("test", row), "fit", row).moments[0]
    assert -90.0 <= scene.camera.turn[1] <= -80.0
    top = max((shape.at[1] + max(shape.size) for shape in scene.shapes[1:]), default=0.0)
    assert scene.camera.at[1] > top
    frame = render(scene, 16)
    assert np.isfinite(frame.depth).all()
    half = frame.depth.mean() * np.tan(np.radians(scene.camera.fov / 2))
    assert WIDE[0] * 0.8 < half < WIDE[1] * 1.1


def test_the_same_palette_serves_every_cover() -> None:
    """The land's materials are drawn before, and without, its cover."""
    grounds = {
        cover: SET.draw(Stream("test"), "fit", row).moments[0].shapes[0].texture for row, cover in enumerate(COVERS)
    }
    assert len(set(grounds.values())) == 1


def test_a_forest_is_full_of_crowns_and_crops_are_not() -> None:
    forest, crop = (np.mean([crowns(cover, n) for n in range(6)]) for cover in ("forest", "annual crop"))
    assert forest > 60
    assert crop < 5


def test_trees_of_an_orchard_stand_on_a_grid() -> None:
    for number in range(20):
        trees = [shape for shape in shapes("permanent crop", number) if shape.kind == "ellipsoid"]
        if len(trees) > 20:
            break
    at = np.array([[tree.at[0], tree.at[2]] for tree in trees])
    near = np.sort(np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)), axis=1)[:, 1]
    assert near.std() < 0.1 * near.mean()


def test_only_land_that_is_tilled_has_lines_by_itself() -> None:
    """Lines are for fields: elsewhere a stripe is a thing."""
    lined = {
        cover: sum(shape.texture.kind in ("stripes", "planks") for n in range(5) for shape in shapes(cover, n))
        for cover in COVERS
    }
    assert lined["annual crop"] > 5
    assert not any(lined[cover] for cover in ("forest", "pasture", "residential", "industrial"))


def test_what_is_laid_later_lies_on_top() -> None:
    land = Land(Stream("test"), "fit", 50.0)
    for _ in range(3):
        land.sheet((0.0, 0.0), (5.0, 5.0), 0.0, land.soil(Stream("soil")))
    tops = [shape.at[1] + shape.size[1] for shape in land.shapes[1:]]
    assert tops == sorted(set(tops))


def test_turn_and_way_agree() -> None:
    yaw, length = way((1.0, 2.0), turn((0.0, 5.0), 37.0, (1.0, 2.0)))
    assert yaw == pytest.approx(37.0)
    assert length == pytest.approx(5.0)
