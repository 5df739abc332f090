"""The gate, against values worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pydantic
import pytest

from kolba.contracts import reports
from kolba.ml_service.training.finetuning import gate, job


def compared(only_parent: int, only_candidate: int, images: int = 1000) -> reports.Comparison:
    both = images - only_parent - only_candidate - 5
    return reports.Comparison(
        images=images,
        parent_correct=both + only_parent,
        candidate_correct=both + only_candidate,
        only_parent=only_parent,
        only_candidate=only_candidate,
    )


@pytest.mark.parametrize(
    ("only_parent", "only_candidate", "expected"),
    [
        (0, 0, 1.0),  # never differing: nothing speaks against it
        (0, 7, 1.0),
        (1, 0, 1 / 2),
        (5, 0, 1 / 32),  # all five coins on one side
        (4, 0, 1 / 16),
        (5, 1, (6 + 1) / 64),  # at least five of six
        (8, 2, (45 + 10 + 1) / 1024),
        (2, 8, 1 - (1 + 10) / 1024),
        (6, 6, (2048 + 462) / 4096),  # at least half of twelve
    ],
)
def test_the_p_value_is_the_binomial_tail(
    only_parent: int, only_candidate: int, expected: float
) -> None:
    assert gate.worse_p_value(only_parent, only_candidate) == pytest.approx(expected, rel=1e-12)


def test_the_p_value_agrees_with_the_sum_it_stands_for() -> None:
    for only_parent, only_candidate in ((12, 3), (40, 61), (90, 60)):
        flips = only_parent + only_candidate
        tail = sum(math.comb(flips, k) for k in range(only_parent, flips + 1)) / 2**flips
        assert gate.worse_p_value(only_parent, only_candidate) == pytest.approx(tail, rel=1e-9)


def test_the_two_sided_textbook_value_is_twice_the_smaller_tail() -> None:
    """statsmodels' `mcnemar([[…, 121], [59, …]], exact=True)` is documented to give p = 4.434e-06."""
    both_tails = 2 * gate.worse_p_value(121, 59)
    assert both_tails == pytest.approx(4.434e-06, rel=1e-3)


def test_who_is_right_is_counted_in_pairs() -> None:
    expected = np.array([0, 1, 2, 3, 4])
    parent = np.array([0, 1, 9, 3, 9])
    candidate = np.array([0, 9, 2, 9, 9])
    assert gate.compare(expected, parent, candidate) == reports.Comparison(
        images=5, parent_correct=3, candidate_correct=2, only_parent=2, only_candidate=1
    )


@pytest.mark.parametrize(
    ("pair", "passed"),
    [((4, 0), True), ((5, 0), False), ((5, 1), True), ((30, 30), True), ((45, 25), False)],
)
def test_only_who_is_surely_worse_is_turned_away(pair: tuple[int, int], passed: bool) -> None:
    decision = gate.decide(compared(*pair), job.GateRules())
    assert decision.passed is passed
    assert (decision.p_value >= 0.05) is passed


def test_with_too_few_images_the_gate_stays_shut() -> None:
    """Four images cannot show any difference; a model that lost all of them would pass."""
    few = compared(0, 0, images=99)
    assert not gate.decide(few, job.GateRules()).passed
    assert gate.decide(few, job.GateRules(least_images=99)).passed


def test_the_new_images_decide_nothing() -> None:
    new = compared(100, 0)
    decision = gate.decide(compared(3, 3), job.GateRules(), new=new)
    assert decision.passed
    assert decision.new == new


def test_counts_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(pydantic.ValidationError):
        reports.Comparison(
            images=10, parent_correct=5, candidate_correct=5, only_parent=3, only_candidate=0
        )
