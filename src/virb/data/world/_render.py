"""From a scene to its image and everything true about it."""

from functools import cache
from importlib.util import find_spec

import numpy as np

from virb.data.world._camera import pose
from virb.data.world._frame import Frame
from virb.data.world._scene import Scene
from virb.errors import UserError


def render(scene: Scene, size: int, after: Scene | None = None) -> Frame:
    """Draw a scene.

    The same bytes for any number of threads: one picture is drawn by one thread, which does not hold the interpreter's
    lock, so that a pool of threads draws many at once. The first call of a process compiles, or loads what an earlier
    one compiled.

    Args:
        scene: what is seen.
        size: of the picture in pixels.
        after: the next moment, for optical flow: the same shapes, in the same order, where they are then. A solid may
            change its size: its points keep their place between its middle and its surface.

    Raises:
        UserError: numba or scikit-image is not installed.
        ValueError: ``after`` has other shapes, or a shape or the light cannot be drawn.
    """
    _require_numba()
    # Not at the top of the file: numba takes a second to import, and is optional.
    from virb.data.world._kernel import draw
    from virb.data.world._photos import atlas
    from virb.data.world._table import eye, lamp, table
    from virb.data.world._tone import encoding

    shapes, view = table(scene), eye(scene.camera)
    bodies_after, view_after = shapes.bodies, view
    if after is not None:
        _check(scene, after)
        view_after = eye(after.camera)
        if after.shapes is not scene.shapes:
            bodies_after = table(after).bodies
    moves = size if after is not None else 0
    frame = Frame(
        colour=np.empty((size, size, 3), np.uint8),
        depth=np.empty((size, size), np.float32),
        labels=np.empty((size, size), np.uint8),
        instances=np.empty((size, size), np.uint8),
        normals=np.empty((size, size, 3), np.float32),
        pose=pose(scene.camera),
        flow=None if after is None else np.empty((size, size, 2), np.float32),
        visible=None if after is None else np.empty((size, size), np.bool_),
    )
    flow = np.empty((moves, moves, 2), np.float32) if frame.flow is None else frame.flow
    visible = np.empty((moves, moves), np.bool_) if frame.visible is None else frame.visible
    draw(
        *shapes, atlas(), view, lamp(scene.light, scene.sky), encoding(),
        after is not None, bodies_after, view_after,
        frame.colour, frame.depth, frame.labels, frame.instances, frame.normals, flow, visible,
    )  # fmt: skip
    return frame


def _check(scene: Scene, after: Scene) -> None:
    if [shape.kind for shape in scene.shapes] != [shape.kind for shape in after.shapes]:
        raise ValueError("the next moment has other shapes")
    for one, other in zip(scene.shapes, after.shapes, strict=True):
        if one.kind == "terrain" and (one.size, one.seed) != (other.size, other.seed):
            raise ValueError("the next moment has other hills")


@cache
def _require_numba() -> None:
    if find_spec("numba") is None:
        raise UserError("Rendering the world needs numba, which is not installed.", "pip install 'virb[demo]'")
