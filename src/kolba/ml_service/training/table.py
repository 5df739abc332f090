"""From a Parquet file to what an estimator learns from: an array, class indices, and their signature."""

from __future__ import annotations

import dataclasses
import math
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
from kolba.ml_service.training import columns, errors, job

_FEWEST_ROWS = 10


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
    whole = pq.read_table(path)
    if request.target not in whole.column_names:
        raise _unknown_column("target", request.target, whole.column_names)
    found = [columns.look_at(name, whole.column(name)) for name in whole.column_names]
    target = next(one for one in found if one.name == request.target)
    check_target(target, request)
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


def check_target(target: columns.Column, request: job.Job) -> None:
    """Raises `errors.Untrainable` for a target that cannot be classified."""
    name = target.name
    if target.missing:
        raise errors.untrainable(
            "target",
            "column `{name}` has no value in {missing} of {rows} rows; remove those rows or choose another target",
            "в столбце `{name}` нет значения в {missing} из {rows} строк; уберите их или выберите другую цель",
            name=name,
            missing=target.missing,
            rows=target.rows,
        )
    if target.rows < _FEWEST_ROWS:
        raise errors.untrainable(
            "dataset_id",
            "the data set has {rows} rows; at least {fewest} are needed",
            "в наборе данных строк: {rows}; нужно хотя бы {fewest}",
            rows=target.rows,
            fewest=_FEWEST_ROWS,
        )
    _check_values(target, request.rules)
    _check_class_sizes(target, request)


def _check_values(target: columns.Column, rules: job.Rules) -> None:
    if target.distinct == 1:
        raise errors.untrainable(
            "target",
            "column `{name}` has the same value in all rows; choose a target with at least two classes",
            "в столбце `{name}` во всех строках одно значение; выберите цель хотя бы с двумя классами",
            name=target.name,
        )
    if target.distinct == target.rows:
        raise errors.untrainable(
            "target",
            "every value of column `{name}` is different: there is nothing to generalise; choose a target with classes",
            "все значения столбца `{name}` различны, обобщать нечего; выберите цель с классами",
            name=target.name,
        )
    is_fractional = target.kind == "number" and not all(
        float(value).is_integer() for value, _ in target.counts
    )
    if is_fractional or target.kind in ("datetime", "other") or target.distinct > rules.max_classes:
        raise errors.untrainable(
            "target",
            "column `{name}` ({kind}, {distinct} distinct values) is no class; choose a text, boolean or integer "
            "column with at most {most} distinct values",
            "столбец `{name}` ({kind}, различных значений: {distinct}) — не класс; выберите текстовый, логический или "
            "целочисленный столбец, где различных значений не больше {most}",
            name=target.name,
            kind=target.kind,
            distinct=target.distinct,
            most=rules.max_classes,
        )


def _check_class_sizes(target: columns.Column, request: job.Job) -> None:
    folds = max(1, request.folds)
    fewest = max(2, math.ceil(folds / (1 - request.test_size)))
    for value, count in target.counts:
        if count < fewest:
            raise errors.untrainable(
                "target",
                "class `{value}` of column `{name}` has {count} rows; at least {fewest} are needed with {folds} folds: "
                "add rows, merge classes, or lower cross_validation_folds",
                "в классе `{value}` столбца `{name}` строк: {count}; при {folds} частях нужно хотя бы {fewest}: "
                "добавьте строк, объедините классы или уменьшите cross_validation_folds",
                value=value,
                name=target.name,
                count=count,
                fewest=fewest,
                folds=folds,
            )


def _choose(
    found: Sequence[columns.Column], request: job.Job
) -> tuple[list[columns.Column], tuple[reports.DroppedColumn, ...]]:
    """The columns to learn from, and the others with the reason."""
    _check_features(found, request)
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


def _check_features(found: Sequence[columns.Column], request: job.Job) -> None:
    names = [column.name for column in found]
    for index, name in enumerate(request.features or ()):
        if name not in names:
            raise _unknown_column(f"features.{index}", name, names)
        if name == request.target:
            raise errors.untrainable(
                f"features.{index}",
                "`{name}` is the target; it cannot be learned from",
                "`{name}` — цель; на ней нельзя учиться",
                name=name,
            )


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


def _unknown_column(field: str, name: str, known: Sequence[str]) -> errors.Untrainable:
    return errors.untrainable(
        field,
        "the data set has no column `{name}`; it has {known}",
        "в наборе данных нет столбца `{name}`; есть {known}",
        name=name[:100],
        known=", ".join(known[:30]) + ("…" if len(known) > 30 else ""),
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
