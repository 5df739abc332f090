"""Columns of images in tables that come with their types."""

from __future__ import annotations

import base64
import csv
import io
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest
from PIL import Image

from kolba.storage.datasets.ingest import binary, errors, limits, reading, spool

WRAPPED = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def _picture(kind="PNG", size=(28, 28), value=0):
    buffer = io.BytesIO()
    Image.new("L", size, value).save(buffer, kind)
    return buffer.getvalue()


PNG, JPEG = _picture(), _picture("JPEG", (40, 30))


def _arrow(table):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)
    return sink.getvalue()


def _parquet(table):
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue()


@pytest.fixture(params=["arrow", "parquet"])
def keep(request, tmp_path):
    """Keeps a table that comes in either form; answers what was found and the rows as they are shown."""

    def run(table, **bounds):
        arriving = spool.Spool(tmp_path, limit_bytes=1 << 26)
        arriving.write(_arrow(table) if request.param == "arrow" else _parquet(table))
        arriving.finish()
        target = tmp_path / "table.parquet"
        read = getattr(binary, f"read_{request.param}")
        try:
            found = read(arriving, target, tmp_path, limits.Limits(**bounds))
        except Exception:
            assert not target.exists()
            raise
        finally:
            arriving.close()
        return found, reading.rows(target, offset=0, limit=1000)

    return run


def _url(content, kind):
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


@pytest.mark.parametrize(
    "kind", [pa.binary(), pa.large_binary(), pa.dictionary(pa.int32(), pa.binary()), WRAPPED]
)
def test_binary_columns_are_images(keep, tmp_path, kind):
    files = [PNG, JPEG, None, PNG, JPEG]
    if kind == WRAPPED:
        given = pa.array([one and {"bytes": one, "path": "a.png"} for one in files], WRAPPED)
    elif pa.types.is_dictionary(kind):
        given = pa.array(files).dictionary_encode()
    else:
        given = pa.array(files, kind)
    found, rows = keep(pa.table({"picture": given, "label": [1, 2, 3, 4, 5]}))
    assert [(one.name, one.type, one.missing) for one in found.columns] == [
        ("picture", "image", 1),
        ("label", "integer", 0),
    ]
    assert rows[:3] == [[_url(PNG, "png"), 1], [_url(JPEG, "jpeg"), 2], [None, 3]]
    assert pq.read_table(found.path)["picture"].to_pylist() == files
    described = found.profile[0]
    assert (described.count, described.missing, described.distinct) == (4, 1, 2)
    assert [(one.value, one.count) for one in described.top_values or []] == [
        ("28×28 PNG", 2),
        ("40×30 JPEG", 2),
    ]
    text = b"".join(reading.csv(found.path)).decode()
    assert [row["picture"] for row in csv.DictReader(io.StringIO(text))] == [
        _url(PNG, "png"), _url(JPEG, "jpeg"), "", _url(PNG, "png"), _url(JPEG, "jpeg"),
    ]  # fmt: skip


def test_views_are_images_too(tmp_path):
    table = pa.table({"picture": pa.array([PNG, None, JPEG], pa.binary_view())})
    arriving = spool.Spool(tmp_path, limit_bytes=1 << 20)
    arriving.write(_arrow(table))
    arriving.finish()
    found = binary.read_arrow(arriving, tmp_path / "t.parquet", tmp_path, limits.Limits())
    assert (found.columns[0].type, found.columns[0].missing) == ("image", 1)


@pytest.mark.parametrize("other", [b"", b"GIF89a", b"<svg/>", b"\x89PNG", b"%PDF-"])
def test_a_value_that_is_no_image_is_named(keep, other):
    with pytest.raises(errors.NotAnImage) as caught:
        keep(pa.table({"label": [0] * 6, "picture": [PNG, None, JPEG, PNG, other, PNG]}))
    assert caught.value.details["column"] == "picture"
    assert caught.value.details["row"] == 5


