"""A user's own scenes: the public names, and what is refused before anything is drawn."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from virb.data.world import Camera, Light, Scene, Shape, Texture, render
from virb.errors import UserError

BALL = Shape("ellipsoid", (0, 0, -3), (1, 1, 1), label=4, instance=2)
SCENE = Scene((BALL,), Camera((0, 0, 0), fov=60))
EXAMPLE = Path(__file__).parents[3] / "examples" / "own_world.py"


def test_a_ball_straight_ahead_has_the_depth_masks_normal_and_flow_of_its_geometry():
    moved = replace(SCENE, shapes=(replace(BALL, at=(0.1, 0, -3)),))
    frame = render(SCENE, 33, moved)
    assert frame.colour.shape == (33, 33, 3)
    assert frame.depth[16, 16] == pytest.approx(2, abs=1e-5)
    assert (frame.labels[16, 16], frame.instances[16, 16]) == (4, 2)
    assert frame.labels[0, 0] == 0
    assert np.isinf(frame.depth[0, 0])
    np.testing.assert_allclose(frame.normals[16, 16], (0, 0, 1), atol=1e-5)
    # 0.1 m at 2 m, in a picture of 33 px that is 2 tan 30 degrees wide at one metre
    expected = 0.1 / 2 / np.tan(np.radians(30)) * 33 / 2
    np.testing.assert_allclose(frame.flow[16, 16], (expected, 0), atol=1e-4)
    assert frame.visible[16, 16]


@pytest.mark.parametrize(
    ("scene", "says"),
    [
        (replace(SCENE, shapes=(replace(BALL, kind="ball"),)), "no kind of shape 'ball'"),
        (replace(SCENE, shapes=(replace(BALL, texture=Texture("wood")),)), "no kind of texture 'wood'"),
        (replace(SCENE, shapes=(replace(BALL, size=(1, 0, 1)),)), r"'\(1, 0, 1\)'.*shape 0 \(ellipsoid\)"),
        (replace(SCENE, shapes=(replace(BALL, size=2),)), "'2' cannot be the size"),
        (replace(SCENE, shapes=(replace(BALL, at=(0, float("nan"), 0)),)), "'nan'.*the place of shape 0"),
        (replace(SCENE, shapes=(replace(BALL, label=256),)), "'256' cannot be the label"),
        (replace(SCENE, shapes=(replace(BALL, instance=-1),)), "'-1' cannot be the instance"),
        (replace(SCENE, shapes=(replace(BALL, texture=Texture(scale=0)),)), "Scale '0'"),
        (replace(SCENE, shapes=(replace(BALL, texture=Texture(colours=((0, 0, -1), (0, 0, 0)))),)), "the texture"),
        (replace(SCENE, camera=Camera(fov=180)), "'180' degrees"),
        (replace(SCENE, camera=Camera(turn=(0, "left", 0))), "'left'"),
        (replace(SCENE, light=Light((0, 0, 0))), "comes from nowhere"),
        (replace(SCENE, sky=((0, 0), (0, 0, 0))), "the sky's colour"),
        ("a ball", "is no scene"),
    ],
)
def test_a_scene_that_cannot_be_is_refused_with_what_is_wrong(scene, says):
    with pytest.raises(UserError, match=says) as refused:
        render(scene, 8)
    assert refused.value.remedy


@pytest.mark.parametrize("size", [0, -1, 2.0, True, 5000])
def test_a_size_that_cannot_be_is_refused(size):
    with pytest.raises(UserError, match=f"'{size}' is no size"):
        render(SCENE, size)


def test_a_next_moment_of_other_shapes_is_refused():
    with pytest.raises(UserError, match="the next moment has other shapes"):
        render(SCENE, 8, replace(SCENE, shapes=()))


def test_the_example_renders_saves_and_evaluates(tmp_path):
    words = [sys.executable, str(EXAMPLE), str(tmp_path), "--images", "40", "--size", "32"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert "pixels" in done.stdout
    assert len(list(tmp_path.glob("images/*/*.png"))) == 40
    truths = np.load(tmp_path / "truths-0003.npz")
    assert truths["flow"].shape == (32, 32, 2)
    assert set(np.unique(truths["mask"])) == {0, 1}
