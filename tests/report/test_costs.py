"""The report has a table of what encoders cost, where records say it."""

from record_factory import demo_lab

from virb.report.page import build
from virb.spec import Cost


def costly(record, k):
    if record.resolved is None:
        return record
    cost = Cost(
        parameters=11_176_512,
        multiply_adds=1_813_561_344,
        shapes={"embedding": (512,)},
        forward=100.0 + k,
        extraction=None if k else 90.0,
        images=500 + k,
        batch=64,
        peak_memory=None,
        device="cpu",
        threads=2,
    )
    return record.model_copy(update={"resolved": record.resolved.model_copy(update={"cost": cost})})


def test_costs_are_a_table_with_what_they_were_measured_on():
    lab = demo_lab()
    page = build([costly(record, k) for k, record in enumerate(lab.records)], lab.outcomes)
    assert "What encoders cost" in page
    assert "11.2 M" in page
    assert "1.81 G" in page
    # of several records that with an extraction counts
    assert "forward pass 100 images/s (cpu, 2 threads, batch 64, over 500 images); extraction 90 images/s" in page


def test_records_from_before_costs_were_kept_make_a_page_without_the_table():
    lab = demo_lab()
    assert "What encoders cost" not in build(lab.records, lab.outcomes)
