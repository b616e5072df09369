"""Furniture: every part is where its piece says it is, and pieces do not stand in one another."""

import numpy as np
import pytest

from virb.data.world._camera import rotation
from virb.data.world._fittings import FITTINGS, fitting
from virb.data.world._furniture import PIECES, furniture
from virb.data.world._interiors import RECIPES, Room
from virb.data.world._landmarks import LANDMARKS, landmark
from virb.data.world._pieces import Box, Piece, Stuff, bounds, stand
from virb.data.world._stream import Stream
from virb.data.world._streets import car, hedge, house, person, pole, tree

STUFF = Stuff(Stream("stuff"), "fit")
CORNERS = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])

MAKERS = {
    **{name: lambda draw, name=name: furniture(name, draw, STUFF) for name in PIECES},
    **{name: lambda draw, name=name: fitting(name, draw, STUFF) for name in FITTINGS},
    **{name: lambda draw, name=name: landmark(name, draw, STUFF) for name in LANDMARKS},
    **{maker.__name__: lambda draw, maker=maker: maker(draw, STUFF) for maker in (car, person, tree, hedge, pole)},
    "house": lambda draw: house(draw, STUFF, 9.0, near=True),
}


def corners(piece: Piece, yaw: float) -> np.ndarray:
    """Corners of the boxes around all parts of a piece that stands at the origin."""
    shapes = stand(piece, (0.0, 0.0, 0.0), yaw, 1, 1)
    turns = [np.array(rotation(shape.turn)).reshape(3, 3) for shape in shapes]
    return np.concatenate(
        [(CORNERS * shape.size) @ turn.T + shape.at for shape, turn in zip(shapes, turns, strict=True)]
    )


@pytest.mark.parametrize("name", MAKERS)
def test_no_part_reaches_beyond_its_piece_and_one_touches_the_ground(name: str) -> None:
    for seed in range(30):
        draw = Stream(name, seed)
        piece = MAKERS[name](draw)
        yaw = draw.uniform(0, 360)
        box, points = bounds(piece, (0.0, 0.0, 0.0), yaw), corners(piece, yaw)
        low, high = points.min(axis=0), points.max(axis=0)
        level = corners(piece, 0)
        assert np.all(np.abs(level[:, 0]) <= piece.half[0] + 1e-6)
        assert np.all(np.abs(level[:, 2]) <= piece.half[1] + 1e-6)
        assert box.west <= low[0] + 1e-6
        assert box.east >= high[0] - 1e-6
        assert box.north <= low[2] + 1e-6
        assert box.south >= high[2] - 1e-6
        assert high[1] <= box.high + 1e-3
        assert low[1] == pytest.approx(box.low, abs=1e-3)


def test_every_piece_of_every_recipe_exists() -> None:
    assert {name for names in RECIPES.values() for name in names} <= set(PIECES)


def test_pieces_of_a_room_are_inside_and_apart() -> None:
    for row, names in enumerate(RECIPES.values()):
        room = Room(Box(-3, 3, 0, 2.6, -2.5, 2.5))
        free = room.furnish(Stream(row), "fit", names, 1)
        assert free > 8
        for number, box in enumerate(room.taken):
            assert box.west >= -3
            assert box.east <= 3
            assert box.north >= -2.5
            assert box.south <= 2.5
            assert box.high <= 2.6
            # A thing on a counter is inside the box around the counter and the cupboards above it.
            assert not any(box.meets(other) for other in room.taken[: max(0, number - 1)])


def test_what_is_fitted_into_a_room_has_its_back_to_a_wall_and_room_of_its_own() -> None:
    room = Room(Box(-1.5, 1.5, 0, 2.6, -1.5, 1.5))
    for number, name in enumerate(("bath", "basin", "toilet", "towels"), start=1):
        assert room.fit(Stream("fit", number), fitting(name, Stream(name), STUFF), 100 + number, number)
    for number, box in enumerate(room.taken):
        gaps = (box.west + 1.5, 1.5 - box.east, box.north + 1.5, 1.5 - box.south)
        assert 0 < min(gaps) < 0.03
        assert not any(box.meets(other) for other in room.taken[:number])
    assert {(shape.label, shape.instance) for shape in room.shapes} == {(100 + n, n) for n in range(1, 5)}


def test_two_boxes_meet_only_when_they_overlap_along_every_axis() -> None:
    box = Box(0, 1, 0, 1, 0, 1)
    assert box.meets(Box(0.9, 2, 0.9, 2, 0.9, 2))
    assert not box.meets(Box(1.1, 2, 0, 1, 0, 1))
    assert not box.meets(Box(0, 1, 1.1, 2, 0, 1))
    assert not box.meets(Box(0, 1, 0, 1, 1.1, 2))
    assert box.meets(Box(1.1, 2, 0, 1, 0, 1), gap=0.2)
    assert box.holds((0.5, 0.5, 0.5))
    assert not box.holds((0.5, 1.1, 0.5))
    assert box.holds((0.5, 1.1, 0.5), gap=0.2)
