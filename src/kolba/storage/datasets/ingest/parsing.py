"""Text to Parquet with Arrow's reader: types are guessed from the beginning, and widened where a value disagrees."""

from __future__ import annotations

import dataclasses
import pathlib
import re
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from kolba.contracts import datasets
from kolba.storage.datasets.ingest import dialect as dialects
from kolba.storage.datasets.ingest import errors, kinds, limits, source, writing

MISSING_TOKENS = (
    "", "NA", "N/A", "n/a", "#N/A", "null", "NULL", "Null", "nan", "NaN", "NAN", "None", "?", "-", "—",
)  # fmt: skip
BLOCK_BYTES = 2 << 20
_MAX_WIDENINGS = 20
_MOMENT_FORMATS = ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S")
_CONVERSION = re.compile(
    r"In CSV column #(\d+): (?:Row #\d+: )?CSV conversion error[^:]*: (.*)", re.DOTALL
)
_INVALID_VALUE = re.compile(r"invalid value '(.*)'", re.DOTALL)
_DICTIONARY_SHARE = 0.2
_SHOWN = 80


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the text will be read."""

    dialect: dialects.Dialect
    schema: pa.Schema
    dictionary_columns: tuple[str, ...] = ()
    """Columns with few distinct values, written as codes."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    rows: int
    schema: pa.Schema
    widened: dict[str, datasets.ColumnType]
    """By column: the type it seemed to have at the beginning, where it turned out to be another."""


class _WrongType(Exception):
    def __init__(self, column: int, value: str | None) -> None:
        super().__init__(column)
        self.column = column
        self.value = value


def plan(head: bytes, dialect: dialects.Dialect, names: Sequence[str]) -> Plan:
    """What the beginning of the text (whole lines, UTF-8) suggests. Raises nothing: parsing finds what is wrong."""
    try:
        table = pa_csv.read_csv(
            pa.py_buffer(head),
            read_options=pa_csv.ReadOptions(
                column_names=list(names), skip_rows_after_names=1, use_threads=False
            ),
            parse_options=parse_options(dialect, lambda _: "skip"),
            convert_options=convert_options(dialect),
        )
    except pa.ArrowInvalid:
        return Plan(dialect=dialect, schema=pa.schema([(name, kinds.TEXT) for name in names]))
    schema = pa.schema([(field.name, _guessed(field.type)) for field in table.schema])
    few = [name for name in names if _has_few_values(table[name])]
    return Plan(dialect=dialect, schema=schema, dictionary_columns=tuple(few))


def parse(
    open_source: Callable[[], source.TextSource],
    first: Plan,
    target: pathlib.Path,
    bounds: limits.Limits,
) -> tuple[Parsed, source.TextSource]:
    """Write the whole text as Parquet to `target`; answers also the source that was read last.

    Raises `RaggedRow`, `UnclosedQuote`, `LineTooLong`, `UnreadableTable`, and what the source raises.
    """
    current = first
    for attempt in range(_MAX_WIDENINGS + 1):
        text = open_source()
        try:
            rows = _parse_once(text, current, target, bounds, again=open_source)
        except _WrongType as wrong:
            to_text = attempt >= _MAX_WIDENINGS - 1
            current = _widened(current, wrong, everything_to_text=to_text)
            continue
        widened = {
            old.name: kinds.kind_of(old.type)
            for old, new in zip(first.schema, current.schema, strict=True)
            if kinds.kind_of(old.type) != kinds.kind_of(new.type)
        }
        return Parsed(rows=rows, schema=current.schema, widened=widened), text
    raise AssertionError("text columns accept every value")


def convert_options(
    dialect: dialects.Dialect, schema: pa.Schema | None = None
) -> pa_csv.ConvertOptions:
    return pa_csv.ConvertOptions(
        column_types=schema,
        null_values=list(MISSING_TOKENS),
        strings_can_be_null=True,
        check_utf8=False,
        true_values=["true", "True", "TRUE"],
        false_values=["false", "False", "FALSE"],
        decimal_point=dialect.decimal_point,
        timestamp_parsers=[pa_csv.ISO8601, *_MOMENT_FORMATS],
    )


def open_reader(
    text: source.TextSource,
    *,
    dialect: dialects.Dialect,
    names: Sequence[str],
    convert: pa_csv.ConvertOptions,
    on_ragged: Callable[[pa_csv.InvalidRow], str],
    block_bytes: int = BLOCK_BYTES,
) -> pa_csv.CSVStreamingReader:
    return pa_csv.open_csv(
        pa.PythonFile(text, mode="r"),
        read_options=pa_csv.ReadOptions(
            block_size=block_bytes,
            column_names=list(names),
            skip_rows_after_names=1,
            use_threads=False,
        ),
        parse_options=parse_options(dialect, on_ragged),
        convert_options=convert,
    )


