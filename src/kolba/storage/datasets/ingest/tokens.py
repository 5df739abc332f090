"""Which words stood for a missing value, and how often."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from kolba.storage.datasets.ingest import dialect as dialects
from kolba.storage.datasets.ingest import kinds, parsing, source


def count(
    head: bytes,
    open_source: Callable[[], source.TextSource],
    planned: parsing.Plan,
    missing: Sequence[int],
    *,
    is_whole: bool,
) -> dict[str, int]:
    """By token. `missing` is how many values each column misses; `is_whole`: `head` is the entire text.

    A long text in whose beginning one word alone means missing is not read again: all are taken to be that word.
    """
    total = sum(missing)
    if not total:
        return {}
    names = planned.schema.names
    concerned = [name for name, many in zip(names, missing, strict=True) if many]
    seen = _count(_head_batches(head, planned.dialect, names, concerned))
    if is_whole:
        return seen
    if len(seen) == 1:
        return {next(iter(seen)): total}
    reader = parsing.open_reader(
        open_source(),
        dialect=planned.dialect,
        names=names,
        convert=_as_text(planned.dialect, concerned),
        on_ragged=lambda _: "skip",
    )
    return _count(reader)


def _head_batches(
    head: bytes, dialect: dialects.Dialect, names: Sequence[str], concerned: Sequence[str]
) -> list[pa.RecordBatch]:
    table = pa_csv.read_csv(
        pa.py_buffer(head),
        read_options=pa_csv.ReadOptions(
            column_names=list(names), skip_rows_after_names=1, use_threads=False
        ),
        parse_options=parsing.parse_options(dialect, lambda _: "skip"),
        convert_options=_as_text(dialect, concerned),
    )
    return list(table.to_batches())


def _as_text(dialect: dialects.Dialect, concerned: Sequence[str]) -> pa_csv.ConvertOptions:
    """Only the columns that miss something, every value as it is written."""
    options = parsing.convert_options(
        dialect, pa.schema([(name, kinds.TEXT) for name in concerned])
    )
    options.include_columns = list(concerned)
    options.strings_can_be_null = False
    return options


def _count(batches: Iterable[pa.RecordBatch]) -> dict[str, int]:
    tokens = _array(parsing.MISSING_TOKENS)
    counts: collections.Counter[str] = collections.Counter()
    for batch in batches:
        for column in batch.columns:
            chosen = column.filter(pc.is_in(column, value_set=tokens))
            for pair in chosen.value_counts():
                counts[pair["values"].as_py()] += pair["counts"].as_py()
    return dict(counts.most_common())


def _array(words: Sequence[str]) -> pa.Array:
    """Not `pa.array`: it imports pandas where that is installed, which takes a second."""
    encoded = [word.encode() for word in words]
    ends = itertools.accumulate((len(word) for word in encoded), initial=0)
    offsets = np.array(list(ends), dtype=np.int32)
    return pa.StringArray.from_buffers(
        len(encoded), pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))
    )
