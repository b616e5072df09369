"""What stands in bathrooms, classrooms, offices, shops and warehouses: pieces whose back is to -z, on y = 0."""

from collections.abc import Callable, Mapping

from virb.data.world._pieces import Part, Piece, Stuff, ball, box, piece_of, rod
from virb.data.world._stream import Stream


def _bath(draw: Stream, stuff: Stuff) -> Piece:
    """Four sides around a floor, and a tap."""
    length, width, high = draw.uniform(1.45, 1.8), draw.uniform(0.7, 0.85), draw.uniform(0.5, 0.62)
    shell, inside, metal = stuff.big(draw), stuff.small(draw), stuff.small(draw)
    parts = [
        box(0, 0, 0, length - 0.1, 0.15, width - 0.1, inside),
        *(box(0, 0, side * (width - 0.08) / 2, length, high, 0.08, shell) for side in (-1, 1)),
        *(box(side * (length - 0.1) / 2, 0, 0, 0.1, high, width - 0.16, shell) for side in (-1, 1)),
        rod(length * 0.38, high, 0.04 - width / 2, 0.02, 0.2, metal),
        box(length * 0.38, high + 0.16, 0.1 - width / 2, 0.04, 0.04, 0.18, metal),
    ]
    return piece_of("bath", parts)


def _basin(draw: Stream, stuff: Stuff) -> Piece:
    """A basin on a foot, and mostly a mirror above it."""
    wide, high, white, metal = draw.uniform(0.5, 0.75), draw.uniform(0.78, 0.88), stuff.big(draw), stuff.small(draw)
    parts = [
        rod(0, 0, -0.05, 0.09, high - 0.1, white),
        ball(0, high - 0.2, 0, (wide / 2, 0.14, 0.24), white),
        box(0, high - 0.06, 0, wide, 0.06, 0.48, white),
        rod(0, high - 0.004, 0.02, wide * 0.28, 0.008, stuff.small(draw)),
        rod(0, high, -0.18, 0.02, 0.18, metal),
    ]
    top = high + 0.2
    if draw.chance(0.8):
        top = draw.uniform(1.7, 1.95)
        parts.append(box(0, high + 0.3, -0.23, wide * draw.uniform(0.8, 1.1), top - high - 0.3, 0.03, stuff.big(draw)))
    return piece_of("basin", parts)


def _toilet(draw: Stream, stuff: Stuff) -> Piece:
    high, white, lid = draw.uniform(0.38, 0.45), stuff.big(draw), stuff.small(draw)
    parts = [
        box(0, 0, 0, 0.2, high * 0.8, 0.34, white),
        ball(0, high - 0.26, 0.06, (0.2, 0.26, 0.26), white),
        Part("cylinder", (0, high, 0.06), (0.2, 0.03, 0.26), lid),
        box(0, high * 0.8, -0.27, 0.4, 0.42, 0.18, white),
        box(0, high * 0.8 + 0.42, -0.27, 0.1, 0.03, 0.06, lid),
    ]
    if draw.chance(0.4):
        parts.append(Part("box", (0, high + 0.2, -0.15), (0.19, 0.22, 0.02), lid, (0.0, 12.0, 0.0)))
    return piece_of("toilet", parts)


def _shower(draw: Stream, stuff: Stuff) -> Piece:
    """A tray with a rail, and a screen on one side."""
    side, high, metal = draw.uniform(0.8, 1.0), draw.uniform(1.9, 2.1), stuff.small(draw)
    edge = draw.choice((-1, 1))
    parts = (
        box(0, 0, 0, side, 0.1, side, stuff.big(draw)),
        rod(0, 0.1, 0.06 - side / 2, 0.02, high - 0.1, metal),
        box(0, high - 0.05, 0.2 - side / 2, 0.05, 0.04, 0.3, metal),
        rod(0, high - 0.09, 0.34 - side / 2, 0.1, 0.04, metal),
        box(edge * (side / 2 - 0.02), 0.1, 0, 0.03, high - 0.1, side, stuff.small(draw)),
    )
    return piece_of("shower", parts)


def _towels(draw: Stream, stuff: Stuff) -> Piece:
    """A rail with towels, to be put on a wall."""
    wide, high = draw.uniform(0.5, 0.8), draw.uniform(1.0, 1.5)
    parts = [box(0, high, 0, wide, 0.03, 0.06, stuff.small(draw))]
    for x in (-0.25, 0.2):
        tall = draw.uniform(0.4, 0.8)
        parts.append(box(x * wide, high + 0.01 - tall, 0.02, wide * 0.4, tall, 0.08, stuff.big(draw)))
    return piece_of("towels", parts)


