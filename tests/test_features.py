"""Extraction: every image once, in order, kept exactly, resumed where it stopped, refused when it is broken."""

import errno
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from virb.cache import Cache
from virb.data._images import fit_image
from virb.encoders import load_encoder
from virb.encoders._module import seal_module
from virb.errors import ExperimentError, UserError
from virb.features import Reading, _batches, _shards, cache_key, drop_maps, extract, offers, size_of
from virb.features._shards import compact
from virb.spec import InputPolicy, Preprocessing, digest_of
from virb.testing import toy_dataset

EMBEDDING = Reading("embedding")
RAW = Preprocessing(mean=(0, 0, 0), std=(1, 1, 1))


class Counting(nn.Module):
    """Averages colours over space, and counts the images it saw."""

    def __init__(self, gain=1.0):
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(gain))
        self.seen = [0]

    def forward(self, images):
        self.seen[0] += len(images)
        return images.mean(dim=(2, 3)) * self.gain


def counting(gain=1.0, size=12):
    module = Counting(gain)
    encoder = seal_module(module, InputPolicy(size=size), preprocessing=RAW)
    encoder._trunk.module.seen = seen = [0]
    return encoder, seen


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache", budget=10**9)


@pytest.fixture
def small_shards(monkeypatch):
    """Shards of one batch of 64 images."""
    monkeypatch.setattr(_shards, "SHARD_BYTES", 1)


def expected(dataset):
    return np.stack([dataset.read(row).reshape(-1, 3).mean(axis=0) / 255 for row in range(len(dataset.keys))])


def test_features_are_those_of_the_images_in_row_order(cache, small_shards):
    dataset = toy_dataset(examples=150)
    encoder, _ = counting()
    found = extract(encoder, dataset, [EMBEDDING], cache)
    rows = np.array([149, 0, 64, 63, 64])
    np.testing.assert_allclose(found.take(EMBEDDING, rows), expected(dataset)[rows], rtol=1e-3)
    pairs = found.take(EMBEDDING, np.array([[0, 149], [70, 71]]))
    np.testing.assert_allclose(pairs, expected(dataset)[[[0, 149], [70, 71]]], rtol=1e-3)


def test_a_second_extraction_computes_nothing(cache):
    encoder, seen = counting()
    first = extract(encoder, toy_dataset(), [EMBEDDING], cache)
    assert seen[0] == 60
    again = extract(encoder, toy_dataset(), [EMBEDDING], cache)
    assert seen[0] == 60
    assert again.seconds == 0 < first.seconds
    assert (first.encoded, again.encoded) == (60, 0)
    rows = np.arange(60)
    np.testing.assert_array_equal(again.take(EMBEDDING, rows), first.take(EMBEDDING, rows))


def test_an_extraction_that_was_cut_off_goes_on_at_the_first_missing_shard(cache, small_shards):
    dataset = toy_dataset(examples=200)
    encoder, seen = counting()

    def read(row):
        if row == 130:
            raise KeyboardInterrupt
        return dataset.read(row)

    with pytest.raises(KeyboardInterrupt):
        extract(encoder, replace(dataset, read=read), [EMBEDDING], cache)
    before = seen[0]
    assert before == 128
    found = extract(encoder, dataset, [EMBEDDING], cache)
    assert seen[0] - before == 200 - 128
    np.testing.assert_allclose(found.take(EMBEDDING, np.arange(200)), expected(dataset), rtol=1e-3)


def test_a_shard_that_was_cut_short_is_made_again(cache, small_shards):
    dataset = toy_dataset(examples=100)
    encoder, seen = counting()
    extract(encoder, dataset, [EMBEDDING], cache)
    (shard,) = cache.folder.glob("features/*/00001.npy")
    shard.write_bytes(shard.read_bytes()[:-10])
    seen[0] = 0
    found = extract(encoder, dataset, [EMBEDDING], cache)
    assert seen[0] == 36
    np.testing.assert_allclose(found.take(EMBEDDING, np.arange(100)), expected(dataset), rtol=1e-3)


@pytest.mark.parametrize(
    ("gain", "stored"),
    [
        (1.0, np.float16),
        (1e6, np.float32),  # overflows half precision
        (1e-6, np.float32),  # would lose all its digits
    ],
)
def test_half_precision_is_kept_only_where_it_loses_little(gain, stored, cache):
    dataset = toy_dataset()
    encoder, _ = counting(gain)
    found = extract(encoder, dataset, [EMBEDDING], cache)
    (shard,) = cache.folder.glob("features/*/*.npy")
    assert np.load(shard).dtype == stored
    np.testing.assert_allclose(found.take(EMBEDDING, np.arange(60)), expected(dataset) * gain, rtol=1e-3)


