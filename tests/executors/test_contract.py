"""What every executor promises. What one can survive (a worker that dies) is found out, not looked up by name."""

import os
import sys
from collections import Counter

import pytest

import errands
from virb.executors import EXECUTORS, Resources

TWO = Resources(workers=2, threads=1)


@pytest.fixture(params=EXECUTORS.names())
def executor(request):
    return EXECUTORS.load(request.param)


@pytest.fixture
def isolated(executor):
    """An executor whose functions run in another process."""
    (outcome,) = executor.map(errands.process_of, [0], Resources())
    if outcome.value == os.getpid():
        pytest.skip("runs functions in this process: what ends them ends the test")
    return executor


class TestContract:
    """Run once for every executor there is."""

    def test_each_item_gives_exactly_one_outcome_with_its_own_value(self, executor):
        items = [3, 1, 4, 1, 5, 9, 2, 6]
        outcomes = list(executor.map(errands.double, items, TWO))
        assert Counter(o.item for o in outcomes) == Counter(items)
        assert all(o.status == "ok" and o.value == 2 * o.item for o in outcomes)
        assert all(o.reason == "" and o.trace == "" for o in outcomes)

    def test_no_items_give_no_outcomes(self, executor):
        assert list(executor.map(errands.double, [], TWO)) == []

    def test_none_is_an_item_and_a_value_like_any_other(self, executor):
        (outcome,) = executor.map(errands.wait_for, [None], TWO)
        assert (outcome.item, outcome.status, outcome.value) == (None, "ok", None)

    def test_a_function_that_raises_fails_only_its_own_item(self, executor):
        outcomes = {o.item: o for o in executor.map(errands.invert, [4, 0, 2, 1], TWO)}
        assert {item: o.status for item, o in outcomes.items()} == {4: "ok", 0: "failed", 2: "ok", 1: "ok"}
        assert outcomes[4].value == 0.25
        assert outcomes[0].value is None
        assert outcomes[0].reason == "ZeroDivisionError: division by zero"
        assert "in invert" in outcomes[0].trace

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("value", "ValueError: out of range"),
            ("bare", "AssertionError"),
            ("lines", "KeyError: 'a'"),
            ("user", "There is no task 'x'.\nDid you mean 'y'?"),
            ("experiment", "features of layer 'stage1' are constant"),
        ],
    )
    def test_a_reason_is_the_exceptions_own_words(self, executor, name, reason):
        (outcome,) = executor.map(errands.raise_this, [name], Resources())
        assert (outcome.status, outcome.reason) == ("failed", reason)

    def test_an_exception_that_cannot_be_printed_still_fails_only_its_item(self, executor):
        mute, plain = sorted(executor.map(errands.raise_this, ["mute", "value"], Resources()), key=lambda o: o.item)
        assert mute.status == "failed"
        assert mute.reason.startswith("MuteError")
        assert plain.reason == "ValueError: out of range"

    def test_closing_early_stops_the_rest(self, executor, tmp_path):
        items = [str(tmp_path / f"{number:02}") for number in range(30)]
        iterator = executor.map(errands.touch, items, TWO)
        first = next(iterator)
        iterator.close()
        touched = {str(path) for path in tmp_path.iterdir()}
        assert first.item in touched
        assert len(touched) < len(items)
        assert list(iterator) == []
        assert {str(path) for path in tmp_path.iterdir()} == touched

    def test_two_maps_may_be_read_alternately(self, executor):
        one = executor.map(errands.double, [1, 2], Resources())
        two = executor.map(errands.double, [10, 20], Resources())
        values = [next(one).value, next(two).value, next(one).value, next(two).value]
        assert values == [2, 20, 4, 40]
        assert list(one) == list(two) == []

    @pytest.mark.parametrize(
        ("how", "word"), [("SIGKILL", "SIGKILL"), ("SIGSEGV", "SIGSEGV"), (3, "exit code 3"), (0, "exit code 0")]
    )
    @pytest.mark.skipif(sys.platform == "win32", reason="ends processes by signal")
    def test_a_worker_that_dies_takes_exactly_its_own_item_with_it(self, isolated, how, word):
        items = [("a",), ("b",), how, ("c",), ("d",), ("e",)]
        outcomes = {o.item: o for o in isolated.map(errands.end, items, TWO)}
        assert outcomes.keys() == set(items)
        assert {item for item, o in outcomes.items() if o.status == "killed"} == {how}
        assert word in outcomes[how].reason
        assert all(o.value == item for item, o in outcomes.items() if o.status == "ok")

    def test_an_exit_inside_a_worker_is_a_failure_and_not_worth_another_try(self, isolated):
        (outcome,) = isolated.map(errands.leave, [7], Resources())
        assert (outcome.status, outcome.reason) == ("failed", "SystemExit: 7")

    def test_what_cannot_travel_fails_with_a_reason_and_the_others_go_on(self, isolated):
        outcomes = {o.item: o for o in isolated.map(errands.fetch, ["lock", "plain", "not-loadable"], TWO)}
        assert outcomes["plain"].value == "plain"
        assert outcomes["lock"].status == outcomes["not-loadable"].status == "failed"
        assert "result cannot travel" in outcomes["lock"].reason
        assert "lock" in outcomes["lock"].reason
        assert "result could not be loaded" in outcomes["not-loadable"].reason

    def test_items_that_cannot_travel_fail_with_a_reason_and_the_others_go_on(self, isolated):
        unpicklable, unloadable = (lambda: 0), errands.NotLoadable()
        outcomes = list(isolated.map(errands.wait_for, [unpicklable, None, unloadable], Resources()))
        by_item = {id(o.item): o for o in outcomes}
        assert len(outcomes) == 3
        assert by_item[id(None)].status == "ok"
        assert "item cannot travel" in by_item[id(unpicklable)].reason
        assert "item cannot be loaded" in by_item[id(unloadable)].reason
        assert {by_item[id(unpicklable)].status, by_item[id(unloadable)].status} == {"failed"}

    def test_a_function_that_cannot_travel_fails_every_item_with_a_reason(self, isolated):
        outcomes = list(isolated.map(lambda item: item, [1, 2], TWO))
        assert [o.item for o in outcomes] == [1, 2]
        assert all(o.status == "failed" and "importable by name" in o.reason for o in outcomes)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_inline_lets_the_wish_to_stop_pass_through(error):
    def stop(_item):
        raise error

    iterator = EXECUTORS.load("inline").map(stop, [1, 2], Resources())
    with pytest.raises(error):
        next(iterator)


def test_inline_runs_an_item_when_its_outcome_is_asked_for_and_not_before():
    ran = []
    iterator = EXECUTORS.load("inline").map(ran.append, ["a", "b", "c"], Resources(workers=3))
    assert ran == []
    next(iterator)
    assert ran == ["a"]
    next(iterator)
    assert ran == ["a", "b"]
