"""Frames of video files, decoded by PyAV, which is installed only where it is asked for."""

from collections import OrderedDict
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import NamedTuple, final

from virb.data import BadImage, Pixels
from virb.errors import UserError

SUFFIXES = frozenset({".avi", ".mkv", ".mov", ".mp4", ".webm"})

_HELD = 8
"""Clips whose frames are kept: frames of a clip are asked for one after the other, or by several threads at once."""


@final
class Frame(NamedTuple):
    """A frame of a video file: number ``place`` of ``of`` that are evenly spaced over it."""

    video: str
    place: int
    of: int


@final
class _Clip:
    """The frames of a video that were asked for; whoever holds the lock decodes them."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.frames: list[Pixels] = []


_CLIPS: OrderedDict[tuple[str, int, int, int], _Clip] = OrderedDict()
_GUARD = Lock()


def is_video(path: Path) -> bool:
    """Whether a file is taken for a video, by its name."""
    return path.suffix.lower() in SUFFIXES


def require_decoder() -> None:
    """Check that videos can be decoded at all.

    Raises:
        UserError: PyAV is not installed.
    """
    if find_spec("av") is None:
        raise UserError("Videos are decoded by PyAV, which is not installed.", "pip install 'virb[video]'")


def spaced(count: int, of: int) -> list[int]:
    """The frames in the middles of ``of`` equal parts of ``count`` frames, the segments of temporal segment networks.

    Wang et al., Temporal Segment Networks, ECCV 2016, section 3.1, with the middle in place of a random frame.
    """
    return [(2 * place + 1) * count // (2 * of) for place in range(of)]


def read_frame(frame: Frame, key: str) -> Pixels:
    """Decode a frame to RGB bytes. The others of the same clip are kept for whoever asks next.

    Args:
        frame: which one.
        key: the name of the video in messages.

    Returns:
        height x width x 3, writeable. A rotation that the file asks for is not applied, as with images.

    Raises:
        BadImage: the video is missing, cannot be decoded, or has fewer frames than are wanted.
    """
    try:
        stat = Path(frame.video).stat()
    except OSError as error:
        raise BadImage(key, error.strerror or str(error)) from error
    name = (frame.video, frame.of, stat.st_size, stat.st_mtime_ns)
    with _GUARD:
        clip = _CLIPS.setdefault(name, _Clip())
        _CLIPS.move_to_end(name)
        while len(_CLIPS) > _HELD:
            _CLIPS.popitem(last=False)
    with clip.lock:
        clip.frames = clip.frames or _decode(frame.video, frame.of, key)
    return clip.frames[frame.place].copy()


def _decode(video: str, of: int, key: str) -> list[Pixels]:
    require_decoder()
    import av

    try:
        count = _frames(video)
        if count < of:
            raise BadImage(key, f"it has {count} frames, and {of} are wanted")
        wanted, found = spaced(count, of), []
        with av.open(video) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1  # whoever reads does so with several threads already
            for place, frame in enumerate(container.decode(stream)):
                if place in wanted:
                    found.append(frame.to_ndarray(format="rgb24"))
                if place == wanted[-1]:
                    return found
    except BadImage:
        raise
    except Exception as error:  # FFmpeg's errors are of several kinds, and PyAV adds its own
        raise BadImage(key, f"cannot be decoded as a video: {error or type(error).__name__}") from error
    raise BadImage(key, f"it ends after {len(found)} of the {of} frames that are wanted")


def _frames(video: str) -> int:
    """How many frames there are, counted without decoding: what containers say of it is often missing or wrong."""
    import av

    with av.open(video) as container:
        return sum(1 for packet in container.demux(container.streams.video[0]) if packet.size)
