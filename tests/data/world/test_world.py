"""The world as a data source: rendered once, whole or not at all, and always the same bytes."""

import errno
import itertools
from collections.abc import Mapping

import numpy as np
import pytest

from virb.cache import Cache
from virb.data import open_data, world
from virb.data.world import _entry as entries
from virb.data.world import _rendering as rendering
from virb.data.world._render import render
from virb.data.world._scene import Camera, Scene, Shape, Texture
from virb.data.world._stream import Stream
from virb.data.world.sets import SETS, Drawn, SceneSet
from virb.errors import UserError

SIZE = 24


class Blocks(SceneSet):
    """A box of any size and colour before the camera, then a little further away."""

    title = "Blocks"
    about = "Boxes."
    examples: Mapping[str, int] = {"fit": 6, "select": 2, "test": 3}
    images = 2
    size = SIZE
    classes: Mapping[str, tuple[str, ...]] = {"parity": ("even", "odd")}
    regions: Mapping[str, tuple[str, ...]] = {"box": ("nothing", "box")}
    values: Mapping[str, int] = {"depth": 1}

    def draw(self, stream, split, row):
        size, colour = stream.uniform(0.2, 0.6), (stream.uniform(), stream.uniform(), stream.uniform())
        moments = (
            Scene(
                (Shape("box", (0, 0, -away), (size,) * 3, texture=Texture("plain", (colour,) * 2), label=1),),
                Camera((0, 0, 0)),
            )
            for away in (2.0, 2.5)
        )
        return Drawn(tuple(moments), {"parity": row % 2})

    def truths(self, drawn, frames):
        depth = frames[0].depth
        return {
            "box": frames[0].labels,
            "depth": np.where(np.isfinite(depth), depth, np.nan).astype(np.float32)[..., None],
        }


class Listening:
    def __init__(self):
        self.said, self.steps = [], []

    def say(self, text):
        self.said.append(text)

    def advance(self, what, done, total):
        self.steps.append((what, done, total))


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache", budget=10**9)


def open_blocks(cache, scenes=None, progress=None, threads=None):
    return entries.open_entry("blocks", scenes or Blocks(), SIZE, cache, progress or Listening(), threads)


@pytest.fixture
def blocks_shelf(monkeypatch):
    """A world in which blocks are the only set, seen small."""

    class Shelf:
        def names(self):
            return ["blocks"]

        def load(self, name):
            return {"blocks": Blocks()}[name]

    monkeypatch.setattr(world, "SETS", Shelf())


# ------------------------------------------------------------------------------------------------ the data set


def test_a_world_opens_as_a_data_set_with_official_splits(blocks_shelf):
    dataset = world.open_world("blocks", Listening())
    assert dataset.keys[:3] == ("fit/0000/0", "fit/0000/1", "fit/0001/0")
    assert dataset.keys[-1] == "test/0002/1"
    assert dataset.official.tolist() == ["fit"] * 6 + ["select"] * 2 + ["test"] * 3
    np.testing.assert_array_equal(dataset.images, np.arange(22).reshape(11, 2))
    assert dataset.columns["parity"].dtype == np.int64
    assert dataset.columns["parity"].tolist() == [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0]
    assert dataset.class_names == {"parity": ("even", "odd"), "box": ("nothing", "box")}
    assert dataset.card == world.world_card("blocks")
    assert dataset.card.images == len(dataset.keys)


def test_images_and_truths_are_what_the_renderer_draws_of_each_example(blocks_shelf):
    dataset = world.open_world("blocks", Listening())
    for example, (split, row) in enumerate(rendering.rows(Blocks())):
        drawn = Blocks().draw(Stream("world", "blocks", split, row, 0), split, row)
        frames = [render(scene, SIZE) for scene in drawn.moments]
        for image, frame in zip(dataset.images[example], frames, strict=True):
            np.testing.assert_array_equal(dataset.read(int(image)), frame.colour)
        np.testing.assert_array_equal(dataset.columns["box"][example], frames[0].labels)
        seen = frames[0].labels > 0
        np.testing.assert_array_equal(dataset.columns["depth"][example, ..., 0][seen], frames[0].depth[seen])
        assert np.isnan(dataset.columns["depth"][example, ..., 0][~seen]).all()
        assert 0 < seen.sum() < seen.size


def test_an_image_that_is_read_may_be_written_to(blocks_shelf):
    dataset = world.open_world("blocks", Listening())
    before = dataset.read(0)
    before[:] = 0
    assert dataset.read(0).any()


def test_dense_columns_lie_on_disk(blocks_shelf):
    dataset = world.open_world("blocks", Listening())
    assert isinstance(dataset.columns["box"], np.memmap)
    assert dataset.columns["box"].shape == (11, SIZE, SIZE)
    assert dataset.columns["box"].dtype == np.uint8
    assert isinstance(dataset.columns["depth"], np.memmap)
    assert dataset.columns["depth"].shape == (11, SIZE, SIZE, 1)
    assert dataset.columns["depth"].dtype == np.float32


