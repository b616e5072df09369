"""Where a ray meets a shape, in the shape's unit space, in which every solid fills the cube from -1 to 1.

There a box is that cube, an ellipsoid the unit sphere, a cylinder and a cone stand along y on a unit disc, and a plane
is y = 0. A ray is ``o + t d``; since maps to unit space are affine, ``t`` is the same there and in the world.
"""

import math

from virb.data.world._compiled import kernel

BOX, ELLIPSOID, CYLINDER, CONE, PLANE, TERRAIN = range(6)

FAR = 1e300
_TINY = 1e-300


@kernel
def crossing(kind: int, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float) -> tuple[float, float]:
    """Where the ray goes in and where it comes out: ``(t0, t1)``, or ``(FAR, -FAR)`` if it misses. Not for terrain."""
    if kind == BOX:
        t0, t1 = _slab(ox, dx)
        a, b = _slab(oy, dy)
        t0, t1 = max(t0, a), min(t1, b)
        a, b = _slab(oz, dz)
        t0, t1 = max(t0, a), min(t1, b)
    elif kind == PLANE:
        t0 = -oy / (dy if dy != 0.0 else _TINY)
        t1 = t0
    elif kind == ELLIPSOID:
        t0, t1 = _roots(dx * dx + dy * dy + dz * dz, ox * dx + oy * dy + oz * dz, ox * ox + oy * oy + oz * oz - 1.0)
    elif kind == CYLINDER:
        t0, t1 = _slab(oy, dy)
        a, b = _roots(dx * dx + dz * dz, ox * dx + oz * dz, ox * ox + oz * oz - 1.0)
        t0, t1 = max(t0, a), min(t1, b)
    else:
        t0, t1 = _cone(ox, oy, oz, dx, dy, dz)
    if t0 > t1:
        return FAR, -FAR
    return t0, t1


@kernel
def outward(kind: int, x: float, y: float, z: float) -> tuple[float, float, float]:
    """The normal at a point of the surface, pointing out, not of unit length. Not for terrain."""
    if kind == ELLIPSOID:
        return x, y, z
    if kind == BOX:
        ax, ay, az = abs(x), abs(y), abs(z)
        if ax >= ay and ax >= az:
            return math.copysign(1.0, x), 0.0, 0.0
        if ay >= az:
            return 0.0, math.copysign(1.0, y), 0.0
        return 0.0, 0.0, math.copysign(1.0, z)
    if kind == CYLINDER:
        if y * y > x * x + z * z:
            return 0.0, math.copysign(1.0, y), 0.0
        return x, 0.0, z
    if kind == CONE:
        radius = math.sqrt(x * x + z * z)
        if -1.0 - y > radius - 0.5 * (1.0 - y):
            return 0.0, -1.0, 0.0
        return x, 0.5 * radius, z
    return 0.0, 1.0, 0.0


@kernel
def contains(kind: int, x: float, y: float, z: float) -> bool:
    """Whether a point is inside a solid; a surface holds nothing."""
    if kind == BOX:
        return abs(x) < 1.0 and abs(y) < 1.0 and abs(z) < 1.0
    if kind == ELLIPSOID:
        return x * x + y * y + z * z < 1.0
    if kind == CYLINDER:
        return abs(y) < 1.0 and x * x + z * z < 1.0
    if kind == CONE:
        return -1.0 < y < 1.0 and x * x + z * z < 0.25 * (1.0 - y) * (1.0 - y)
    return False


@kernel
def _slab(o: float, d: float) -> tuple[float, float]:
    """Where one coordinate is between -1 and 1."""
    inverse = 1.0 / (d if d != 0.0 else _TINY)
    a, b = (-1.0 - o) * inverse, (1.0 - o) * inverse
    return min(a, b), max(a, b)


@kernel
def _roots(a: float, b: float, c: float) -> tuple[float, float]:
    """Where ``a t² + 2 b t + c`` is not above 0, for ``a`` not below 0."""
    if a < _TINY:
        if c <= 0.0:
            return -FAR, FAR
        return FAR, -FAR
    rest = b * b - a * c
    if rest <= 0.0:
        return FAR, -FAR
    root = math.sqrt(rest)
    inverse = 1.0 / a
    return (-b - root) * inverse, (-b + root) * inverse


@kernel
def _cone(ox: float, oy: float, oz: float, dx: float, dy: float, dz: float) -> tuple[float, float]:
    """Between the base and the tip, where ``x² + z² <= (1 - y)² / 4``; that also holds in a mirrored cone above."""
    t0, t1 = _slab(oy, dy)
    a = dx * dx + dz * dz - 0.25 * dy * dy
    b = ox * dx + oz * dz + 0.25 * (1.0 - oy) * dy
    c = ox * ox + oz * oz - 0.25 * (1.0 - oy) * (1.0 - oy)
    if abs(a) < 1e-12 * (dx * dx + dz * dz + dy * dy):
        if abs(b) < _TINY:
            return (t0, t1) if c <= 0.0 else (FAR, -FAR)
        if b > 0.0:
            return t0, min(t1, -0.5 * c / b)
        return max(t0, -0.5 * c / b), t1
    if a > 0.0:
        low, high = _roots(a, b, c)
        return max(t0, low), min(t1, high)
    # Steeper than its side: outside two roots, one of each cone, so that the lower end of the ray is in ours.
    root = math.sqrt(max(b * b - a * c, 0.0))
    if dy < 0.0:
        return max(t0, (-b - root) / a), t1
    return t0, min(t1, (-b + root) / a)
