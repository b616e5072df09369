"""Tables: what each column says, and what is refused, with the line it stands in."""

import os
import shutil

import numpy as np
import pytest

import own_files
from virb.data import data_recipe, open_data, open_data_recipe
from virb.data._splits import carve, check_splits
from virb.data._table import ask_table, open_table
from virb.errors import UserError
from virb.spec import Classes, Splits, Values
from virb.tasks import resolve_task

PETS = ("image,label", *(f"{number}.png,{('cat', 'dog')[number % 2]}" for number in range(10)))


def put(tmp_path, *lines):
    return own_files.table(tmp_path / "t.csv", *lines)


def refused(path):
    with pytest.raises(UserError) as caught:
        open_table(path)
    with pytest.raises(UserError):  # a task is not made of it either
        resolve_task(f"table:{path}")
    return caught.value


# ------------------------------------------------------------------------------------------------ what it says


def test_a_table_of_labels_is_a_task_of_classes(tmp_path):
    path = put(tmp_path, *PETS)
    data, task = open_table(path), resolve_task(f"table:{path}")
    assert data.keys == tuple(f"{number}.png" for number in range(10))
    assert data.columns["label"].tolist() == [0, 1] * 5
    assert data.class_names == {"label": ("cat", "dog")}
    assert (data.official, data.groups, data.notes) == (None, None, ())
    assert data.read(3).shape == (5, 6, 3)
    assert task.target == Classes(count=2, names=("cat", "dog"))
    assert (task.data, task.column, task.primary) == (f"table:{path}", "label", "accuracy")
    assert task.splits == Splits(select=0.2, test=0.2)
    assert task.title == "t.csv: 2 classes"
    assert task.about == "Which of 2 classes an image of your own shows: 10 examples."
    check_splits(data, "label", carve(data, "label", task.splits, 0), task.target.names)
    assert open_data(task.data).digest == data.digest


def test_numbers_are_values_one_a_column_in_their_order(tmp_path):
    path = put(tmp_path, "image,value", "a.png,1.5", "b.png,-2e3", "c.png, 4 ")
    assert open_table(path).columns["value"].tolist() == [[1.5], [-2000], [4]]
    task = resolve_task(f"table:{path}")
    assert task.target == Values(size=1)
    assert (task.primary, str(task.quadrant), task.title) == ("mae", "image-level structural", "t.csv: value")
    path = put(tmp_path, "Value_Y,image,value_x", "1,a.png,2", "3,b.png,4")
    for name in "ab":
        own_files.image(tmp_path / f"{name}.png")
    assert open_table(path).columns["value"].tolist() == [[1, 2], [3, 4]]
    assert resolve_task(f"table:{path}").title == "t.csv: value_y, value_x"


def test_several_images_are_an_example_and_those_that_share_one_are_never_parted(tmp_path):
    for number in range(9):
        own_files.image(tmp_path / f"{number}.png", number)
    path = put(tmp_path, "image1,image2,label", "0.png,1.png,a", "1.png,2.png,b", "5.png,6.png,a", "7.png,8.png,b")
    data = open_table(path)
    assert [[data.keys[image] for image in row] for row in data.images] == [
        *(["0.png", "1.png"], ["1.png", "2.png"], ["5.png", "6.png"], ["7.png", "8.png"])
    ]
    assert data.groups[0] == data.groups[1]
    assert len(set(data.groups)) == 3
    assert data.notes == ("Examples that share images are carved as one group.",)
    assert resolve_task(f"table:{path}").images_per_example == 2
    path = put(tmp_path, "image_2,image_1,label", "0.png,1.png,a", "2.png,3.png,b", "4.png,5.png,a", "6.png,7.png,b")
    data = open_table(path)
    assert data.groups is None
    assert data.keys[data.images[0, 0]] == "1.png"


def test_splits_have_several_names_and_groups_are_kept_together(tmp_path):
    words = ["train", "fit", "Val", "select", "test", "TEST"]
    path = put(tmp_path, "image,label,split,group", *(f"{n}.png,{'ab'[n % 2]},{w},g{n}" for n, w in enumerate(words)))
    data = open_table(path)
    assert data.official.tolist() == ["fit", "fit", "select", "select", "test", "test"]
    assert len(set(data.groups)) == 6
    task = resolve_task(f"table:{path}")
    assert task.splits == Splits()
    assert task.about.endswith("6 examples, 2 fit, 2 select, 2 test.")
    path = put(
        tmp_path, "image,label,split", *(f"{n}.png,{'ab'[n % 2]},{'train' if n < 4 else 'val'}" for n in range(6))
    )
    assert open_table(path).official.tolist() == ["fit"] * 4 + ["test"] * 2
    assert resolve_task(f"table:{path}").splits == Splits(select=0.2)


