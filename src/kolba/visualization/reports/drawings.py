"""The drawings of a report, as SVG: here the geometry, in `templates/*.svg.j2` the marks.

One SVG serves the page and the PDF. Colours are presentation attributes, which the page's style
sheet overrides through the classes when the reader prefers dark.
"""

import collections.abc
import dataclasses
import math
import typing
import unicodedata

from kolba.contracts import reports
from kolba.visualization.reports import environments

Format = collections.abc.Callable[[float], str]

PALETTE: typing.Final = (
    "#1f5a9d",
    "#c2571a",
    "#2f7d4f",
    "#8a3f8f",
    "#b08a00",
    "#2a8c99",
    "#a8324a",
    "#5b6470",
)
MAX_CURVES: typing.Final = len(PALETTE)
MAX_BARS: typing.Final = 20
MAX_MATRIX: typing.Final = 60

_FONT = 12.0
_PIXEL = 0.75  # one SVG pixel in points


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drawing:
    """An SVG and its natural width in points."""

    svg: str
    width: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar: `text` stands at its end; `spread` is half of its whisker."""

    label: str
    value: float
    text: str
    spread: float = 0.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tick:
    at: float
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    x: float
    y: float
    share: float
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Label:
    at: float
    text: str
    full: str


def bars(items: collections.abc.Sequence[Bar], *, axis: str, tick: Format, alt: str) -> Drawing:
    """Horizontal bars, the first `MAX_BARS` of them; negative values go left of the zero line."""
    shown = items[:MAX_BARS]
    labels_width = min(190.0, max((_width(bar.label) for bar in shown), default=0.0) + 4)
    texts_width = max((_width(bar.text) for bar in shown), default=0.0) + 12
    low = min((0.0, *(bar.value - bar.spread for bar in shown)))
    high = max((0.0, *(bar.value + bar.spread for bar in shown)))
    if low == high:
        high = 1.0
    steps = _ticks(low, high)
    low, high = min(low, steps[0]), max(high, steps[-1])
    left, plot, row = labels_width + 8, 330.0, 24.0

    def place(value: float) -> float:
        return round(left + (value - low) / (high - low) * plot, 2)

    width = left + plot + texts_width
    bottom = 6 + row * len(shown)
    svg = environments.svg(
        "bars.svg.j2",
        alt=alt,
        axis=axis,
        bars=[(bar, shorten(bar.label, labels_width), 6 + row * n) for n, bar in enumerate(shown)],
        ticks=[Tick(at=place(value), text=tick(value)) for value in steps],
        place=place,
        zero=place(0.0),
        left=left,
        middle=left + plot / 2,
        right=left + plot,
        bottom=bottom,
        width=round(width),
        height=round(bottom + 44),
        colour=PALETTE[0],
        font=_FONT,
    )
    return Drawing(svg=svg, width=width * _PIXEL)


def matrix(
    confusion: reports.ConfusionMatrix, *, actual: str, predicted: str, count: Format, alt: str
) -> Drawing:
    """A confusion matrix of at most `MAX_MATRIX` classes; numbers are written where they fit."""
    size = len(confusion.labels)
    cell = _cell_size(size)
    font = min(_FONT, max(7.0, cell - 1))
    longest = max((_width(label, font) for label in confusion.labels), default=0.0)
    labels_width = min(130.0, longest + 4)
    upright = longest <= cell - 6
    left, top = labels_width + 30, 6.0
    side = cell * size
    below = 18.0 if upright else labels_width + 8
    width = max(left + side + 12, 260.0)
    height = top + side + below + 22
    step = max(1, math.ceil((font + 1) / cell))
    labels = [
        Label(at=(n + 0.5) * cell, text=shorten(label, labels_width, font), full=label)
        for n, label in enumerate(confusion.labels)
        if n % step == 0
    ]
    svg = environments.svg(
        "matrix.svg.j2",
        alt=alt,
        cells=list(_cells(confusion, cell, count if cell >= 28 else None)),
        labels=labels,
        upright=upright,
        cell=cell,
        left=left,
        top=top,
        side=side,
        below=below,
        actual=actual,
        predicted=predicted,
        width=round(width),
        height=round(height),
        colour=PALETTE[0],
        font=font,
        axis_font=_FONT,
    )
    return Drawing(svg=svg, width=width * _PIXEL)


def curves(
    items: collections.abc.Sequence[tuple[str, reports.RocCurve]],
    *,
    x_axis: str,
    y_axis: str,
    tick: Format,
    alt: str,
) -> Drawing:
    """ROC curves, each with the words of its legend; the first `MAX_CURVES` of them."""
    shown = items[:MAX_CURVES]
    side, left, top = 240.0, 62.0, 10.0
    alone = len(shown) == 1
    legend_width = 0.0 if alone else min(230.0, 40 + max(_width(words) for words, _ in shown))
    width = left + side + (14 if alone else 22 + legend_width)
    steps = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    svg = environments.svg(
        "curves.svg.j2",
        alt=alt,
        curves=[
            (PALETTE[n], _path(curve, left, top, side), shorten(words, 190.0), words)
            for n, (words, curve) in enumerate(shown)
        ],
        alone=alone,
        ticks=[Tick(at=value * side, text=tick(value)) for value in steps],
        x_axis=x_axis,
        y_axis=y_axis,
        left=left,
        top=top,
        side=side,
        width=round(width),
        height=round(top + side + 46),
        font=_FONT,
    )
    return Drawing(svg=svg, width=width * _PIXEL)


def _cells(
    confusion: reports.ConfusionMatrix, cell: float, count: Format | None
) -> collections.abc.Iterator[Cell]:
    for row, counts in enumerate(confusion.counts):
        total = sum(counts) or 1
        for column, value in enumerate(counts):
            yield Cell(
                x=column * cell,
                y=row * cell,
                share=round(value / total, 3),
                text=count(value) if count else "",
            )


def _cell_size(classes: int) -> float:
    for most, size in ((2, 72.0), (4, 60.0), (8, 46.0), (14, 32.0), (25, 18.0), (40, 12.0)):
        if classes <= most:
            return size
    return 8.0


def _path(curve: reports.RocCurve, left: float, top: float, side: float) -> str:
    pairs = zip(curve.false_positive_rate, curve.true_positive_rate, strict=True)
    return " ".join(f"{left + x * side:.1f},{top + (1 - y) * side:.1f}" for x, y in pairs)


def _ticks(low: float, high: float) -> list[float]:
    """About five round numbers from at or below `low` to at or above `high`."""
    rough = (high - low) / 5
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 12) for n in range(first, last + 1)]


def _width(text: str, font: float = _FONT) -> float:
    """How wide a text is set, in pixels, near enough to leave room for it."""
    return sum(_advance(character) for character in text) * font


def _advance(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in "ilj.,:;'|!()[] ":
        return 0.32
    return 0.68 if character.isupper() or character in "mwшщжюмфы@—…" else 0.54


def shorten(text: str, width: float, font: float = _FONT) -> str:
    """The text, or as much of its beginning and end as fits, with an ellipsis between."""
    if _width(text, font) <= width:
        return text
    kept = min(len(text), int(width / font / 0.3) + 3)
    short = text
    while kept > 2 and _width(short, font) > width:
        kept -= 1
        short = text[: kept - kept // 3] + "…" + text[len(text) - kept // 3 :]
    return short