def test_a_world_that_does_not_exist_is_refused_with_the_nearest_name(blocks_shelf):
    with pytest.raises(UserError, match="'block'") as caught:
        world.open_world("block", Listening())
    assert "'blocks'" in caught.value.remedy


def test_a_card_is_there_for_every_set_without_rendering(monkeypatch):
    monkeypatch.setattr(rendering, "render", None)
    for name in SETS.names():
        card, scenes = world.world_card(name), SETS.load(name)
        assert card.name == f"world:{name}"
        assert card.images == sum(scenes.examples.values()) * scenes.images
        assert set(card.columns) == {*scenes.classes, *scenes.regions}


# ------------------------------------------------------------------------------------------------ rendered once


def test_a_set_is_rendered_once(cache, monkeypatch):
    first = open_blocks(cache)
    monkeypatch.setattr(entries, "render_all", None)
    progress = Listening()
    second = open_blocks(cache, progress=progress)
    assert second.digest == first.digest
    np.testing.assert_array_equal(second.arrays["images"], first.arrays["images"])
    assert not progress.said
    assert not progress.steps


def test_the_size_is_said_before_rendering_starts_and_progress_ends_at_the_last_example(cache):
    progress = Listening()
    entry = open_blocks(cache, progress=progress)
    need = sum(array.nbytes for array in entry.arrays.values())
    assert len(progress.said) == 1
    assert "22 images" in progress.said[0]
    assert f"{need / 1000:.1f} KB" in progress.said[0]
    assert progress.steps == [("world:blocks", done, 11) for done in range(1, 12)]


def test_any_number_of_threads_gives_the_same_bytes(tmp_path):
    one, three = (open_blocks(Cache(tmp_path / str(n), budget=10**9), threads=n) for n in (1, 3))
    assert one.digest == three.digest
    for array in one.arrays:
        np.testing.assert_array_equal(one.arrays[array], three.arrays[array])


@pytest.mark.parametrize("change", ["title", "version", "examples", "names"])
def test_the_digest_changes_with_what_is_declared_and_with_nothing_else(tmp_path, change):
    changed = Blocks()
    if change == "title":
        changed.title = "Cubes"
    elif change == "version":
        changed.version = 2
    elif change == "examples":
        changed.examples = {"fit": 5, "select": 3, "test": 3}
    else:
        changed.classes = {"parity": ("straight", "odd")}
    before, after = (
        open_blocks(Cache(tmp_path / str(n), budget=10**9), scenes) for n, scenes in enumerate((Blocks(), changed))
    )
    assert (before.digest == after.digest) == (change == "title")


def test_the_digest_changes_with_any_pixel(tmp_path, monkeypatch):
    before = open_blocks(Cache(tmp_path / "before", budget=10**9))

    def otherwise(scene, size, after=None):
        frame = render(scene, size, after)
        frame.colour[-1, -1, -1] ^= 1
        return frame

    monkeypatch.setattr(rendering, "render", otherwise)
    assert open_blocks(Cache(tmp_path / "after", budget=10**9)).digest != before.digest


@pytest.mark.parametrize("array", ["images", "label-parity", "dense-box", "dense-depth"])
@pytest.mark.parametrize("damage", ["shorter", "longer", "gone"])
def test_a_damaged_file_is_rendered_again(cache, array, damage):
    before = open_blocks(cache)
    expected = np.array(before.arrays[array])
    (file,) = cache.folder.glob(f"world/*/{array}.npy")
    content = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(content[:-1] if damage == "shorter" else content + b"\0")
    progress = Listening()
    after = open_blocks(cache, progress=progress)
    assert progress.said
    assert after.digest == before.digest
    np.testing.assert_array_equal(after.arrays[array], expected)
    assert file.read_bytes() == content


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"bytes": null}'])
def test_a_damaged_mark_means_rendering_again(cache, content):
    before = open_blocks(cache)
    (mark,) = cache.folder.glob("world/*/rendered.json")
    mark.write_text(content)
    assert open_blocks(cache).digest == before.digest


def interrupted(error, after):
    """As ``render_all``, but it ends after some examples."""

    def render_some(*arguments):
        yield from itertools.islice(rendering.render_all(*arguments), after)
        raise error

    return render_some


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_interrupted_rendering_leaves_nothing_that_looks_whole(cache, monkeypatch, error):
    with monkeypatch.context() as patch:
        patch.setattr(entries, "render_all", interrupted(error, 4))
        with pytest.raises(error):
            open_blocks(cache)
    (folder,) = (path for path in (cache.folder / "world").iterdir() if path.is_dir())
    assert [path.name for path in folder.iterdir()] == ["used"]
    assert len(open_blocks(cache).arrays["images"]) == 11


def test_a_missing_package_is_said_and_leaves_nothing_behind(cache, monkeypatch):
    def without_numba(*arguments):
        raise UserError("Rendering the world needs numba, which is not installed.", "pip install 'virb[demo]'")

    with monkeypatch.context() as patch:
        patch.setattr(rendering, "render", without_numba)
        with pytest.raises(UserError, match="needs numba"):
            open_blocks(cache)
    assert not list(cache.folder.glob("world/*/*.npy"))