@pytest.mark.parametrize("form", [None, "classes: [ground, pet]"])
def test_a_mask_is_a_class_a_pixel(form, tmp_path):
    lines = [f"{number}.png,truth/{number}.png" for number in range(6)]
    for number in range(6):
        own_files.mask(tmp_path / f"truth/{number}.png", own_files.regions(number))
    path = put(tmp_path, "image,mask", *lines)
    if form:
        (tmp_path / "virb.yaml").write_text(form)
    data, task = open_table(path), resolve_task(f"table:{path}")
    np.testing.assert_array_equal(data.truth("mask", 4), own_files.regions(4))
    assert task.target == Classes(count=2, dense=True, ignore=255, names=("ground", "pet") if form else ("0", "1"))
    assert task.about == "What each pixel shows, in images of your own: 6 examples."
    own_files.mask(tmp_path / "truth/4.png", own_files.regions(width=5))
    with pytest.raises(UserError, match=r"'.*t.csv', line 6: '.*4.png' is 6 x 5 pixels, and its mask .* 5 x 5"):
        open_table(path)


def test_depth_is_a_number_a_pixel_and_needs_its_form(tmp_path):
    for number in range(6):
        own_files.mask(tmp_path / f"d{number}.png", own_files.depths(number))
    path = put(tmp_path, "image,depth", *(f"{number}.png,d{number}.png" for number in range(6)))
    error = refused(path)
    assert error.problem == f"'{path}' has a column 'depth', and it is not said in which unit."
    assert f"Write '{tmp_path / 'virb.yaml'}': depth" in error.remedy
    (tmp_path / "virb.yaml").write_text("depth: {scale: 0.001, unit: m, missing: 0}")
    np.testing.assert_allclose(open_table(path).truth("depth", 2)[0, 1, 0], own_files.depths(2)[0, 1] / 1000, rtol=1e-6)
    own_files.mask(tmp_path / "d3.png", own_files.regions())
    with pytest.raises(UserError, match=r"line 5: '.*d3.png' has 8 bits a pixel, and depth is read of 16"):
        open_table(path)


