"""Clips, frame by frame."""

from itertools import pairwise

import numpy as np
import pytest

from virb.data.world._films import FRAMES
from virb.data.world._render import render
from virb.data.world._stream import Stream
from virb.data.world.domains.clips import DOMAIN

CLIPS = 8


def frame(row, attempt=0):
    return DOMAIN.draw(Stream(*DOMAIN.words, "clips", "pretrain", row, attempt), "pretrain", row).moments[0]


def clip(number):
    return [frame(FRAMES * number + moment) for moment in range(FRAMES)]


@pytest.mark.parametrize("number", range(CLIPS))
def test_the_frames_of_a_clip_show_the_same_things_under_the_same_light(number):
    scenes = clip(number)
    assert len({(scene.light, scene.sky) for scene in scenes}) == 1
    for parts in zip(*(scene.shapes for scene in scenes), strict=True):
        assert len({(part.kind, part.size, part.texture, part.instance) for part in parts}) == 1


@pytest.mark.parametrize("number", range(CLIPS))
def test_something_moves_from_each_frame_to_the_next_in_the_image(number):
    images = [render(scene, 32).colour for scene in clip(number)]
    for before, after in pairwise(images):
        changed = np.abs(before.astype(int) - after).max(axis=-1) > 8
        assert changed.mean() > 0.005
    assert len({image.tobytes() for image in images}) == FRAMES


def test_two_clips_share_no_scene():
    firsts = [frame(FRAMES * number) for number in range(CLIPS)]
    assert len({first.shapes for first in firsts}) == CLIPS
    assert len({first.camera for first in firsts}) == CLIPS


def test_a_frame_does_not_depend_on_the_stream_of_its_row():
    assert frame(11) == frame(11, attempt=7)


def test_frames_of_one_clip_are_one_group():
    assert [DOMAIN.group(row) for row in range(2 * FRAMES)] == [0] * FRAMES + [1] * FRAMES


def test_what_moves_is_seen():
    seen = 0
    for number in range(CLIPS):
        instances = render(clip(number)[FRAMES // 2], 32).instances
        seen += (instances > 0).mean() > 0.03
    assert seen >= CLIPS - 1
