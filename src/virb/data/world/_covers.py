"""Ten covers of land, seen from above: crops, woods, roads, houses, water."""

from collections.abc import Callable, Mapping
from itertools import pairwise

from virb.data.world._land import Land, Spot, turn, way, winding
from virb.data.world._stream import Stream


def _surroundings(land: Land, draw: Stream, dry: Callable[[Spot], bool]) -> None:
    """What lies around a road or a river: bare ground, fields, or single trees where it is dry, in any mixture."""
    if draw.chance(0.6):
        land.fields(draw.child("fields"), draw.uniform(0, 360), (30, 90), 0.25)
    if draw.chance(0.6):
        land.scatter(draw.child("trees"), draw.integer(4, 26), (1.5, 4.5), dry)


def _hedge(land: Land, draw: Stream, one: Spot, other: Spot) -> None:
    """A hedge or a row of bushes between two spots."""
    leaf = land.soil(draw)
    yaw, length = way(one, other)
    if draw.chance(0.5):
        land.block(((one[0] + other[0]) / 2, (one[1] + other[1]) / 2), (0.8, length / 2), 1.8, yaw, leaf)
        return
    count = max(2, int(length / draw.uniform(4.5, 8.0)))
    for n in range(count + 1):
        share = n / count
        at = (one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share)
        if land.sees(at, 2):
            land.tree(at, draw.uniform(1.2, 2.6), leaf)


def _car(land: Land, draw: Stream, at: Spot, yaw: float, lorry: float = 0.0) -> None:
    paint = land.soil(draw)
    if draw.chance(lorry):
        land.block(at, (1.25, 6.0), 3.4, yaw, paint)
    else:
        land.block(at, (0.95, 2.3), 1.0, yaw, paint)
        land.block(at, (0.8, 1.2), 0.5, yaw, land.soil(draw), 1.0)


def annual_crop(land: Land, draw: Stream) -> None:
    """Large fields with the lines that machines leave, tracks between them."""
    yaw = draw.uniform(0, 360)
    land.fields(draw.child("fields"), yaw, (45, 130), 0.9)
    if draw.chance(0.5):
        land.band(
            [turn((x, draw.uniform(-30, 30)), yaw) for x in (-land.edge * 1.5, land.edge * 1.5)], 1.6, land.soil(draw)
        )
    if draw.chance(0.3):
        land.scatter(draw.child("trees"), draw.integer(1, 5), (2, 4))


def forest(land: Land, draw: Stream) -> None:
    """Crown beside crown; perhaps a track through them, or the forest's edge."""
    step = land.wide * draw.uniform(0.145, 0.2)
    leaves = [land.soil(draw) for _ in range(draw.integer(1, 4))]
    firs, gap = draw.choice((0.0, 1.0, 0.4)), draw.uniform(0.0, 0.12)
    track = winding(draw.child("track"), land.edge * 1.4, land.wide * 0.3) if draw.chance(0.3) else []
    land.band(track, 1.8, land.soil(draw))
    edge, side = land.wide * draw.uniform(0.3, 2.0), draw.uniform(0, 360)
    count = int(2 * land.edge / step) + 1
    for row in range(count):
        for column in range(count):
            child = draw.child(row, column)
            at = (
                (column + 0.5 * (row % 2) + child.uniform(-0.3, 0.3)) * step - land.edge,
                (row + child.uniform(-0.3, 0.3)) * step - land.edge,
            )
            near = any(way(at, point)[1] < step * 0.8 for point in _between(track))
            if not near and turn(at, side)[0] < edge and not child.chance(gap):
                land.tree(at, step * child.uniform(0.5, 0.75), child.choice(leaves), child.chance(firs))


def _between(points: list[Spot]) -> list[Spot]:
    """Points of a line, and two more on each stretch."""
    return [
        (one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share)
        for one, other in pairwise(points)
        for share in (0.0, 1 / 3, 2 / 3)
    ]