def test_a_full_disk_is_said_and_leaves_nothing_behind(cache, monkeypatch):
    written = itertools.count()
    append = entries._Growing.append

    def fill(self, row):
        if next(written) == 9:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(self, row)

    with monkeypatch.context() as patch:
        patch.setattr(entries._Growing, "append", fill)
        with pytest.raises(UserError, match="No space left on device") as caught:
            open_blocks(cache)
    assert "VIRB_CACHE" in caught.value.remedy
    assert not list(cache.folder.glob("world/*/*.npy"))
    assert len(open_blocks(cache).arrays["images"]) == 11


def test_a_world_beyond_the_budget_is_refused_before_anything_is_rendered(tmp_path, monkeypatch):
    monkeypatch.setattr(entries, "render_all", None)
    with pytest.raises(UserError, match=r"may hold 1\.0 KB"):
        open_blocks(Cache(tmp_path / "cache", budget=1000))


# ------------------------------------------------------------------------------------------------ refusals


def test_pixels_may_belong_to_no_class():
    class Void(Blocks):
        def truths(self, drawn, frames):
            return super().truths(drawn, frames) | {"box": np.full((SIZE, SIZE), 255, np.uint8)}

    assert (rendering.render_example("void", Void(), "fit", 0, SIZE).truths["box"] == 255).all()


class Choosy(Blocks):
    """Takes large boxes only."""

    examples: Mapping[str, int] = {"fit": 20, "select": 0, "test": 0}

    def accept(self, drawn, frames):
        return drawn.moments[0].shapes[0].size[0] > 0.45


def test_a_refused_example_is_drawn_again_from_the_next_stream():
    again = 0
    for row in range(20):
        found = rendering.render_example("choosy", Choosy(), "fit", row, SIZE)
        for attempt in itertools.count():
            drawn = Choosy().draw(Stream("world", "choosy", "fit", row, attempt), "fit", row)
            if drawn.moments[0].shapes[0].size[0] > 0.45:
                break
        again += attempt > 0
        np.testing.assert_array_equal(found.images[0], render(drawn.moments[0], SIZE).colour)
        assert found.labels == {"parity": row % 2}
    assert 5 <= again <= 18  # five eighths are refused at first


def test_a_set_that_refuses_everything_is_named(cache):
    class Never(Blocks):
        def accept(self, drawn, frames):
            return False

    with pytest.raises(RuntimeError, match=r"scene set 'blocks' refused 50 drawings of example fit/0"):
        open_blocks(cache, Never(), threads=1)


@pytest.mark.parametrize(
    "truths",
    [
        {},
        {"box": np.full((SIZE, SIZE), 2, np.uint8)},
        {"box": np.zeros((SIZE, SIZE), np.int64)},
        {"box": np.zeros((SIZE, SIZE - 1), np.uint8)},
        {"depth": np.zeros((SIZE, SIZE), np.float32)},
        {"depth": np.zeros((SIZE, SIZE, 1), np.float64)},
        {"more": np.zeros((SIZE, SIZE), np.uint8)},
    ],
)
def test_truths_other_than_declared_are_an_error(truths):
    class Wrong(Blocks):
        def truths(self, drawn, frames):
            return super().truths(drawn, frames) | truths if truths else {}

    with pytest.raises(RuntimeError, match="scene set 'wrong' gives"):
        rendering.render_example("wrong", Wrong(), "fit", 0, SIZE)


@pytest.mark.parametrize("labels", [{}, {"parity": 2}, {"parity": -1}, {"parity": 0, "more": 0}])
def test_labels_other_than_declared_are_an_error(labels):
    class Wrong(Blocks):
        def draw(self, stream, split, row):
            return Drawn(super().draw(stream, split, row).moments, labels)

    with pytest.raises(RuntimeError, match="scene set 'wrong' gives"):
        rendering.render_example("wrong", Wrong(), "fit", 0, SIZE)


def test_a_share_of_a_world_is_the_start_of_each_of_its_splits(monkeypatch):
    monkeypatch.setattr(SETS.load("tabletop"), "examples", {"fit": 8, "select": 2, "test": 4})
    whole, half = open_data("world:tabletop"), open_data("world:tabletop@0.5")
    assert (len(whole), len(half)) == (14, 7)
    assert half.official.tolist() == ["fit"] * 4 + ["select"] + ["test"] * 2
    for row in range(7):
        same = whole.keys.index(half.keys[row])
        np.testing.assert_array_equal(half.read(row), whole.read(same))
        assert half.columns["count"][row] == whole.columns["count"][same]
    assert half.digest != whole.digest
    assert (half.card.name, half.card.images) == ("world:tabletop@0.5", 7)
    assert whole.card.images == 14


@pytest.mark.parametrize("share", ["0", "1.5", "half", "-1", "nan", ""])
def test_what_is_no_share_is_refused(share):
    with pytest.raises(UserError, match="is no share of 'world:flats'"):
        open_data(f"world:flats@{share}")
