"""Extraction: every image once, in order, kept exactly, resumed where it stopped, refused when it is broken."""

import errno
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from virb import features
from virb.cache import Cache
from virb.encoders._module import seal_module
from virb.errors import ExperimentError, UserError
from virb.features import cache_key, extract
from virb.spec import InputPolicy, Preprocessing, digest_of
from virb.testing import toy_dataset

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
    monkeypatch.setattr(features, "SHARD_BYTES", 1)


def expected(dataset):
    return np.stack([dataset.read(row).reshape(-1, 3).mean(axis=0) / 255 for row in range(len(dataset.keys))])


def test_features_are_those_of_the_images_in_row_order(cache, small_shards):
    dataset = toy_dataset(examples=150)
    encoder, _ = counting()
    found = extract(encoder, dataset, ["embedding"], cache)
    rows = np.array([149, 0, 64, 63, 64])
    np.testing.assert_allclose(found.take("embedding", rows), expected(dataset)[rows], rtol=1e-3)
    pairs = found.take("embedding", np.array([[0, 149], [70, 71]]))
    np.testing.assert_allclose(pairs, expected(dataset)[[[0, 149], [70, 71]]], rtol=1e-3)


def test_a_second_extraction_computes_nothing(cache):
    encoder, seen = counting()
    first = extract(encoder, toy_dataset(), ["embedding"], cache)
    assert seen[0] == 60
    again = extract(encoder, toy_dataset(), ["embedding"], cache)
    assert seen[0] == 60
    assert again.seconds == 0 < first.seconds
    rows = np.arange(60)
    np.testing.assert_array_equal(again.take("embedding", rows), first.take("embedding", rows))


def test_an_extraction_that_was_cut_off_goes_on_at_the_first_missing_shard(cache, small_shards):
    dataset = toy_dataset(examples=200)
    encoder, seen = counting()

    def read(row):
        if row == 130:
            raise KeyboardInterrupt
        return dataset.read(row)

    with pytest.raises(KeyboardInterrupt):
        extract(encoder, replace(dataset, read=read), ["embedding"], cache)
    before = seen[0]
    assert before == 128
    found = extract(encoder, dataset, ["embedding"], cache)
    assert seen[0] - before == 200 - 128
    np.testing.assert_allclose(found.take("embedding", np.arange(200)), expected(dataset), rtol=1e-3)


def test_a_shard_that_was_cut_short_is_made_again(cache, small_shards):
    dataset = toy_dataset(examples=100)
    encoder, seen = counting()
    extract(encoder, dataset, ["embedding"], cache)
    (shard,) = cache.folder.glob("features/*/00001-embedding.npy")
    shard.write_bytes(shard.read_bytes()[:-10])
    seen[0] = 0
    found = extract(encoder, dataset, ["embedding"], cache)
    assert seen[0] == 36
    np.testing.assert_allclose(found.take("embedding", np.arange(100)), expected(dataset), rtol=1e-3)


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
    found = extract(encoder, dataset, ["embedding"], cache)
    (shard,) = cache.folder.glob("features/*/*.npy")
    assert np.load(shard).dtype == stored
    np.testing.assert_allclose(found.take("embedding", np.arange(60)), expected(dataset) * gain, rtol=1e-3)


def test_the_key_knows_everything_that_could_change_a_number():
    dataset = toy_dataset()
    encoder, _ = counting()
    forms = [
        cache_key(encoder, dataset, ["embedding"], "error"),
        cache_key(counting(gain=2.0)[0], dataset, ["embedding"], "error"),
        cache_key(counting(size=13)[0], dataset, ["embedding"], "error"),
        cache_key(encoder, dataset, ["embedding"], "skip"),
        cache_key(encoder, dataset, ["embedding", "stage1"], "error"),
        cache_key(encoder, toy_dataset(seed=1), ["embedding"], "error"),
        cache_key(encoder, replace(dataset, keys=dataset.keys[::-1]), ["embedding"], "error"),
        cache_key(seal_module(Counting(), InputPolicy(size=12)), dataset, ["embedding"], "error"),
    ]
    assert len({digest_of(form) for form in forms}) == len(forms)
    assert cache_key(counting()[0], toy_dataset(), ["embedding"], "error") == forms[0]


