"""Colours that mean something: one a class, a ramp for a number, a wheel for two. NumPy only.

Numbers are coloured by way of OKLab (B. Ottosson, *A perceptual color space for image processing*, 2020), in which
equal distances look about equal, so that an edge in the picture is an edge in the numbers.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Colours = NDArray[np.uint8]
"""Any shape x 3, sRGB."""

NEUTRAL = (176, 178, 181)
"""Where there is no number or no label. Neither the ramp nor the wheel nor any class has a grey like it."""
HATCH = (204, 206, 209)
"""The lighter stripes over ``NEUTRAL`` where there is no label."""

_CLASSES = (
    "332288 ddcc77 88ccee cc6677 117733 44aa99 882255 999933 aa4499 9890f8 502010 a0f8d8 "
    "5870d0 481058 6890c0 604010 c8b020 e0f078 68c8a8 604080 68b0d0 588810 58e8b0 f07878"
)
"""The first nine are the *muted* scheme of P. Tol (*Colour schemes*, SRON, 2021). Each of the others is, among calm
colours, the one farthest in OKLab from all before it, for the worst of normal, protan, deutan and tritan sight as
simulated by Machado, Oliveira and Fernandes (2009), and from ``NEUTRAL``."""

DIFFERENT = len(_CLASSES.split())
"""How many classes have a colour of their own."""

_FROM_OKLAB = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)
_TO_LINEAR = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
"""Matrices of Ottosson (2020): OKLab to the cube roots of cone responses, and those to linear sRGB."""

RAMP = 255
"""Steps of the ramp: with ``NEUTRAL`` they fit a palette of 256."""
_DARK, _LIGHT = (0.24, 0.088, 300.0), (0.93, 0.10, 95.0)
"""Lightness, chroma and hue in degrees of the ramp's ends, by way of teal: sRGB holds all that lies between."""
_CALM, _FULL = (0.97, 0.0), (0.72, 0.12)
"""Lightness and chroma of the wheel: at its centre and at its rim."""


@cache
def class_colours(count: int) -> Colours:
    """Colours of the classes 0 to ``count - 1``, count x 3. They come round again after ``DIFFERENT``."""
    table = np.array([list(bytes.fromhex(code)) for code in _CLASSES.split()], np.uint8)
    return table[np.arange(count) % len(table)]


@cache
def ramp() -> Colours:
    """Colours from low to high, 255 x 3: lighter and lighter, in steps of equal length in OKLab."""
    fine = np.linspace(0, 1, 2000)
    lightness, chroma, hue = (low + (high - low) * fine for low, high in zip(_DARK, _LIGHT, strict=True))
    path = _oklab(lightness, chroma, np.radians(hue))
    walked = np.concatenate([[0], np.linalg.norm(np.diff(path, axis=0), axis=1).cumsum()])
    even = np.linspace(0, walked[-1], RAMP)
    return _srgb(np.stack([np.interp(even, walked, path[:, axis]) for axis in range(3)], axis=1))


def wheel(vectors: Floats) -> Colours:
    """Colours of vectors (right, down) of length 0 to 1, any shape x 2: hue for the direction, fuller for longer."""
    length = np.hypot(vectors[..., 0], vectors[..., 1]).clip(0, 1)
    (calm, none), (full, most) = _CALM, _FULL
    hue = np.arctan2(vectors[..., 1], vectors[..., 0])
    return _srgb(_oklab(calm + (full - calm) * length, none + (most - none) * length, hue))


def _oklab(lightness: Floats, chroma: Floats, hue: Floats) -> Floats:
    return np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=-1)


def _srgb(oklab: Floats) -> Colours:
    linear = (((oklab @ _FROM_OKLAB.T) ** 3) @ _TO_LINEAR.T).clip(0, 1)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)  # IEC 61966-2-1
    colours: Colours = np.rint(255 * coded).astype(np.uint8)
    return colours
