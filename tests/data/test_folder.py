"""Class folders: layouts, splits, odd files, leaks and refusals."""

import os
import pickle
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from virb.data import BadImage, open_data
from virb.data import _layout as layout
from virb.data._folder import folder_classes, folder_splits, open_folder
from virb.data._splits import carve, check_splits
from virb.errors import UserError
from virb.spec import Splits

CARVED = Splits(select=0.2, test=0.2)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Write small images, each with other bytes, at the paths below a folder."""
    root, shade = tmp_path / "pets", iter(range(10**6))

    def write(*names: str) -> Path:
        root.mkdir(exist_ok=True)
        for name in names:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            number = next(shade)
            Image.new("RGB", (4, 3), (number % 256, number // 256, 7)).save(path, "PNG")
        return root

    return write


def many(*folders: str, count: int = 5) -> list[str]:
    return [f"{folder}/{number}.png" for folder in folders for number in range(count)]


def refused(path: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        open_folder(path)
    return caught.value


# ---------------------------------------------------------------------------------------------------- splits


def test_class_folders_alone_are_carved(make: Callable[..., Path]) -> None:
    root = make(*many("dog", "cat"))
    images = open_folder(root)
    assert images.official is None
    assert images.groups is None
    assert images.class_names == {"label": ("cat", "dog")}
    assert images.keys == tuple(many("cat", "dog"))
    assert images.columns["label"].tolist() == [0] * 5 + [1] * 5
    assert images.images.tolist() == [[row] for row in range(10)]
    assert images.notes == ()
    assert folder_splits(root) == CARVED


@pytest.mark.parametrize("names", [("train", "val", "test"), ("TRAINING", "Valid", "Test"), ("fit", "select", "test")])
def test_train_val_and_test_are_fit_select_and_test(make: Callable[..., Path], names: tuple[str, ...]) -> None:
    root = make(*(f"{name}/{label}/1.png" for name in names for label in ("cat", "dog")))
    images = open_folder(root)
    assert folder_splits(root) == Splits()
    roles = dict(zip(names, ("fit", "select", "test"), strict=True))
    assert images.official is not None
    assert [roles[key.split("/")[0]] for key in images.keys] == images.official.tolist()


@pytest.mark.parametrize("other", ["test", "val", "validation"])
def test_with_train_and_one_other_the_other_is_test_and_select_is_carved(make: Callable[..., Path], other: str) -> None:
    root = make(*many("train/cat", "train/dog", f"{other}/cat", f"{other}/dog"))
    images = open_folder(root)
    assert folder_splits(root) == Splits(select=0.2)
    rows = carve(images, "label", folder_splits(root), 0)
    check_splits(images, "label", rows, folder_classes(root))
    assert {images.keys[row].split("/")[0] for row in rows["test"]} == {other}
    assert {images.keys[row].split("/")[0] for row in (*rows["fit"], *rows["select"])} == {"train"}
    assert [len(found) for found in rows.values()] == [8, 2, 10]


def test_train_alone_is_carved_like_class_folders(make: Callable[..., Path]) -> None:
    root = make(*many("train/cat", "train/dog"))
    assert folder_splits(root) == CARVED
    assert open_folder(root).official is None
    assert open_folder(root).keys[0] == "train/cat/0.png"


def test_classes_are_numbered_by_the_union_of_their_names(make: Callable[..., Path]) -> None:
    root = make(*many("train/b", "train/a", "train/B", "train/ä", "test/a"))
    assert folder_classes(root) == ("B", "a", "b", "ä")
    images = open_folder(root)
    assert images.class_names["label"] == folder_classes(root)
    named = [images.class_names["label"][label] for label in images.columns["label"]]
    assert named == [key.split("/")[1] for key in images.keys]


@given(st.lists(st.text("aAbB.0_- é猫", min_size=1, max_size=6), min_size=2, max_size=6, unique=True))
def test_keys_are_sorted_by_their_bytes_whatever_the_names(names: list[str]) -> None:
    assert sorted(names, key=layout.in_bytes) == sorted(names, key=os.fsencode)


# ---------------------------------------------------------------------------------------------------- files


def test_images_are_found_at_any_depth_and_by_any_case_of_their_ending(make: Callable[..., Path]) -> None:
    root = make("cat/x/y/1.PNG", "cat/2.JpEg", "cat/x/3.tiff", "dog/4.webp", "dog/5.PGM")
    assert open_folder(root).keys == ("cat/2.JpEg", "cat/x/3.tiff", "cat/x/y/1.PNG", "dog/4.webp", "dog/5.PGM")


def test_hidden_files_and_what_systems_leave_behind_are_not_there(make: Callable[..., Path]) -> None:
    root = make(*many("cat", "dog"), "cat/._1.png", ".git/1.png", "cat/.cache/2.png", "__MACOSX/cat/1.png")
    for name in ("cat/Thumbs.db", "dog/desktop.ini", ".DS_Store", "cat/.DS_Store"):
        (root / name).write_text("")
    images = open_folder(root)
    assert images.keys == tuple(many("cat", "dog"))
    assert images.notes == ()


def test_other_files_and_stray_images_are_counted_in_the_notes(make: Callable[..., Path]) -> None:
    root = make(*many("cat", "dog"), "loose.png")
    for name in ("cat/readme.txt", "dog/labels.csv", "LICENSE"):
        (root / name).write_text("")
    assert open_folder(root).notes == (
        "Left out: 1 image beside the class folders.",
        "Left out: 3 files not named like an image, such as 'LICENSE'.",
    )


def test_a_form_for_masks_beside_class_folders_is_noted(make: Callable[..., Path]) -> None:
    root = make(*many("cat", "dog"))
    (root / "virb.yaml").write_text("classes: [cat, dog]")
    assert open_folder(root).notes == ("Left out: 1 file not named like an image, such as 'virb.yaml'.",)


def test_reading_gives_the_pixels_and_a_bad_file_its_key(make: Callable[..., Path]) -> None:
    root = make(*many("cat", "dog"))
    (root / "cat/2.png").write_bytes(b"")
    images = pickle.loads(pickle.dumps(open_folder(root)))
    assert images.read(0).tolist() == [[[0, 0, 7]] * 4] * 3
    with pytest.raises(BadImage, match=r"'cat/2\.png': the file is empty"):
        images.read(2)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are Unicode")
def test_names_that_are_not_unicode_work_and_can_be_printed(make: Callable[..., Path]) -> None:
    root = make(*many("cat", "dog"))
    odd = os.fsdecode(b"c\xff\nt")
    shutil.copytree(root / "cat", root / odd)
    Image.new("RGB", (1, 1), "blue").save(root / odd / os.fsdecode(b"\xfe.png"))
    images = open_folder(root)
    assert len(images) == 16
    for text in (*images.keys, *images.class_names["label"], images.card.model_dump_json()):
        text.encode()
    assert [images.read(row).shape for row in range(16)].count((1, 1, 3)) == 1
    rows = carve(images, "label", CARVED, 0)
    check_splits(images, "label", rows, folder_classes(root))


def test_links_are_followed_and_loops_are_not(make: Callable[..., Path], tmp_path: Path) -> None:
    root = make(*many("cat", "dog"))
    (root / "cat/up").symlink_to(root, target_is_directory=True)
    (root / "dog/self").symlink_to(root / "dog", target_is_directory=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    Image.new("RGB", (2, 2), "red").save(elsewhere / "far.png")
    (root / "fox").symlink_to(elsewhere, target_is_directory=True)
    (root / "fox/near.png").symlink_to(root / "cat/0.png")
    images = open_folder(root)
    assert {"fox/far.png", "fox/near.png"} <= set(images.keys)
    assert any(note.startswith("Not followed: 2 links leading back up") for note in images.notes)


def test_a_link_to_nothing_is_refused_by_its_name(make: Callable[..., Path]) -> None:
    root = make(*many("cat", "dog"))
    (root / "cat/gone.png").symlink_to(root / "nowhere.png")
    assert "gone.png' cannot be read: No such file" in refused(root).problem


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in folders")
def test_a_pipe_named_like_an_image_does_not_hang(make: Callable[..., Path]) -> None:
    root = make(*many("cat", "dog"))
    os.mkfifo(root / "cat/pipe.png")
    assert open_folder(root).keys == tuple(many("cat", "dog"))


def test_a_folder_that_may_not_be_read_is_named(make: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(*many("cat", "dog"))
    original = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "cat":
            raise PermissionError(13, "Permission denied", str(path))
        return original(path)

    monkeypatch.setattr(layout.os, "scandir", scandir)
    error = refused(root)
    assert "pets/cat' cannot be read: Permission denied" in error.problem
    assert "permissions" in error.remedy


# ---------------------------------------------------------------------------------------------------- digest and leaks


def test_the_digest_is_stable_and_sees_every_change(make: Callable[..., Path], tmp_path: Path) -> None:
    root = make(*many("train/cat", "train/dog", "test/cat", "test/dog"))
    digests = [open_folder(root).digest]
    assert open_folder(root).digest == digests[0]
    moved = shutil.copytree(root, tmp_path / "moved")
    assert open_folder(moved).digest == digests[0]
    (root / "train/cat/0.png").rename(root / "train/cat/renamed.png")
    digests.append(open_folder(root).digest)
    (root / "train/cat/1.png").rename(root / "train/dog/other.png")
    digests.append(open_folder(root).digest)
    (root / "train/cat/2.png").rename(root / "test/cat/other.png")
    digests.append(open_folder(root).digest)
    Image.new("RGB", (4, 3), (1, 2, 3)).save(root / "train/cat/3.png")
    digests.append(open_folder(root).digest)
    (root / "train/cat/4.png").unlink()
    digests.append(open_folder(root).digest)
    assert len(set(digests)) == 6


def test_the_same_bytes_in_two_splits_are_a_leak_that_the_notes_name(make: Callable[..., Path]) -> None:
    root = make(*many("train/cat", "train/dog", "test/cat", "test/dog"))
    shutil.copy(root / "train/cat/0.png", root / "test/cat/zero.png")
    shutil.copy(root / "train/cat/1.png", root / "test/dog/one.png")
    shutil.copy(root / "train/cat/2.png", root / "train/cat/two.png")
    assert open_folder(root).notes == (
        "Leak: byte for byte in two splits: 2 images, such as 'test/cat/zero.png' and 'train/cat/0.png'.",
    )


def test_the_same_bytes_twice_where_splits_are_carved_are_in_the_notes(make: Callable[..., Path]) -> None:
    root = make(*many("cat", "dog"))
    shutil.copy(root / "cat/0.png", root / "dog/zero.png")
    assert open_folder(root).notes == (
        (
            "Leak: byte for byte there twice, and the carve may part them: "
            "1 image, such as 'cat/0.png' and 'dog/zero.png'."
        ),
    )


def test_the_card_says_what_it_is(make: Callable[..., Path]) -> None:
    root = make(*many("cat", "dog"))
    images = open_data(f"folder:{root}")
    assert images.card.name == f"folder:{root}"
    assert images.card.licence == "yours"
    assert images.card.images == 10
    assert images.card.columns == {"label": ("cat", "dog")}
    assert images.card.citation


# ---------------------------------------------------------------------------------------------------- refusals


def test_a_path_that_is_not_there_gets_its_nearest_sibling(make: Callable[..., Path]) -> None:
    root = make(*many("cat", "dog"))
    error = refused(root.parent / "pest")
    assert error.problem == f"There is no folder '{root.parent / 'pest'}'."
    assert error.remedy == f"Did you mean '{root}'?"
    assert "is there, and has no 'zzz'" in refused(root / "zzz" / "yyy").remedy


def test_a_file_and_an_archive_are_refused(make: Callable[..., Path]) -> None:
    root = make(*many("cat", "dog"))
    for name in ("a.zip", "a.tar.gz", "a.TGZ"):
        (root / name).write_bytes(b"")
        assert "Unpack it first" in refused(root / name).remedy
    assert "is a file, not a folder" in refused(root / "cat/0.png").problem
    (root / "t.csv").write_text("")
    assert f"table:{root / 't.csv'}" in refused(root / "t.csv").remedy


def test_images_without_class_folders_get_the_expected_layout(make: Callable[..., Path]) -> None:
    error = refused(make("1.png", "2.png"))
    assert "images directly in it" in error.problem
    assert "PATH/cat/1.jpg" in error.remedy


def test_images_directly_in_a_split_folder_get_the_expected_layout(make: Callable[..., Path]) -> None:
    assert "train' has images directly in it" in refused(make("train/1.png", "test/cat/2.png")).problem


def test_an_empty_folder_has_no_class_folders(tmp_path: Path) -> None:
    assert "has no class folders" in refused(tmp_path).problem


@pytest.mark.parametrize("above", ["", "train/"])
def test_masks_by_another_name_are_told_theirs(make: Callable[..., Path], above: str) -> None:
    error = refused(make(f"{above}images/1.png", f"{above}labels/1.png"))
    assert "images beside masks" in error.problem
    assert "Call the folder of masks 'masks'." in error.remedy


def test_an_empty_class_folder_is_refused_by_its_name(make: Callable[..., Path]) -> None:
    root = make(*many("cat", "dog"))
    (root / "fox").mkdir()
    assert "Class folder 'fox'" in refused(root).problem
    (root / "fox/notes.txt").write_text("")
    assert "Class folder 'fox'" in refused(root).problem


def test_a_class_that_is_empty_in_train_is_refused_and_in_test_noted(make: Callable[..., Path]) -> None:
    root = make(*many("train/cat", "train/dog", "test/cat"))
    (root / "test/dog").mkdir()
    assert any(note.endswith("test': 'dog'.") for note in open_folder(root).notes)
    shutil.rmtree(root / "train/dog")
    (root / "train/dog").mkdir()
    assert "Class folder 'dog'" in refused(root).problem


@pytest.mark.parametrize("other", ["val", "test"])
def test_a_class_that_train_lacks_is_refused_by_its_name(make: Callable[..., Path], other: str) -> None:
    error = refused(make(*many("train/cat", "train/dog", f"{other}/Cats")))
    assert "Class 'Cats'" in error.problem
    assert "Is it 'cat'?" in error.remedy


def test_one_class_is_refused_by_its_name(make: Callable[..., Path]) -> None:
    assert "one class folder only: 'cat'" in refused(make(*many("cat"))).problem


def test_split_folders_beside_class_folders_are_refused(make: Callable[..., Path]) -> None:
    assert "'train' beside '" in refused(make(*many("train/cat", "train/dog", "fox"))).problem


def test_two_folders_for_one_split_are_refused(make: Callable[..., Path]) -> None:
    error = refused(make(*many("train/cat", "train/dog", "val/cat", "valid/cat")))
    assert "'val' and 'valid'" in error.problem


def test_test_without_train_is_refused(make: Callable[..., Path]) -> None:
    assert "has test but no train folder" in refused(make(*many("test/cat", "test/dog"))).problem


def test_a_tilde_is_the_home_folder(make: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(*many("cat", "dog"))
    monkeypatch.setenv("HOME", str(root.parent))
    monkeypatch.setenv("USERPROFILE", str(root.parent))
    assert np.array_equal(open_folder(Path("~/pets")).read(0), open_folder(root).read(0))
