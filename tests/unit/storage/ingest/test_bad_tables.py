"""Every table that is refused, by its own error, naming the place."""

from __future__ import annotations

import errno
import gzip
import io
import os
import pathlib
import zipfile

import pyarrow.parquet as pq
import pytest

from kolba.kit import errors as kit_errors
from kolba.storage.datasets.ingest import errors, limits, pipeline, source, spool


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("table.csv", "a,b\n1,2\n")
    return buffer.getvalue()


@pytest.mark.parametrize("content", [b"", b"\n\n", b"   \n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file_is_refused(read, content):
    with pytest.raises(errors.EmptyTable):
        read(content)


@pytest.mark.parametrize("content", [b"a,b", b"a,b\n", b"a,b\r\n\r\n", "имя;возраст\n".encode()])
def test_a_header_only_is_refused(read, content):
    with pytest.raises(errors.HeaderOnly) as caught:
        read(content)
    assert caught.value.details["columns"] == 2


@pytest.mark.parametrize(
    ("content", "line", "found"),
    [
        (b"a,b,c\n1,2,3\n4,5\n", 3, 2),
        (b"a,b,c\n1,2,3,4\n", 2, 4),
        (b"a,b,c\n" + b"1,2,3\n" * 500 + b"1,2,3,4\n" + b"1\n", 502, 4),
    ],
)
def test_a_ragged_row_is_named(read, content, line, found):
    with pytest.raises(errors.RaggedRow) as caught:
        read(content)
    assert caught.value.details["line"] == line
    assert caught.value.details["found"] == found
    assert caught.value.details["expected"] == 3


def test_a_ragged_row_far_behind_the_beginning_is_named_by_its_line(read):
    good = b"1,some words,2.5\n" * 1_200_000
    with pytest.raises(errors.RaggedRow) as caught:
        read(b"a,b,c\n" + good + b"1,2\n")
    assert caught.value.details["line"] == 1_200_002


def test_lines_inside_quotes_count_when_a_ragged_row_is_named(read):
    with pytest.raises(errors.RaggedRow) as caught:
        read(b'a,b\n1,"two\nlines"\n3,4,5\n')
    assert caught.value.details["line"] == 4


def test_ten_thousand_columns_are_refused(read):
    names = ",".join(f"c{i}" for i in range(10_000)).encode()
    with pytest.raises(errors.TooManyColumns) as caught:
        read(names + b"\n" + b",".join([b"1"] * 10_000) + b"\n")
    assert caught.value.details == {"found": 10_000, "limit": 2000}


def test_two_thousand_columns_are_taken(read):
    names = ",".join(f"c{i}" for i in range(2000)).encode()
    found = read(names + b"\n" + b",".join([b"1"] * 2000) + b"\n")
    assert len(found.columns) == 2000


def test_two_columns_of_one_name_are_refused(read):
    with pytest.raises(errors.DuplicateColumn) as caught:
        read(b"a,b,a\n1,2,3\n")
    assert caught.value.details == {"column": "a", "first": 1, "second": 3}


def test_names_that_differ_only_in_their_normal_form_are_one_name(read):
    with pytest.raises(errors.DuplicateColumn):
        read("й,и\u0306\n1,2\n".encode())


@pytest.mark.parametrize("header", [b"a,,c", b"a,  ,c", b'a,"",c', b"a\t\tc"])
def test_a_blank_column_name_is_refused(read, header):
    with pytest.raises(errors.BlankColumn) as caught:
        read(header + b"\n1,2,3\n")
    assert caught.value.details["position"] == 2


@pytest.mark.parametrize("name", ["a\x07b", "x" * 300])
def test_a_column_name_that_cannot_be_kept_is_refused(read, name):
    with pytest.raises(errors.BadColumnName):
        read(f"{name},b\n1,2\n".encode())


@pytest.mark.parametrize("before", [0, 3, 2_000_000])
def test_a_line_that_is_too_long_is_refused(read, before):
    rows = b"1,2\n" * before
    with pytest.raises(errors.LineTooLong) as caught:
        read(b"a,b\n" + rows + b"x" * 1_200_000 + b",1\n")
    assert caught.value.details["line"] == before + 2


def test_an_endless_line_is_refused_long_before_it_ends(tmp_path):
    """A sender of a gigabyte without a line end is stopped after a few mebibytes."""
    bounds = limits.Limits()
    arriving = spool.Spool(tmp_path, limit_bytes=bounds.upload_bytes)
    arriving.write(b"a,b\n" + b"x" * (3 << 20))
    text = source.TextSource(arriving, bounds)
    with pytest.raises(errors.LineTooLong):
        text.read(2 << 20)
    arriving.close()


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"a,b\n1,\x00\n", 2),
        (b"a,b\n" + b"1,2\n" * 700_000 + b"3,\x004\n", 700_002),
        (b"\x00\x01\x02\x03", 1),
    ],
)
def test_a_nul_byte_is_refused(read, content, line):
    with pytest.raises(errors.NulByte) as caught:
        read(content)
    assert caught.value.details["line"] == line