def test_an_image_that_is_too_large_is_named(keep):
    large = _picture(size=(200, 200)) + bytes(2000)
    with pytest.raises(errors.ImageTooLong) as caught:
        keep(pa.table({"picture": [PNG, PNG, PNG, PNG, large]}), image_bytes=1500)
    assert (caught.value.details["row"], caught.value.details["limit"]) == (5, 1500)
    coded = pa.array([PNG, PNG, PNG, PNG, large]).dictionary_encode()
    with pytest.raises(errors.ImageTooLong) as caught:
        keep(pa.table({"picture": coded}), image_bytes=1500)
    assert caught.value.details["row"] == 5


def test_a_path_without_its_file_is_refused(keep):
    files = [{"bytes": PNG, "path": None}, None, {"bytes": None, "path": "far/away.png"}]
    with pytest.raises(errors.ImageElsewhere) as caught:
        keep(pa.table({"picture": pa.array(files, WRAPPED)}))
    assert caught.value.details["row"] == 3


def test_too_many_columns_of_images_are_refused(keep):
    with pytest.raises(errors.TooManyImageColumns, match="17"):
        keep(pa.table({f"c{i}": [PNG] for i in range(17)}))


def test_other_structs_are_refused(keep):
    other = pa.array([{"bytes": 1, "path": "x"}])
    with pytest.raises(errors.UnsupportedColumnType):
        keep(pa.table({"picture": other}))


def test_images_in_dictionaries_unpack_within_the_limit(keep):
    coded = pa.DictionaryArray.from_arrays(np.zeros(5000, np.int32), pa.array([PNG + bytes(900)]))
    wrapped = pa.StructArray.from_arrays(
        [coded, pa.array(["x"] * 5000)],
        fields=[pa.field("bytes", coded.type), pa.field("path", pa.string())],
    )
    for column in (coded, wrapped):
        with pytest.raises(errors.UnpacksTooLarge):
            keep(pa.table({"picture": column}), decoded_bytes=1 << 20)


_PEAK = """
import pathlib, resource, sys
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
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = run((folder / "bomb").read_bytes())
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("form", ["arrow", "parquet"])
@pytest.mark.parametrize("is_wrapped", [False, True])
def test_a_large_image_for_every_row_costs_little_memory(tmp_path, form, is_wrapped):
    """Some kilobytes that come to two gigabytes once they are written out."""

    def content(rows, size):
        codes = np.zeros(rows, np.int32)
        column = pa.DictionaryArray.from_arrays(codes, pa.array([PNG + bytes(size)]))
        if is_wrapped:
            paths = pa.DictionaryArray.from_arrays(codes, ["x"])
            column = pa.StructArray.from_arrays([column, paths], names=["bytes", "path"])
        table = pa.table({"picture": column})
        return _arrow(table) if form == "arrow" else _parquet(table)

    (tmp_path / "small").write_bytes(content(10, 10))
    (tmp_path / "bomb").write_bytes(content(2000, 1_000_000))
    assert (tmp_path / "bomb").stat().st_size < 3_000_000
    command = [sys.executable, "-c", _PEAK, str(tmp_path), f"read_{form}"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows, kilobytes = map(int, printed.split())
    assert rows == 2000
    assert kilobytes < 200_000


def test_rows_with_large_images_come_a_few_at_a_time(keep):
    large = PNG + bytes(1 << 20)
    found, rows = keep(pa.table({"picture": [large] * 12, "n": range(12)}), image_bytes=1 << 21)
    assert [row[1] for row in rows] == list(range(7))
    rest = reading.rows(found.path, offset=7, limit=100)
    assert [row[1] for row in rest] == list(range(7, 12))
    assert [row[1] for row in reading.rows(found.path, offset=3, limit=2)] == [3, 4]


def test_a_file_that_only_begins_as_an_image_is_profiled(keep):
    found, _ = keep(pa.table({"picture": [PNG[:12], JPEG[:5], b"\xff\xd8\xff\xff\xff\xff\xff"]}))
    assert {one.value for one in found.profile[0].top_values or []} == {"PNG", "JPEG"}
