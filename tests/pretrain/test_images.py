"""Which images a step sees, and that they are those of the source."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from virb.data import open_pretraining_data
from virb.errors import UserError
from virb.pretrain import _images
from virb.pretrain._images import Leg, Order, Source, seeded
from virb.progress import Quiet


@given(images=st.integers(2, 60), batch=st.integers(2, 20), run=st.integers(0, 9), epoch=st.integers(0, 4))
def test_an_epoch_sees_every_image_once_but_those_of_its_incomplete_last_batch(images, batch, run, epoch):
    steps = images // batch
    order = Order(images, batch, run)
    rows = [order.rows(epoch * steps + place).tolist() for place in range(steps)]
    assert all(len(part) == batch for part in rows)
    seen = [row for part in rows for row in part]
    assert len(set(seen)) == len(seen) == steps * batch
    assert set(seen) <= set(range(images))


@given(steps=st.lists(st.integers(0, 40), min_size=1, max_size=8))
def test_a_step_does_not_depend_on_those_before_it(steps):
    order = Order(30, 7, run=3)
    for step in steps:
        assert torch.equal(order.rows(step), Order(30, 7, run=3).rows(step))


def test_epochs_and_runs_differ():
    order = Order(64, 64, run=1)
    assert not torch.equal(order.rows(0), order.rows(1))
    assert not torch.equal(order.rows(0), Order(64, 64, run=2).rows(0))


def test_words_seed_alike_and_unlike_words_unlike():
    assert seeded("a", 1).initial_seed() == seeded("a", 1).initial_seed()
    assert (
        len({seeded(*words).initial_seed() for words in [("a", 1), ("a", 2), ("b", 1), ("a", "1"), ("a", 1, 0)]}) == 5
    )


def test_a_leg_is_its_steps():
    assert list(Leg(4, 7)) == [4, 5, 6]
    assert len(Leg(4, 7)) == 3


def source_of(photos, images=None, size=12):
    dataset = open_pretraining_data(f"folder:{photos}", images)
    return dataset, Source(dataset, np.asarray(dataset.columns["label"], np.int64), size, "bilinear", Quiet())


@pytest.fixture
def odd_photos(tmp_path):
    """Images of several sizes, 30 of one class and 10 of another."""
    draw = np.random.default_rng(0)
    for number in range(40):
        path = tmp_path / "odd" / ("cat" if number < 30 else "dog") / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = draw.integers(10, 40, 2)
        Image.fromarray(draw.integers(0, 256, (*shape, 3)).astype(np.uint8)).save(path)
    return tmp_path / "odd"


def plainly(dataset, row, size=12):
    """Resize the shortest side to 4 / 3 of a view, crop the middle, scale to 0 to 1."""
    pixels = Image.fromarray(dataset.read(int(dataset.images[row, 0])))
    side, shortest = round(size * 4 / 3), min(pixels.size)
    resized = [int(side * length / shortest) for length in pixels.size]
    box = []
    for whole, length in zip(pixels.size, resized, strict=True):
        start = round((length - side) / 2) * whole / length
        box.append((start, min(whole, start + side * whole / length)))
    (left, right), (top, bottom) = box
    square = pixels.resize((side, side), Image.Resampling.BILINEAR, box=(left, top, right, bottom))
    return torch.from_numpy(np.array(square)).permute(2, 0, 1) / 255


@pytest.mark.parametrize("memory", [_images.MEMORY, 0], ids=["kept", "decoded every time"])
def test_a_batch_is_the_sources_images_and_labels(memory, odd_photos, monkeypatch):
    monkeypatch.setattr(_images, "MEMORY", memory)
    dataset, source = source_of(odd_photos)
    rows = torch.tensor([35, 0, 7, 30])
    seen = source.batch(rows, torch.device("cpu"))
    assert seen.images.shape == (4, 3, 16, 16)
    assert torch.equal(seen.rows, rows)
    assert seen.labels.tolist() == [1, 0, 0, 1]
    for place, row in enumerate(rows.tolist()):
        torch.testing.assert_close(seen.images[place], plainly(dataset, row), rtol=0, atol=1e-6)


def test_kept_images_are_those_that_are_decoded_every_time(odd_photos, monkeypatch):
    monkeypatch.setattr(_images, "_PART", 7)
    rows, device = torch.randperm(40), torch.device("cpu")
    kept = source_of(odd_photos)[1].batch(rows, device)
    monkeypatch.setattr(_images, "MEMORY", 0)
    decoded = source_of(odd_photos)[1].batch(rows, device)
    assert torch.equal(kept.images, decoded.images)
    assert torch.equal(kept.labels, decoded.labels)


def test_only_the_images_asked_for_are_seen(odd_photos):
    dataset, source = source_of(odd_photos, images=12)
    assert len(dataset.keys) == 40
    assert len(source) == len(source.labels) == 12


def test_a_source_whose_rows_are_in_another_order_is_seen_in_that_order(odd_photos):
    from dataclasses import replace

    dataset, _ = source_of(odd_photos)
    turned = replace(dataset, images=dataset.images[::-1].copy())
    source = Source(turned, np.empty(0, np.int64), 12, "bilinear", Quiet())
    seen = source.batch(torch.tensor([0, 39]), torch.device("cpu"))
    torch.testing.assert_close(seen.images[0], plainly(dataset, 39), rtol=0, atol=1e-6)
    torch.testing.assert_close(seen.images[1], plainly(dataset, 0), rtol=0, atol=1e-6)
    assert len(seen.labels) == 0


@pytest.mark.parametrize("memory", [_images.MEMORY, 0], ids=["kept", "decoded every time"])
def test_a_corrupt_image_is_named(memory, odd_photos, monkeypatch):
    monkeypatch.setattr(_images, "MEMORY", memory)
    (odd_photos / "dog" / "33.png").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"dog/33\.png"):
        source_of(odd_photos)[1].batch(torch.tensor([33]), torch.device("cpu"))


def test_a_domain_of_the_world_is_seen_whole():
    dataset = open_pretraining_data("world:objects", 40)
    source = Source(dataset, np.asarray(dataset.columns["label"], np.int64), 48, "bilinear", Quiet())
    seen = source.batch(torch.tensor([39, 3]), torch.device("cpu"))
    for place, row in enumerate([39, 3]):  # 4 / 3 of 48 pixels is the 64 that a domain is drawn at
        assert torch.equal(
            (seen.images[place] * 255).round().byte(), torch.from_numpy(dataset.read(row)).permute(2, 0, 1)
        )
