"""Large buildings: doorways are open, and what stands in a room stands in it alone."""

import numpy as np
import pytest

from virb.data.world._buildings import BUILT, MOST, STANDING, Building, toward
from virb.data.world._camera import rays
from virb.data.world._scene import Camera
from virb.data.world._stream import Stream

BUILDINGS = [Building(Stream("test", seed), "fit") for seed in range(8)]


def filled(seed: int) -> Building:
    building = Building(Stream("filled", seed), "fit")
    for number, cell in enumerate(building.cells()[:4]):
        building.furnish(Stream("pieces", seed, number), cell)
    return building


def test_nothing_is_built_into_a_doorway() -> None:
    checked = 0
    for building in BUILDINGS:
        for hole in building.north.values():
            x, y, z = hole.middle
            for share in (-0.45, -0.2, 0.2, 0.45):
                at = np.array([x + share * hole.width, y, z])
                boxes = [shape for shape in building.shapes if shape.kind == "box"]
                assert not any((np.abs(at - shape.at) < shape.size).all() for shape in boxes)
                checked += 1
    assert checked > 40


def test_beside_a_doorway_is_wall() -> None:
    for building in BUILDINGS:
        for hole in building.north.values():
            x, y, z = hole.middle
            at = np.array([x + hole.width / 2 + 0.05, y, z])
            walls = [shape for shape in building.shapes if shape.kind == "box" and shape.label == BUILT]
            assert any((np.abs(at - shape.at) < shape.size).all() for shape in walls)


def test_pieces_are_inside_their_building_and_apart() -> None:
    for seed in range(4):
        building = filled(seed)
        assert any(shape.label == STANDING for shape in building.shapes)
        for number, box in enumerate(building.taken):
            assert building.columns[0] <= box.west <= box.east <= building.columns[-1]
            assert building.rows[0] <= box.north <= box.south <= building.rows[-1]
            assert not any(box.meets(other) for other in building.taken[:number])


def test_a_building_stays_small_however_much_is_put_in() -> None:
    assert all(len(filled(seed).shapes) < MOST + 60 for seed in range(4))


def test_what_a_camera_is_turned_toward_is_in_the_middle_of_its_image() -> None:
    yaw, pitch = toward((1.0, 2.0, 3.0), (4.0, -1.0, -2.0))
    middle = rays(Camera(turn=(yaw, pitch, 0.0)), 3)[1, 1]
    expected = np.array([3.0, -3.0, -5.0])
    assert middle == pytest.approx(expected / np.linalg.norm(expected), abs=1e-9)
