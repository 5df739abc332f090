"""What is found out about a text: delimiter, encoding, quotes, missing values, types."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest


def _types(found):
    return [column.type for column in found.columns]


def _rows(found):
    return pq.read_table(found.path).to_pylist()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(read, delimiter):
    lines = [("name", "age", "city"), ("Ann", "31", "York, UK"), ("Bo", "", "Oslo")]
    if delimiter == ",":
        lines[1] = ("Ann", "31", '"York, UK"')
    content = "\n".join(delimiter.join(line) for line in lines).encode()
    found = read(content)
    assert found.ingest.delimiter == delimiter
    assert _rows(found)[0] == {"name": "Ann", "age": 31, "city": "York, UK"}


@pytest.mark.parametrize(
    ("encoding", "mark", "reported"),
    [
        ("utf-8", "", "utf-8"),
        ("utf-8", "\ufeff", "utf-8"),
        ("utf-16-le", "\ufeff", "utf-16-le"),
        ("utf-16-be", "\ufeff", "utf-16-be"),
        ("cp1251", "", "cp1251"),
    ],
)
@pytest.mark.parametrize("piece", [7, 1 << 20])
def test_cyrillic_comes_through_in_every_encoding(read, encoding, mark, reported, piece):
    content = (mark + "имя,город\nОльга,Тверь\nПётр,Орёл\n").encode(encoding)
    found = read(content, piece=piece)
    assert found.ingest.encoding == reported
    assert found.ingest.byte_order_mark == bool(mark)
    assert _rows(found)[1] == {"имя": "Пётр", "город": "Орёл"}


def test_western_european_text_is_read_as_latin_1(read):
    found = read("nom,ville\nRené,Orléans\nFrançois,Besançon\n".encode("latin-1"))
    assert found.ingest.encoding == "latin-1"
    assert _rows(found)[1] == {"nom": "François", "ville": "Besançon"}


def test_the_encoding_may_show_only_far_behind_the_beginning(read):
    content = b"name,number\n" + b"plain,1\n" * 400_000 + "Ёлка и сосна,2\n".encode("cp1251")
    found = read(content)
    assert found.ingest.encoding == "cp1251"
    assert _rows(found)[-1] == {"name": "Ёлка и сосна", "number": 2}


def test_a_character_cut_by_two_reads_is_put_together(read):
    content = "я,ю\n".encode() + ("щ" * 400_001 + ",1\n").encode() * 8
    found = read(content)
    assert found.rows == 8
    assert _rows(found)[0]["я"] == "щ" * 400_001


def test_quotes_may_hold_delimiters_quotes_and_line_ends(read):
    found = read(b'a,b\n1,"x, ""y""\nz"\n2,plain\n')
    assert found.ingest.quote == '"'
    assert _rows(found)[0] == {"a": 1, "b": 'x, "y"\nz'}


def test_single_quotes_are_found(read):
    found = read(b"a,b\n'1, one','x'\n'2','y'\n")
    assert found.ingest.quote == "'"
    assert _rows(found)[0] == {"a": "1, one", "b": "x"}


def test_escaped_quotes_are_understood(read):
    found = read(b'a,b\n1,"say \\"hi\\""\n2,"no"\n')
    assert _rows(found)[0]["b"] == 'say "hi"'


def test_missing_values_are_counted_by_their_words(read):
    found = read(b"a,b,c\n1,NA,x\n,?,-\n3,4.5,null\nN/A,nan,y\n")
    assert found.ingest.missing_tokens == {
        "NA": 1, "": 1, "?": 1, "-": 1, "null": 1, "N/A": 1, "nan": 1,
    }  # fmt: skip
    assert _types(found) == ["integer", "number", "text"]
    assert [column.missing for column in found.columns] == [2, 3, 2]


def test_missing_values_of_a_long_file_are_counted_to_the_last(read):
    content = b"a,b\n" + b"1,\n" * 400_000 + b"2,NA\n" * 3 + b"?,5\n"
    found = read(content)
    assert [column.missing for column in found.columns] == [1, 400_003]
    assert sum(found.ingest.missing_tokens.values()) == 400_004


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-2", "3"], "integer"),
        (["1", "2.5", "1e3"], "number"),
        (["true", "False", "TRUE"], "boolean"),
        (["2020-01-31", "1999-12-01"], "datetime"),
        (["2020-01-31 10:00:00", "2020-01-31T11:30:00"], "datetime"),
        (["31.12.2020", "01.02.2021"], "datetime"),
        (["2020-01-31T10:00:00Z", "2020-01-31T11:30:00Z"], "datetime"),
        (["1", "x"], "text"),
        (["10:00", "11:30"], "text"),
        (["", ""], "number"),
        (["99999999999999999999", "1"], "number"),
    ],
)
def test_types_are_found(read, values, kind):
    content = "v,w\n" + "".join(f"{value},1\n" for value in values)
    assert _types(read(content.encode())) == [kind, "integer"]


@pytest.mark.parametrize(
    ("head", "late", "kind"),
    [
        ("1", "2.5", "number"),
        ("1", "x", "text"),
        ("1.5", "x", "text"),
        ("true", "maybe", "text"),
        ("2020-01-01", "2020-01-01 10:00:00", "datetime"),
        ("2020-01-01", "soon", "text"),
        ("", "x", "text"),
    ],
)
def test_a_type_that_shows_late_is_widened_and_noted(read, head, late, kind):
    content = f"v,w\n{f'{head},1' + chr(10)}".encode() + f"{head},1\n".encode() * 600_000
    found = read(content + f"{late},2\n".encode())
    assert _types(found) == [kind, "integer"]
    assert found.rows == 600_002
    if head and kind != "datetime":
        assert "`v`" in found.ingest.notes[0]


def test_a_decimal_comma_is_understood_where_it_does_not_delimit(read):
    found = read(b"a;b\n1,5;x\n-2,25;y\n")
    assert _rows(found)[1] == {"a": -2.25, "b": "y"}
    assert "decimal comma" in found.ingest.notes[0]


def test_one_column_needs_no_delimiter(read):
    found = read(b"value\n1\n2\n")
    assert _rows(found) == [{"value": 1}, {"value": 2}]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_taken(read, end):
    found = read(end.join(["a,b", "1,2", "3,4", ""]).encode())
    assert _rows(found) == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]


def test_blank_lines_are_passed_over(read):
    found = read(b"\n\na,b\n\n1,2\n\n3,4\n\n")
    assert _rows(found) == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]


def test_names_lose_their_blanks(read):
    assert [column.name for column in read(b" a , b\n1,2\n").columns] == ["a", "b"]