def test_the_key_knows_everything_that_could_change_a_number():
    dataset = toy_dataset()
    encoder, _ = counting()
    forms = [
        cache_key(encoder, dataset, EMBEDDING, "error"),
        cache_key(counting(gain=2.0)[0], dataset, EMBEDDING, "error"),
        cache_key(counting(size=13)[0], dataset, EMBEDDING, "error"),
        cache_key(encoder, dataset, EMBEDDING, "skip"),
        cache_key(encoder, dataset, Reading("stage4"), "error"),
        cache_key(encoder, dataset, Reading("stage4", map=True), "error"),
        cache_key(encoder, toy_dataset(seed=1), EMBEDDING, "error"),
        cache_key(encoder, replace(dataset, keys=dataset.keys[::-1]), EMBEDDING, "error"),
        cache_key(seal_module(Counting(), InputPolicy(size=12)), dataset, EMBEDDING, "error"),
    ]
    assert len({digest_of(form) for form in forms}) == len(forms)
    assert cache_key(counting()[0], toy_dataset(), EMBEDDING, "error") == forms[0]


def test_a_corrupt_image_stops_the_extraction_by_name(cache):
    encoder, _ = counting()
    with pytest.raises(ExperimentError, match=r"'0007.png'.*--on-bad-image skip"):
        extract(encoder, toy_dataset(bad=lambda row: row == 7), [EMBEDDING], cache)


def test_corrupt_images_are_skipped_and_listed_where_that_is_asked(cache):
    encoder, _ = counting()
    dataset = toy_dataset(bad=lambda row: row in (0, 7))
    for _ in range(2):  # computed, then found
        found = extract(encoder, dataset, [EMBEDDING], cache, on_bad_image="skip")
        assert list(found.bad) == [0, 7]
        assert "'0007.png'" in found.bad[7]
    np.testing.assert_allclose(found.take(EMBEDDING, np.array([6, 8])), expected(toy_dataset())[[6, 8]], rtol=1e-3)


class Broken(nn.Module):
    def forward(self, images):
        means = images.mean(dim=(2, 3))
        return torch.where(means.sum(dim=1, keepdim=True) > 0, torch.nan, 1.0).expand(-1, 4)


def test_nan_features_are_refused_and_never_kept(cache):
    encoder = seal_module(Broken(), InputPolicy(size=12))
    with pytest.raises(ExperimentError, match="NaN or infinite for"):
        extract(encoder, toy_dataset(), [EMBEDDING], cache)
    assert not list(cache.folder.glob("features/*/*.npy"))


class Greedy(nn.Module):
    """Runs out of memory on more than ``limit`` images."""

    def __init__(self, limit):
        super().__init__()
        self.limit = limit

    def forward(self, images):
        if len(images) > self.limit:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate")
        return images.mean(dim=(2, 3))


def test_out_of_memory_halves_the_batch_and_notes_it(cache):
    encoder = seal_module(Greedy(20), InputPolicy(size=12), preprocessing=RAW)
    found = extract(encoder, toy_dataset(), [EMBEDDING], cache)
    assert found.notes[-1] == "out of memory: batch halved to 16"
    np.testing.assert_allclose(found.take(EMBEDDING, np.arange(60)), expected(toy_dataset()), rtol=1e-3)


def test_out_of_memory_on_one_image_is_a_clear_failure(cache):
    encoder = seal_module(Greedy(1), InputPolicy(size=12))
    encoder._trunk.module.limit = 0
    with pytest.raises(ExperimentError, match="single image"):
        extract(encoder, toy_dataset(), [EMBEDDING], cache)


def test_other_errors_of_the_network_are_not_taken_for_want_of_memory(cache):
    encoder, _ = counting()
    encoder._trunk.module.gain = nn.Parameter(torch.ones(5))
    with pytest.raises(RuntimeError, match="size of tensor"):
        extract(encoder, toy_dataset(), [EMBEDDING], cache)