def parse_options(
    dialect: dialects.Dialect, on_ragged: Callable[[pa_csv.InvalidRow], str]
) -> pa_csv.ParseOptions:
    return pa_csv.ParseOptions(
        delimiter=dialect.delimiter,
        quote_char=dialect.quote,
        escape_char=dialect.escape or False,
        newlines_in_values=True,
        invalid_row_handler=on_ragged,
    )


def _parse_once(
    text: source.TextSource,
    planned: Plan,
    target: pathlib.Path,
    bounds: limits.Limits,
    *,
    again: Callable[[], source.TextSource],
) -> int:
    ragged: list[pa_csv.InvalidRow] = []

    def remember(row: pa_csv.InvalidRow) -> str:
        ragged.append(row)
        return "error"

    last: pa.RecordBatch | None = None
    try:
        convert = convert_options(planned.dialect, planned.schema)
        block = max(BLOCK_BYTES, 2 * bounds.line_bytes)
        reader = open_reader(
            text,
            dialect=planned.dialect,
            names=planned.schema.names,
            convert=convert,
            on_ragged=remember,
            block_bytes=block,
        )
        with writing.ParquetSink(target, planned.schema, planned.dictionary_columns) as sink:
            for batch in reader:
                sink.write(batch)
                last = batch if batch.num_rows else last
            _refuse_unclosed(last, text, planned.dialect)
            rows = sink.rows
    except pa.ArrowInvalid as error:
        raise _explain(str(error), ragged, planned, again) from None
    return rows


def _explain(
    message: str,
    ragged: Sequence[pa_csv.InvalidRow],
    planned: Plan,
    again: Callable[[], source.TextSource],
) -> Exception:
    if ragged:
        return _explain_ragged(ragged[0], planned.dialect, again())
    wrong = _CONVERSION.search(message)
    if wrong is not None:
        value = _INVALID_VALUE.search(wrong[2])
        return _WrongType(int(wrong[1]), value[1] if value else None)
    if "straddl" in message:
        return errors.UnclosedQuote(quote=planned.dialect.quote, beginning="…")
    return errors.UnreadableTable(reason=message[:500])


def _explain_ragged(
    row: pa_csv.InvalidRow, dialect: dialects.Dialect, text: source.TextSource
) -> errors.BadTable:
    if row.text.count("\n") > 1 and row.text.startswith(dialect.quote):
        return errors.UnclosedQuote(quote=dialect.quote, beginning=row.text[:_SHOWN])
    return errors.RaggedRow(
        line=source.find_line(text, row.text) or row.number,
        found=row.actual_columns,
        expected=row.expected_columns,
        delimiter="\\t" if dialect.delimiter == "\t" else dialect.delimiter,
    )


def _refuse_unclosed(
    last: pa.RecordBatch | None, text: source.TextSource, dialect: dialects.Dialect
) -> None:
    """Raises `UnclosedQuote` when the very last value runs over lines and no quote ends the file."""
    if last is None or text.tail.rstrip().endswith(dialect.quote.encode()):
        return
    value = last.column(last.num_columns - 1)[last.num_rows - 1].as_py()
    if isinstance(value, str) and "\n" in value:
        raise errors.UnclosedQuote(quote=dialect.quote, beginning=value[:_SHOWN])


def _guessed(arrow_type: pa.DataType) -> pa.DataType:
    """What a column is read as. Where nothing but missing values was seen, a number is the first guess."""
    if pa.types.is_null(arrow_type):
        return kinds.NUMBER
    if pa.types.is_timestamp(arrow_type):
        return pa.timestamp("us", arrow_type.tz)
    kept = (kinds.INTEGER, kinds.NUMBER, kinds.BOOLEAN, kinds.DATE)
    return arrow_type if arrow_type in kept else kinds.TEXT


def _widened(planned: Plan, wrong: _WrongType, *, everything_to_text: bool) -> Plan:
    if everything_to_text:
        schema = pa.schema([(field.name, kinds.TEXT) for field in planned.schema])
        return dataclasses.replace(planned, schema=schema)
    field = planned.schema.field(wrong.column)
    wider = field.with_type(_wider(field.type, wrong.value, planned.dialect.decimal_point))
    return dataclasses.replace(planned, schema=planned.schema.set(wrong.column, wider))


def _wider(arrow_type: pa.DataType, value: str | None, decimal_point: str) -> pa.DataType:
    if arrow_type == kinds.INTEGER and value is not None and _is_number(value, decimal_point):
        return kinds.NUMBER
    if arrow_type == kinds.DATE:
        return kinds.MOMENT
    return kinds.TEXT


def _is_number(value: str, decimal_point: str) -> bool:
    try:
        float(value.replace(decimal_point, "."))
    except ValueError:
        return False
    return "_" not in value


def _has_few_values(column: pa.ChunkedArray) -> bool:
    if pa.types.is_floating(column.type) or pa.types.is_null(column.type):
        return False
    return bool(pc.count_distinct(column).as_py() <= max(16, len(column) * _DICTIONARY_SHARE))
