"""A number for every point of a lattice of whole numbers: where patterns and hills get their chance from."""

import math

from virb.data.world._compiled import kernel


@kernel
def chance(x: int, y: int, z: int, seed: int) -> float:
    """A number from 0 up to 1, exclusive. 64-bit whole numbers that wrap around; the constants are large odd ones."""
    h = x * 0x1E3779B97F4A7C15 + y * 0x3F58476D1CE4E5B9 + z * 0x14D049BB133111EB + seed
    h = (h ^ (h >> 29)) * 0x3F4A7C15F39CC061
    h = (h ^ (h >> 32)) * 0x2545F4914F6CDD1D
    return ((h >> 36) & 0xFFFFFF) * (1.0 / 16777216.0)


@kernel
def fade(x: float) -> float:
    """From 0 to 1 without a kink in slope or curvature (Perlin, "Improving noise", SIGGRAPH 2002)."""
    return x * x * x * (x * (x * 6.0 - 15.0) + 10.0)


@kernel
def noise(x: float, y: float, z: float, seed: int) -> float:
    """Value noise: smooth chance, from 0 to 1, with a spacing of 1 on a lattice turned so that no surface shows it."""
    x, y, z = (2.0 * x - y + 2.0 * z) / 3.0, (2.0 * x + 2.0 * y - z) / 3.0, (2.0 * y + 2.0 * z - x) / 3.0
    i, j, k = math.floor(x), math.floor(y), math.floor(z)
    a, b, c = fade(x - i), fade(y - j), fade(z - k)
    n000, n100 = chance(i, j, k, seed), chance(i + 1, j, k, seed)
    n010, n110 = chance(i, j + 1, k, seed), chance(i + 1, j + 1, k, seed)
    n001, n101 = chance(i, j, k + 1, seed), chance(i + 1, j, k + 1, seed)
    n011, n111 = chance(i, j + 1, k + 1, seed), chance(i + 1, j + 1, k + 1, seed)
    low = (n000 + a * (n100 - n000)) * (1.0 - b) + (n010 + a * (n110 - n010)) * b
    high = (n001 + a * (n101 - n001)) * (1.0 - b) + (n011 + a * (n111 - n011)) * b
    return low + c * (high - low)
