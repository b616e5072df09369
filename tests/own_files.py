"""Small files of one's own: images, masks, tables, and a PNG of fewer than eight bits as no library writes it."""

import struct
import zlib

import numpy as np
from PIL import Image


def image(path, seed=0, width=6, height=5, **how):
    """An image that no other seed has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(path, **how)
    return path


def mask(path, values, **how):
    """A mask as it stands there: uint8 and uint16 are PNGs of as many bits, floats TIFF or .npy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, values)
    else:
        Image.fromarray(np.asarray(values)).save(path, **how)
    return path


def regions(seed=0, ids=(0, 1), width=6, height=5):
    """Ids, each of them somewhere."""
    values = np.random.default_rng(seed).choice(ids, (height, width)).astype(np.uint8)
    values.flat[: len(ids)] = ids
    return values


def depths(seed=0, width=6, height=5, missing=True):
    """Millimetres; 0 where they are missing."""
    values = np.random.default_rng(seed).integers(500, 9000, (height, width)).astype(np.uint16)
    if missing:
        values[0, 0] = 0
    return values


def pairs(root, count=10, truth=regions, folder="masks", form=None, above=""):
    """Images beside masks."""
    for number in range(count):
        image(root / above / "images" / f"{number}.jpg", number)
        mask(root / above / folder / f"{number}.png", truth(number))
    if form is not None:
        (root / "virb.yaml").write_text(form)
    return root


def table(path, *lines):
    """A table, and the images it names in its first column, where that is called image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    for number, line in enumerate(lines[1:]):
        name = line.split(",")[0]
        if name.endswith(".png") and lines[0].startswith("image") and not (path.parent / name).exists():
            image(path.parent / name, number)
    return path


def few_bits(bits, values):
    """The bytes of a grey PNG of 1, 2 or 4 bits a pixel."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = []
    for row in values:
        word = "".join(f"{value:0{bits}b}" for value in row)
        word += "0" * (-len(word) % 8)
        rows.append(b"\0" + bytes(int(word[at : at + 8], 2) for at in range(0, len(word), 8)))
    size = struct.pack(">IIBBBBB", len(values[0]), len(values), bits, 0, 0, 0, 0)
    whole = chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + whole
