"""Tables that come with their types, some of them from somebody who means ill."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pytest

from kolba.storage.datasets.ingest import binary, errors, limits, reading, spool


@pytest.fixture
def read(tmp_path):
    """Reads an Arrow stream of one column; answers the rows that were kept."""

    def run(content):
        arriving = spool.Spool(tmp_path, limit_bytes=1 << 20)
        arriving.write(content)
        arriving.finish()
        target = tmp_path / "table.parquet"
        try:
            binary.read_arrow(arriving, target, tmp_path, limits.Limits())
        except Exception:
            assert not target.exists()
            raise
        finally:
            arriving.close()
        return reading.rows(target, offset=0, limit=10)

    return run


def _stream(column):
    batch = pa.record_batch([column], names=["v"])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
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
