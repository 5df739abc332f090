"""Tables that come with their types: Arrow streams, one after another, and Parquet files."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc
import pyarrow.parquet as pq

from kolba.storage.datasets.ingest import (
    dialect,
    errors,
    kinds,
    limits,
    messages,
    pictures,
    pipeline,
    spool,
    table,
    unpacking,
    writing,
)

_BATCH_ROWS = 65_536
_READ_BYTES = 1 << 20


def read_arrow(
    arriving: spool.Spool, target: pathlib.Path, scratch: pathlib.Path, bounds: limits.Limits
) -> table.Table:
    """Write the rows of one or more Arrow streams of one schema as Parquet to `target`, and describe them.

    Raises the errors of `ingest.errors`, `StorageFull`, `UploadAborted`; then there is no file at `target`.
    """
    path = arriving.wait_for_all()
    if not arriving.size:
        raise errors.EmptyTable
    with _faults_are_told(), pa.memory_map(str(path)) as file:
        messages.refuse_compression(file)
        file.seek(0)
        first = pa.ipc.open_stream(file)
        return _keep(first.schema, _stream_batches(first, file), target, scratch, bounds)


def read_parquet(
    arriving: spool.Spool, target: pathlib.Path, scratch: pathlib.Path, bounds: limits.Limits
) -> table.Table:
    """As `read_arrow`, from one Parquet file."""
    path = arriving.wait_for_all()
    if not arriving.size:
        raise errors.EmptyTable
    with _faults_are_told(), _opened(path) as opened:
        dialect.check_names(opened.schema_arrow.names, bounds)
        if opened.metadata.num_rows > bounds.rows:
            raise errors.TooManyRows(limit=bounds.rows)
        batches = opened.iter_batches(batch_size=_rows_at_once(opened.metadata), use_threads=False)
        return _keep(opened.schema_arrow, batches, target, scratch, bounds)


def _opened(path: pathlib.Path) -> pq.ParquetFile:
    """Text and images are left in their dictionaries: a few bytes can hold a long value for each of a million rows."""
    schema = pq.read_schema(path)
    coded = [leaf for field in schema for leaf in _leaves_in_dictionaries(field)]
    return pq.ParquetFile(path, read_dictionary=coded, buffer_size=_READ_BYTES)


def _leaves_in_dictionaries(field: pa.Field) -> list[str]:
    if kinds.is_wrapped_image(field.type):
        return [f"{field.name}.{kinds.WRAPPED_CONTENT}", f"{field.name}.{kinds.WRAPPED_PATH}"]
    return [field.name] if kinds.is_text(field.type) or kinds.is_image(field.type) else []


def _rows_at_once(metadata: pq.FileMetaData) -> int:
    """So few that a batch stays small, going by what the file says of itself."""
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    said: int = max((one.total_byte_size // max(one.num_rows, 1) for one in groups), default=0)
    row_bytes: int = max(said, unpacking.FIXED_BYTES * metadata.num_columns, 1)
    return max(1, min(_BATCH_ROWS, unpacking.PIECE_BYTES // row_bytes))


class _faults_are_told:  # noqa: N801 - used as a function
    """Turns Arrow's complaints into `UnreadableTable`."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        is_short = isinstance(error, OSError) and error.errno is None
        if isinstance(error, pa.ArrowException) or is_short:
            raise errors.UnreadableTable(reason=str(error)[:500]) from error


def _stream_batches(first: pa.RecordBatchReader, file: pa.NativeFile) -> Iterator[pa.RecordBatch]:
    reader = first
    while True:
        yield from reader
        if file.tell() >= file.size():
            return
        reader = pa.ipc.open_stream(file)
        if not reader.schema.equals(first.schema):
            raise errors.UnreadableTable(reason="the streams do not have one schema")


def _keep(
    schema: pa.Schema,
    batches: Iterator[pa.RecordBatch],
    target: pathlib.Path,
    scratch: pathlib.Path,
    bounds: limits.Limits,
) -> table.Table:
    names = dialect.check_names(schema.names, bounds)
    types = [kinds.kept_type(field.name, field.type) for field in schema]
    kept = pa.schema(list(zip(names, types, strict=True)))
    pictures.check_columns(types)
    measure = unpacking.Measure(bounds)
    try:
        with writing.ParquetSink(target, kept) as sink:
            for batch in batches:
                # Arrow trusts what it reads: without this, crooked offsets lead out of the buffers.
                batch.validate(full=True)
                plain = pictures.unwrapped(batch, before=measure.rows)
                for piece in measure.pieces(plain):
                    sink.write(_piece(piece, kept, rows_before=sink.rows))
        if not sink.rows:
            raise errors.HeaderOnly(columns=len(names))
        return pipeline.describe(target, scratch, bounds)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _piece(piece: pa.RecordBatch, kept: pa.Schema, *, rows_before: int) -> pa.RecordBatch:
    columns = []
    for column, field in zip(piece.columns, kept, strict=True):
        columns.append(_kept(column, field.type))
        if field.type == kinds.IMAGE:
            pictures.refuse_other(columns[-1], field.name, before=rows_before)
    return pa.RecordBatch.from_arrays(columns, schema=kept)


def _kept(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    """The column in the type it is kept in; what is not a number is missing.

    An integer that does not fit is refused: it would come out as another one.
    """
    is_exact = wanted == kinds.INTEGER
    cast = column.cast(wanted, safe=is_exact) if column.type != wanted else column
    if wanted != kinds.NUMBER:
        return cast
    return pc.if_else(pc.is_nan(cast), pa.nulls(1, kinds.NUMBER)[0], cast)
