"""From a Parquet file to what an estimator learns from: an array, class indices, and their signature."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from kolba.contracts import reports
from kolba.inference import signature
from kolba.ml_service.families import family
from kolba.ml_service.training import columns, errors, job, targets


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    features: npt.NDArray[Any]
    """`[N, F]`, NaN for missing values, codes for categories."""
    labels: npt.NDArray[np.int64]
    """`[N]`, indices of `signature.classes`."""
    signature: signature.Signature
    layout: family.Layout
    described: tuple[reports.ColumnPart, ...]
    dropped: tuple[reports.DroppedColumn, ...]
    class_counts: tuple[reports.ValueCount, ...]


def read(path: pathlib.Path, request: job.Job, number_type: signature.NumberType) -> Table:
    """Read a data set, choose the columns, encode words and classes.

    Raises `errors.Untrainable` that names the field of the request to change.
    """
    # No threads: this process was forked, and forks again nothing.
    whole = pq.ParquetFile(path, pre_buffer=False).read(use_threads=False)
    if request.target not in whole.column_names:
        raise targets.unknown_column("target", request.target, whole.column_names)
    found = [columns.look_at(name, whole.column(name)) for name in whole.column_names]
    target = next(one for one in found if one.name == request.target)
    check_target(target, request, folds=request.folds)
    used, dropped = _choose(found, request)
    inputs = [_input(one, request.rules) for one in used]
    classes = class_values(target)
    return Table(
        features=_features(used, inputs, number_type),
        labels=_labels(target, classes),
        signature=_signature(found, inputs, request, classes, number_type),
        layout=family.Layout(categories=tuple(len(one.categories) for one in inputs)),
        described=tuple(columns.describe(one) for one in found),
        dropped=dropped,
        class_counts=_class_counts(target, classes),
    )


def check_target(target: columns.Column, request: job.Job, *, folds: int) -> None:
    """Raises `errors.Untrainable` that says what is wrong with the target and what to do."""
    facts = targets.Facts(
        name=target.name,
        kind=target.kind,
        rows=target.rows,
        missing=target.missing,
        distinct=target.distinct,
        counts=dict(target.counts),
    )
    targets.check(facts, rules=request.rules, folds=folds, test_size=request.test_size)


def _choose(
    found: Sequence[columns.Column], request: job.Job
) -> tuple[list[columns.Column], tuple[reports.DroppedColumn, ...]]:
    """The columns to learn from, and the others with the reason."""
    targets.check_features(request.features, request.target, [column.name for column in found])
    used, dropped = [], []
    for column in found:
        if column.name == request.target:
            continue
        chosen = request.features is not None and column.name in request.features
        reason = columns.drop_reason(
            column, max_categories=request.rules.max_categories, chosen=chosen
        )
        if request.features is not None and not chosen:
            reason = "not_chosen"
        elif chosen and reason is not None:
            raise _useless_feature(request, column, reason)
        if reason is None:
            used.append(column)
        else:
            dropped.append(reports.DroppedColumn(name=column.name, reason=reason))
    if not used:
        raise errors.untrainable(
            "dataset_id",
            "no column is left to learn from; dropped: {dropped}",
            "не осталось столбцов для обучения; отброшены: {dropped}",
            dropped=", ".join(f"{one.name} ({one.reason})" for one in dropped[:20]) or "—",
        )
    return used, tuple(dropped)


def _useless_feature(request: job.Job, column: columns.Column, reason: str) -> errors.Untrainable:
    assert request.features is not None
    return errors.untrainable(
        f"features.{request.features.index(column.name)}",
        "column `{name}` cannot be used ({reason}, {distinct} distinct values); leave it out",
        "столбец `{name}` использовать нельзя ({reason}, различных значений: {distinct}); уберите его",
        name=column.name,
        reason=reason,
        distinct=column.distinct,
    )


def _input(column: columns.Column, rules: job.Rules) -> signature.Column:
    if column.kind in ("integer", "number"):
        values = columns.numbers(column, "float64")
        if np.nanmax(np.abs(values)) > np.finfo(np.float32).max:
            raise errors.untrainable(
                "dataset_id",
                "column `{name}` contains infinity or a huge number; replace it or leave the column out by `features`",
                "в столбце `{name}` есть бесконечность или огромное число; исключите столбец через `features`",
                name=column.name,
            )
        example = float(np.nanmedian(values))
        return signature.Column(
            name=column.name, kind="numeric", integer=column.kind == "integer", example=example
        )
    words = _ordered(columns.words(column), rules)
    if column.kind == "boolean":
        words = ["false", "true"]
    most_frequent = str(column.counts[0][0])
    code = words.index(most_frequent.lower() if column.kind == "boolean" else most_frequent)
    return signature.Column(
        name=column.name,
        kind="categorical",
        categories=tuple(words),
        boolean=column.kind == "boolean",
        example=float(code),
    )


def _ordered(words: list[str], rules: job.Rules) -> list[str]:
    """The words in the order of the configured coding of the same words, else in alphabetical order."""
    for coding in rules.codings:
        if set(coding) == set(words):
            return list(coding)
    return words


def class_values(target: columns.Column) -> tuple[signature.Class, ...]:
    """The classes, in order: whole numbers as integers, everything else as it is."""
    values = [int(value) if target.kind == "number" else value for value, _ in target.counts]
    return tuple(sorted(values))


def _labels(target: columns.Column, classes: tuple[signature.Class, ...]) -> npt.NDArray[np.int64]:
    values = target.values.cast(pa.int64()) if target.kind == "number" else target.values
    places = pa.compute.index_in(values, value_set=pa.array(classes, values.type))
    found: npt.NDArray[np.int64] = places.to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def _features(
    used: Sequence[columns.Column],
    inputs: Sequence[signature.Column],
    number_type: signature.NumberType,
) -> npt.NDArray[Any]:
    arrays = [
        columns.codes(column, one.categories, number_type)
        if one.kind == "categorical"
        else columns.numbers(column, number_type)
        for column, one in zip(used, inputs, strict=True)
    ]
    return np.column_stack(arrays)


def _signature(
    found: Sequence[columns.Column],
    inputs: Sequence[signature.Column],
    request: job.Job,
    classes: tuple[signature.Class, ...],
    number_type: signature.NumberType,
) -> signature.Signature:
    used = {one.name for one in inputs}
    return signature.Signature(
        columns=tuple(inputs),
        target=request.target,
        classes=classes,
        ignored=tuple(
            one.name for one in found if one.name not in used and one.name != request.target
        ),
        number_type=number_type,
    )


def _class_counts(
    target: columns.Column, classes: tuple[signature.Class, ...]
) -> tuple[reports.ValueCount, ...]:
    counts = {
        int(value) if target.kind == "number" else value: count for value, count in target.counts
    }
    return tuple(reports.ValueCount(value=class_name(one), count=counts[one]) for one in classes)


def class_name(value: signature.Class) -> str:
    """A class as a text: `true`, `1`, `setosa`."""
    return str(value).lower() if isinstance(value, bool) else str(value)
