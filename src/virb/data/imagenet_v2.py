"""ImageNet v2: ten thousand new photographs of the classes of ImageNet, gathered as its own were."""

from pathlib import Path

from virb.data import Archive, DataCard
from virb.data._files import FileSource, Layout
from virb.data._listing import Listing
from virb.data._trees import class_folders
from virb.data.imagenet import NAMES


def _numbered(folder: Path) -> Listing:
    """``CLASS/*.jpeg``, where CLASS is 0 to 999: the place of the class among the sorted synsets, as a number."""
    listing = Listing()
    for path, label in class_folders(folder, [str(label) for label in range(len(NAMES))]):
        listing.add("test", (f"{label}/{path.name}", path), label=label)
    return listing


SOURCE = FileSource(
    card=DataCard(
        name="imagenet-v2",
        title="ImageNet v2, matched frequency",
        about="Photographs from Flickr of the 1,000 classes of ImageNet, ten each, that annotators pick as often as "
        "those of its validation set.",
        licence="MIT; images belong to their photographers",
        citation="B. Recht, R. Roelofs, L. Schmidt and V. Shankar. Do ImageNet Classifiers Generalize to ImageNet? "
        "ICML 2019.",
        homepage="https://github.com/modestyachts/ImageNetV2",
        images=10_000,
        splits={"test": 10_000},
        split_rule="All of it is test, for heads of ImageNet. Its two other samples, threshold-0.7 and top-images, are "
        "easier and not meant.",
        columns={"label": NAMES},
        how_to_get="Download imagenetv2-matched-frequency.tar.gz by the link on the homepage; unpack it in DIR.",
        archives=(
            Archive(
                url="https://s3-us-west-2.amazonaws.com/imagenetv2public/imagenetv2-matched-frequency.tar.gz",
                size=1_253_959_680,
                sha256="a32004f9e773279307499059d320336a23ccdc62cb32063da29bae9bd04c122c",
            ),
        ),
        layout="imagenetv2-matched-frequency-format-val/0/NAME.jpeg …, 999/NAME.jpeg",
        size=1_260_000_000,
    ),
    folders=("imagenet-v2", "imagenetv2-matched-frequency-format-val", "imagenetv2-matched-frequency"),
    # The code of the 2021 study expected the same folders below data/imagenetv2.
    layouts=(Layout("official", ("0", "999"), _numbered),),
)
