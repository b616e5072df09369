"""ImageNet v2: folders that are named by number, which sort otherwise than as text."""

from hashlib import sha1
from pathlib import Path

from miniatures import Written, tiny
from virb.data.imagenet import SYNSETS


def official(root: Path) -> Written:
    folder = root / "imagenetv2-matched-frequency-format-val"
    for label in range(len(SYNSETS)):
        tiny(folder / str(label) / f"{sha1(b'%d' % label).hexdigest()}.jpeg", label, 0)
    return Written(folder, {"test": len(SYNSETS)}, len(SYNSETS))


LAYOUTS = {"official": official}
