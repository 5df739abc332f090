"""Parquet, written on a thread of its own while the next part is being read."""

from __future__ import annotations

import pathlib
import queue
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from kolba.storage.datasets.ingest import spool

GROUP_ROWS = 65_536
GROUP_BYTES = 16 << 20
_WAITING = 1


class ParquetSink:
    """Takes record batches of one schema. On any exception inside the `with`, or while writing, the file is gone."""

    def __init__(
        self, path: pathlib.Path, schema: pa.Schema, dictionary_columns: Sequence[str] = ()
    ) -> None:
        self._path = path
        self._schema = schema
        self._dictionary = list(dictionary_columns)
        self._waiting: queue.Queue[list[pa.RecordBatch] | None] = queue.Queue(_WAITING)
        self._gathered: list[pa.RecordBatch] = []
        self._failure: BaseException | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="parquet-writer", daemon=True)
        self.rows = 0
        """How many rows were taken."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None and self._gathered:
            self._waiting.put(self._gathered)
        self._waiting.put(None)
        self._thread.join()
        if error is not None or self._failure is not None:
            self._path.unlink(missing_ok=True)
        if error is None and self._failure is not None:
            raise self._failure

    def write(self, batch: pa.RecordBatch) -> None:
        """Raises `StorageFull` when an earlier batch did not fit on the disk."""
        if self._failure is not None:
            raise self._failure
        self.rows += batch.num_rows
        self._gathered.append(batch)
        gathered_rows = sum(one.num_rows for one in self._gathered)
        if gathered_rows >= GROUP_ROWS or sum(one.nbytes for one in self._gathered) >= GROUP_BYTES:
            self._waiting.put(self._gathered)
            self._gathered = []

    def _run(self) -> None:
        try:
            self._write_all()
        except BaseException as error:  # handed to the thread that waits for it
            self._failure = error
            while not self._ended:
                self._take()

    def _take(self) -> list[pa.RecordBatch] | None:
        batches = self._waiting.get()
        self._ended = batches is None
        return batches

    def _write_all(self) -> None:
        with (
            spool.disk_full_is_told(),
            pq.ParquetWriter(
                self._path,
                self._schema,
                compression="lz4",
                use_dictionary=self._dictionary,
                write_statistics=True,
            ) as writer,
        ):
            while (batches := self._take()) is not None:
                table = pa.Table.from_batches(batches, self._schema)
                writer.write_table(table, row_group_size=max(1, table.num_rows))