def test_a_corrupt_image_stops_the_extraction_by_name(cache):
    encoder, _ = counting()
    with pytest.raises(ExperimentError, match=r"'0007.png'.*--on-bad-image skip"):
        extract(encoder, toy_dataset(bad=lambda row: row == 7), ["embedding"], cache)


def test_corrupt_images_are_skipped_and_listed_where_that_is_asked(cache):
    encoder, _ = counting()
    dataset = toy_dataset(bad=lambda row: row in (0, 7))
    for _ in range(2):  # computed, then found
        found = extract(encoder, dataset, ["embedding"], cache, on_bad_image="skip")
        assert list(found.bad) == [0, 7]
        assert "'0007.png'" in found.bad[7]
    np.testing.assert_allclose(found.take("embedding", np.array([6, 8])), expected(toy_dataset())[[6, 8]], rtol=1e-3)


class Broken(nn.Module):
    def forward(self, images):
        means = images.mean(dim=(2, 3))
        return torch.where(means.sum(dim=1, keepdim=True) > 0, torch.nan, 1.0).expand(-1, 4)


def test_nan_features_are_refused_and_never_kept(cache):
    encoder = seal_module(Broken(), InputPolicy(size=12))
    with pytest.raises(ExperimentError, match="NaN or infinite for"):
        extract(encoder, toy_dataset(), ["embedding"], cache)
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
    found = extract(encoder, toy_dataset(), ["embedding"], cache)
    assert found.notes[-1] == "out of memory: batch halved to 16"
    np.testing.assert_allclose(found.take("embedding", np.arange(60)), expected(toy_dataset()), rtol=1e-3)


def test_out_of_memory_on_one_image_is_a_clear_failure(cache):
    encoder = seal_module(Greedy(1), InputPolicy(size=12))
    encoder._trunk.module.limit = 0
    with pytest.raises(ExperimentError, match="single image"):
        extract(encoder, toy_dataset(), ["embedding"], cache)


def test_other_errors_of_the_network_are_not_taken_for_want_of_memory(cache):
    encoder, _ = counting()
    encoder._trunk.module.gain = nn.Parameter(torch.ones(5))
    with pytest.raises(RuntimeError, match="size of tensor"):
        extract(encoder, toy_dataset(), ["embedding"], cache)


def test_two_that_want_the_same_features_compute_them_once(cache):
    encoder, seen = counting()
    threads = [
        threading.Thread(target=extract, args=(encoder, toy_dataset(examples=150), ["embedding"], cache))
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
    extract(encoder, toy_dataset(), ["embedding"], cache, progress=Listener())
    assert Listener.said == ["Counting on toy: 60 images, 360 B of features"]


def test_features_beyond_the_budget_are_refused(tmp_path):
    encoder, _ = counting()
    with pytest.raises(UserError, match="VIRB_CACHE_BUDGET"):
        extract(encoder, toy_dataset(), ["embedding"], Cache(tmp_path, budget=100))


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
            extract(encoder, toy_dataset(examples=150), ["embedding"], cache)
    assert not list(cache.folder.glob("features/*/.*"))
    before = seen[0]
    extract(encoder, toy_dataset(examples=150), ["embedding"], cache)
    assert seen[0] - before == 150 - 64


def test_features_that_another_process_took_away_are_a_failure_with_its_reason(cache):
    encoder, _ = counting()
    found = extract(encoder, toy_dataset(), ["embedding"], cache)
    cache.clear()
    with pytest.raises(ExperimentError, match="VIRB_CACHE_BUDGET"):
        found.take("embedding", np.arange(60))