def herbaceous_vegetation(land: Land, draw: Stream) -> None:
    """Bushes in loose clumps on rough ground, of all sizes; no line is straight."""
    for _ in range(draw.integer(4, 9)):
        radius = land.wide * draw.uniform(0.06, 0.28)
        land.sheet(
            land.anywhere(draw),
            (radius, radius * draw.uniform(0.5, 1.0)),
            draw.uniform(0, 180),
            land.soil(draw),
            "cylinder",
        )
    if draw.chance(0.4):
        land.band(winding(draw.child("path"), land.edge * 1.4, land.wide * 0.4), 0.9, land.soil(draw))
    leaves = [land.soil(draw), land.soil(draw)]
    for clump in range(draw.integer(7, 12)):
        child = draw.child("clump", clump)
        x, z = land.anywhere(child)
        spread, leaf = land.wide * child.uniform(0.1, 0.45), child.choice(leaves)
        for _ in range(child.integer(5, 17)):
            at = (x + child.uniform(-1, 1) * spread, z + child.uniform(-1, 1) * spread)
            if land.sees(at):
                land.tree(at, 0.7 + 2.6 * child.uniform() ** 3, leaf)


def highway(land: Land, draw: Stream) -> None:
    """Two carriageways with lanes, a strip between them, and traffic."""
    lanes, lane, strip = draw.integer(2, 4), 3.7, draw.uniform(1.0, 3.0)
    half, yaw, shift = strip + lanes * lane + 1.5, draw.uniform(0, 360), draw.uniform(-0.4, 0.4) * land.wide
    reach, bow = land.edge * 1.5, draw.uniform(-0.35, 0.35) * land.wide
    asphalt, paint = land.other(draw), land.other(draw)

    def along(offset: float, share: float) -> Spot:
        return turn((shift + offset + bow * share * share, share * reach), yaw)

    def line(offset: float, steps: int = 6) -> list[Spot]:
        return [along(offset, 2 * n / steps - 1) for n in range(steps + 1)]

    middle = line(0.0, 12)
    _surroundings(land, draw.child("around"), lambda at: all(way(at, one)[1] > half + 7 for one in middle))
    land.band(line(0.0), half, asphalt)
    land.band(line(0.0), strip * 0.6, land.soil(draw))
    for side in (-1, 1):
        land.band(line(side * (half - 1.0)), 0.3, paint)
        for mark in range(1, lanes):
            offset = side * (strip + 0.5 + mark * lane)
            for n in range(13):
                one, other = along(offset, n / 6.5 - 1), along(offset, n / 6.5 - 0.93)
                heading_, length = way(one, other)
                if land.sees(one, 3):
                    land.sheet(one, (0.3, length / 2), heading_, paint)
        for n in range(draw.integer(4, 11)):
            child = draw.child("car", side, n)
            share, offset = child.uniform(-1, 1), side * (strip + 0.5 + (child.integer(0, lanes) + 0.5) * lane)
            heading_, _ = way(along(offset, share), along(offset, share + 0.02))
            _car(land, child, along(offset, share), heading_, 0.3)
    if draw.chance(0.3):
        across = yaw + draw.uniform(60, 120)
        ends = [turn((draw.uniform(-10, 10), z), across) for z in (-reach, reach)]
        bridge, length = way(*ends)
        land.block(
            ((ends[0][0] + ends[1][0]) / 2, (ends[0][1] + ends[1][1]) / 2), (4.0, length / 2), 0.8, bridge, asphalt, 6.0
        )


