"""What stands on open ground besides what streets have: rocks, cacti, palms, tall trees, benches, what beaches have."""

from collections.abc import Callable, Mapping

from virb.data.world._pieces import Part, Piece, Stuff, ball, box, cone, heading, piece_of, rod
from virb.data.world._scene import ShapeKind
from virb.data.world._stream import Stream


def _rock(draw: Stream, stuff: Stuff) -> Piece:
    """One to three blocks or boulders, half in the ground."""
    stone, size = stuff.big(draw), draw.uniform(0.25, 0.9)
    parts = []
    for n in range(draw.integer(1, 4)):
        half = (size * draw.uniform(0.5, 1.0), size * draw.uniform(0.4, 0.9), size * draw.uniform(0.5, 1.0))
        turn = (draw.uniform(0, 90), draw.uniform(-25, 25), draw.uniform(-25, 25))
        kind: ShapeKind = "box" if draw.chance(0.4) else "ellipsoid"
        at = (n * size * draw.uniform(-0.8, 0.8), half[1] * 0.4, n * size * draw.uniform(-0.8, 0.8))
        parts.append(Part(kind, at, half, stone, turn))
    return piece_of("rock", parts)


def _cactus(draw: Stream, stuff: Stuff) -> Piece:
    """A column with arms that turn upwards."""
    high, thick, flesh = draw.uniform(1.2, 4.0), draw.uniform(0.14, 0.28), stuff.big(draw)
    parts = [rod(0, -0.3, 0, thick, high + 0.3, flesh), ball(0, high - thick, 0, (thick, thick, thick), flesh)]
    for side in (-1, 1)[: draw.integer(0, 3)]:
        out, low, arm = thick + draw.uniform(0.25, 0.5), high * draw.uniform(0.3, 0.6), thick * 0.75
        up, half = high * draw.uniform(0.15, 0.4), (out + thick / 2) / 2
        parts += [
            Part("cylinder", (side * half, low, 0), (arm, half, arm), flesh, (0.0, 0.0, 90.0)),
            rod(side * out, low - arm, 0, arm, up + arm, flesh),
            ball(side * out, low + up - arm, 0, (arm, arm, arm), flesh),
        ]
    return piece_of("cactus", parts)


def _palm(draw: Stream, stuff: Stuff) -> Piece:
    """A bare trunk and a crown of fronds that hang."""
    high, leaf, bark = draw.uniform(3.0, 6.0), stuff.big(draw), stuff.small(draw)
    fronds, reach = draw.integer(5, 8), draw.uniform(1.0, 1.7)
    parts = [rod(0, -0.3, 0, draw.uniform(0.1, 0.2), high + 0.3, bark)]
    for n in range(fronds):
        yaw, hang = round(360.0 / fronds * n + draw.uniform(-15, 15), 3), draw.uniform(10, 45)
        out, down = heading(hang)[1] * reach * 0.85, heading(hang)[0] * reach * 0.85
        at = (heading(yaw)[0] * out, high - down, heading(yaw)[1] * out)
        parts.append(Part("ellipsoid", at, (0.25, 0.06, reach), leaf, (yaw, hang, 0.0)))
    return piece_of("palm", parts)


def _tall_tree(draw: Stream, stuff: Stuff) -> Piece:
    """A tree of a wood: a long trunk, its crown high up; or a tall fir."""
    bark, leaf, thick = stuff.small(draw), stuff.big(draw), draw.uniform(0.12, 0.35)
    trunk, radius = draw.uniform(3.0, 7.0), draw.uniform(1.1, 2.2)
    if draw.chance(0.5):
        low = draw.uniform(0.8, 2.5)
        parts = [rod(0, -0.3, 0, thick, low + 1.3, bark)]
        parts += [cone(0, low + n * trunk * 0.3, 0, radius * (1 - 0.25 * n), trunk * 0.55, leaf) for n in range(3)]
        return piece_of("tall tree", parts)
    parts = [rod(0, -0.3, 0, thick, trunk + 0.8, bark), ball(0, trunk, 0, (radius, radius * 1.1, radius), leaf)]
    if draw.chance(0.5):
        parts.append(
            ball(radius * 0.5, trunk - radius * 0.5, radius * 0.3, (radius * 0.7, radius * 0.6, radius * 0.7), leaf)
        )
    return piece_of("tall tree", parts)


def _bush(draw: Stream, stuff: Stuff) -> Piece:
    """One ball of leaves, or three."""
    radius, leaf = draw.uniform(0.25, 0.7), stuff.big(draw)
    parts = [ball(0, -0.1, 0, (radius, radius * 0.8, radius), leaf)]
    if draw.chance(0.5):
        parts += [
            ball(side * radius, -0.1, radius * 0.4, (radius * 0.7, radius * 0.6, radius * 0.7), leaf)
            for side in (-1, 1)
        ]
    return piece_of("bush", parts)


