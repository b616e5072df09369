"""Images beside masks: where they lie, which belong together, and what is refused."""

import pickle
import shutil

import numpy as np
import pytest

import own_files
from virb.cache import Cache
from virb.data import open_data
from virb.data._checks import check_task
from virb.data._framed import framed
from virb.data._pairs import ask_pairs, has_pairs, open_pairs
from virb.data._splits import carve
from virb.errors import UserError
from virb.progress import Quiet
from virb.spec import Classes, InputPolicy, Splits
from virb.tasks import resolve_task

FORM = "classes: [ground, pet]\nignore: 255\n"
DEPTH = "depth: {scale: 0.001, unit: m, missing: 0}\n"


def refused(root):
    with pytest.raises(UserError) as caught:
        open_pairs(root)
    with pytest.raises(UserError):
        open_data(f"folder:{root}")
    return caught.value


def checked(root, tmp_path):
    """All that is looked at before a run."""
    task = resolve_task(f"folder:{root}")
    data, bad = framed(open_data(task.data), task, InputPolicy(size=8), Cache(tmp_path / "cache"), Quiet())
    assert not bad
    check_task(data, task, carve(data, task.column, task.splits, 0), InputPolicy(size=8))
    return data


# ------------------------------------------------------------------------------------------------ layouts


def test_a_flat_pair_is_carved_and_its_truth_is_that_of_the_files(tmp_path):
    root = own_files.pairs(tmp_path / "pets", form=FORM)
    data = open_pairs(root)
    assert data.official is None
    assert data.keys == tuple(f"images/{number}.jpg" for number in range(10))
    assert data.class_names == {"mask": ("ground", "pet")}
    for number in range(10):
        np.testing.assert_array_equal(data.truth("mask", number), own_files.regions(number))
    assert pickle.loads(pickle.dumps(data)).read(0).shape == (5, 6, 3)
    task = resolve_task(f"folder:{root}")
    assert task.splits == Splits(select=0.2, test=0.2)
    assert task.target == Classes(count=2, dense=True, ignore=255, names=("ground", "pet"))
    assert task.primary == "miou"
    assert task.data == f"folder:{root}"
    assert str(task.quadrant) == "pixelwise semantic"
    assert task.about == "What each pixel shows, in images of your own: 10 images."
    checked(root, tmp_path)


def test_depth_in_metres_has_all_metrics_and_depth_but_for_a_factor_those_that_do_not_depend_on_it(tmp_path):
    root = own_files.pairs(tmp_path / "rooms", 5, own_files.depths, "depth", DEPTH)
    task = resolve_task(f"folder:{root}")
    assert (task.column, task.target.unit, task.primary) == ("depth", "m", "delta-1.25")
    assert {"rmse", "depth-l1"} < set(task.metrics)
    truth = open_pairs(root).truth("depth", 0)
    assert np.isnan(truth[0, 0, 0])
    np.testing.assert_allclose(truth[0, 1, 0], own_files.depths(0)[0, 1] / 1000, rtol=1e-6)
    checked(root, tmp_path)
    (root / "virb.yaml").write_text("depth: {scale: 1, unit: none, missing: 0}")
    task = resolve_task(f"folder:{root}")
    assert task.metrics == ("delta-1.25-aligned", "abs-rel-aligned")
    (root / "depth").rename(root / "masks")
    assert resolve_task(f"folder:{root}").declared() == task.declared()


@pytest.mark.parametrize("inside", [False, True], ids=["train/images", "images/train"])
@pytest.mark.parametrize("names", [("train", "val", "test"), ("FIT", "select", "test")])
def test_split_folders_may_be_above_or_inside(names, inside, tmp_path):
    for name in names:
        own_files.pairs(tmp_path / name, 3)
        if inside:
            for below in ("images", "masks"):
                (tmp_path / below).mkdir(exist_ok=True)
                (tmp_path / name / below).rename(tmp_path / below / name)
            (tmp_path / name).rmdir()
    data = open_pairs(tmp_path)
    assert ask_pairs(tmp_path).splits == Splits()
    first = 1 if inside else 0
    roles = dict(zip(names, ("fit", "select", "test"), strict=True))
    assert [roles[key.split("/")[first]] for key in data.keys] == data.official.tolist()
    assert data.card.splits == {"fit": 3, "select": 3, "test": 3}
    assert ask_pairs(tmp_path).about.endswith("9 images, 3 fit, 3 select, 3 test.")


