"""Places: a kind follows from layout and from what stands there, never from a material."""

import numpy as np
import pytest

from virb.data.world import _inside, _outside
from virb.data.world._frame import Frame
from virb.data.world._render import render
from virb.data.world._scene import Shape
from virb.data.world._stream import Stream
from virb.data.world.sets import Drawn
from virb.data.world.sets.places import COVERED, PLACES, SET, told
from virb.data.world.sets.rooms import seen

SIZE = 32


def drawing(place: str, number: int) -> tuple[Drawn, Frame]:
    drawn = SET.draw(Stream("test", place, number), "fit", PLACES.index(place))
    return drawn, render(drawn.moments[0], SIZE)


def pieces(drawn: Drawn, label: int) -> dict[int, np.ndarray]:
    """Mean place of each instance of a label."""
    shapes = [shape for shape in drawn.moments[0].shapes if shape.label == label]
    return {
        one: np.mean([shape.at for shape in shapes if shape.instance == one], axis=0)
        for one in {shape.instance for shape in shapes}
    }


def test_every_kind_is_one_of_sixteen_and_has_its_label() -> None:
    assert len(PLACES) == len(set(PLACES)) == len(_inside.KINDS) + len(_outside.KINDS) == 16
    for row in range(16):
        assert SET.draw(Stream(row), "test", row).labels == {"place": row}


@pytest.mark.parametrize("place", PLACES)
def test_a_fair_share_of_the_views_of_a_kind_show_what_tells_it(place: str) -> None:
    accepted = 0
    for number in range(8):
        drawn, frame = drawing(place, number)
        if SET.accept(drawn, [frame]):
            accepted += 1
            _, telling = told(frame, drawn.labels["place"])
            assert telling.mean() >= COVERED
            assert seen(frame) >= 3
    assert accepted >= 2


def test_a_view_without_what_tells_its_kind_is_refused() -> None:
    drawn, frame = next(pair for pair in (drawing("forest", n) for n in range(8)) if SET.accept(pair[0], [pair[1]]))
    for place in ("bedroom", "classroom", "warehouse"):
        assert not SET.accept(Drawn(drawn.moments, {"place": PLACES.index(place)}), [frame])


def test_desks_of_a_classroom_stand_in_rows_that_face_the_board() -> None:
    drawn, _ = drawing("classroom", 0)
    desks = pieces(drawn, _inside.LABELS["school desk"])
    (board,) = pieces(drawn, _inside.LABELS["board"]).values()
    assert len(desks) >= 4
    assert all(place[2] > board[2] for place in desks.values())
    rows = sorted({round(place[2], 1) for place in desks.values()})
    assert len(rows) < len(desks)


def test_doors_of_a_corridor_are_on_both_sides() -> None:
    drawn, _ = drawing("corridor", 0)
    doors = np.array(list(pieces(drawn, _inside.LABELS["door"]).values()))
    assert (doors[:, 0] < 0).sum() >= 2
    assert (doors[:, 0] > 0).sum() >= 2


def test_what_stands_on_a_dune_stands_on_its_surface() -> None:
    checked = 0
    for number in range(6):
        shapes = drawing("desert", number)[0].moments[0].shapes
        dunes = [shape for shape in shapes if shape.label == _outside.LABELS["mound"]]
        plants = [shape for shape in shapes if shape.label == _outside.LABELS["cactus"]]
        for trunk in {shape.instance: shape for shape in reversed(plants)}.values():  # the first part of each
            ground = max(surface(dune, trunk.at[0], trunk.at[2]) for dune in dunes)
            foot = trunk.at[1] - trunk.size[1]
            assert -0.5 < foot - ground <= 0.0
            checked += ground > 0
    assert checked >= 5


def surface(dune: Shape, x: float, z: float) -> float:
    """Height of an ellipsoid that is turned by a yaw above a place; 0 beside it."""
    angle, x, z = np.radians(dune.turn[0]), x - dune.at[0], z - dune.at[2]
    across, along = x * np.cos(angle) - z * np.sin(angle), x * np.sin(angle) + z * np.cos(angle)
    return float(dune.size[1] * np.sqrt(max(0.0, 1 - (across / dune.size[0]) ** 2 - (along / dune.size[2]) ** 2)))


def test_materials_of_indoors_and_outdoors_are_of_the_same_patterns() -> None:
    def kinds(place: str) -> set[str]:
        return {shape.texture.kind for number in range(4) for shape in drawing(place, number)[0].moments[0].shapes}

    inside, outside = set.union(*map(kinds, ("office", "shop"))), set.union(*map(kinds, ("beach", "park")))
    assert len(inside & outside) >= 6
