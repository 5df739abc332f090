from __future__ import annotations

import math
from typing import Any

import pytest

from kolba.contracts import reports
from kolba.visualization.reports import figures


def _report(content: dict[str, Any]) -> reports.Report:
    return reports.Report.model_validate(content)


def test_the_interval_is_the_published_one() -> None:
    # Newcombe (1998), table I: 81 of 263 and 0 of 20.
    low, high = figures.wilson(81 / 263, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    low, high = figures.wilson(0.0, 20)
    assert (round(low, 4), round(high, 4)) == (0.0, 0.1611)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_interval_stays_within_bounds(share: float) -> None:
    low, high = figures.wilson(share, 1)

    assert 0.0 <= low <= share <= high <= 1.0
    assert not math.isnan(low)


def test_the_baseline_is_the_most_frequent_class(titanic: dict[str, Any]) -> None:
    assert figures.baseline(_report(titanic)) == pytest.approx(110 / 179)
    del titanic["confusion"]
    assert figures.baseline(_report(titanic)) == pytest.approx(110 / 179)
    del titanic["classification"]
    assert figures.baseline(_report(titanic)) is None


def test_accuracy_follows_from_the_matrix_when_it_is_not_recorded(titanic: dict[str, Any]) -> None:
    del titanic["metrics"]["accuracy"]
    assert figures.accuracy(_report(titanic)) == pytest.approx(143 / 179)
    del titanic["confusion"]
    assert figures.accuracy(_report(titanic)) is None


def test_mistakes_come_most_frequent_first() -> None:
    confusion = reports.ConfusionMatrix(
        labels=("a", "b", "c"), counts=((5, 1, 0), (3, 5, 2), (0, 0, 9))
    )

    found = [
        (one.true, one.predicted, one.count, round(one.share, 2))
        for one in figures.mistakes(confusion, 2)
    ]

    assert found == [("b", "a", 3, 0.3), ("b", "c", 2, 0.2)]
