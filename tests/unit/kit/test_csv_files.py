"""A hostile text in a cell stays a text in that cell."""

from __future__ import annotations

import csv
import io

import pytest

from kolba.kit import csv_files


def parsed(*rows: list[csv_files.Cell]) -> list[list[str]]:
    text = "".join(csv_files.lines(["a", "b"], rows))
    return list(csv.reader(io.StringIO(text, newline="")))


def test_a_header_alone() -> None:
    assert "".join(csv_files.lines(["a", "b"], [])) == "a,b\r\n"


def test_numbers_and_nothing() -> None:
    assert parsed([-5, None], [1.5, "x"]) == [["a", "b"], ["-5", ""], ["1.5", "x"]]


@pytest.mark.parametrize(
    "hostile",
    ['=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"],
)
def test_no_formula(hostile: str) -> None:
    cell = parsed([hostile, "b"])[1][0]
    assert cell.startswith("'")


@pytest.mark.parametrize("hostile", ['a"b', "a,b", "a\r\nb,c", "a\x00b", "\u202eabc", "a\u2028b"])
def test_one_row_stays_one_row(hostile: str) -> None:
    found = parsed([hostile, "next"])
    assert len(found) == 2
    assert found[1][1] == "next"
    assert found[1][0].isprintable()


def test_any_alphabet() -> None:
    assert parsed(["Анна", "名"])[1] == ["Анна", "名"]
