"""Places: closed rooms, and ground with hills that do not stand in the way."""

import numpy as np
import pytest

from virb.data.world._places import lamp, outdoors, room, sky, sun
from virb.data.world._render import render
from virb.data.world._scene import Camera, Scene
from virb.data.world._stream import Stream


@pytest.mark.parametrize("number", range(3))
def test_a_room_is_closed_and_lit(number):
    size, at = (4.0, 2.5, 6.0), (1.0, 0.0, -2.0)
    shapes = room(Stream("test", number), "fit", size, at)
    light = lamp(Stream("test", number), size, at)
    for yaw in (0, 90, 180, 270):
        frame = render(Scene(shapes, Camera((1.0, 1.2, -2.0), (yaw, 0, 0), 100.0), light), 48)
        assert np.isfinite(frame.depth).all()
        assert frame.colour.mean() > 10
        expected = 2.0 if yaw % 180 else 3.0
        assert frame.depth[24, 24] == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("number", range(5))
def test_outdoors_there_is_ground_below_and_sky_above(number):
    stream = Stream("test", number)
    shapes = outdoors(stream, "fit")
    scene = Scene(shapes, Camera((0, 1.5, 0), (0, 0, 0), 60.0), sun(stream), sky(stream))
    frame = render(scene, 48)
    assert (frame.depth[-10:] < 10).all()
    assert not np.isfinite(frame.depth[0]).any()


def test_no_hill_comes_near():
    for number in range(200):
        for hill in outdoors(Stream("test", number), "fit")[1:]:
            assert max(abs(hill.at[0]) - hill.size[0], abs(hill.at[2]) - hill.size[2]) >= 12 - 1e-6


def test_a_lamp_hangs_inside_its_room():
    for number in range(100):
        light = lamp(Stream("test", number), (3.0, 2.5, 4.0), (10.0, 0.0, 5.0))
        assert not light.sun
        assert 8.5 < light.at[0] < 11.5
        assert 1.5 < light.at[1] < 2.5
        assert 3.0 < light.at[2] < 7.0


def test_the_sun_stands_above_the_horizon():
    for number in range(100):
        light = sun(Stream("test", number))
        assert light.sun
        assert light.at[1] / np.linalg.norm(light.at) > 0.35