def _pupil(draw: Stream, stuff: Stuff) -> Piece:
    """A table for one or two with seats behind it (at -z): who sits there looks to +z."""
    width, high, board, frame = draw.choice((0.65, 1.25)), draw.uniform(0.66, 0.76), stuff.big(draw), stuff.small(draw)
    parts = [
        box(0, high - 0.04, 0.25, width, 0.04, 0.5, board),
        *(box(side * (width / 2 - 0.05), 0, 0.25, 0.04, high - 0.04, 0.42, frame) for side in (-1, 1)),
    ]
    seats, cloth = (-0.3, 0.3) if width > 1 else (0.0,), stuff.small(draw)
    for x in seats:
        parts += [
            box(x, high - 0.3, -0.3, 0.38, 0.04, 0.38, cloth),
            box(x, high - 0.26, -0.48, 0.38, 0.38, 0.03, cloth),
            box(x, 0, -0.3, 0.3, high - 0.3, 0.04, frame),
        ]
    if draw.chance(0.4):
        parts.append(box(draw.uniform(-0.2, 0.2), high, 0.25, 0.22, draw.uniform(0.02, 0.1), 0.28, stuff.small(draw)))
    return piece_of("school desk", parts)


def _board(draw: Stream, stuff: Stuff) -> Piece:
    """A board to write on, to be put on a wall."""
    wide, tall, low, frame = draw.uniform(2.2, 4.0), draw.uniform(1.0, 1.4), draw.uniform(0.75, 0.95), stuff.small(draw)
    parts = (
        box(0, low, 0, wide, tall, 0.03, frame),
        box(0, low + 0.06, 0.015, wide - 0.12, tall - 0.12, 0.03, stuff.big(draw)),
        box(0, low - 0.02, 0.05, wide * 0.9, 0.03, 0.1, frame),
    )
    return piece_of("board", parts)


def _partition(draw: Stream, stuff: Stuff) -> Piece:
    """A screen between desks: along x."""
    wide, high, foot = draw.uniform(1.5, 1.8), draw.uniform(1.1, 1.6), stuff.small(draw)
    parts = (
        box(0, 0.1, 0, wide, high - 0.1, 0.06, stuff.big(draw)),
        *(box(side * wide * 0.42, 0, 0, 0.05, 0.1, 0.4, foot) for side in (-1, 1)),
    )
    return piece_of("partition", parts)


def _gondola(draw: Stream, stuff: Stuff) -> Piece:
    """A shop's shelf with goods on both sides, which look to -x and +x."""
    length, high, boards = draw.uniform(1.1, 1.5), draw.uniform(1.3, 1.8), draw.integer(3, 5)
    frame, gap = stuff.big(draw), high / boards
    parts = [box(0, 0, 0, 0.06, high, length, frame), box(0, 0, 0, 0.9, 0.12, length, frame)]
    for level in range(boards):
        low = 0.12 + level * gap * 0.96
        if level:
            parts.append(box(0, low - 0.03, 0, 0.84, 0.03, length, frame))
        for side in (-1, 1):
            tall, goods, count = gap * draw.uniform(0.45, 0.8), stuff.small(draw), draw.integer(1, 4)
            wide = length / count
            round_ = draw.chance(0.4) and wide <= 0.8
            for n in range(count):
                z = wide * (n + 0.5) - length / 2
                if round_:
                    parts.append(rod(side * 0.22, low, z, min(0.17, wide * 0.4), tall, goods))
                else:
                    parts.append(box(side * 0.22, low, z, 0.26, tall, wide * 0.82, goods))
    return piece_of("gondola", parts)


def _till(draw: Stream, stuff: Stuff) -> Piece:
    """A counter with a till on it."""
    length, body, belt = draw.uniform(1.6, 2.4), stuff.big(draw), stuff.small(draw)
    machine = stuff.small(draw)
    parts = (
        box(0, 0, 0, 0.7, 0.85, length, body),
        box(0.1, 0.85, 0.2, 0.4, 0.03, length * 0.7, belt),
        box(-0.15, 0.85, -length * 0.35, 0.3, 0.15, 0.35, machine),
        box(-0.15, 1.0, -length * 0.35, 0.06, 0.3, 0.3, machine),
        rod(0.25, 0, -length * 0.46, 0.04, 1.8, machine),
        box(0.25, 1.7, -length * 0.46, 0.06, 0.3, 0.3, stuff.small(draw)),
    )
    return piece_of("till", parts)