def industrial(land: Land, draw: Stream) -> None:
    """Large halls with things on their flat roofs, yards, tanks, rows of lorries and cars."""
    yaw = draw.uniform(0, 360)
    step = draw.uniform(46, 66)
    road = land.soil(draw)
    reach = int(land.edge * 1.3 / step) + 1
    for column in range(-reach, reach + 1):
        for row in range(-reach, reach + 1):
            child = draw.child("plot", column, row)
            x, z = column * step + 3, row * step * 0.85
            if not land.sees(turn((x, z), yaw), step * 0.6):
                continue
            land.sheet(turn((x, z), yaw), (step * 0.43, step * 0.37), yaw, land.soil(child))
            _plot(land, child, (x, z), step, yaw)
    for column in range(-reach, reach + 1):
        land.sheet(turn(((column + 0.5) * step + 3, 0.0), yaw), (3.2, land.edge * 1.5), yaw, road)


def _plot(land: Land, draw: Stream, middle: Spot, step: float, yaw: float) -> None:
    """What stands on one yard."""
    x, z = middle
    kind = draw.uniform()
    if kind < 0.65:
        half, high, roof = (
            (step * draw.uniform(0.22, 0.34), step * draw.uniform(0.2, 0.3)),
            draw.uniform(7, 13),
            land.soil(draw),
        )
        x, z = x + draw.uniform(-0.05, 0.05) * step, z + draw.uniform(-0.05, 0.05) * step
        land.block(turn((x, z), yaw), half, high, yaw, roof)
        ribs, detail = draw.integer(2, 6), land.soil(draw)
        for n in range(ribs):
            offset = ((n + 0.5) / ribs * 2 - 1) * half[1]
            if draw.chance(0.75):
                land.block(turn((x, z + offset), yaw), (half[0] * 0.85, 1.0), 0.9, yaw, detail, high)
            else:
                land.block(
                    turn((x + draw.uniform(-0.6, 0.6) * half[0], z + offset), yaw), (2.2, 1.8), 1.8, yaw, detail, high
                )
    elif kind < 0.8:
        radius, steel = draw.uniform(4, 8), land.soil(draw)
        for n in range(draw.integer(2, 7)):
            at = ((n % 3 - 1) * radius * 2.4, (n // 3 - 0.5) * radius * 2.4)
            land.drum(turn((x + at[0], z + at[1]), yaw), radius, draw.uniform(5, 12), steel)
    else:
        gap = draw.choice((3.4, 4.6))
        for line in (-1, 1):
            for n in range(int(step * 0.7 / gap)):
                if draw.chance(0.75):
                    at = turn((x - step * 0.35 + n * gap, z + line * step * 0.16), yaw)
                    land.block(
                        at,
                        (gap * 0.32, gap * (0.65 if gap < 4 else 1.4)),
                        1.4 if gap < 4 else 3.0,
                        yaw,
                        land.soil(draw),
                    )


def pasture(land: Land, draw: Stream) -> None:
    """Meadows without lines inside hedges and fences, single trees, cattle, perhaps a pond."""
    yaw = draw.uniform(0, 360)
    meadows = land.fields(draw.child("fields"), yaw, (40, 95), 0.0)
    for n, ((x, z), half) in enumerate(meadows):
        child = draw.child("hedges", n)
        corners = [(x - half[0], z - half[1]), (x + half[0], z - half[1]), (x - half[0], z + half[1])]
        for end in corners[1:]:
            if child.chance(0.75):
                _hedge(land, child, turn(corners[0], yaw), turn(end, yaw))
        if child.chance(0.6):
            herd, hide = turn((x, z), yaw), land.soil(child)
            for _ in range(child.integer(3, 10)):
                at = (herd[0] + child.uniform(-14, 14), herd[1] + child.uniform(-14, 14))
                land.block(at, (0.6, 1.3), 1.4, child.uniform(0, 360), hide)
    if draw.chance(0.4):
        land.sheet(land.anywhere(draw), (draw.uniform(4, 9), draw.uniform(4, 9)), 0.0, land.soil(draw), "cylinder")
    land.scatter(draw.child("trees"), draw.integer(3, 10), (2.5, 5.0))


def permanent_crop(land: Land, draw: Stream) -> None:
    """Orchards and vineyards: trees on a grid, or vines in rows, parcel by parcel."""
    yaw, vines = draw.uniform(0, 360), draw.chance(0.35)
    size = land.wide * draw.uniform(1.0, 1.7)
    step = land.wide * (draw.uniform(0.085, 0.13) if vines else draw.uniform(0.15, 0.22))
    for column in (-1, 0):
        for row in (-1, 0):
            child = draw.child("parcel", column, row)
            middle = (column * size + size / 2 + 5, row * size + size / 2 + 5)
            lines, leaf = child.choice((0.0, 90.0)), land.soil(child)
            land.sheet(turn(middle, yaw), (size / 2 - 2.5,) * 2, yaw, land.soil(child))
            count = int((size - 6) / step)
            for n in range(count):
                offset = (n - (count - 1) / 2) * step
                if vines:
                    at = (
                        turn(turn((offset, 0.0), lines, middle), yaw)
                        if not lines
                        else turn((middle[0], middle[1] + offset), yaw)
                    )
                    land.block(at, (step * 0.2, size / 2 - 4), 1.8, yaw + lines, leaf)
                    continue
                for m in range(count):
                    at = turn((middle[0] + offset, middle[1] + (m - (count - 1) / 2) * step), yaw)
                    if land.sees(at, 3) and not child.chance(0.04):
                        land.tree(at, step * child.uniform(0.27, 0.36), leaf)


def residential(land: Land, draw: Stream) -> None:
    """Small houses along parallel streets, with gardens, trees and cars."""
    yaw, block, plot = draw.uniform(0, 360), draw.uniform(42, 54), draw.uniform(15, 21)
    road, lawns = land.soil(draw), [land.soil(draw), land.soil(draw)]
    reach = land.edge * 1.4
    streets = int(reach / block) + 1
    first = draw.uniform(-0.5, 0.5) * block
    for street in range(-streets, streets + 1):
        x = first + street * block
        land.sheet(turn((x, 0.0), yaw), (3.2, reach), yaw, road)
        for side in (-1, 1):
            for n in range(-int(reach / plot), int(reach / plot) + 1):
                child = draw.child("plot", street, side, n)
                at = (x + side * (11.0 + child.uniform(-1, 1)), n * plot)
                if not land.sees(turn(at, yaw), 6):
                    continue
                if child.chance(0.4):
                    land.sheet(
                        turn((x + side * block * 0.27, n * plot), yaw),
                        (block * 0.2, plot * 0.46),
                        yaw,
                        child.choice(lawns),
                    )
                half = (child.uniform(3.6, 5.2), child.uniform(4.0, 5.8))
                land.house(turn(at, yaw), half, yaw + child.choice((0.0, 90.0)), child)
                if child.chance(0.4):
                    spot = (x + side * child.uniform(16, block / 2), n * plot + child.uniform(-0.4, 0.4) * plot)
                    land.tree(turn(spot, yaw), child.uniform(1.5, 3.2), land.soil(child))
                if child.chance(0.25):
                    _car(land, child, turn((x + side * 2.2, (n + 0.4) * plot), yaw), yaw)
    land.sheet(turn((0.0, draw.uniform(-0.6, 0.6) * land.wide), yaw), (reach, 3.0), yaw, road)


def river(land: Land, draw: Stream) -> None:
    """A winding band of water, as wide here as there or not, trees along its banks."""
    half, bend = land.wide * draw.uniform(0.11, 0.24), land.wide * draw.uniform(0.25, 0.5)
    line, water = winding(draw.child("line"), land.edge * 1.5, bend, 14), land.other(draw)
    _surroundings(land, draw.child("around"), lambda at: all(way(at, one)[1] > half * 1.6 + 4 for one in line))
    if draw.chance(0.6):
        land.band(line, half * draw.uniform(1.15, 1.35), land.soil(draw))
    land.band(line, half, water)
    for point in line[1:-1]:
        bulge = (half * draw.uniform(0.9, 1.5), half * draw.uniform(0.9, 1.5))
        land.sheet(point, bulge, draw.uniform(0, 180), water, "cylinder")
    leaf, banks = land.soil(draw), draw.uniform(0.1, 0.8)
    for one, other in pairwise(line):
        yaw, length = way(one, other)
        for side in (-1, 1):
            for n in range(max(1, int(length / 6))):
                if draw.chance(banks):
                    at = turn((side * half * draw.uniform(1.35, 1.7), n * 6.0), yaw, one)
                    if land.sees(at, 3):
                        land.tree(at, draw.uniform(1.4, 3.4), leaf)
    if draw.chance(0.25):
        land.sheet((0.0, 0.0), (2.5, land.edge * 1.5), draw.uniform(0, 360), land.soil(draw), thick=1.5)


def sea_or_lake(land: Land, draw: Stream) -> None:
    """Water over half of the view or more, a shore of bays, boats, jetties, perhaps an island."""
    water, yaw, shore = land.other(draw), draw.uniform(0, 360), land.wide * draw.uniform(-0.6, 0.3)
    _surroundings(land, draw.child("around"), lambda at: turn(at, -yaw)[0] < shore - 0.5 * land.wide)
    sand = land.soil(draw) if draw.chance(0.5) else None
    child = draw.child("bays")
    bays = [
        (
            turn((shore + child.uniform(-0.05, 0.2) * land.wide, z * land.wide), yaw),
            (land.wide * child.uniform(0.2, 0.5), land.wide * child.uniform(0.25, 0.5)),
        )
        for z in (-1.2, -0.7, -0.2, 0.3, 0.8, 1.3)
    ]
    far = land.edge * 2
    for more, texture in ((land.wide * 0.05, sand), (0.0, water)):
        if texture is not None:
            land.sheet(turn((shore + 0.2 * land.wide + far - more, 0.0), yaw), (far, far), yaw, texture)
            for at, half in bays:
                land.sheet(at, (half[0] + more, half[1] + more), yaw, texture, "cylinder")
    if draw.chance(0.5):
        at = turn((land.wide * draw.uniform(0.3, 0.8), land.wide * draw.uniform(-0.6, 0.6)), yaw)
        radius = land.wide * draw.uniform(0.1, 0.2)
        land.sheet(at, (radius, radius * draw.uniform(0.6, 1)), draw.uniform(0, 180), land.soil(draw), "cylinder")
        leaf = land.soil(draw)
        for _ in range(draw.integer(2, 9)):
            land.tree(
                (at[0] + draw.uniform(-0.5, 0.5) * radius, at[1] + draw.uniform(-0.5, 0.5) * radius),
                draw.uniform(1.5, 3),
                leaf,
            )
    for n in range(draw.integer(1, 9)):
        boat = draw.child("boat", n)
        at = turn((shore + land.wide * boat.uniform(0.5, 1.8), land.wide * boat.uniform(-1, 1)), yaw)
        course, size = boat.uniform(0, 360), boat.uniform(0.7, 1.6)
        land.sheet(at, (1.1 * size, 3.6 * size), course, land.soil(boat), "cylinder", thick=1.0)
        land.block(at, (0.6 * size, 1.0 * size), 1.0, course, land.soil(boat), 1.2)
    for _ in range(draw.integer(0, 4)):
        at = turn((shore + land.wide * 0.25, land.wide * draw.uniform(-0.9, 0.9)), yaw)
        land.sheet(at, (land.wide * draw.uniform(0.1, 0.25), 1.2), yaw, land.soil(draw), thick=0.8)


COVERS: Mapping[str, Callable[[Land, Stream], None]] = {
    "annual crop": annual_crop,
    "forest": forest,
    "herbaceous vegetation": herbaceous_vegetation,
    "highway": highway,
    "industrial": industrial,
    "pasture": pasture,
    "permanent crop": permanent_crop,
    "residential": residential,
    "river": river,
    "sea or lake": sea_or_lake,
}
"""The ten classes of EuroSAT (Helber et al. 2019), each as a way to cover land."""
