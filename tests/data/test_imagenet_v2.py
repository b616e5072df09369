"""ImageNet v2: folders that are numbers."""

from torchvision.datasets import ImageFolder

import miniatures
from virb.data.imagenet import NAMES


def test_the_folder_10_is_class_10_and_not_class_2(tmp_path):
    """Sorted as text, as torchvision's ImageFolder does it, 0 is followed by 1, 10 and 100."""
    data = miniatures.write("imagenet-v2", "official", tmp_path).unhashed(tmp_path)
    labels = {data.keys[data.images[row, 0]]: int(data.columns["label"][row]) for row in range(len(data))}
    assert all(label == int(key.partition("/")[0]) for key, label in labels.items())
    assert data.class_names["label"] == NAMES
    reference = ImageFolder(tmp_path / "imagenetv2-matched-frequency-format-val")
    assert {name: int(name) for name in reference.classes} != reference.class_to_idx
    files = {"/".join(path.split("/")[-2:]): int(reference.classes[label]) for path, label in reference.samples}
    assert files == labels


def test_another_of_its_three_samples_is_not_taken_for_it(tmp_path):
    source = miniatures.write("imagenet-v2", "official", tmp_path)
    (tmp_path / "imagenetv2-matched-frequency-format-val").rename(tmp_path / "imagenetv2-top-images-format-val")
    assert source.status(tmp_path).state == "missing"
