"""``virb tasks show NAME --image FILE.png``."""

import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from virb import cli
from virb.errors import UserError


def show(*words):
    return CliRunner().invoke(cli.app, ["tasks", "show", *map(str, words)])


def test_a_task_is_drawn_and_said(tmp_path):
    done = show("digits", "--image", tmp_path / "digits.png", "--examples", 10)
    assert done.exit_code == 0, done.output
    assert str(tmp_path / "digits.png") in done.output
    assert "10 test examples of Handwritten digits, 10 classes" in done.output
    assert "CC BY 4.0" in done.output
    with Image.open(tmp_path / "digits.png") as image:
        assert image.format == "PNG"
        assert image.width == 1600


def test_your_own_folder_is_drawn(photos, tmp_path):
    done = show(f"folder:{photos}", "--image", tmp_path / "mine.png", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.output)
    assert said["image"] == str(tmp_path / "mine.png")
    assert "8 test examples" in said["shown"]
    assert (tmp_path / "mine.png").stat().st_size > 1000


def test_without_an_image_the_card_is_shown():
    assert "quadrant" in show("digits").output


@pytest.mark.parametrize(
    ("image", "says"), [("digits.jpg", "End it in .png"), ("nowhere/digits.png", "nowhere"), ("digits", ".png")]
)
def test_a_file_that_cannot_be_is_refused_before_any_data_are_opened(image, says, tmp_path, monkeypatch):
    monkeypatch.setattr("virb.data.open_data", lambda *given: pytest.fail("opened"))
    done = show("digits", "--image", tmp_path / image)
    assert isinstance(done.exception, UserError), done.output
    assert says in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "digits.png").mkdir()
    done = show("digits", "--image", tmp_path / "digits.png", "--examples", 2)
    assert isinstance(done.exception, UserError), done.output
    assert "digits.png" in str(done.exception)


@pytest.mark.parametrize("number", ["0", "-3", "401", "many"])
def test_a_number_of_examples_that_cannot_be_is_refused(number, tmp_path):
    done = show("digits", "--image", tmp_path / "digits.png", "--examples", number)
    assert done.exit_code == 2
    assert list(tmp_path.iterdir()) == []
