from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from kolba.contracts import reports
from kolba.visualization.reports import drawings

_SVG = "{http://www.w3.org/2000/svg}"


def _bars(*items: drawings.Bar) -> ET.Element:
    drawing = drawings.bars(items, axis="axis", tick=str, alt="alt")
    return ET.fromstring(drawing.svg)


def _bar(value: float, spread: float = 0.0, label: str = "a") -> drawings.Bar:
    return drawings.Bar(label=label, value=value, spread=spread, text=str(value))


def _matrix(size: int, *, name: str = "class") -> ET.Element:
    confusion = reports.ConfusionMatrix(
        labels=tuple(f"{name} {n}" for n in range(size)),
        counts=tuple(tuple(9 if i == j else 1 for j in range(size)) for i in range(size)),
    )
    drawing = drawings.matrix(
        confusion, actual="true", predicted="predicted", count=lambda n: f"{n:.0f}", alt="alt"
    )
    return ET.fromstring(drawing.svg)


def _texts(svg: ET.Element) -> list[str]:
    return ["".join(element.itertext()) for element in svg.iter(f"{_SVG}text")]


def _marks(svg: ET.Element) -> list[ET.Element]:
    return [rect for rect in svg.iter(f"{_SVG}rect") if rect.get("class") == "mark"]


def _inside(svg: ET.Element) -> bool:
    """Whether every bar lies within the drawing."""
    width = float(svg.get("width", ""))
    return all(
        0
        <= float(mark.get("x", ""))
        <= float(mark.get("x", "")) + float(mark.get("width", ""))
        <= width
        for mark in _marks(svg)
    )


def test_bars_are_as_long_as_their_values() -> None:
    longer, shorter = _marks(_bars(_bar(0.4), _bar(0.1)))

    assert float(longer.get("width", "")) == pytest.approx(
        4 * float(shorter.get("width", "")), rel=1e-3
    )


def test_a_negative_value_goes_left_of_the_line() -> None:
    svg = _bars(_bar(0.2), _bar(-0.1))
    positive, negative = _marks(svg)

    zero = float(positive.get("x", ""))
    assert float(negative.get("x", "")) + float(negative.get("width", "")) == pytest.approx(
        zero, abs=0.1
    )
    assert _inside(svg)


@pytest.mark.parametrize("values", [(), (0.0,), (0.0, 0.0), (-1.0,), (1e-9,), (1e12, 1.0)])
def test_any_values_make_a_drawing(values: tuple[float, ...]) -> None:
    svg = _bars(*(_bar(value, spread=abs(value) / 2) for value in values))

    assert len(_marks(svg)) == len(values)
    assert _inside(svg)
    assert "nan" not in ET.tostring(svg, "unicode")


def test_only_so_many_bars_are_drawn() -> None:
    assert len(_marks(_bars(*(_bar(n) for n in range(100))))) == drawings.MAX_BARS


def test_whiskers_are_drawn_where_there_is_a_spread() -> None:
    svg = _bars(_bar(0.4, spread=0.1), _bar(0.2))

    assert [path.get("class") for path in svg.iter(f"{_SVG}path")] == ["whisker"]


def test_a_long_label_is_cut_but_told_in_full() -> None:
    name = "<" + "x" * 2000
    svg = _bars(_bar(0.1, label=name))

    (label,) = (words for words in _texts(svg) if words.startswith("<"))
    assert len(label) < 50
    assert "…" in label
    titles = ["".join(title.itertext()) for title in svg.iter(f"{_SVG}title")]
    assert any(name in title for title in titles)


def test_a_small_matrix_shows_its_counts() -> None:
    svg = _matrix(2)

    assert _texts(svg).count("9") == 2
    assert _texts(svg).count("1") == 2
    assert [float(mark.get("fill-opacity", "")) for mark in _marks(svg)] == [0.9, 0.1, 0.1, 0.9]


def test_a_class_without_rows_leaves_its_row_blank() -> None:
    confusion = reports.ConfusionMatrix(labels=("a", "b"), counts=((0, 0), (1, 3)))
    drawing = drawings.matrix(confusion, actual="", predicted="", count=str, alt="")

    assert {mark.get("fill-opacity") for mark in _marks(ET.fromstring(drawing.svg))} == {
        "0.0",
        "0.25",
        "0.75",
    }


@pytest.mark.parametrize("size", [1, 3, 15, 40, drawings.MAX_MATRIX])
def test_matrices_of_any_size_fit_a_page(size: int) -> None:
    svg = _matrix(size, name="A class of a considerable length, number")

    assert float(svg.get("width", "")) <= 720
    assert float(svg.get("height", "")) <= 900


def test_curves_pass_through_their_points() -> None:
    curve = reports.RocCurve(
        name="1", false_positive_rate=(0, 0.5, 1), true_positive_rate=(0, 1, 1), auc=0.75
    )
    drawing = drawings.curves([("AUC = 0.75", curve)], x_axis="x", y_axis="y", tick=str, alt="alt")
    svg = ET.fromstring(drawing.svg)

    (line,) = svg.iter(f"{_SVG}polyline")
    points = [tuple(map(float, pair.split(","))) for pair in line.get("points", "").split()]
    (x0, y0), (x1, y1), (x2, y2) = points
    assert x1 - x0 == x2 - x1 > 0
    assert y0 > y1 == y2
    assert any(words.endswith("AUC = 0.75") for words in _texts(svg))


def test_a_drawing_loads_nothing_and_runs_nothing() -> None:
    drawing = drawings.bars(
        [_bar(0.1, label='"><script>alert(1)</script><image href="x"/>')],
        axis="<b>",
        tick=str,
        alt="</title><script>",
    )

    tags = {element.tag.removeprefix(_SVG) for element in ET.fromstring(drawing.svg).iter()}
    assert tags <= {"svg", "g", "title", "text", "rect", "line", "path", "polyline"}
    assert not re.search(r"\b(href|style|on\w+)=", re.sub(r">[^<]*<", "><", drawing.svg))