def test_two_that_want_the_same_features_compute_them_once(cache):
    encoder, seen = counting()
    threads = [
        threading.Thread(target=extract, args=(encoder, toy_dataset(examples=150), [EMBEDDING], cache))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen[0] == 150


def test_the_size_is_said_before_it_starts(cache):
    class Listener:
        said: list[str] = []  # noqa: RUF012 - one listener, one test

        def say(self, text):
            self.said.append(text)

        def advance(self, what, done, total):
            assert self.said, "advanced before anything was said"

    encoder, _ = counting()
    extract(encoder, toy_dataset(), [EMBEDDING], cache, progress=Listener())
    assert Listener.said == ["Counting on toy: 60 images, 360 B of features"]


def test_features_beyond_the_budget_are_refused(tmp_path):
    encoder, _ = counting()
    with pytest.raises(UserError, match="VIRB_CACHE_BUDGET"):
        extract(encoder, toy_dataset(), [EMBEDDING], Cache(tmp_path, budget=100))


def test_a_full_disk_is_a_user_error_and_whole_shards_are_kept(cache, small_shards, monkeypatch):
    encoder, seen = counting()
    written = []

    def full(descriptor):
        written.append(descriptor)
        if len(written) > 2:  # the first shard has a layer and a mark
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(UserError, match="No space left on device"):
            extract(encoder, toy_dataset(examples=150), [EMBEDDING], cache)
    assert not list(cache.folder.glob("features/*/.*"))
    before = seen[0]
    extract(encoder, toy_dataset(examples=150), [EMBEDDING], cache)
    assert seen[0] - before == 150 - 64


def test_features_that_another_process_took_away_are_a_failure_with_its_reason(cache):
    encoder, _ = counting()
    found = extract(encoder, toy_dataset(), [EMBEDDING], cache)
    cache.clear()
    with pytest.raises(ExperimentError, match="VIRB_CACHE_BUDGET"):
        found.take(EMBEDDING, np.arange(60))


# ------------------------------------------------------------------------------------------------ several layers


STAGES = [Reading("embedding"), Reading("stage1"), Reading("stage1", map=True), Reading("stage4", map=True)]


def patches(size=64):
    return load_encoder("pixels", InputPolicy(size=size))


def counted(encoder, monkeypatch):
    """How many images the encoder sees from now on."""
    seen, encode = [0], encoder.encode

    def counting_encode(images, layers):
        seen[0] += len(images)
        return encode(images, layers)

    monkeypatch.setattr(encoder, "encode", counting_encode)
    return seen


def test_layers_asked_for_together_take_one_pass(cache, monkeypatch):
    encoder = patches()
    seen = counted(encoder, monkeypatch)
    found = extract(encoder, toy_dataset(examples=150), STAGES, cache)
    assert seen == [150]
    rows = np.array([3, 149, 70])
    images = torch.stack(
        [torch.from_numpy(fit_image(toy_dataset(examples=150).read(r), encoder.inputs, "bilinear")) for r in rows]
    )
    expected_layers = encoder.encode(images.permute(0, 3, 1, 2), ["embedding", "stage1", "stage4"])
    for reading in STAGES:
        whole = expected_layers[reading.layer].numpy()
        wanted = whole.mean(axis=(2, 3)) if whole.ndim == 4 and not reading.map else whole
        np.testing.assert_allclose(found.take(reading, rows), wanted, rtol=2e-3, atol=1e-3)


def test_a_layer_that_is_there_is_not_computed_again_for_another(cache, monkeypatch, small_shards):
    encoder, dataset = patches(), toy_dataset(examples=150)
    extract(encoder, dataset, STAGES[:2], cache)
    read = []
    monkeypatch.setattr(
        encoder,
        "encode",
        lambda images, layers: read.append(tuple(layers)) or type(encoder).encode(encoder, images, layers),
    )
    extract(encoder, dataset, STAGES, cache)
    assert set(read) == {("stage1", "stage4")}  # stage1 for its map; its mean was there
    read.clear()
    extract(encoder, dataset, STAGES, cache)
    assert not read


def test_shards_of_layers_of_different_widths_are_resumed_together(cache, monkeypatch):
    """Narrow layers have longer shards than wide ones: a pass that was cut off must complete both."""
    monkeypatch.setattr(_shards, "SHARD_BYTES", 200_000)
    dataset, encoder = toy_dataset(examples=400), patches()

    def read(row):
        if row == 330:
            raise KeyboardInterrupt
        return dataset.read(row)

    with pytest.raises(KeyboardInterrupt):
        extract(encoder, replace(dataset, read=read), STAGES, cache)
    found = extract(encoder, dataset, STAGES, cache)
    other = extract(encoder, dataset, STAGES, Cache(cache.folder / "other", budget=10**9))
    for reading in STAGES:
        np.testing.assert_array_equal(found.take(reading, np.arange(400)), other.take(reading, np.arange(400)))


def test_maps_stay_on_disk_until_they_are_indexed(cache):
    dataset, encoder = toy_dataset(examples=100), patches()
    found = extract(encoder, dataset, STAGES, cache)
    pairs = np.arange(100).reshape(50, 2)
    lazy = found.rows(STAGES[2], pairs)
    assert (len(lazy), lazy.shape) == (50, (50, 2, 48, 16, 16))
    np.testing.assert_array_equal(lazy[3:5], found.take(STAGES[2], pairs[3:5]))
    np.testing.assert_array_equal(lazy[np.array([7, 0])], found.take(STAGES[2], pairs[[7, 0]]))


def test_maps_can_be_dropped_and_come_back(cache, monkeypatch):
    dataset, encoder = toy_dataset(), patches()
    extract(encoder, dataset, STAGES, cache)
    drop_maps(encoder, dataset, "error", cache)
    assert {entry.kind for entry in cache.entries()} == {"features"}
    seen = counted(encoder, monkeypatch)
    extract(encoder, dataset, STAGES[:2], cache)
    assert seen == [0]
    extract(encoder, dataset, STAGES, cache)
    assert seen == [60]


def test_no_map_can_be_read_off_an_embedding(cache):
    with pytest.raises(UserError, match="'embedding' without places"):
        extract(patches(), toy_dataset(), [Reading("embedding", map=True)], cache)
    assert offers(patches(), Reading("stage2", map=True))
    assert not offers(patches(), Reading("embedding", map=True))
    assert not offers(counting()[0], Reading("stage2"))


@pytest.mark.parametrize("size", [1, 5, 37, 64])
def test_maps_of_sizes_that_no_stride_divides_are_kept_whole(size, cache):
    encoder = patches(size)
    found = extract(encoder, toy_dataset(), STAGES, cache)
    assert found.take(STAGES[2], np.arange(3)).shape[2:] == encoder.shape("stage1")[1:]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_half_precision_has_the_bits_of_numpys_in_row_order_for_any_layout(layout):
    maps = torch.randn(5, 7, 4, 4, generator=torch.manual_seed(0)).contiguous(memory_format=layout).numpy()
    stored = compact(maps)
    assert stored.flags.c_contiguous
    np.testing.assert_array_equal(stored.view(np.uint16), np.ascontiguousarray(maps).astype(np.float16).view(np.uint16))


@pytest.mark.parametrize("odd", [1e6, 1e-9])
def test_what_half_precision_cannot_hold_stays_whole(odd):
    values = np.full((3, 4), odd, np.float32)
    assert compact(values).dtype == np.float32
    np.testing.assert_array_equal(compact(values), values)


@pytest.mark.parametrize("odd", [1e6, 1e-9])
def test_what_is_kept_of_an_image_does_not_depend_on_those_beside_it(odd):
    usual = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    values = np.stack([usual, np.full((3, 4), odd, np.float32)])
    kept = compact(values)
    assert kept.dtype == np.float32
    np.testing.assert_array_equal(kept[0], usual.astype(np.float16).astype(np.float32))
    np.testing.assert_array_equal(kept[1], values[1])


def test_the_size_that_is_said_before_is_the_size_that_is_written(tmp_path):
    encoder, dataset = load_encoder("random:narrow_resnet10_w8", InputPolicy(size=32)), toy_dataset(6)
    for maps in (False, True):
        readings = [one for layer in encoder.layers if offers(encoder, one := Reading(layer, maps))]
        features = extract(encoder, dataset, readings, Cache(tmp_path / str(maps), 10**9))
        numbers = sum(entry.width * len(dataset.keys) for entry in features.entries.values())
        assert size_of(encoder, len(dataset.keys), maps=maps) == 2 * numbers


# ------------------------------------------------------------------------------------------------ large maps


@pytest.mark.parametrize("pixels", [1, 3 * 64 * 64, 2**22])
def test_large_maps_come_in_shards_and_batches_of_a_few_images_and_are_the_same(pixels, tmp_path, monkeypatch):
    encoder, dataset = patches(), toy_dataset(examples=30)
    usual = extract(encoder, dataset, STAGES, Cache(tmp_path / "usual", 10**9))
    monkeypatch.setattr(_batches, "PIXELS", pixels)
    monkeypatch.setattr(_shards, "SHARD_BYTES", 7 * 2 * encoder.shape("stage1")[0] * 16 * 16)
    monkeypatch.setattr(_shards, "LARGEST", 8 * _shards.SHARD_BYTES)
    monkeypatch.setattr(_shards, "OPEN", 2)
    found = extract(encoder, dataset, STAGES, Cache(tmp_path / "large", 10**9))
    assert [len(found.entries[reading].shards) for reading in STAGES] == [1, 1, 5, 1]
    rows = np.random.default_rng(0).permutation(30)
    for reading in STAGES:
        np.testing.assert_array_equal(found.take(reading, rows), usual.take(reading, rows))
        assert len(found.entries[reading]._open) <= 2


def test_a_batch_across_shards_of_which_some_are_there_makes_the_others_only(tmp_path, monkeypatch):
    encoder, dataset, cache = patches(), toy_dataset(examples=30), Cache(tmp_path, 10**9)
    monkeypatch.setattr(_shards, "SHARD_BYTES", 4 * 2 * encoder.shape("stage1")[0] * 16 * 16)
    monkeypatch.setattr(_shards, "LARGEST", 1)
    whole = extract(encoder, dataset, STAGES[2:3], cache)
    before = whole.take(STAGES[2], np.arange(30))
    entry = extract(encoder, dataset, STAGES[2:3], cache).entries[STAGES[2]]
    for number in (1, 3, 4):
        entry.shards[number].mark.unlink()
    written = {shard.number: shard.file.stat().st_mtime_ns for shard in entry.shards}
    monkeypatch.setattr(_batches, "PIXELS", 10 * 64 * 64)
    again = extract(encoder, dataset, STAGES[2:3], cache)
    assert again.encoded == 20
    np.testing.assert_array_equal(again.take(STAGES[2], np.arange(30)), before)
    changed = {shard.number for shard in entry.shards if shard.file.stat().st_mtime_ns != written[shard.number]}
    assert changed == {1, 3, 4}


class Said:
    def __init__(self):
        self.lines = []

    def say(self, text):
        self.lines.append(text)

    def advance(self, what, done, total):
        pass


def test_maps_beyond_the_budget_are_streamed_to_the_same_numbers_and_said_so(tmp_path, monkeypatch):
    encoder, dataset, told = patches(), toy_dataset(examples=20), Said()
    kept = extract(encoder, dataset, STAGES, Cache(tmp_path / "kept", 10**9))
    monkeypatch.setattr(_batches, "PIXELS", 3 * 64 * 64)
    found = extract(encoder, dataset, STAGES, Cache(tmp_path / "small", 100_000), progress=told)
    assert any("VIRB_CACHE_BUDGET=1GB keeps the maps" in line for line in told.lines)
    assert found.notes == ("maps did not fit the cache: images were encoded whenever the probe read them",)
    assert not list((tmp_path / "small").glob("maps/*"))
    assert len(list((tmp_path / "small").glob("features/*/key.json"))) == 2  # what has no places is small, and is kept
    seen = counted(encoder, monkeypatch)
    for rows in (np.array([3, 19, 7]), np.array([[0, 5], [5, 1]])):
        for reading in STAGES:
            np.testing.assert_array_equal(found.take(reading, rows), kept.take(reading, rows))
        lazy = found.rows(STAGES[2], rows)
        assert lazy.shape == (*rows.shape, *encoder.shape("stage1"))
        np.testing.assert_array_equal(lazy[1:], kept.take(STAGES[2], rows[1:]))
    assert seen == [3 + 2 + 3 + 2]  # each image once for all layers, and none twice in a batch


def test_what_others_will_read_is_kept_where_there_is_room_for_all_of_it(tmp_path):
    encoder, dataset = patches(), toy_dataset(examples=20)
    fine, coarse = STAGES[2:]
    both = extract(encoder, dataset, [coarse], Cache(tmp_path / "a", 10**9), beside=[fine, STAGES[0]])
    assert set(both.entries) == {fine, coarse, STAGES[0]}
    alone = extract(encoder, dataset, [coarse], Cache(tmp_path / "b", 100_000), beside=[fine, STAGES[0]])
    assert set(alone.entries) == {coarse, STAGES[0]}
    assert list((tmp_path / "b").glob("maps/*/key.json"))


def test_images_that_cannot_be_decoded_are_found_before_maps_are_streamed(tmp_path):
    encoder, dataset = patches(), toy_dataset(examples=20, bad=lambda row: row == 7)
    with pytest.raises(ExperimentError, match="--on-bad-image skip"):
        extract(encoder, dataset, STAGES[2:], Cache(tmp_path, 100_000))
    found = extract(encoder, dataset, STAGES[2:], Cache(tmp_path, 100_000), on_bad_image="skip")
    assert list(found.bad) == [7]
    assert (found.take(STAGES[2], np.array([7, 8])) == 0).all(axis=(1, 2, 3)).tolist() == [True, False]
