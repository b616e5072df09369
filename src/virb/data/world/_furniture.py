"""Furniture: pieces built of parts, their back to -z, standing on y = 0."""

from collections.abc import Callable, Mapping

from virb.data.world._pieces import Part, Piece, Stuff, ball, box, cone, rod
from virb.data.world._scene import Texture
from virb.data.world._stream import Stream


def _legs(width: float, depth: float, height: float, thick: float, texture: Texture) -> list[Part]:
    """Four legs under the corners of a board."""
    x, z = (width - thick) / 2, (depth - thick) / 2
    return [box(side * x, 0, end * z, thick, height, thick, texture) for side in (-1, 1) for end in (-1, 1)]


def _table(draw: Stream, stuff: Stuff) -> Piece:
    width, depth, height = draw.uniform(0.8, 1.7), draw.uniform(0.7, 0.95), draw.uniform(0.68, 0.78)
    board, legs = stuff.big(draw), stuff.small(draw)
    if draw.chance(0.35):
        radius = depth * 0.6
        stem = [rod(0, 0, 0, radius * 0.55, 0.04, legs), rod(0, 0.04, 0, 0.05, height - 0.08, legs)]
        parts = (*stem, rod(0, height - 0.04, 0, radius, 0.04, board))
        inside = radius * 0.6
        return Piece("table", parts, (radius, radius), 0, height, (height, inside, inside))
    parts = (*_legs(width, depth, height - 0.04, 0.06, legs), box(0, height - 0.04, 0, width, 0.04, depth, board))
    return Piece("table", parts, (width / 2, depth / 2), 0, height, (height, width * 0.4, depth * 0.4))


def _low_table(draw: Stream, stuff: Stuff) -> Piece:
    width, depth, height = draw.uniform(0.6, 1.2), draw.uniform(0.45, 0.7), draw.uniform(0.32, 0.48)
    legs = _legs(width, depth, height - 0.05, 0.05, stuff.small(draw))
    parts = (*legs, box(0, height - 0.05, 0, width, 0.05, depth, stuff.big(draw)))
    return Piece("low table", parts, (width / 2, depth / 2), 0, height, (height, width * 0.4, depth * 0.4))


def _chair(draw: Stream, stuff: Stuff) -> Piece:
    width, seat, high = draw.uniform(0.4, 0.5), draw.uniform(0.42, 0.48), draw.uniform(0.8, 1.05)
    frame, cloth = stuff.small(draw), stuff.big(draw)
    back = box(0, seat, -width / 2 + 0.02, width, high - seat, 0.04, cloth if draw.chance(0.5) else frame)
    parts = (*_legs(width, width, seat - 0.04, 0.04, frame), box(0, seat - 0.04, 0, width, 0.04, width, cloth), back)
    return Piece("chair", parts, (width / 2, width / 2), 0, high)


def _sofa(draw: Stream, stuff: Stuff) -> Piece:
    width = draw.uniform(0.8, 2.2)  # from an armchair to three seats
    depth, seat, high, arm = draw.uniform(0.8, 0.95), draw.uniform(0.38, 0.45), draw.uniform(0.7, 0.9), 0.16
    cloth, cushion, rest = stuff.big(draw), stuff.big(draw), draw.uniform(0.55, 0.65)
    seats = max(1, int((width - 2 * arm) / 0.55))
    wide = (width - 2 * arm) / seats
    cushions = [
        box(-width / 2 + arm + wide * (n + 0.5), 0.28, 0.1, wide - 0.02, seat - 0.28, depth - 0.22, cushion)
        for n in range(seats)
    ]
    arms = [box(side * (width - arm) / 2, 0, 0, arm, rest, depth, cloth) for side in (-1, 1)]
    base, back = (
        box(0, 0.05, 0, width, 0.23, depth, cloth),
        box(0, 0.05, -depth / 2 + 0.1, width, high - 0.05, 0.2, cloth),
    )
    return Piece("sofa", (base, back, *arms, *cushions), (width / 2, depth / 2), 0, high)