def test_paths_start_where_the_table_lies_and_may_be_spelt_in_any_way(tmp_path, monkeypatch):
    for number in range(4):
        own_files.image(tmp_path / f"photos/{number}.png", number)
    lines = ["./../photos/0.png,a", "../photos/../photos/1.png,b", f"{tmp_path}/photos/2.png,a", '"../photos/3.png",b']
    path = tmp_path / "tables/t.csv"
    path.parent.mkdir()
    path.write_text("\n".join(["image,label", *lines]))
    keys = [f"{tmp_path}/photos/2.png", *(f"../photos/{number}.png" for number in (0, 1, 3))]
    assert open_table(path).keys == tuple(sorted(keys))
    whole = ask_table(path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.csv").symlink_to(path)
    for other in ("tables/t.csv", "./tables/../tables/t.csv", "link.csv"):
        assert resolve_task(f"table:{other}").data == whole.data


def test_quotes_blank_lines_marks_of_bytes_and_other_columns_are_read_as_spreadsheets_write_them(tmp_path):
    for name in ("a b.png", "c.png"):
        own_files.image(tmp_path / name, len(name))
    path = tmp_path / "t.csv"
    lines = ["Image,LABEL,notes", "", '"a b.png","cat, ""black""",', ",,", ' c.png , dog ,"two', 'lines"', "d.png,dog,"]
    path.write_text("\r\n".join(lines), encoding="utf-8-sig", newline="")
    error = refused(path)
    assert error.problem.startswith(f"'{path}', line 7: there is no image 'd.png'")
    own_files.image(tmp_path / "d.png", 9)
    data = open_table(path)
    assert data.class_names["label"] == ('cat, "black"', "dog")
    assert data.notes == ("Not read: 'notes' of the table.",)


def test_a_table_can_be_learnt_from_in_pretraining_with_its_labels(tmp_path, monkeypatch):
    path = put(tmp_path, *PETS)
    monkeypatch.chdir(tmp_path)
    recipe = data_recipe(["table:t.csv"], images=8)
    assert recipe.data == f"table:{path}"
    data = open_data_recipe(recipe)
    assert data.columns["label"].tolist() == [0, 1] * 4


# ------------------------------------------------------------------------------------------------ identity


def test_the_digest_is_of_bytes_labels_splits_and_groups_and_not_of_the_order_of_lines(tmp_path):
    lines = [f"{n}.png,{'ab'[n % 2]},{'train' if n < 4 else 'test'},g{n}" for n in range(8)]
    path = put(tmp_path, "image,label,split,group", *lines)
    first = open_table(path).digest
    put(tmp_path, "image,label,split,group", *reversed(lines))
    assert open_table(path).digest == first
    put(tmp_path, "label,image,group,split", *(",".join(line.split(",")[k] for k in (1, 0, 3, 2)) for line in lines))
    assert open_table(path).digest == first
    assert open_table(shutil.copytree(tmp_path, tmp_path / "moved") / "t.csv").digest == first
    digests = [first]
    for place, other in ((0, "0.png,b,train,g0"), (0, "0.png,a,test,g0"), (1, "1.png,b,train,g0"), (7, None)):
        changed = [line if number != place else other for number, line in enumerate(lines)]
        put(tmp_path, "image,label,split,group", *filter(None, changed))
        digests.append(open_table(path).digest)
    put(tmp_path, "image,label,split,group", *lines)
    own_files.image(tmp_path / "3.png", 99)
    digests.append(open_table(path).digest)
    assert len(set(digests)) == 6


def test_the_same_bytes_twice_are_in_the_notes(tmp_path):
    path = put(tmp_path, *PETS)
    shutil.copy(tmp_path / "1.png", tmp_path / "2.png")
    (note,) = open_table(path).notes
    assert note == "Leak: byte for byte there twice, and the carve may part them: 1 image, such as '1.png' and '2.png'."
    text = path.read_text().replace("label", "label,group").splitlines()
    path.write_text("\n".join([text[0], *(f"{line},day {number // 4}" for number, line in enumerate(text[1:]))]))
    assert open_table(path).notes == ()


def test_a_table_of_thousands_of_lines_is_asked_without_a_look_at_an_image(tmp_path):
    folder = tmp_path / "i"
    own_files.image(folder / "0.png")
    for number in range(1, 3000):
        os.link(folder / "0.png", folder / f"{number}.png")
    lines = [f"i/{number}.png,{number % 7},g{number // 3}" for number in range(3000)]
    asked = ask_table(put(tmp_path, "image,label,group", *lines))
    assert asked.target.count == 7


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("lines", "problem", "remedy"),
    [
        (["file,label", "a.png,b"], "has no column 'image'.", "Its columns are 'file', 'label'."),
        (["imgae,label", "a.png,b"], "has no column 'image', and one called 'imgae'.", "call it 'image'"),
        (["image,kind", "a.png,b"], "has no column 'label', 'value', 'mask' or 'depth'.", "'image', 'kind'"),
        (["image,lable", "a.png,b"], "has no column 'label', and one called 'lable'.", "call it 'label'"),
        (["image,label,splits", "a.png,b,fit"], "has no column 'split', and one called 'splits'.", "less like it"),
        (["image,label,groups", "a.png,b,1"], "has no column 'group', and one called 'groups'.", "less like it"),
        (["image,label,value", "a.png,b,1"], "has the columns 'label' and 'value'.", "another table"),
        (["image,image1,label", "a.png,b.png,b"], "has the columns 'image' and 'image1'.", "image1, image2"),
        (["image1,image3,label", "a.png,b.png,b"], "has the columns 'image1', 'image3'.", "counted from 1"),
        (["image,label,label", "a.png,b,c"], "has the column 'label' twice.", "Remove one"),
        (["image,,label", "a.png,b,c"], "has a column without a name: number 2.", "Name it"),
        (["image,label"], "has no line below the names of its columns.", "photos/1.jpg,cat"),
        ([""], "is empty, or its first line is.", "photos/1.jpg,cat"),
        (["image;label", "a.png;b"], "is separated by semicolons, not by commas.", "UTF-8, separated by commas"),
        (["image\tlabel", "a.png\tb"], "is separated by tabs, not by commas.", "UTF-8, separated by commas"),
    ],
)
def test_columns_that_cannot_be_are_refused(lines, problem, remedy, tmp_path):
    path = put(tmp_path, *lines)
    error = refused(path)
    assert error.problem == f"'{path}' {problem}"
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("lines", "line", "problem", "remedy"),
    [
        (["image,label", "a.png,a", "b.png"], 3, "1 cells, and there are 2 columns.", "double quotes"),
        (["image,label", "a.png,a", "b.png,b,c"], 3, "3 cells, and there are 2 columns.", "double quotes"),
        (["image,label", "a.png,a", "", "b.png,"], 4, "'label' is empty.", "Fill it"),
        (["image,label", "a.png,a", ",b"], 3, "'image' is empty.", "Fill it"),
        (["image,label,group", "a.png,a,1", "b.png,b,"], 3, "'group' is empty.", "Fill it"),
        (["image,label,split", "a.png,a,fit", "b.png,b,"], 3, "'split' is empty.", "Fill it"),
        (["image,value", "a.png,1", "b.png,"], 3, "'value' is empty.", "Fill it"),
        (["image,value", "a.png,1", "b.png,1.2.3"], 3, "'1.2.3' in 'value' is no number.", "like 1.5"),
        (["image,value", "a.png,1", "b.png,1_0"], 3, "'1_0' in 'value' is no number.", "Write '10'"),
        (["image,value", "a.png,1", 'b.png,"2,5"'], 3, "'2,5' in 'value' is no number.", "Write '2.5'."),
        (["image,value", "a.png,1", "b.png,NaN"], 3, "'value' is 'NaN', which is no value.", "Remove the line"),
        (["image,value", "a.png,1", "b.png,-inf"], 3, "'value' is '-inf', which is no value.", "Remove the line"),
        (["image,label,split", "a.png,a,fit", "b.png,b,tset"], 3, "'tset' is no split.", "Did you mean 'test'?"),
        (["image,label,split", "a.png,a,fit", "b.png,b,7"], 3, "'7' is no split.", "Splits are fit"),
        (["image,label", "a.png,a", "b.png,b", "a.png,b"], 4, "'a.png' again, as in line 2.", "Keep one"),
        (["image,label", "a.png,a", "b.png,b", "./a.png,a"], 4, "'a.png' again, as in line 2.", "Keep one"),
        (
            ["image,label,split", "a.png,a,fit", "b.png,b,fit", "a.png,a,test"],
            *(4, "the image 'a.png' is in test, and in fit in line 2.", "keep it in one split"),
        ),
        (
            ["image,label,split,group", "a.png,a,fit,x", "b.png,b,fit,y", "c.png,a,val,x", "d.png,b,test,z"],
            *(4, "the group 'x' is in select, and in fit in line 2.", "learnt from"),
        ),
        (
            ["image,label,split", "a.png,cat,fit", "b.png,dog,fit", "c.png,cat,test", "d.png,Dogs,test"],
            *(5, "class 'Dogs' is in test and nowhere in fit.", "Is it 'dog'?"),
        ),
        (
            ["image,label,split", "a.png,a,fit", "b.png,b,fit", "c.png,emu,select", "d.png,b,test"],
            *(4, "class 'emu' is in select and nowhere in fit.", "learn from"),
        ),
    ],
)
def test_cells_that_cannot_be_are_refused_with_their_line(lines, line, problem, remedy, tmp_path):
    path = put(tmp_path, *lines)
    error = refused(path)
    assert error.problem == f"'{path}', line {line}: {problem}"
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("lines", "problem", "remedy"),
    [
        (["image,label", "a.png,cat", "b.png,cat"], "has one class only: 'cat'.", "at least two"),
        (["image,label", "a.png,a", "b.png,b"], "has 2 lines for 2 classes.", "at least one example"),
        (["image,label", "a.png,0.5", "b.png,1.5"], "has 2 lines for 2 classes.", "call their column 'value'"),
        (["image,value", "a.png,7", "b.png,7"], "has '7' in every line of 'value'.", "nothing to tell"),
        (["image,label,split", "a.png,a,fit", "b.png,b,fit"], "has 'fit' alone in 'split'.", "both are then drawn"),
        (
            ["image,label,split", "a.png,a,val", "b.png,b,test"],
            "has 'test' and 'val' alone in 'split'.",
            "fit and test",
        ),
    ],
)
def test_tables_that_could_not_be_scored_are_refused(lines, problem, remedy, tmp_path):
    path = put(tmp_path, *lines)
    error = refused(path)
    assert error.problem == f"'{path}' {problem}"
    assert remedy in error.remedy