def _rack(draw: Stream, stuff: Stuff) -> Piece:
    """A high rack with loads on beams; they look to -x and +x."""
    length, deep, levels, gap = (
        draw.uniform(2.3, 2.9),
        draw.uniform(1.0, 1.2),
        draw.integer(2, 4),
        draw.uniform(1.3, 1.7),
    )
    post, beam, high = stuff.small(draw), stuff.small(draw), (levels + 0.7) * gap
    parts = [
        box(x * (deep / 2 - 0.04), 0, z * (length / 2 - 0.05), 0.08, high, 0.1, post) for x in (-1, 1) for z in (-1, 1)
    ]
    parts += [box(0, level * gap - 0.1, 0, deep - 0.02, 0.1, length - 0.2, beam) for level in range(1, levels + 1)]
    for level in range(levels + 1):
        for place in (-0.24, 0.24):
            if draw.chance(0.8):
                tall, wide = gap * draw.uniform(0.35, 0.75), length * draw.uniform(0.3, 0.42)
                parts.append(box(0, level * gap, place * length, deep * 0.85, tall, wide, stuff.big(draw)))
    return piece_of("rack", parts)


def _pallet(draw: Stream, stuff: Stuff) -> Piece:
    """A pallet with a few boxes, or barrels."""
    wood, load = stuff.small(draw), stuff.big(draw)
    parts = [box(0, 0.1, 0, 1.2, 0.04, 1.0, wood), *(box(x, 0, 0, 0.1, 0.1, 1.0, wood) for x in (-0.5, 0, 0.5))]
    high = draw.uniform(0.5, 0.9)
    if draw.chance(0.3):
        parts += [rod(x, 0.14, z, 0.25, high, load) for x in (-0.28, 0.28) for z in (-0.24, 0.24)]
    else:
        parts.append(box(0, 0.14, 0, 1.1, high, 0.9, load))
        if draw.chance(0.6):
            parts.append(box(-0.2, 0.14 + high, 0, 0.6, high * 0.7, 0.8, stuff.big(draw)))
            high *= 1.7
    return piece_of("pallet", parts)


def _forklift(draw: Stream, stuff: Stuff) -> Piece:
    body, metal, tyre, mast = stuff.big(draw), stuff.small(draw), stuff.small(draw), draw.uniform(2.0, 2.4)
    parts = [
        box(0, 0.25, -0.35, 1.0, 0.7, 1.4, body),
        box(0, 0.95, -0.5, 0.5, 0.15, 0.5, tyre),
        *(rod(x, 0.95, z, 0.03, 1.1, metal) for x in (-0.42, 0.42) for z in (-0.9, 0.2)),
        box(0, 2.05, -0.35, 1.0, 0.05, 1.2, metal),
        *(box(x, 0.05, 0.45, 0.08, mast, 0.1, metal) for x in (-0.3, 0.3)),
        *(box(x, 0.1, 0.95, 0.12, 0.05, 0.95, metal) for x in (-0.25, 0.25)),
        *(
            Part("cylinder", (x, 0.28, z), (0.28, 0.1, 0.28), tyre, (0.0, 0.0, 90.0))
            for x in (-0.45, 0.45)
            for z in (-0.8, 0.2)
        ),
    ]
    return piece_of("forklift", parts)


_MAKERS: Mapping[str, Callable[[Stream, Stuff], Piece]] = {
    "bath": _bath,
    "basin": _basin,
    "toilet": _toilet,
    "shower": _shower,
    "towels": _towels,
    "school desk": _pupil,
    "board": _board,
    "partition": _partition,
    "gondola": _gondola,
    "till": _till,
    "rack": _rack,
    "pallet": _pallet,
    "forklift": _forklift,
}

FITTINGS = tuple(_MAKERS)
"""Every kind of piece."""


def fitting(name: str, draw: Stream, stuff: Stuff) -> Piece:
    """A piece of one kind, its measures and materials random.

    Args:
        name: one of :data:`FITTINGS`.
        draw: randomness of this piece.
        stuff: materials to choose from.
    """
    return _MAKERS[name](draw, stuff)