def _bed(draw: Stream, stuff: Stuff) -> Piece:
    width, depth = draw.choice((0.9, 1.4, 1.6)), draw.uniform(1.95, 2.1)
    frame, sheet, cover, pillow = stuff.big(draw), stuff.small(draw), stuff.big(draw), stuff.small(draw)
    top, head = draw.uniform(0.45, 0.58), draw.uniform(0.75, 1.1)
    parts = [
        box(0, 0.1, 0, width, 0.2, depth, frame),
        box(0, 0.3, 0.03, width - 0.04, top - 0.3, depth - 0.06, sheet),
        box(0, top - 0.12, depth * 0.17, width - 0.01, 0.15, depth * 0.64, cover),
        box(0, 0, -depth / 2 + 0.025, width, head, 0.05, frame),
        box(0, 0, depth / 2 - 0.03, width, 0.3, 0.06, frame),
    ]
    sides = (-0.25, 0.25) if width > 1 else (0.0,)
    parts += [ball(side * width, top - 0.03, -depth * 0.36, (0.3, 0.09, 0.2), pillow) for side in sides]
    return Piece("bed", tuple(parts), (width / 2, depth / 2), 0, head)


def _wardrobe(draw: Stream, stuff: Stuff) -> Piece:
    width, depth, high = draw.uniform(0.8, 2.0), draw.uniform(0.5, 0.62), draw.uniform(1.8, 2.25)
    body, door, knob = stuff.big(draw), stuff.big(draw), stuff.small(draw)
    doors = max(2, round(width / 0.5))
    wide = width / doors
    parts = [box(0, 0, 0, width, high, depth - 0.04, body)]
    for n in range(doors):
        x = -width / 2 + wide * (n + 0.5)
        parts.append(box(x, 0.08, depth / 2 - 0.02, wide - 0.03, high - 0.12, 0.04, door))
        parts.append(box(x + wide * (0.35 - 0.7 * (n % 2)), high * 0.45, depth / 2 + 0.02, 0.03, 0.16, 0.04, knob))
    return Piece("wardrobe", tuple(parts), (width / 2, depth / 2 + 0.04), 0, high)


def _shelf(draw: Stream, stuff: Stuff) -> Piece:
    width, depth, boards = draw.uniform(0.6, 1.1), draw.uniform(0.28, 0.38), draw.integer(2, 6)
    gap, frame, covers = draw.uniform(0.32, 0.4), stuff.big(draw), (stuff.small(draw), stuff.small(draw))
    high = boards * gap + 0.03
    parts = [box(side * (width / 2 - 0.015), 0, 0, 0.03, high, depth, frame) for side in (-1, 1)]
    parts += [box(0, n * gap, 0, width - 0.06, 0.03, depth, frame) for n in range(boards + 1)]
    if draw.chance(0.6):
        parts.append(box(0, 0, -depth / 2 + 0.005, width - 0.06, high, 0.01, stuff.big(draw)))
    for n in range(boards):
        wide = draw.uniform(0.2, width - 0.1)
        x = (width - 0.08 - wide) / 2 * draw.uniform(-1, 1)
        books = box(x, n * gap + 0.03, 0, wide, draw.uniform(0.12, gap - 0.06), depth * 0.7, covers[n % 2])
        parts.append(books)
    return Piece("shelf", tuple(parts), (width / 2, depth / 2), 0, high, (high, width * 0.4, depth * 0.3))


def _chest(draw: Stream, stuff: Stuff) -> Piece:
    width, depth, high, rows = (
        draw.uniform(0.45, 1.3),
        draw.uniform(0.4, 0.5),
        draw.uniform(0.5, 1.0),
        draw.integer(2, 5),
    )
    front, knob = stuff.big(draw), stuff.small(draw)
    parts = [box(0, 0, 0, width, high, depth - 0.04, stuff.big(draw))]
    tall = (high - 0.08) / rows
    for n in range(rows):
        parts.append(box(0, 0.04 + n * tall, depth / 2 - 0.02, width - 0.04, tall - 0.025, 0.03, front))
        parts.append(box(0, 0.04 + (n + 0.5) * tall, depth / 2 + 0.01, 0.12, 0.025, 0.04, knob))
    return Piece("chest", tuple(parts), (width / 2, depth / 2 + 0.03), 0, high, (high, width * 0.4, depth * 0.35))