def test_a_nul_character_in_utf_16_is_refused(read):
    with pytest.raises(errors.NulByte):
        read(("\ufeff" + "a,b\n1,\x00\n").encode("utf-16-le"))


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("имя,б\nОля,1\n".encode() + b"\xff\xfe,2\n", 3),
        (b"\xef\xbb\xbfa,b\n\xc0,2\n", 2),
        ("\ufeffa,b\n1,2\n".encode("utf-16-le") + b"\x00\xd8\x0a\x00", 3),
        ("Имя,б\nПётр,1\nИван\n".encode("cp1251") + b"\x98,1\n", 4),
        (b"caf\xe9,b\n\x8dx,1\n", 2),
    ],
)
def test_an_encoding_that_is_not_understood_is_refused(read, content, line):
    with pytest.raises(errors.UndecodableText) as caught:
        read(content)
    assert abs(caught.value.details["line"] - line) <= 1


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "PNG"),
        (_zip(), "ZIP / XLSX"),
        (gzip.compress(b"0" * 50_000_000), "gzip"),
        (b"%PDF-1.7\n1 0 obj", "PDF"),
        (b"PAR1\x15\x04\x15", "Parquet"),
        (b"ARROW1\x00\x00", "Arrow"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
    ],
)
def test_another_kind_of_file_is_called_by_its_name(read, content, kind):
    with pytest.raises(errors.NotText) as caught:
        read(content)
    assert caught.value.details["kind"] == kind
    document = caught.value.problem("ru")
    assert [one["message"] for one in document["errors"]] == [document["detail"]]


@pytest.mark.parametrize(
    "content",
    [b'a,b\n1,"two\n3,4\n5,6\n', b'a,b\n1,"two\n' + b"3,4\n" * 3_000_000],
)
def test_a_quote_that_is_never_closed_is_refused(read, content):
    with pytest.raises((errors.UnclosedQuote, errors.RaggedRow)):
        read(content)


def test_more_than_the_limit_is_refused(tmp_path):
    arriving = spool.Spool(tmp_path, limit_bytes=100)
    arriving.write(b"x" * 100)
    with pytest.raises(errors.UploadTooLarge):
        arriving.write(b"x")
    arriving.close()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_while_the_body_arrives(tmp_path, monkeypatch):
    arriving = spool.Spool(tmp_path, limit_bytes=100)

    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", refuse)
    with pytest.raises(kit_errors.StorageFull):
        arriving.write(b"x")
    monkeypatch.undo()
    arriving.close()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_while_the_parquet_is_written(read, monkeypatch):
    original = pq.ParquetWriter
    monkeypatch.setattr(
        pq, "ParquetWriter", lambda _, *args, **kwargs: original("/dev/full", *args, **kwargs)
    )
    assert pathlib.Path("/dev/full").exists()
    with pytest.raises(kit_errors.StorageFull):
        read(b"a,b\n" + b"1,word\n" * 300_000)


def test_an_aborted_upload_leaves_nothing(tmp_path):
    bounds = limits.Limits()
    arriving = spool.Spool(tmp_path, limit_bytes=bounds.upload_bytes)
    arriving.write(b"a,b\n" + b"1,2\n" * 1_000_000)
    arriving.abort()
    with pytest.raises(errors.UploadAborted):
        pipeline.read_csv(arriving, tmp_path / "t.parquet", tmp_path, bounds)
    arriving.close()
    assert list(tmp_path.iterdir()) == []


def test_every_refusal_names_the_field_in_both_languages():
    error = errors.RaggedRow(line=3, found=2, expected=3, delimiter="{,}")
    for language in ("en", "ru"):
        problem = error.problem(language)
        assert problem["status"] == 422
        assert problem["errors"] == [{"field": "file", "message": problem["detail"]}]
        assert "3" in problem["detail"]