def test_with_train_and_one_other_the_other_is_test_and_select_is_carved(tmp_path):
    for name in ("train", "val"):
        own_files.pairs(tmp_path / name, 5)
    assert ask_pairs(tmp_path).splits == Splits(select=0.2)
    assert set(open_pairs(tmp_path).official) == {"fit", "test"}


def test_folders_of_images_whose_names_are_no_splits_are_not_taken_for_splits(tmp_path):
    for folder in ("train", "farm"):
        own_files.image(tmp_path / "images" / folder / "1.png")
        own_files.mask(tmp_path / "masks" / folder / "1.png", own_files.regions())
    assert open_pairs(tmp_path).keys == ("images/farm/1.png", "images/train/1.png")
    assert ask_pairs(tmp_path).splits == Splits(select=0.2, test=0.2)


def test_class_folders_and_pairs_are_told_apart(tmp_path):
    own_files.image(tmp_path / "pets/images/1.png")
    own_files.image(tmp_path / "pets/dogs/1.png")
    assert not has_pairs(tmp_path / "pets")
    assert has_pairs(own_files.pairs(tmp_path / "p", 1))
    assert has_pairs(own_files.pairs(tmp_path / "s", 1, above="train"))


def test_other_files_are_counted_in_the_notes_and_hidden_ones_are_not_there(tmp_path):
    root = own_files.pairs(tmp_path, form=FORM)
    (root / "masks/legend.txt").write_text("")
    (root / "masks/.DS_Store").write_text("")
    assert open_pairs(root).notes == ("Left out: 1 file not named like an image, such as 'masks/legend.txt'.",)


# ------------------------------------------------------------------------------------------------ identity


def test_the_digest_is_of_bytes_names_splits_and_what_the_form_says(tmp_path):
    root = own_files.pairs(tmp_path / "pets", form=FORM)
    digest = open_pairs(root).digest
    assert open_pairs(shutil.copytree(root, tmp_path / "moved")).digest == digest
    digests = [digest]

    def changed():
        digests.append(open_pairs(root).digest)

    (root / "virb.yaml").write_text("classes: {0: ground, 1: pet, 2: pet}\nignore: 255\n")
    changed()
    own_files.mask(root / "masks/1.png", own_files.regions(77))
    changed()
    own_files.image(root / "images/1.jpg", 77)
    changed()
    for folder in ("images", "masks"):
        (path,) = (root / folder).glob("2.*")
        path.rename(path.with_stem("20"))
    changed()
    assert len(set(digests)) == 5


def test_names_of_classes_are_labels_and_their_number_is_declared(tmp_path):
    root = own_files.pairs(tmp_path, form=FORM)
    before = resolve_task(f"folder:{root}")
    (root / "virb.yaml").write_text("classes: [floor, cat]")
    assert resolve_task(f"folder:{root}").declared() == before.declared()
    (root / "virb.yaml").write_text("classes: [floor, cat, dog]")
    assert resolve_task(f"folder:{root}").declared() != before.declared()


def test_without_a_form_another_id_makes_another_task(tmp_path):
    root = own_files.pairs(tmp_path)
    before = resolve_task(f"folder:{root}")
    assert before.target.names == ("0", "1")
    own_files.mask(root / "masks/1.png", own_files.regions(ids=(0, 1, 2)))
    assert resolve_task(f"folder:{root}").target.count == 3


# ------------------------------------------------------------------------------------------------ refusals


def test_images_without_masks_and_masks_without_images_are_named(tmp_path):
    root = own_files.pairs(tmp_path / "pets", form=FORM)
    (root / "masks/3.png").rename(root / "masks/3_mask.png")
    error = refused(root)
    assert error.problem == "'images/3.jpg' has no mask: there is no 'masks/3.png'."
    assert error.remedy == "A mask has the name of its image: rename 'masks/3_mask.png'."
    (root / "masks/3_mask.png").unlink()
    (root / "masks/4.png").unlink()
    error = refused(root)
    assert error.problem == "'images/3.jpg' has no mask: there is no 'masks/3.png', and 1 more are like it."
    assert error.remedy == "Add it, or move the image away."
    for number in (3, 4, 5):
        (root / f"images/{number}.jpg").unlink()
    error = refused(root)
    assert error.problem == "'masks/5.png' is the mask of no image in 'images'."
    assert error.remedy == "Add the image, or move the mask away."