def _desk(draw: Stream, stuff: Stuff) -> Piece:
    width, depth, high = draw.uniform(1.1, 1.6), draw.uniform(0.6, 0.75), draw.uniform(0.7, 0.76)
    drawers, legs, screen = stuff.big(draw), stuff.small(draw), stuff.small(draw)
    side = draw.choice((-1, 1))
    x = side * (width / 2 - 0.22)
    parts = (
        box(0, high - 0.035, 0, width, 0.035, depth, stuff.big(draw)),
        box(x, 0, -0.02, 0.4, high - 0.035, depth - 0.08, drawers),
        *[
            box(-side * (width / 2 - 0.05), 0, end * (depth / 2 - 0.05), 0.05, high - 0.035, 0.05, legs)
            for end in (-1, 1)
        ],
        box(-x * 0.3, high, -depth * 0.25, 0.2, 0.02, 0.16, screen),
        box(-x * 0.3, high + 0.02, -depth * 0.28, 0.04, 0.12, 0.03, screen),
        box(-x * 0.3, high + 0.12, -depth * 0.25, 0.55, 0.33, 0.03, stuff.small(draw)),
    )
    return Piece("desk", parts, (width / 2, depth / 2), 0, high + 0.45)


def _counter(draw: Stream, stuff: Stuff) -> Piece:
    width, depth, high = draw.uniform(1.2, 3.0), 0.62, draw.uniform(0.86, 0.95)
    body, door, board = stuff.big(draw), stuff.big(draw), stuff.big(draw)
    doors = max(2, round(width / 0.6))
    wide = width / doors
    parts = [
        box(0, 0.1, -0.02, width, high - 0.14, depth - 0.08, body),
        box(0, 0, -0.06, width, 0.1, depth - 0.16, board),
    ]
    parts.append(box(0, high - 0.04, 0, width, 0.04, depth, board))
    for n in range(doors):
        x = -width / 2 + wide * (n + 0.5)
        parts.append(box(x, 0.12, depth / 2 - 0.05, wide - 0.02, high - 0.2, 0.03, door))
    high_up = high
    if draw.chance(0.6):
        high_up = high + 1.15
        above = wide * max(1, doors - draw.integer(0, 2))
        parts.append(box((above - width) / 2, high + 0.5, -depth / 2 + 0.17, above, 0.65, 0.34, door))
    return Piece("counter", tuple(parts), (width / 2, depth / 2), 0, high_up, (high, width * 0.45, 0.15))


def _fridge(draw: Stream, stuff: Stuff) -> Piece:
    width, depth, high = draw.uniform(0.55, 0.7), draw.uniform(0.6, 0.68), draw.uniform(1.2, 1.95)
    door, split = stuff.big(draw), draw.uniform(0.3, 0.7) * high
    parts = (
        box(0, 0, -0.03, width, high, depth - 0.06, stuff.big(draw)),
        box(0, 0.05, depth / 2 - 0.03, width - 0.01, split - 0.06, 0.05, door),
        box(0, split, depth / 2 - 0.03, width - 0.01, high - split - 0.01, 0.05, door),
        box(width * 0.4, split + 0.05, depth / 2 + 0.015, 0.03, 0.25, 0.04, stuff.small(draw)),
    )
    return Piece("fridge", parts, (width / 2, depth / 2 + 0.04), 0, high)


def _cooker(draw: Stream, stuff: Stuff) -> Piece:
    width, high, plate, glass = 0.6, draw.uniform(0.85, 0.92), stuff.small(draw), stuff.big(draw)
    spots = [(x, z) for x in (-0.14, 0.14) for z in (-0.13, 0.13)]
    parts = [
        box(0, 0, 0, width, high, 0.58, stuff.big(draw)),
        box(0, 0.25, 0.3, width - 0.08, 0.42, 0.03, glass),
        box(0, high - 0.14, 0.32, width - 0.12, 0.025, 0.04, plate),
        *(rod(x, high, z, draw.uniform(0.07, 0.11), 0.012, plate) for x, z in spots),
    ]
    if draw.chance(0.7):
        x, z = draw.choice(spots)
        parts.append(rod(x, high + 0.012, z, 0.1, draw.uniform(0.08, 0.18), stuff.small(draw)))
    return Piece("cooker", tuple(parts), (0.3, 0.34), 0, high + 0.2)


