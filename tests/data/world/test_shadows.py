"""Hard shadows of a sun and of lamps."""

from dataclasses import replace

import numpy as np
import pytest

from scenes import ORIGIN, furnished
from virb.data.world import _tone as tone
from virb.data.world._camera import project, unproject
from virb.data.world._render import render
from virb.data.world._scene import Camera, Light, Scene, Shape, Texture


def lit(light):
    """A floor seen from above with a small box over it, in linear light."""
    shapes = (Shape("plane", texture=Texture(colours=((0.5, 0.5, 0.5),) * 2)), Shape("box", (0, 1, 0), (0.5, 0.1, 0.5)))
    camera = Camera((0, 8, 0), (0, -90, 0), 60)
    frame = render(Scene(shapes, camera, light), 64)
    return tone.linear(frame.colour)[..., 0], unproject(camera, frame.depth)


def test_the_suns_shadow_is_where_it_must_be_and_dark():
    light, points = lit(Light((1, 1, 0), True, (0.6, 0.6, 0.6), (0.3, 0.3, 0.3)))
    floor = points[..., 1] < 0.01
    x, z = points[..., 0], np.abs(points[..., 2])
    # The box is 0.9 to 1.1 above the floor; at 45 degrees its shadow is as far to the left.
    shadow = floor & (x > -1.5) & (x < -0.5) & (z < 0.4)
    far = floor & ((x < -1.8) | (x > 0.8) | (z > 0.8))
    np.testing.assert_allclose(light[shadow], 0.5 * 0.3, atol=0.003)
    np.testing.assert_allclose(light[far], 0.5 * (0.3 + 0.6 * np.sqrt(0.5)), atol=0.003)
    assert shadow.sum() > 20


def test_a_lamps_shadow_widens_with_the_distance():
    light, points = lit(Light((0, 2, 0), False, (0.6, 0.6, 0.6), (0.3, 0.3, 0.3)))
    x, z = np.abs(points[..., 0]), np.abs(points[..., 2])
    # From a lamp at 2 m, a box whose top is at 1.1 m and half a metre wide hides 0.5 * 2 / 0.9 of the floor.
    edge = 0.5 * 2 / 0.9
    floor = points[..., 1] < 0.01
    dark = floor & (np.maximum(x, z) < edge - 0.1) & (np.maximum(x, z) > 0.7)
    np.testing.assert_allclose(light[dark], 0.5 * 0.3, atol=0.003)
    bright = floor & (np.maximum(x, z) > edge + 0.1)
    slant = 2 / np.sqrt(4 + x**2 + z**2)
    np.testing.assert_allclose(light[bright], (0.5 * (0.3 + 0.6 * slant))[bright], atol=0.004)
    assert dark.sum() > 20


def test_a_room_with_its_lamp_inside_is_not_in_its_own_shadow():
    room = Shape("box", (0, 0, 0), (2, 2, 2), texture=Texture(colours=((0.5, 0.5, 0.5),) * 2))
    lights = [Light((0, 1.5, 0), False, (0.6,) * 3, (0.1,) * 3), Light((0, 5, 0), False, (0.6,) * 3, (0.1,) * 3)]
    inner, outer = (tone.linear(render(Scene((room,), ORIGIN, light), 32).colour) for light in lights)
    assert inner.min() > 0.06
    np.testing.assert_allclose(outer, 0.05, atol=0.002)


@pytest.mark.parametrize("number", range(6))
def test_the_lamp_lights_what_a_camera_in_its_place_sees(number):
    grey = Texture(colours=((0.5, 0.5, 0.5),) * 2)
    scene = furnished("lamp", number)
    lamp = Light((0.7, 5.0, -5.0), False, (0.7,) * 3, (0.1,) * 3)
    shapes = tuple(replace(shape, texture=grey) for shape in scene.shapes)
    scene = replace(scene, shapes=shapes, light=lamp, camera=Camera((0, 3, 0), (0, -35, 0), 60))
    above = Camera(lamp.at, (0, -90, 0), 140)
    frame, map_ = render(scene, 128), render(replace(scene, camera=above), 768)
    points = unproject(scene.camera, np.minimum(frame.depth, 1e3))
    pixels, depth = project(above, points, 768)
    columns, rows = np.moveaxis(np.clip(np.nan_to_num(pixels), 2, 765).astype(int), -1, 0)
    around = np.stack([map_.depth[rows + j, columns + i] for j in (-1, 0, 1) for i in (-1, 0, 1)])
    light = tone.linear(frame.colour)[..., 0]
    towards = np.array(lamp.at) - points
    share = ((frame.normals @ frame.pose[:, :3]) * towards).sum(-1) / np.linalg.norm(towards, axis=-1)
    within = (np.abs(pixels - 384) < 380).all(-1) & (depth > 0.2) & (share > 0.3)
    shaded = inner(within & (around < 0.95 * depth).all(0))
    reached = inner(within & (np.abs(around - depth) < 0.02 * depth).all(0))
    assert shaded.sum() > 100
    assert reached.sum() > 500
    # A narrow gap between two shadows may still hide between two centres.
    assert (np.abs(light[shaded] - 0.05) < 0.003).mean() > 0.99
    assert (np.abs(light[reached] - (0.05 + 0.35 * share[reached])) < 0.02).mean() > 0.99


def inner(mask):
    """A mask without its rim: a pixel's colour is of four places around the centre that its truths are of."""
    padded = np.pad(mask, 1)
    return np.all([padded[j : j + len(mask), i : i + len(mask)] for j in range(3) for i in range(3)], axis=0)
