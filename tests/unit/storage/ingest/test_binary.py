"""Tables that come with their types, some of them from somebody who means ill."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from kolba.storage.datasets.ingest import binary, errors, limits, reading, spool


@pytest.fixture
def read(tmp_path):
    """Reads an Arrow stream of one column; answers the rows that were kept."""

    def run(content, bounds=None):
        arriving = spool.Spool(tmp_path, limit_bytes=1 << 20)
        arriving.write(content)
        arriving.finish()
        target = tmp_path / "table.parquet"
        try:
            binary.read_arrow(arriving, target, tmp_path, bounds or limits.Limits())
        except Exception:
            assert not target.exists()
            raise
        finally:
            arriving.close()
        return reading.rows(target, offset=0, limit=10)

    return run


def _stream(column, compression=None):
    batch = pa.record_batch([column], names=["v"])
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def test_a_large_integer_is_kept_or_refused_never_another_one(read):
    assert read(_stream(pa.array([2**63 - 1, 1], pa.uint64()))) == [[2**63 - 1], [1]]
    with pytest.raises(errors.UnreadableTable):
        read(_stream(pa.array([2**64 - 1, 1], pa.uint64())))


def test_text_that_is_not_utf8_is_refused(read):
    offsets = pa.py_buffer(np.array([0, 2, 4], np.int32))
    column = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"\xff\xfe\xfd\xfc"))
    with pytest.raises(errors.UnreadableTable, match="UTF8"):
        read(_stream(column))


def test_offsets_that_lead_out_of_the_text_are_refused(read):
    content = _stream(pa.array(["abcdefgh", "ijklmnop", "qrstuvwx"]))
    told = np.array([0, 8, 16, 24], np.int32).tobytes()
    assert content.count(told) == 1
    with pytest.raises(errors.UnreadableTable):
        read(content.replace(told, np.array([0, 90_000_000, 16, 24], np.int32).tobytes()))


def test_a_moment_that_is_none_is_refused_by_name(read):
    with pytest.raises(errors.UnreadableTable) as caught:
        read(_stream(pa.array([2**62, 2], pa.int64()).cast(pa.timestamp("us"))))
    assert "`v`" in caught.value.details["reason"]


@pytest.fixture
def read_parquet(tmp_path):
    """Reads a table written as Parquet; answers what was found."""

    def run(table, bounds=None, **options):
        arriving = spool.Spool(tmp_path, limit_bytes=1 << 20)
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd", **options)
        arriving.write(sink.getvalue())
        arriving.finish()
        target = tmp_path / "table.parquet"
        try:
            return binary.read_parquet(arriving, target, tmp_path, bounds or limits.Limits())
        except Exception:
            assert not target.exists()
            raise
        finally:
            arriving.close()

    return run


_PEAK = """
import pathlib, resource, sys
import pyarrow as pa
from kolba.storage.datasets.ingest import binary, limits, spool
folder = pathlib.Path(sys.argv[1])
def run(content):
    arriving = spool.Spool(folder, limit_bytes=1 << 30)
    arriving.write(content)
    arriving.finish()
    found = getattr(binary, sys.argv[2])(arriving, folder / "t.parquet", folder, limits.Limits())
    arriving.close()
    return found.rows
run((folder / "small").read_bytes())
pa.default_memory_pool().release_unused()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = run((folder / "bomb").read_bytes())
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("form", ["arrow", "parquet"])
def test_a_long_value_for_every_row_costs_little_memory(tmp_path, form):
    """Some hundred bytes that come to a gigabyte once they are written out."""

    def content(value, rows):
        column = pa.DictionaryArray.from_arrays(np.zeros(rows, np.int32), [value])
        if form == "arrow":
            return _stream(column)
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table({"v": column}), sink, compression="zstd")
        return sink.getvalue().to_pybytes()

    (tmp_path / "small").write_bytes(content("a", 10))
    (tmp_path / "bomb").write_bytes(content("x" * 50_000, 20_000))
    command = [sys.executable, "-c", _PEAK, str(tmp_path), f"read_{form}"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows, kilobytes = map(int, printed.split())
    assert rows == 20_000
    assert kilobytes < 150_000


@pytest.mark.parametrize("column", [["x" * 5000], pa.array(["x" * 5000], pa.string_view())])
def test_a_row_with_more_text_than_a_line_may_have_is_refused(read, read_parquet, column):
    bounds = limits.Limits(line_bytes=4096)
    with pytest.raises(errors.RowTooLong, match="4096"):
        read_parquet(pa.table({"v": column}), bounds)
    with pytest.raises(errors.RowTooLong):
        read(_stream(pa.array(column)), bounds)


def test_a_table_that_unpacks_to_too_much_is_refused(read, read_parquet):
    bounds = limits.Limits(decoded_bytes=1_000_000)
    coded = pa.array(["x" * 1000] * 2000).dictionary_encode()
    for column in (coded, pa.nulls(100_000), pa.array([7] * 100_000)):
        with pytest.raises(errors.UnpacksTooLarge):
            read_parquet(pa.table({"v": column}), bounds)
    with pytest.raises(errors.UnpacksTooLarge):
        read(_stream(coded), bounds)


def test_too_many_rows_are_refused(read, read_parquet):
    bounds = limits.Limits(rows=10)
    with pytest.raises(errors.TooManyRows):
        read_parquet(pa.table({"v": range(11)}), bounds)
    with pytest.raises(errors.TooManyRows):
        read(_stream(pa.Array.from_buffers(pa.null(), 2**31 - 1, [None])))
    assert read_parquet(pa.table({"v": range(10)}), bounds).rows == 10


def test_compressed_arrow_is_refused(read):
    for column in (pa.array(["x" * 1000] * 100), pa.array(["x"] * 9).dictionary_encode()):
        with pytest.raises(errors.CompressedStream):
            read(_stream(column, compression="zstd"))
    plain = _stream(pa.array([1]))
    with pytest.raises(errors.CompressedStream):
        read(plain + _stream(pa.array([2]), compression="lz4"))
    assert read(plain + _stream(pa.array([2]))) == [[1], [2]]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_text_survives_its_dictionaries(read, kind):
    values = ["", None, "слово", "x" * 40, "x" * 40]
    assert read(_stream(pa.array(values, kind))) == [[one] for one in values]


def test_parquet_text_that_is_not_utf8_is_refused(read_parquet):
    dictionary = pa.StringArray.from_buffers(
        1, pa.py_buffer(np.array([0, 2], np.int32)), pa.py_buffer(b"\xff\xfe")
    )
    column = pa.DictionaryArray.from_arrays(pa.array([0, 0]), dictionary)
    for given in (column, pa.concat_arrays([dictionary, dictionary])):
        with pytest.raises(errors.UnreadableTable, match="UTF8"):
            read_parquet(pa.table({"v": given}))
