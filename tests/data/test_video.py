"""Frames of videos: which, once for all threads, and what is said of files that are none."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from miniatures.kinetics_400 import video
from virb.data import BadImage, _video
from virb.data._video import Frame, read_frame, spaced


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(video(0))
    return path


def test_frames_are_in_the_middles_of_equal_parts():
    assert spaced(300, 6) == [25, 75, 125, 175, 225, 275]
    assert spaced(6, 6) == [0, 1, 2, 3, 4, 5]
    assert spaced(7, 6) == [0, 1, 2, 4, 5, 6]
    for count in range(6, 50):
        places = spaced(count, 6)
        assert len(set(places)) == 6
        assert places[-1] < count


def test_a_clip_is_decoded_once_for_all_its_frames_and_threads(clip, monkeypatch):
    decoded = []
    whole = _video._decode
    monkeypatch.setattr(_video, "_decode", lambda *asked: decoded.append(asked) or whole(*asked))
    with ThreadPoolExecutor(6) as pool:
        frames = list(pool.map(lambda place: read_frame(Frame(str(clip), place, 6), "clip"), range(6)))
    assert len(decoded) == 1
    levels = [frame.mean() for frame in frames]
    assert levels == sorted(levels)
    assert levels[-1] - levels[0] > 100


def test_no_more_than_a_few_clips_are_kept(tmp_path):
    for number in range(2 * _video._HELD):
        (tmp_path / f"{number}.mp4").write_bytes(video(1))
        read_frame(Frame(str(tmp_path / f"{number}.mp4"), 0, 6), "clip")
    assert len(_video._CLIPS) == _video._HELD


def test_what_is_read_may_be_written_over(clip):
    first = read_frame(Frame(str(clip), 2, 6), "clip")
    before = first.copy()
    first[...] = 7
    np.testing.assert_array_equal(read_frame(Frame(str(clip), 2, 6), "clip"), before)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda whole: whole[: len(whole) // 2], "cannot be decoded as a video"),
        (lambda whole: b"<html>not found</html>", "cannot be decoded as a video"),
        (lambda whole: video(0, 4), "it has 4 frames, and 6 are wanted"),
    ],
)
def test_a_file_that_is_no_such_video_is_a_bad_image_by_name(clip, spoil, says):
    clip.write_bytes(spoil(clip.read_bytes()))
    with pytest.raises(BadImage, match=f"'the clip': {says}"):
        read_frame(Frame(str(clip), 0, 6), "the clip")


def test_a_video_that_is_gone_is_a_bad_image(tmp_path):
    with pytest.raises(BadImage, match="No such file"):
        read_frame(Frame(str(tmp_path / "gone.mp4"), 0, 6), "gone")
