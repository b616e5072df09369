"""Oxford-IIIT Pet: cats and dogs of 37 breeds."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from virb.data import Archive, BadImage, DataCard
from virb.data._files import FileSource, Layout
from virb.data._images import decode_ids
from virb.data._listing import Listing
from virb.data._trees import class_folders, lines

BREEDS = (
    "Abyssinian",
    "American Bulldog",
    "American Pit Bull Terrier",
    "Basset Hound",
    "Beagle",
    "Bengal",
    "Birman",
    "Bombay",
    "Boxer",
    "British Shorthair",
    "Chihuahua",
    "Egyptian Mau",
    "English Cocker Spaniel",
    "English Setter",
    "German Shorthaired",
    "Great Pyrenees",
    "Havanese",
    "Japanese Chin",
    "Keeshond",
    "Leonberger",
    "Maine Coon",
    "Miniature Pinscher",
    "Newfoundland",
    "Persian",
    "Pomeranian",
    "Pug",
    "Ragdoll",
    "Russian Blue",
    "Saint Bernard",
    "Samoyed",
    "Scottish Terrier",
    "Shiba Inu",
    "Siamese",
    "Sphynx",
    "Staffordshire Bull Terrier",
    "Wheaten Terrier",
    "Yorkshire Terrier",
)
"""In the order of the ids in ``annotations/trainval.txt``, less one."""


VOID = 255
"""The border between pet and background, which belongs to neither."""


def _trimap(path: Path, key: str) -> NDArray[np.uint8]:
    """1 pet, 2 background, 3 border in the file: 1, 0 and :data:`VOID` here.

    The study took background and border for the positive class, and so measured the background.
    """
    trimap = decode_ids(path, key)
    if ((trimap < 1) | (trimap > 3)).any():
        raise BadImage(key, f"a trimap holds 1, 2 and 3, and this {np.unique(trimap).tolist()}")
    return np.array([0, 1, 0, VOID], np.uint8)[trimap]


def _mask(folder: Path, image: str) -> Path:
    return folder / "annotations" / "trimaps" / f"{Path(image).stem}.png"


def _official(folder: Path) -> Listing:
    """``images/NAME.jpg``, and lists of lines ``NAME id species breed``. Images that no list names are left out."""
    listing = Listing()
    for split, file in (("fit", "trainval.txt"), ("test", "test.txt")):
        for line in lines(folder / "annotations" / file):
            name, breed, _species, _number = line.split()
            image = f"{name}.jpg"
            listing.add(
                "fit" if split == "fit" else "test",
                (image, folder / "images" / image),
                label=int(breed) - 1,
                mask=_mask(folder, image),
            )
    return listing


def _of_2021(folder: Path) -> Listing:
    """``train/BREED/NAME.jpg`` and ``test/BREED/NAME.jpg``: made by hand, so that breeds are spelt in several ways."""
    listing = Listing()
    for path, breed in class_folders(folder / "train", BREEDS):
        listing.add("fit", (path.name, path), label=breed, mask=_mask(folder, path.name))
    for path, breed in class_folders(folder / "test", BREEDS):
        listing.add("test", (path.name, path), label=breed, mask=_mask(folder, path.name))
    return listing


SOURCE = FileSource(
    card=DataCard(
        name="pets",
        title="Oxford-IIIT Pet",
        about="Photographs of cats and dogs of 37 breeds, about 200 each, in every pose, scale and light.",
        licence="CC BY-SA 4.0",
        citation="O. M. Parkhi, A. Vedaldi, A. Zisserman and C. V. Jawahar. Cats and Dogs. CVPR 2012.",
        homepage="https://www.robots.ox.ac.uk/~vgg/data/pets/",
        images=7349,
        splits={"fit": 3680, "test": 3669},
        split_rule="The official lists: trainval is fit, from which select is carved; test is test.",
        columns={"label": BREEDS, "mask": ("background", "pet")},
        how_to_get="Download images.tar.gz and annotations.tar.gz from the homepage; unpack both in DIR/pets.",
        archives=(
            Archive(
                url="https://www.robots.ox.ac.uk/~vgg/data/pets/data/images.tar.gz",
                size=791_918_971,
                md5="5c4f3ee8e5d25df40f4fd59a7f44e54c",
            ),
            Archive(
                url="https://www.robots.ox.ac.uk/~vgg/data/pets/data/annotations.tar.gz",
                size=19_173_078,
                md5="95a8c909bbe2e81eed6a22bccdf3f68f",
            ),
        ),
        layout="pets/images/Abyssinian_1.jpg …\npets/annotations/trainval.txt, test.txt, trimaps/Abyssinian_1.png …",
        size=830_000_000,
    ),
    folders=("pets", "oxford-iiit-pet", "oxford-iiit-pets", "oxford-pets"),
    layouts=(
        Layout("official", ("annotations/trainval.txt", "annotations/test.txt", "images"), _official),
        Layout("2021", ("train", "test", "annotations/trimaps"), _of_2021),
    ),
    truths={"mask": _trimap},
)
