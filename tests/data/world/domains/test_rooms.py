"""Views of a few rooms."""

from virb.data.world._stream import Stream
from virb.data.world.domains.rooms import DOMAIN, ROOMS


def view(row, attempt=0):
    return DOMAIN.draw(Stream(*DOMAIN.words, "rooms", "pretrain", row, attempt), "pretrain", row).moments[0]


def test_all_views_come_from_a_few_rooms_that_do_not_change():
    views = [view(row) for row in range(4 * ROOMS)]
    assert len({(scene.shapes, scene.light) for scene in views}) == ROOMS
    for row, scene in enumerate(views):
        assert scene.shapes is views[DOMAIN.group(row)].shapes


def test_views_differ_in_place_direction_and_lens():
    for attribute in ("at", "turn", "fov"):
        assert len({getattr(view(row).camera, attribute) for row in range(0, 10 * ROOMS, ROOMS)}) == 10


def test_a_view_is_from_inside_and_not_from_inside_a_thing():
    for row in range(2 * ROOMS):
        scene = view(row)
        x, y, z = scene.camera.at
        assert not any(
            shape.instance
            and shape.turn == (0.0, 0.0, 0.0)
            and all(abs(a - b) < half for a, b, half in zip((x, y, z), shape.at, shape.size, strict=True))
            for shape in scene.shapes
        )