def test_examples_have_the_same_number_of_images_and_share_them_within_a_split_and_a_group(tmp_path):
    for name in "abcd":
        own_files.image(tmp_path / f"{name}.png", ord(name))

    def said(*lines):
        return refused(put(tmp_path, *lines)).problem.partition(", ")[2]

    assert said("image1,image2,label", "a.png,b.png,x", "c.png,,y") == (
        "line 3: 'image2' is empty, and every example has 2 images."
    )
    assert said("image1,image2,label", "a.png,b.png,x", "c.png,d.png,y", "a.png,b.png,x") == (
        "line 4: 'a.png' and 'b.png' again, as in line 2."
    )
    assert said("image1,image2,label,split", "a.png,b.png,x,fit", "b.png,c.png,y,fit", "d.png,a.png,x,test") == (
        "line 4: the image 'a.png' is in test, and in fit in line 2."
    )
    assert said("image1,image2,label,group", "a.png,b.png,x,1", "c.png,a.png,y,2") == (
        "line 3: the image 'a.png' is in the group '2', and in '1' in line 2."
    )


def test_groups_that_are_too_few_to_be_parted_are_refused(tmp_path):
    path = put(tmp_path, "image,value,group", *(f"{n}.png,{n},{'ab'[n % 2]}" for n in range(6)))
    assert refused(path).problem == f"'{path}' has 2 groups of related examples, and 3 splits are to be drawn."
    path = put(tmp_path, "image1,image2,value", *(f"{n}.png,{n + 1}.png,{n}" for n in range(5)))
    assert refused(path).problem == f"'{path}' has 1 group of related examples, and 3 splits are to be drawn."
    assert "share images" in refused(path).remedy


