"""EgoHands: two people at a table, seen by one of them, and whose hands are where."""

import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from virb.data import BadImage, DataCard
from virb.data._files import FileSource, Layout
from virb.data._images import decode_ids, head_of_image
from virb.data._listing import Explained, Listing
from virb.data._polygons import inside
from virb.data._trees import paired

HANDS = ("your left", "your right", "my left", "my right")
"""In the order of the study's class ids, from 1 on; 0 is the background. *My* hands are those of the one who looks."""

_PAIRS = {
    "CARDS_COURTYARD": "B_T H_S S_H T_B",
    "CARDS_LIVINGROOM": "B_T H_S S_H T_B",
    "CARDS_OFFICE": "B_S H_T S_B T_H",
    "CHESS_COURTYARD": "B_T H_S S_H T_B",
    "CHESS_LIVINGROOM": "B_S H_T S_B T_H",
    "CHESS_OFFICE": "B_S H_T S_B T_H",
    "JENGA_COURTYARD": "B_H H_B S_T T_S",
    "JENGA_LIVINGROOM": "B_H H_B S_T T_S",
    "JENGA_OFFICE": "B_S H_T S_B T_H",
    "PUZZLE_COURTYARD": "B_S H_T S_B T_H",
    "PUZZLE_LIVINGROOM": "B_T H_S S_H T_B",
    "PUZZLE_OFFICE": "B_H H_B S_T T_S",
}
VIDEOS = tuple(f"{scene}_{pair}" for scene, pairs in _PAIRS.items() for pair in pairs.split())
"""All 48, sorted: the game, the place, who looks, and who sits across; each game was filmed from either side."""

TEST = tuple(VIDEOS[place] for place in (0, 10, 12, 19, 30, 33, 37, 43))
SELECT = tuple(VIDEOS[place] for place in (6, 13, 27, 46))
"""As the study's code has it; its sizes, 36, 4 and 8, are those of the authors' division (section 4 of their paper)."""

_SAMPLES = "_LABELLED_SAMPLES"


def _split(video: str) -> Any:
    return "test" if video in TEST else "select" if video in SELECT else "fit"


# ------------------------------------------------------------------------------------------------ polygons


def _official(folder: Path) -> Listing:
    """``_LABELLED_SAMPLES/VIDEO/frame_NNNN.jpg`` and ``polygons.mat``, whose entries are in the order of the frames."""
    listing = Listing()
    for video in VIDEOS:
        above, polygons = folder / _SAMPLES / video, folder / _SAMPLES / video / "polygons.mat"
        numbers = sorted(int(path.stem.removeprefix("frame_")) for path in above.glob("frame_*.jpg"))
        # Fewer frames than that are a copy that is not whole, which its sizes tell.
        if polygons.is_file() and (drawn := len(_polygons(polygons))) < len(numbers):
            raise ValueError(f"'{video}' has {len(numbers):,} frames, and polygons for {drawn:,}")
        for place, number in enumerate(numbers):
            frame = _frame(above, number)
            explained = Explained(polygons, np.array([place, number], np.int64))
            listing.add(_split(video), (f"{video}/{frame.name}", frame), group=video, hands=explained)
    return listing


def _frame(above: Path, number: int) -> Path:
    return above / f"frame_{number:04d}.jpg"


def _polygons(file: Path) -> tuple[tuple[NDArray[np.float64], ...], ...]:
    """The corners of the four hands in every frame of a video, in the order of ``HANDS``; none of one that is hidden.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not what it should be.
    """
    state = file.stat()
    return _read_polygons(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=len(VIDEOS))
def _read_polygons(file: Path, _changed: int, _size: int) -> tuple[tuple[NDArray[np.float64], ...], ...]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    fields = [hand.replace(" ", "") for hand in HANDS]
    try:
        frames = loadmat(file, variable_names=["polygons"])["polygons"].ravel()
        # A hand that is hidden is [], which may come as 0 x 0, 1 x 0 or 0 x 2.
        return tuple(tuple(np.asarray(frame[name], np.float64).reshape(-1, 2) for name in fields) for frame in frames)
    except (MatReadError, zlib.error, LookupError, TypeError, ValueError, OSError) as error:
        raise ValueError(f"'{file.parent.name}/{file.name}' has no polygons of hands: {error}") from error


def _drawn(path: Path, key: str, by: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Class ids of a frame, drawn from the polygons of its hands.

    MATLAB counts pixels from 1. Where hands overlap, mine lie over yours, since they are nearer to the camera, and the
    right one over the left one: later classes over earlier ones.
    """
    place, number = by.tolist()
    frame = _frame(path.parent, number)
    head = head_of_image(frame, frame.name)
    try:
        hands = _polygons(path)[place]
    except (ValueError, OSError, IndexError) as error:
        raise BadImage(key, str(error)) from error
    ids = np.zeros((head.height, head.width), np.uint8)
    for label, corners in enumerate(hands, 1):
        try:
            ids[inside(corners - 1, head.height, head.width)] = label
        except ValueError as error:
            raise BadImage(key, f"'{HANDS[label - 1]}' in '{frame.name}': {error}") from error
    return ids


# ------------------------------------------------------------------------------------------------ masks


def _of_2021(folder: Path) -> Listing:
    """``images/VIDEO/*.jpg`` and ``labels/VIDEO/*.png`` of class ids, which the study drew and did not publish."""
    listing = Listing()
    for video in VIDEOS:
        for frame, mask in paired(folder / "images" / video, folder / "labels" / video):
            listing.add(_split(video), (f"{video}/{frame.name}", frame), group=video, hands=mask)
    return listing


def _mask(path: Path, key: str, by: NDArray[np.int64] | None = None) -> NDArray[np.uint8]:
    if by is not None:
        return _drawn(path, key, by)
    ids = decode_ids(path, key)
    if ((ids < 0) | (ids > len(HANDS))).any():
        raise BadImage(key, f"a mask of hands holds 0 to {len(HANDS)}, and this {np.unique(ids).tolist()}")
    return ids.astype(np.uint8)


SOURCE = FileSource(
    card=DataCard(
        name="egohands",
        title="EgoHands",
        about="People at a table who play cards, chess or Jenga or solve a puzzle, seen by one of them: 100 frames of "
        "each of 48 videos, 1280 x 720 pixels.",
        licence="none stated; given away for research",
        citation="S. Bambach, S. Lee, D. J. Crandall and C. Yu. Lending A Hand: Detecting Hands and Recognizing "
        "Activities in Complex Egocentric Interactions. ICCV 2015.",
        homepage="https://vision.soic.indiana.edu/projects/egohands/",
        images=4800,
        splits={"fit": 3600, "select": 400, "test": 800},
        split_rule="The study's, by video: 36 are fit, 4 select and 8 test; its data files name none. A game was "
        "filmed from either side, and the other video of it may be in another split.",
        columns={"hands": ("background", *HANDS)},
        how_to_get="Download egohands_data.zip, the labelled data, by way of the homepage; unpack it in DIR/egohands.",
        by_hand="The authors' server has moved, and gives no checksum.",
        layout=f"egohands/{_SAMPLES}/CARDS_COURTYARD_B_T/frame_0011.jpg …, polygons.mat",
        size=1_350_000_000,
    ),
    folders=("egohands", "egohands_data"),
    layouts=(
        Layout("official", (f"{_SAMPLES}/{VIDEOS[0]}",), _official),
        Layout("2021", (f"images/{VIDEOS[0]}", f"labels/{VIDEOS[0]}"), _of_2021),
    ),
    truths={"hands": _mask},
)