def _lamp(draw: Stream, stuff: Stuff) -> Piece:
    high, radius, tall, metal = (
        draw.uniform(1.3, 1.8),
        draw.uniform(0.15, 0.25),
        draw.uniform(0.22, 0.35),
        stuff.small(draw),
    )
    shade = (cone if draw.chance(0.5) else rod)(0, high - tall, 0, radius, tall, stuff.small(draw))
    parts = (rod(0, 0, 0, 0.15, 0.03, metal), rod(0, 0.03, 0, 0.02, high - tall - 0.03, metal), shade)
    return Piece("lamp", parts, (radius, radius), 0, high)


def _plant(draw: Stream, stuff: Stuff) -> Piece:
    radius, tall, leaf = draw.uniform(0.12, 0.22), draw.uniform(0.2, 0.4), stuff.small(draw)
    stem, crown = draw.uniform(0.1, 0.7), draw.uniform(0.2, 0.4)
    leaves = [
        ball(
            draw.uniform(-0.1, 0.1),
            tall + stem + n * crown * 0.7,
            draw.uniform(-0.1, 0.1),
            (crown, crown * 0.8, crown),
            leaf,
        )
        for n in range(draw.integer(1, 3))
    ]
    parts = (
        rod(0, 0, 0, radius, tall, stuff.small(draw)),
        rod(0, tall, 0, 0.025, stem + 0.1, stuff.small(draw)),
        *leaves,
    )
    return Piece("plant", parts, (crown + 0.1, crown + 0.1), 0, max(part.at[1] + part.half[1] for part in parts))


def _stool(draw: Stream, stuff: Stuff) -> Piece:
    radius, high = draw.uniform(0.17, 0.3), draw.uniform(0.38, 0.7)
    if draw.chance(0.5):
        parts = [rod(0, 0, 0, radius, high, stuff.big(draw))]
    else:
        parts = [*_legs(radius * 1.5, radius * 1.5, high - 0.05, 0.04, stuff.small(draw))]
        parts.append(rod(0, high - 0.05, 0, radius, 0.05, stuff.big(draw)))
    return Piece("stool", tuple(parts), (radius, radius), 0, high)


def _crate(draw: Stream, stuff: Stuff) -> Piece:
    width, depth, high = draw.uniform(0.25, 0.6), draw.uniform(0.25, 0.5), draw.uniform(0.2, 0.55)
    parts = (
        box(0, 0, 0, width, high, depth, stuff.big(draw)),
        box(0, high, 0, width + 0.02, 0.03, depth + 0.02, stuff.small(draw)),
    )
    return Piece(
        "crate", parts, (width / 2 + 0.01, depth / 2 + 0.01), 0, high + 0.03, (high + 0.03, width / 3, depth / 3)
    )


def _television(draw: Stream, stuff: Stuff) -> Piece:
    width, high, wide = draw.uniform(1.2, 1.8), draw.uniform(0.35, 0.5), draw.uniform(0.8, 1.2)
    frame = stuff.small(draw)
    parts = (
        box(0, 0, 0, width, high, 0.4, stuff.big(draw)),
        box(0, high, -0.05, 0.3, 0.03, 0.2, frame),
        box(0, high + 0.03, -0.08, 0.08, 0.1, 0.04, frame),
        box(0, high + 0.1, -0.05, wide, wide * 0.57, 0.05, frame),
        box(0, high + 0.13, -0.02, wide - 0.06, wide * 0.57 - 0.06, 0.02, stuff.big(draw)),
    )
    return Piece("television", parts, (width / 2, 0.2), 0, high + 0.1 + wide * 0.57)