def _log(draw: Stream, stuff: Stuff) -> Piece:
    """A trunk on the ground, or a stump."""
    thick, bark = draw.uniform(0.15, 0.35), stuff.small(draw)
    if draw.chance(0.4):
        high = draw.uniform(0.25, 0.6)
        return piece_of("log", [rod(0, -0.1, 0, thick, high + 0.1, bark)])
    length = draw.uniform(1.5, 4.0)
    part = Part("cylinder", (0, thick * 0.8, 0), (thick, length / 2, thick), bark, (0.0, 0.0, 90.0))
    return piece_of("log", [part])


def _bench(draw: Stream, stuff: Stuff) -> Piece:
    wide, wood, legs = draw.uniform(1.4, 2.0), stuff.big(draw), stuff.small(draw)
    parts = (
        box(0, 0.4, 0, wide, 0.06, 0.45, wood),
        Part("box", (0, 0.72, -0.24), (wide / 2, 0.22, 0.03), wood, (0.0, 10.0, 0.0)),
        *(box(side * wide * 0.4, 0, 0, 0.07, 0.4, 0.42, legs) for side in (-1, 1)),
    )
    return piece_of("bench", parts)


def _fountain(draw: Stream, stuff: Stuff) -> Piece:
    """Two round basins, one above the other."""
    radius, stone, water = draw.uniform(1.2, 2.2), stuff.big(draw), stuff.small(draw)
    high = draw.uniform(1.2, 2.0)
    parts = (
        rod(0, 0, 0, radius, 0.45, stone),
        rod(0, 0.45, 0, radius * 0.85, 0.02, water),
        rod(0, 0, 0, 0.18, high + 0.4, stone),
        rod(0, high - 0.12, 0, radius * 0.45, 0.12, stone),
        ball(0, high + 0.2, 0, (0.18, 0.25, 0.18), water),
    )
    return piece_of("fountain", parts)


def _parasol(draw: Stream, stuff: Stuff) -> Piece:
    radius, high, cloth = draw.uniform(0.9, 1.4), draw.uniform(1.7, 2.3), stuff.big(draw)
    parts = (
        rod(0, -0.1, 0, 0.035, high + 0.2, stuff.small(draw)),
        cone(0, high - 0.1, 0, radius, radius * 0.55, cloth),
    )
    return piece_of("parasol", parts)


def _lounger(draw: Stream, stuff: Stuff) -> Piece:
    """A bed to lie on in the sun, its head raised."""
    cloth, frame, raised = stuff.big(draw), stuff.small(draw), draw.uniform(15, 55)
    parts = (
        box(0, 0.26, 0.3, 0.65, 0.06, 1.3, cloth),
        Part("box", (0, 0.46, -0.5), (0.32, 0.03, 0.4), cloth, (0.0, raised, 0.0)),
        *(box(side * 0.28, 0, z, 0.05, 0.26, 0.05, frame) for side in (-1, 1) for z in (-0.25, 0.85)),
    )
    return piece_of("lounger", parts)


def _towel(draw: Stream, stuff: Stuff) -> Piece:
    """A towel on the ground, and a ball or a bag beside it."""
    cloth, thing = stuff.big(draw), stuff.small(draw)
    parts = [box(0, -0.02, 0, 0.9, 0.05, 1.8, cloth)]
    parts.append(
        ball(0.65, 0, 0.3, (0.18, 0.18, 0.18), thing) if draw.chance(0.5) else box(0.65, 0, 0.3, 0.3, 0.35, 0.25, thing)
    )
    return piece_of("towel", parts)


def _hut(draw: Stream, stuff: Stuff) -> Piece:
    """One room under a gable, with a door."""
    wide, deep, high, wall, roof = (
        draw.uniform(2.5, 4.5), draw.uniform(2.5, 5.0), draw.uniform(2.0, 2.8), stuff.big(draw), stuff.big(draw),
    )  # fmt: skip
    half = (wide / 2 + 0.25) * 0.7071
    parts = (
        box(0, 0, 0, wide, high, deep, wall),
        Part("box", (0, high, 0), (half, half, deep / 2 + 0.25), roof, (0.0, 0.0, 45.0)),
        box(wide * 0.15, 0, deep / 2, 0.9, 1.9, 0.1, stuff.small(draw)),
        box(-wide * 0.25, 1.0, deep / 2, 0.6, 0.6, 0.1, stuff.small(draw)),
    )
    return piece_of("hut", parts)


_MAKERS: Mapping[str, Callable[[Stream, Stuff], Piece]] = {
    "rock": _rock,
    "cactus": _cactus,
    "palm": _palm,
    "tall tree": _tall_tree,
    "bush": _bush,
    "log": _log,
    "bench": _bench,
    "fountain": _fountain,
    "parasol": _parasol,
    "lounger": _lounger,
    "towel": _towel,
    "hut": _hut,
}

LANDMARKS = tuple(_MAKERS)
"""Every kind of piece."""


def landmark(name: str, draw: Stream, stuff: Stuff) -> Piece:
    """A piece of one kind, its measures and materials random.

    Args:
        name: one of :data:`LANDMARKS`.
        draw: randomness of this piece.
        stuff: materials to choose from.
    """
    return _MAKERS[name](draw, stuff)
