"""Scenes for tests of the renderer."""

from dataclasses import replace

from virb.data.world._scene import Camera, Light, Scene, Shape, Texture
from virb.data.world._stream import Stream

ORIGIN = Camera(at=(0, 0, 0), fov=60)
TRUTHS = ("colour", "depth", "labels", "instances", "normals", "flow", "visible")
SOLIDS = ("box", "ellipsoid", "cylinder", "cone")
NOISE = Texture("noise", ((0.1, 0.2, 0.3), (0.9, 0.8, 0.6)), 1.5, 1)


def furnished(*words):
    """Ten textured solids, turned every way, on a floor or hills."""
    draw = Stream("furnished", *words)
    ground = Shape("terrain", (0, -2, 0), (8, 1, 8), texture=NOISE, seed=draw.integer(0, 99))
    shapes = [ground if draw.chance(0.5) else Shape("plane", (0, -1, 0), texture=NOISE)]
    for number in range(10):
        at = draw.uniform(-3, 3), draw.uniform(-1, 2), draw.uniform(-9, -4)
        size = draw.uniform(0.3, 0.9), draw.uniform(0.3, 0.9), draw.uniform(0.3, 0.9)
        turn = draw.uniform(0, 360), draw.uniform(0, 360), draw.uniform(0, 360)
        texture = replace(NOISE, seed=number, kind="photo" if number == 3 else "noise")
        shapes.append(Shape(draw.choice(SOLIDS), at, size, turn, texture, number % 3 + 1, number + 1))
    light = Light((2, 4, 0), sun=False) if draw.chance(0.5) else Light((0.5, 0.8, 0.4))
    return Scene(tuple(shapes), ORIGIN, light)


def moved(scene):
    """The next moment: the camera goes and turns, and every solid moves and turns."""
    shapes = tuple(
        replace(s, at=(s.at[0] + 0.1, s.at[1], s.at[2] + 0.1), turn=(s.turn[0] + 6, *s.turn[1:])) if s.instance else s
        for s in scene.shapes
    )
    return replace(scene, shapes=shapes, camera=Camera((0.1, 0.05, -0.15), (2, -1, 1), 62))
