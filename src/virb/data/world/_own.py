"""Scenes of a user's own: looked at before they are drawn, so that a wrong number is named and not drawn."""

import math
from numbers import Integral, Real
from typing import Any, get_args

from virb.data.world._frame import Frame
from virb.data.world._render import render as draw
from virb.data.world._scene import Scene, Shape, ShapeKind, TextureKind
from virb.errors import UserError, unknown

LARGEST = 4096
"""Side of a picture in pixels."""


def render(scene: Scene, size: int, after: Scene | None = None) -> Frame:
    """Draw a scene of your own, and everything that is true of each pixel.

    The same bytes on every call and for any number of threads; pictures may be drawn by a pool of threads at once.
    Units and axes are those of :class:`Scene` and its parts: metres, degrees, linear RGB; x right, y up, and a camera
    at yaw 0 looks along -z.

    Args:
        scene: what is seen.
        size: side of the picture in pixels; pictures are square.
        after: the next moment, for optical flow: the same shapes in the same order, where they are then.

    Returns:
        Colour (uint8 sRGB), depth (metres, infinite where nothing is hit), masks of classes and instances (uint8, 0 is
        nothing), normals (camera space), the camera's pose, and with ``after`` flow (pixels right and down) and
        visibility: see :class:`Frame`.

    Raises:
        UserError: a kind, a number or a size is not as it must be; the next moment has other shapes; or a package that
            rendering needs is missing.
    """
    if isinstance(size, bool) or not isinstance(size, Integral) or not 1 <= size <= LARGEST:
        raise UserError(f"'{size}' is no size of a picture.", f"It is a whole number from 1 to {LARGEST}.")
    for one in (scene, *([] if after is None else [after])):
        _check_scene(one)
    try:
        return draw(scene, size, after)
    except ValueError as error:  # what the renderer itself cannot draw
        raise UserError(f"This scene cannot be drawn: {error}.", "docs/world.md says what each part may be.") from error


def _check_scene(scene: Scene) -> None:
    if not isinstance(scene, Scene):
        raise UserError(f"'{scene!r}' is no scene.", "Build one: Scene(shapes=(Shape('box'),), camera=Camera()).")
    camera, light = scene.camera, scene.light
    _three("the camera's place", camera.at)
    _three("the camera's turn", camera.turn)
    _number("the camera's field of view", camera.fov)
    if not 0 < camera.fov < 180:
        raise UserError(f"A camera cannot see '{camera.fov:g}' degrees.", "It is more than 0 and less than 180.")
    _three("the light's place", light.at)
    if light.sun and not any(light.at):
        raise UserError("The sun at '(0, 0, 0)' comes from nowhere.", "Give the direction towards it, as (1, 2, 1).")
    for name, colour in (("light", light.colour), ("ambient light", light.ambient), *(("sky", c) for c in scene.sky)):
        _colour(f"the {name}'s colour", colour)
    for number, shape in enumerate(scene.shapes):
        _check_shape(f"shape {number}", shape)


def _check_shape(name: str, shape: Shape) -> None:
    if shape.kind not in get_args(ShapeKind):
        raise unknown("kind of shape", str(shape.kind), get_args(ShapeKind))
    texture = shape.texture
    if texture.kind not in get_args(TextureKind):
        raise unknown("kind of texture", str(texture.kind), get_args(TextureKind))
    for what, vector in (("place", shape.at), ("turn", shape.turn), ("size", shape.size)):
        _three(f"the {what} of {name} ({shape.kind})", vector)
    if shape.kind != "plane" and min(shape.size) <= 0:
        raise UserError(f"Size '{shape.size}' of {name} ({shape.kind}) has no inside.", "Half extents are above 0.")
    for colour in texture.colours:
        _colour(f"the texture of {name}", colour)
    _number(f"the texture's scale of {name}", texture.scale)
    if texture.scale <= 0:
        raise UserError(f"Scale '{texture.scale:g}' of the texture of {name} has no period.", "It is metres, above 0.")
    for what, value in (("label", shape.label), ("instance", shape.instance)):
        if not isinstance(value, Integral) or not 0 <= value <= 255:
            raise UserError(f"'{value}' cannot be the {what} of {name}.", "It is a whole number from 0 to 255.")


def _three(what: str, values: Any) -> None:
    if not isinstance(values, tuple) or len(values) != 3:
        raise UserError(f"'{values}' cannot be {what}.", "It is a tuple of three numbers.")
    for value in values:
        _number(what, value)


def _colour(what: str, values: Any) -> None:
    _three(what, values)
    if min(values) < 0:
        raise UserError(f"'{values}' cannot be {what}.", "It is linear red, green and blue, from 0 to 1.")


def _number(what: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise UserError(f"'{value}' cannot be a number of {what}.", "It is a finite number.")