def _picture(draw: Stream, stuff: Stuff) -> Piece:
    width, tall, low = draw.uniform(0.4, 1.2), draw.uniform(0.4, 0.9), draw.uniform(1.0, 1.4)
    frame = box(0, low, 0, width, tall, 0.03, stuff.small(draw))
    parts = (frame, box(0, low + 0.05, 0.015, width - 0.1, tall - 0.1, 0.02, stuff.big(draw)))
    return Piece("picture", parts, (width / 2, 0.025), low, low + tall)


def _pendant(draw: Stream, stuff: Stuff) -> Piece:
    """A lamp that hangs from y = 0, downwards."""
    drop, radius = draw.uniform(0.15, 0.6), draw.uniform(0.12, 0.25)
    shade = cone(0, -drop - radius, 0, radius, radius, stuff.small(draw))
    if draw.chance(0.5):
        shade = ball(0, -drop - radius, 0, (radius, radius * 0.7, radius), stuff.small(draw))
    parts = (rod(0, -drop - 0.02, 0, 0.015, drop + 0.02, stuff.small(draw)), shade)
    return Piece("pendant", parts, (radius, radius), -drop - radius, 0)


def _door(draw: Stream, stuff: Stuff) -> Piece:
    """A closed door with its frame, to be put on a wall."""
    width, tall, frame = draw.uniform(0.75, 0.95), draw.uniform(1.95, 2.1), stuff.small(draw)
    parts = (
        box(0, 0, 0, width + 0.14, tall + 0.07, 0.03, frame),
        box(0, 0, 0.015, width, tall, 0.03, stuff.big(draw)),
        box(draw.choice((-0.4, 0.4)) * width, 1.0, 0.04, 0.1, 0.03, 0.04, stuff.small(draw)),
    )
    return Piece("door", parts, (width / 2 + 0.07, 0.06), 0, tall + 0.07)


def _rug(draw: Stream, stuff: Stuff) -> Piece:
    half = (draw.uniform(0.5, 1.5), draw.uniform(0.4, 1.0))
    if draw.chance(0.3):
        half = (half[1] * 1.2, half[1] * 1.2)
        return Piece("rug", (rod(0, 0, 0, half[0], 0.012, stuff.big(draw)),), half, 0, 0.012)
    return Piece("rug", (box(0, 0, 0, half[0] * 2, 0.012, half[1] * 2, stuff.big(draw)),), half, 0, 0.012)


def _trinket(draw: Stream, stuff: Stuff) -> Piece:
    radius, high = draw.uniform(0.05, 0.12), draw.uniform(0.1, 0.35)
    texture = stuff.small(draw)
    part = draw.choice(
        (
            rod(0, 0, 0, radius, high, texture),
            box(0, 0, 0, radius * 2, high, radius * 1.5, texture),
            ball(0, 0, 0, (radius, high / 2, radius), texture),
            cone(0, 0, 0, radius, high, texture),
        )
    )
    return Piece("trinket", (part,), (radius, radius), 0, high)


_MAKERS: Mapping[str, Callable[[Stream, Stuff], Piece]] = {
    "table": _table,
    "low table": _low_table,
    "chair": _chair,
    "sofa": _sofa,
    "bed": _bed,
    "wardrobe": _wardrobe,
    "shelf": _shelf,
    "chest": _chest,
    "desk": _desk,
    "counter": _counter,
    "fridge": _fridge,
    "cooker": _cooker,
    "lamp": _lamp,
    "plant": _plant,
    "stool": _stool,
    "crate": _crate,
    "television": _television,
    "picture": _picture,
    "door": _door,
    "pendant": _pendant,
    "rug": _rug,
    "trinket": _trinket,
}

PIECES = tuple(_MAKERS)
"""Every kind of piece."""


def furniture(name: str, draw: Stream, stuff: Stuff) -> Piece:
    """A piece of furniture of one kind, its measures and materials random.

    Args:
        name: one of :data:`PIECES`.
        draw: randomness of this piece.
        stuff: materials to choose from.
    """
    return _MAKERS[name](draw, stuff)
