from __future__ import annotations

import datetime as dt
import pathlib
from typing import Any

import pytest

from kolba.collector import settings
from kolba.collector.sources import errors, parsing


@pytest.fixture
def parse(tmp_path: pathlib.Path) -> Any:
    def run(content: bytes, *, max_columns: int = 50, **file_format: Any) -> Any:
        path = tmp_path / "data.csv"
        path.write_bytes(content)
        chosen = settings.TextFormat(**file_format)
        return parsing.parse(path, chosen, source="own", max_columns=max_columns)

    return run


def types_of(table: Any) -> dict[str, str]:
    return {field.name: parsing.type_name(field.type) for field in table.schema}


def test_types_are_found_out_and_gaps_are_nulls(parse: Any) -> None:
    table = parse(
        b"whole,real,flag,word,day,empty\n1,1.5,true,a,2026-01-02,\n,,,,,\n3,2,false,NA,2026-01-03,\n"
    )
    assert types_of(table) == {
        "whole": "integer",
        "real": "number",
        "flag": "boolean",
        "word": "text",
        "day": "datetime",
        "empty": "text",
    }
    assert table.to_pylist()[1] == dict.fromkeys(table.column_names)
    assert table.to_pylist()[0]["day"] == dt.datetime(2026, 1, 2)  # noqa: DTZ001 (no zone in a CSV)


def test_quotes_newlines_and_a_byte_order_mark(parse: Any) -> None:
    table = parse('\ufeffимя,text\n"Ёж, ""колючий""","two\nlines"\n'.encode())
    assert table.to_pylist() == [{"имя": 'Ёж, "колючий"', "text": "two\nlines"}]


def test_another_delimiter_and_encoding(parse: Any) -> None:
    table = parse("имя;лет\nАнна;7\n".encode("cp1251"), delimiter=";", encoding="cp1251")
    assert table.to_pylist() == [{"имя": "Анна", "лет": 7}]


def test_infinity_and_nan_become_missing(parse: Any) -> None:
    table = parse(b"x\n1.5\ninf\n-inf\nnan\n", missing=[""])
    assert table.column("x").to_pylist() == [1.5, None, None, None]


def test_a_type_can_be_told(parse: Any) -> None:
    table = parse(b"code\n00123\n", types={"code": "text"})
    assert table.to_pylist() == [{"code": "00123"}]


def test_a_number_column_that_turns_to_text_late_is_text(
    parse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "_BLOCK", 1024)
    content = b"x\n" + b"1\n" * 3000 + b"word\n"
    assert types_of(parse(content)) == {"x": "text"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "(?i)empty"),
        (b"a,b\n", "no rows"),
        (b"a,b\n1,2\n3\n", "(?i)column"),
        (b"a,a\n1,2\n", "two columns are named 'a'"),
        (b"a,,c\n1,2,3\n", "column 2 has no name"),
        (b"a,b\n1,\0\n", "NUL"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "NUL"),
        ("имя\nАнна\n".encode("cp1251"), "(?i)utf-?8"),
        (",".join(f"c{n}" for n in range(51)).encode() + b"\n", "51 columns"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(
    parse: Any, content: bytes, reason: str
) -> None:
    with pytest.raises(errors.MalformedSource, match=reason) as caught:
        parse(content)
    assert caught.value.status == 422
    assert "own" in caught.value.render_detail("ru")


def test_an_unknown_encoding_is_named(parse: Any) -> None:
    with pytest.raises(errors.MalformedSource, match="klingon"):
        parse(b"a\n1\n", encoding="klingon")
