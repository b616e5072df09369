"""Pictures and their truths, against closed forms and plain NumPy."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import blake2b

import numpy as np
import pytest
from numba import njit
from scipy.spatial.transform import Rotation

from scenes import ORIGIN, SOLIDS, TRUTHS, furnished, moved
from virb.data.world import _render as rendering
from virb.data.world import _tone as tone
from virb.data.world._camera import rays, unproject
from virb.data.world._hills import CELLS, grow
from virb.data.world._render import render
from virb.data.world._scene import Camera, Light, Scene, Shape, Texture
from virb.errors import UserError


def inside(kind, points):
    """Which points of unit space are inside a solid."""
    x, y, z = np.moveaxis(points, -1, 0)
    round_ = np.hypot(x, z)
    return {
        "box": np.abs(points).max(-1) < 1,
        "ellipsoid": (points**2).sum(-1) < 1,
        "cylinder": (round_ < 1) & (abs(y) < 1),
        "cone": (round_ < (1 - y) / 2) & (y > -1),
    }[kind]


def middle(kind, size=(0.5, 0.7, 0.4), z=-5.0, **more):
    return render(Scene((Shape(kind, (0, 0, z), size, **more),), ORIGIN), 33)


@pytest.mark.parametrize(
    ("kind", "depth", "normal"),
    [
        ("box", 4.6, (0, 0, 1)),
        ("ellipsoid", 4.6, (0, 0, 1)),
        ("cylinder", 4.6, (0, 0, 1)),
        # Half-way up, a cone has half its radius; its side leans back by atan(0.4 / 1.4).
        ("cone", 4.8, (0, 0.4 / np.hypot(0.4, 1.4), 1.4 / np.hypot(0.4, 1.4))),
    ],
)
def test_depth_and_normal_in_the_middle_of_each_solid(kind, depth, normal):
    frame = middle(kind)
    assert frame.depth[16, 16] == pytest.approx(depth, rel=1e-6)
    np.testing.assert_allclose(frame.normals[16, 16], normal, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "turn", "normal"),
    [("cylinder", (0, 90, 0), (0, 0, 1)), ("cone", (0, -90, 0), (0, 0, 1)), ("box", (90, 0, 0), (0, 0, 1))],
)
def test_caps_and_bases_are_flat(kind, turn, normal):
    frame = middle(kind, turn=turn)
    hit = np.isfinite(frame.depth)
    np.testing.assert_allclose(frame.depth[hit], 5 - (0.5 if kind == "box" else 0.7), rtol=1e-6)
    np.testing.assert_allclose(frame.normals[hit], np.broadcast_to(normal, (hit.sum(), 3)), atol=1e-6)


def test_depth_and_normals_of_a_sphere_everywhere():
    frame = middle("ellipsoid", (1, 1, 1), -4.0)
    directions = rays(ORIGIN, 33)
    a, b, c = (directions**2).sum(-1), 4.0 * -directions[..., 2], 15.0
    rest = b * b - a * c
    depth = np.where(rest > 0, (b - np.sqrt(np.maximum(rest, 0))) / a, np.inf)
    np.testing.assert_allclose(frame.depth, depth, rtol=1e-6)
    hit = np.isfinite(depth)
    np.testing.assert_allclose(frame.normals[hit], directions[hit] * depth[hit][:, None] + (0, 0, 4), atol=1e-5)
    assert (frame.normals[~hit] == 0).all()


def test_depth_and_normals_of_a_plane_everywhere():
    camera = Camera((0, 1.5, 0), (0, -10, 0), 60)
    frame = render(Scene((Shape("plane"),), camera), 32)
    down = -rays(camera, 32)[..., 1]
    np.testing.assert_allclose(frame.depth, np.where(down > 0, 1.5 / np.where(down > 0, down, 1), np.inf), rtol=1e-6)
    tilt = np.radians(10)
    np.testing.assert_allclose(frame.normals[-1, 0], (0, np.cos(tilt), np.sin(tilt)), atol=1e-6)


@pytest.mark.parametrize("kind", SOLIDS)
def test_each_solid_is_first_met_where_small_steps_along_the_ray_enter_it(kind):
    draw = np.random.default_rng(SOLIDS.index(kind))
    for _ in range(5):
        turn, size = draw.uniform(0, 360, 3), draw.uniform(0.3, 1, 3)
        at = np.array([*draw.uniform(-0.5, 0.5, 2), -4])
        frame = render(Scene((Shape(kind, tuple(at), tuple(size), tuple(turn)),), ORIGIN), 24)
        turned = Rotation.from_euler("YXZ", [turn[0], turn[1], -turn[2]], degrees=True)
        steps = np.linspace(2, 6, 2001)
        points = (rays(ORIGIN, 24)[:, :, None] * steps[:, None]).reshape(-1, 3)
        within = inside(kind, turned.inv().apply(points - at) / size).reshape(24, 24, -1)
        expected = np.where(within.any(-1), steps[within.argmax(-1)], np.inf)
        # A ray that only grazes an edge may slip between two steps.
        apart = np.isfinite(expected) != np.isfinite(frame.depth)
        assert apart.sum() <= 2
        both = np.isfinite(expected) & ~apart
        assert both.sum() > 20
        assert (np.abs(expected[both] - frame.depth[both]) < 0.0021).mean() > 0.99


def test_terrain_is_met_where_small_steps_along_the_ray_cross_it():
    heights = np.empty((2, CELLS, CELLS), np.float32)
    njit(lambda seed, hills: grow(seed, hills))(7, heights)
    heights = heights[0].astype(float)
    camera = Camera((3, 4, 2), (25, -14, 5), 70)
    frame = render(Scene((Shape("terrain", size=(6, 3, 1), seed=7),), camera), 40)
    steps = np.arange(0.1, 60, 0.01)
    for row in range(0, 40, 6):
        directions = rays(camera, 40)[row]
        points = np.array(camera.at) + directions[:, None] * steps[:, None]
        x, z = points[..., 0] / 0.75, points[..., 2] / 0.75
        i, j = np.floor(x).astype(int), np.floor(z).astype(int)
        a, b = x - i, z - j
        corners = [heights[(j + v) % CELLS, (i + u) % CELLS] for v in (0, 1) for u in (0, 1)]
        ground = (corners[0] * (1 - a) + corners[1] * a) * (1 - b) + (corners[2] * (1 - a) + corners[3] * a) * b
        below = points[..., 1] < 3 * ground
        expected = np.where(below.any(-1), steps[below.argmax(-1)], np.inf)
        seen = np.where(frame.depth[row] < 60, frame.depth[row], np.inf)
        # Small steps may jump over the very crest of a hill.
        assert (np.abs(np.minimum(expected, 99) - np.minimum(seen, 99)) < 0.011).mean() >= 0.97


def test_no_ray_slips_through_terrain():
    for seed in range(6):
        camera = Camera((seed, 5, 0), (70 * seed, -20, 3), 60)
        frame = render(Scene((Shape("terrain", size=(3, 3, 3), seed=seed),), camera), 96)
        falling = rays(camera, 96)[..., 1] < 0
        assert np.isfinite(frame.depth[falling]).all()
        assert (unproject(camera, frame.depth)[falling][:, 1] > -1e-4).all()
        assert (unproject(camera, frame.depth)[falling][:, 1] < 3.0001).all()


def test_what_is_in_front_hides_what_is_behind_in_any_order():
    front, behind = Shape("box", (0, 0, -3), label=1, instance=1), Shape("ellipsoid", (0, 0, -8), label=2, instance=2)
    one, other = (render(Scene(shapes, ORIGIN), 32) for shapes in ((front, behind), (behind, front)))
    assert not (one.instances == 2).any()
    for name in TRUTHS[:5]:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_the_instance_mask_partitions_the_picture():
    scene = furnished("partition")
    whole = render(scene, 48)
    nearest = np.full((48, 48), np.inf, np.float32)
    owner = np.zeros((48, 48), int)
    for shape in scene.shapes:
        alone = render(replace(scene, shapes=(shape,)), 48)
        assert set(np.unique(alone.instances)) <= {0, shape.instance}
        owner[alone.depth < nearest] = shape.instance
        nearest = np.minimum(nearest, alone.depth)
    np.testing.assert_array_equal(whole.depth, nearest)
    np.testing.assert_array_equal(whole.instances, owner)
    labels = {shape.instance: shape.label for shape in scene.shapes}
    np.testing.assert_array_equal(whole.labels, np.vectorize(labels.get)(owner))


def test_the_mean_of_four_samples_makes_edges_soft():
    frame = render(Scene((Shape("box", (3, 0, -5), (3, 9, 1), (0, 0, 20)),), ORIGIN, Light(ambient=(0,) * 3)), 64)
    assert len(np.unique(frame.colour[..., 0][:, 20:44])) > 4


@pytest.mark.parametrize("number", range(3))
def test_the_same_bytes_alone_again_and_on_four_threads(number):
    scenes = [furnished("threads", number, one) for one in range(4)]
    alone = [render(scene, 32, moved(scene)) for scene in scenes]
    for threads in (1, 4):
        with ThreadPoolExecutor(threads) as pool:
            again = list(pool.map(lambda scene: render(scene, 32, moved(scene)), scenes))
        for one, other in zip(alone, again, strict=True):
            for name in TRUTHS:
                assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name


def test_a_picture_never_changes_from_one_release_to_the_next():
    digest = blake2b(digest_size=8)
    for number in range(2):
        scene = furnished("golden", number)
        frame = render(scene, 24, moved(scene))
        for name in TRUTHS:
            digest.update(getattr(frame, name).tobytes())
    assert digest.hexdigest() == "d3173b9aff38ef83"


@pytest.mark.parametrize("size", [1, 7, 8, 9])
def test_any_size_has_a_picture_of_that_size(size):
    scene = furnished("size")
    frame = render(scene, size, scene)
    assert frame.colour.shape == (size, size, 3)
    assert frame.flow.shape == (size, size, 2)
    assert frame.visible.shape == frame.depth.shape == frame.labels.shape == frame.instances.shape == (size, size)
    assert [getattr(frame, name).dtype for name in TRUTHS] == [
        np.uint8, np.float32, np.uint8, np.uint8, np.float32, np.float32, np.bool_
    ]  # fmt: skip


def test_an_empty_scene_is_sky():
    scene = Scene((), replace(ORIGIN, turn=(0, 90, 0)), sky=((1, 1, 1), (0.2, 0.4, 0.6)))
    frame = render(scene, 9, scene)
    assert np.isinf(frame.depth).all()
    for name in ("labels", "instances", "normals", "visible"):
        assert not getattr(frame, name).any()
    np.testing.assert_allclose(tone.linear(frame.colour)[4, 4], (0.2, 0.4, 0.6), atol=0.01)


def test_without_a_next_moment_there_is_no_flow():
    frame = render(Scene((), ORIGIN), 4)
    assert frame.flow is None
    assert frame.visible is None


def test_a_camera_inside_a_box_sees_its_walls_facing_it():
    frame = render(Scene((Shape("box", (0, 0, 0), (2, 2, 3)),), ORIGIN), 33)
    assert frame.depth[16, 16] == pytest.approx(3)
    np.testing.assert_allclose(frame.normals[16, 16], (0, 0, 1), atol=1e-6)
    np.testing.assert_allclose(frame.normals[16, 0], (0, 0, 1), atol=1e-6)


def test_a_shape_behind_the_camera_is_not_seen():
    empty = render(Scene((), ORIGIN), 16)
    for kind in SOLIDS:
        behind = render(Scene((Shape(kind, (0, 0, 4)),), ORIGIN), 16)
        np.testing.assert_array_equal(behind.colour, empty.colour)
        assert np.isinf(behind.depth).all()


@pytest.mark.parametrize("kind", SOLIDS)
def test_a_solid_that_reaches_around_the_camera_is_seen_to_the_edges_of_the_picture(kind):
    frame = render(Scene((Shape(kind, (0, -3, 0), (50, 1, 50), label=1),), ORIGIN), 32)
    assert (frame.labels[20:] == 1).all()
    assert (frame.labels[:16] == 0).all()


@pytest.mark.parametrize(
    ("scene", "after", "message"),
    [
        (Scene((Shape("box"),)), Scene(()), "other shapes"),
        (Scene((Shape("box"),)), Scene((Shape("cone"),)), "other shapes"),
        (Scene((Shape("terrain", seed=1),)), Scene((Shape("terrain", seed=2),)), "other hills"),
        (Scene((Shape("box", size=(1, 0, 1)),)), None, "no inside"),
        (Scene((Shape("box", at=(0, float("nan"), 0)),)), None, "not finite"),
        (Scene((), Camera(at=(0, float("inf"), 0))), None, "not finite"),
        (Scene((Shape("box", instance=256),)), None, "mask of bytes"),
        (Scene((Shape("box", label=-1),)), None, "mask of bytes"),
        (Scene((), light=Light((0, 0, 0))), None, "direction"),
        (Scene((Shape("box", texture=Texture(scale=0)),)), None, "scale"),
    ],
)
def test_scenes_that_cannot_be_drawn_are_refused(scene, after, message):
    with pytest.raises(ValueError, match=message):
        render(scene, 4, after)


def test_without_numba_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setattr(rendering, "find_spec", lambda name: None)
    rendering._require_numba.cache_clear()
    try:
        with pytest.raises(UserError, match="numba, which is not installed") as error:
            render(Scene(()), 4)
    finally:
        rendering._require_numba.cache_clear()
    assert error.value.remedy == "pip install 'virb[demo]'"
