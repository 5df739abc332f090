"""Figures that follow from the recorded ones: an interval, a baseline, the mistakes.

Pure functions of a report's parts.
"""

import dataclasses
import math

from kolba.contracts import reports

_Z_95 = 1.959963984540054


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mistake:
    """How many rows of one class were taken for another; `share` is of the true class."""

    true: str
    predicted: str
    count: int
    share: float


def wilson(share: float, rows: int) -> tuple[float, float]:
    """The 95% interval of a share observed on so many rows (Wilson 1927, without continuity
    correction). `rows` must be positive."""
    squared = _Z_95**2
    middle = (share + squared / (2 * rows)) / (1 + squared / rows)
    half = _Z_95 * math.sqrt(share * (1 - share) / rows + squared / (4 * rows**2))
    half /= 1 + squared / rows
    return max(0.0, middle - half), min(1.0, middle + half)


def accuracy(report: reports.Report) -> float | None:
    """The recorded accuracy, or the confusion matrix's; None where neither says it."""
    recorded = report.metrics.get("accuracy")
    if recorded is not None:
        return recorded
    total = held_out_rows(report)
    if report.confusion is None or not total:
        return None
    return correct(report.confusion) / total


def held_out_rows(report: reports.Report) -> int:
    """On how many rows the figures were measured; 0 where nothing says it."""
    if report.confusion is not None:
        return sum(map(sum, report.confusion.counts))
    return report.split.held_out_rows if report.split else 0


def correct(confusion: reports.ConfusionMatrix) -> int:
    """The rows on the diagonal."""
    return sum(row[index] for index, row in enumerate(confusion.counts))


def baseline(report: reports.Report) -> float | None:
    """The accuracy of always answering the class most frequent among the held-out rows."""
    supports: list[int] = []
    if report.confusion is not None:
        supports = [sum(row) for row in report.confusion.counts]
    elif report.classification is not None:
        supports = [row.support for row in report.classification.classes]
    total = sum(supports)
    return max(supports) / total if total else None


def mistakes(confusion: reports.ConfusionMatrix, most: int) -> list[Mistake]:
    """The most frequent confusions of one class with another, the most frequent first."""
    found = [
        Mistake(
            true=confusion.labels[row],
            predicted=confusion.labels[column],
            count=count,
            share=count / sum(counts),
        )
        for row, counts in enumerate(confusion.counts)
        for column, count in enumerate(counts)
        if count and row != column
    ]
    return sorted(found, key=lambda mistake: (-mistake.count, -mistake.share))[:most]


def support(report: reports.Report) -> dict[str, int]:
    """Held-out rows by class."""
    if report.classification is None:
        return {}
    return {row.name: row.support for row in report.classification.classes}