@pytest.mark.parametrize(("folder", "one"), [("images", "3.jpg"), ("masks", "3.png")])
def test_one_name_twice_is_refused_with_both(folder, one, tmp_path):
    root = own_files.pairs(tmp_path, form=FORM)
    shutil.copy(root / folder / one, root / folder / "3.tif")
    assert refused(root).problem in (
        f"'{folder}/{one}' and '3.tif' have one name but for the ending.",
        f"'{folder}/3.tif' and '{one}' have one name but for the ending.",
    )


def test_folders_that_cannot_be_are_refused(tmp_path):
    empty = tmp_path / "empty"
    for below in ("images", "masks"):
        (empty / below).mkdir(parents=True)
    assert f"'{empty / 'images'}' has no images" in refused(empty).problem
    both = own_files.pairs(tmp_path / "both")
    (both / "depth").mkdir()
    assert (
        "has 'depth' and 'masks' beside 'images'" in refused(both).problem
        or "'masks' and 'depth'" in refused(both).problem
    )
    beside = own_files.pairs(tmp_path / "beside")
    (beside / "train").mkdir()
    assert "images beside masks, and 'train' beside both" in refused(beside).problem
    half = own_files.pairs(tmp_path / "half", above="train")
    own_files.image(half / "test/cats/1.png")
    assert f"'{half / 'test'}' has no images beside masks" in refused(half).problem
    inside = own_files.pairs(tmp_path / "inside", 1)
    for split in ("train", "test"):
        (inside / "images" / split).mkdir()
    (inside / "masks/train").mkdir()
    (inside / "images/0.jpg").rename(inside / "images/train/0.jpg")
    assert f"'{inside / 'images/test'}' has no '{inside / 'masks/test'}'" in refused(inside).problem


def test_depth_without_a_form_says_what_to_write(tmp_path):
    root = own_files.pairs(tmp_path, 5, own_files.depths, "depth")
    error = refused(root)
    assert error.problem == f"'{root}' has depth beside images, and it is not said in which unit."
    assert error.remedy == f"Write '{root / 'virb.yaml'}': depth: {{scale: 0.001, unit: m, missing: 0}}"
    (root / "virb.yaml").write_text(FORM)
    assert "in which unit" in refused(root).problem


def test_a_mask_of_another_size_is_refused_when_it_is_opened(tmp_path):
    root = own_files.pairs(tmp_path, form=FORM)
    own_files.mask(root / "masks/4.png", own_files.regions(width=5))
    error = refused(root)
    assert error.problem == (f"'{root / 'images/4.jpg'}' is 6 x 5 pixels, and its mask '{root / 'masks/4.png'}' 5 x 5.")


@pytest.mark.parametrize(
    ("truth", "folder", "form", "says"),
    [
        (own_files.regions(ids=(0, 1, 2)), "masks", FORM, "holds the id '2', which"),
        (own_files.depths(missing=True), "depth", "depth: {scale: 1, unit: m}", "holds the depth '0'"),
    ],
)
def test_pixels_that_cannot_be_are_refused_before_any_compute(truth, folder, form, says, tmp_path):
    root = own_files.pairs(
        tmp_path / "r", 10, own_files.regions if folder == "masks" else lambda n: own_files.depths(n, missing=False),
        folder, form,
    )  # fmt: skip
    own_files.mask(root / folder / "7.png", truth)
    with pytest.raises(UserError) as caught:
        checked(root, tmp_path)
    assert caught.value.problem.startswith(f"'{root / folder / '7.png'}' {says}")


def test_a_mask_without_a_class_is_left_out_and_a_split_of_them_is_refused(tmp_path):
    root = tmp_path / "pets"
    for name, count in (("train", 6), ("val", 2), ("test", 2)):
        own_files.pairs(root / name, count)
    (root / "virb.yaml").write_text(FORM)
    void = np.full((5, 6), 255, np.uint8)
    own_files.mask(root / "test/masks/0.png", void)
    checked(root, tmp_path)
    own_files.mask(root / "test/masks/1.png", void)
    with pytest.raises(UserError, match=r"The test split of .* has no labelled pixel"):
        checked(root, tmp_path)


def test_the_same_bytes_in_two_splits_are_a_leak_that_the_notes_name(tmp_path):
    for name in ("train", "test"):
        own_files.pairs(tmp_path / name, 2, truth=lambda number: own_files.regions(5))
    own_files.image(tmp_path / "test/images/1.jpg", 99)
    assert open_pairs(tmp_path).notes == (
        "Leak: byte for byte in two splits: 1 image, such as 'test/images/0.jpg' and 'train/images/0.jpg'.",
    )
