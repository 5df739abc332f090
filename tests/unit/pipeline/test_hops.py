"""What goes on from hop to hop: how much time is left, and where it went."""

from __future__ import annotations

import time

import pytest

from kolba.kit.http import balancing
from kolba.pipeline import deadlines, errors, timing


def of(**headers: str) -> deadlines.Deadline:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return deadlines.of(given, usual=5.0, longest=60.0)


def test_a_callers_deadline_counts_within_the_longest() -> None:
    now = time.monotonic()
    assert 4.5 < of().until - now < 5.5
    assert 0.5 < of(x_deadline_ms="1000").until - now < 1.5
    assert 59 < of(x_deadline_ms="1e9").until - now < 61


@pytest.mark.parametrize("given", ["", "soon", "0", "-5", "nan", "inf", "1e999"])
def test_a_deadline_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(errors.BadDeadline):
        of(x_deadline_ms=given)


def test_a_deadline_that_has_passed_is_said() -> None:
    passed = deadlines.Deadline(time.monotonic() - 1)
    with pytest.raises(balancing.DeadlinePassed, match="model"):
        passed.left("model")
    assert passed.header() == "1"


def parts(header: str) -> dict[str, float]:
    return {
        name: float(value) for name, value in (part.split(";dur=") for part in header.split(", "))
    }


def test_the_parts_of_all_hops_add_up_to_the_whole() -> None:
    moments = iter([10.0, 10.001, 10.003, 10.010])
    clock = moments.__next__
    outer, inner = timing.Timing(clock), timing.Timing(clock)
    inner.part("model-run", 0.0015)
    said = inner.header("model")  # at 10.003, 2 ms after it began
    outer.part("decode", 0.003)
    outer.passed_on("model", 0.004, said)
    found = parts(outer.header("preprocess"))  # at 10.010, 10 ms after it began
    assert found == {
        "preprocess": 3.0,
        "decode": 3.0,
        "network-model": 2.0,
        "model": 0.5,
        "model-run": 1.5,
    }
