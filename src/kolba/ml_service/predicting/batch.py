"""A prediction over a whole data set: read, decode, run and write part after part, so that memory stays flat."""

from __future__ import annotations

import itertools
import pathlib
import resource
import time
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from kolba.inference import bundles, signature
from kolba.inference.protocols import exchange
from kolba.inference.sessions import onnx, protocol
from kolba.kit import text
from kolba.ml_service.predicting import columns, jobs

_PART_ROWS = 16_384
"""As quick as larger parts, for the graph takes nearly all of the time, and memory is flat sooner."""
_PART_PICTURES = 512
"""A picture may be a thousand times as large as a number."""
_GROUP_ROWS = 65_536
_GROUP_BYTES = 64 << 20
_TELL_SECONDS = 0.5


class Progress(Protocol):
    """Where a batch says how far it is."""

    def progress(
        self, fraction: float, message: text.Text, data: dict[str, Any] | None = None
    ) -> None: ...


def predict(
    job: jobs.Batch,
    *,
    data: pathlib.Path,
    bundle: pathlib.Path,
    target: pathlib.Path,
    told: Progress,
) -> jobs.BatchOutcome:
    """Answer every row of the Parquet file `data`; write them with their answers to `target`.

    Raises `errors.UnfitRows`, `inference.errors.BadBundle`; then there is nothing at `target` that is of use.
    """
    model = bundles.read(bundle.read_bytes(), sha256=job.bundle_sha256)
    session = onnx.OnnxSession(
        model.graph, rows_per_run=model.signature.rows_per_run, threads=job.threads
    )
    decoder = columns.ColumnDecoder(model.signature, job.on_unknown)
    with pq.ParquetFile(data, pre_buffer=False) as file:
        source = file.schema_arrow.remove_metadata()
        answers = Answers(model.signature, source.names)
        total, done = file.metadata.num_rows, 0
        pace = _Pace(told, total)
        with _Target(target, answers.schema(source)) as written:
            for part in _parts(file, model.signature):
                answer = session.run(decoder.features(part, done + 1))
                written.add(answers.beside(part, answer))
                done += part.num_rows
                pace.at(done)
    return jobs.BatchOutcome(
        rows=done,
        prediction=answers.prediction,
        probabilities=answers.probabilities,
        unknown=dict(decoder.unknown),
        peak_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )


def _parts(file: pq.ParquetFile, read: signature.Signature) -> Iterator[pa.RecordBatch]:
    rows = _PART_PICTURES if read.reads_pictures else _PART_ROWS
    # No threads: this process was forked, and starts as few as it can.
    yield from file.iter_batches(batch_size=rows, use_threads=False)


class _Target:
    """A Parquet file that is being written. Its row groups gather several parts: each costs memory to the very end."""

    def __init__(self, path: pathlib.Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = pq.ParquetWriter(path, schema, compression="lz4", use_dictionary=False)
        self._gathered: list[pa.RecordBatch] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._write()
        self._writer.close()

    def add(self, part: pa.RecordBatch) -> None:
        self._gathered.append(part)
        rows = sum(one.num_rows for one in self._gathered)
        size = sum(one.nbytes for one in self._gathered)
        if rows >= _GROUP_ROWS or size >= _GROUP_BYTES:
            self._write()

    def _write(self) -> None:
        if self._gathered:
            table = pa.Table.from_batches(self._gathered, self._schema)
            self._writer.write_table(table, row_group_size=table.num_rows)
            self._gathered = []


class Answers:
    """The columns that answers add to a data set which has the columns `taken` already."""

    def __init__(self, read: signature.Signature, taken: Sequence[str]) -> None:
        self._classes = pa.array(_of_one_type(read.classes))
        texts = exchange.class_texts(read.classes)
        used = set(taken)
        self.prediction = _free("prediction", used)
        self.probabilities = {name: _free(f"probability_{name}", used) for name in texts}

    def schema(self, source: pa.Schema) -> pa.Schema:
        added = [pa.field(self.prediction, self._classes.type)]
        added += [pa.field(name, pa.float64()) for name in self.probabilities.values()]
        return pa.schema([*source, *added])

    def beside(self, part: pa.RecordBatch, answer: protocol.Answer) -> pa.RecordBatch:
        """The part with its answers."""
        added = [self._classes.take(pa.array(answer.labels))]
        added += [_as_told(answer.probabilities[:, at]) for at in range(len(self._classes))]
        return pa.RecordBatch.from_arrays(
            [*part.columns, *added], schema=self.schema(part.schema.remove_metadata())
        )


def _of_one_type(classes: tuple[signature.Class, ...]) -> list[signature.Class]:
    if len({type(one) for one in classes}) == 1:
        return list(classes)
    return list(exchange.class_texts(classes))


def _as_told(numbers: Any) -> pa.Array:
    """The numbers that the online protocols write: of a float32, the shortest that reads back as the same."""
    if numbers.dtype == np.float64:
        return pa.array(np.ascontiguousarray(numbers))
    return pa.array(np.ascontiguousarray(numbers)).cast(pa.string()).cast(pa.float64())


def _free(name: str, used: set[str]) -> str:
    """`name`, or `name_2`, `name_3` … where the data set has such a column itself; within 256 characters."""
    short = name[:240]
    tries = itertools.chain([short], (f"{short}_{number}" for number in itertools.count(2)))
    found = next(one for one in tries if one not in used)
    used.add(found)
    return found


class _Pace:
    """Says how far it is and how fast, no more often than anybody wants to know."""

    def __init__(self, told: Progress, total: int) -> None:
        self._told = told
        self._total = total
        self._started = self._last = time.monotonic()

    def at(self, rows: int) -> None:
        now = time.monotonic()
        if now - self._last < _TELL_SECONDS and rows < self._total:
            return
        self._last = now
        speed = round(rows / max(now - self._started, 1e-3))
        message = text.Text(
            en=f"{rows:,} of {self._total:,} rows, {speed:,} rows/s",
            ru=f"{_ru(rows)} из {_ru(self._total)} строк, {_ru(speed)} строк/с",
        )
        data = {"rows": rows, "total": self._total, "rows_per_second": speed}
        self._told.progress(rows / self._total, message, data)


def _ru(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")