def test_a_file_that_is_not_there_is_named_with_what_is_near(tmp_path):
    for number in range(4):
        own_files.image(tmp_path / f"photos/photo_{number}.JPG", number, format="JPEG")

    def error(cell, more=()):
        path = tmp_path / "t.csv"
        path.write_text("\n".join(["image,label", "photos/photo_0.JPG,a", f"{cell},b", *more]))
        return refused(path)

    wrong = error("photos/photo_1.jpg", ["photos/no.png,a", "photos/nothing.png,b"])
    assert wrong.problem == (
        f"'{tmp_path / 't.csv'}', line 3: there is no image 'photos/photo_1.jpg', nor those of 2 more lines."
    )
    assert wrong.remedy == "Did you mean 'photos/photo_1.JPG'?"
    assert "There is no folder" in error("foto/photo_1.JPG").remedy
    assert "download them first" in error("https://photos.org/1.jpg").remedy
    assert f"Looked in '{tmp_path / 'photos'}'" in error("photos/x").remedy
    if os.sep == "/":
        assert error("photos\\photo_1.JPG").remedy == "Write it with /: 'photos/photo_1.JPG'."
    masks = put(tmp_path, "image,mask", "photos/photo_0.JPG,m.png")
    assert "line 2: there is no file 'm.png'" in refused(masks).problem


def test_files_that_are_no_tables_are_refused(tmp_path):
    path = tmp_path / "t.csv"
    for content, says in (
        (b"PK\x03\x04 and so on", "is the file of a spreadsheet."),
        ("image,label\na.png,Bär".encode("latin-1"), "line 2: not UTF-8"),
        ("image,label".encode("utf-16"), "line 1: not UTF-8"),
        (b'image,label\n"a.png"x,b\n', "line 2: not CSV"),
        (b'image,label\na.png,b\n"c.png,d\n', "line 3: not CSV"),
    ):
        path.write_bytes(content)
        assert says in refused(path).problem
    gone = refused(tmp_path / "tt.csv")
    assert gone.problem == f"There is no table '{tmp_path / 'tt.csv'}'."
    assert gone.remedy == f"Did you mean '{path}'?"
    assert "is a folder, not a table" in refused(tmp_path).problem
    assert f"folder:{tmp_path}" in refused(tmp_path).remedy
    with pytest.raises(UserError, match=r"(?s)names no file.*table:FILE.csv.*photos/1.jpg,cat"):
        resolve_task("table:")
