"""Speeds say what they are of, and a record says what its encoder costs."""

import pytest
import torch

import virb
from virb.encoders import load_encoder
from virb.features._speed import Gauge, cost_of, measure
from virb.spec import InputPolicy, Record

POLICY = InputPolicy(size=32)


def test_the_first_pass_warms_up_and_is_not_counted():
    gauge = Gauge(torch.device("cpu"))
    for images, seconds in ((64, 100.0), (64, 2.0), (32, 1.0)):
        gauge.passed(images, seconds)
    speed = gauge.speed(64)
    assert (speed.forward, speed.images, speed.batch, speed.extraction) == (32, 96, 64, None)


def test_a_single_pass_is_better_than_none():
    gauge = Gauge(torch.device("cpu"))
    gauge.passed(10, 2.0)
    gauge.extracted(10)
    assert gauge.speed(64).forward == 5
    assert gauge.speed(64).extraction > 0


def test_a_cost_has_counts_shapes_and_what_it_was_measured_on():
    encoder = load_encoder("random:test_vit", POLICY)
    cost = cost_of(encoder, measure(encoder))
    assert cost.parameters == encoder.parameters
    assert cost.shapes == {layer: encoder.shape(layer) for layer in encoder.layers}
    assert cost.forward > 0
    assert cost.extraction is None
    assert (cost.device, cost.threads) == ("cpu", torch.get_num_threads())


def test_memory_that_is_taken_while_it_is_measured_is_in_the_peak():
    gauge = Gauge(torch.device("cpu"))
    gauge.passed(1, 1.0)
    before = gauge.speed(1).peak_memory
    if before is None:
        pytest.skip("this system does not tell")
    torch.ones(300 * 2**18).sum()  # 300 MiB, and gone again
    assert gauge.speed(1).peak_memory >= before + 200 * 2**20 or gauge.speed(1).peak_memory >= 300 * 2**20


@pytest.fixture
def records(photos, tmp_path, monkeypatch):
    monkeypatch.setenv("VIRB_CACHE", str(tmp_path / "cache"))  # nobody else has been here
    asked = {"size": 32, "layers": "final", "output": tmp_path / "out"}
    first = virb.evaluate("random:test_resnet", f"folder:{photos}", probes=["knn", "logistic"], **asked)
    cached = virb.evaluate("random:test_resnet", f"folder:{photos}", probes=["linear"], **asked)
    return {record.experiment.probe.name: record for record in (*first.records, *cached.records)}


def test_a_record_has_the_cost_as_measured_in_its_extraction_or_by_itself(records):
    costs = {probe: record.resolved.cost for probe, record in records.items()}
    assert costs["knn"].extraction > 0
    assert costs["knn"].images == 40  # one batch alone: it is not thrown away
    assert costs["logistic"] == costs["knn"]  # read from the same extraction
    assert costs["linear"].extraction is None  # features were cached
    assert len({(cost.parameters, cost.multiply_adds) for cost in costs.values()}) == 1


def test_a_record_from_before_costs_were_kept_still_loads(records):
    record = records["knn"]
    old = record.model_dump(mode="json")
    del old["resolved"]["cost"]
    import json

    loaded = Record.parse(json.dumps(old))
    assert loaded.resolved.cost is None
    assert loaded.id == record.id
    assert loaded.found == record.found
