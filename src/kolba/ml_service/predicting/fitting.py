"""Whether a data set has what a model reads, before any of its rows is looked at."""

from __future__ import annotations

from kolba.contracts import datasets
from kolba.inference import errors as inference_errors
from kolba.inference import signature
from kolba.kit import errors as kit_errors
from kolba.kit import text
from kolba.ml_service.predicting import errors

_MOST = 20
_NUMBERS = ("integer", "number")


def check(read: signature.Signature, dataset: datasets.Dataset) -> None:
    """Raises `errors.UnfitDataset`, which names every column that is missing or of a wrong type."""
    if dataset.rows == 0:
        raise errors.UnfitDataset(
            fields=[kit_errors.FieldError(field="dataset_id", message=_EMPTY)]
        )
    found = {column.name: column for column in dataset.columns}
    faults = []
    for column in read.columns:
        message = _fault(column, found.get(column.name), dataset)
        if message is not None:
            faults.append(
                kit_errors.FieldError(field=f"columns.{column.name}"[:200], message=message)
            )
    if faults:
        raise errors.UnfitDataset(fields=faults[:_MOST])


def _fault(
    column: signature.Column, given: datasets.Column | None, dataset: datasets.Dataset
) -> text.Text | None:
    if given is None:
        return inference_errors.message(
            "the data set has no column `{name}`, which the model reads; it has {known}",
            "в наборе данных нет столбца `{name}`, который читает модель; есть {known}",
            name=column.name,
            known=", ".join(one.name for one in dataset.columns[:_MOST]),
        )
    if given.missing == dataset.rows:
        return _all_missing(column) if column.required or column.kind == "image" else None
    if given.type in _accepted(column):
        return None
    return inference_errors.message(
        "column `{name}` must hold {expected}; in the data set it is of type {found}",
        "столбец `{name}` должен содержать {expected}; в наборе данных его тип {found}",
        name=column.name,
        expected=_expected(column),
        found=given.type,
    )


def _accepted(column: signature.Column) -> tuple[str, ...]:
    """Types whose values can be read; whether each of them is known shows only in the rows."""
    if column.kind == "image":
        return ("image",)
    if column.kind == "numeric":
        return _NUMBERS
    return ("text", *_NUMBERS, *(("boolean",) if column.boolean else ()))


def _expected(column: signature.Column) -> text.Text:
    if column.kind == "image":
        return text.Text(en="images", ru="изображения")
    if column.kind == "numeric":
        return text.Text(en="numbers", ru="числа")
    words = text.verbatim(", ".join(column.categories[:_MOST]))
    return text.Text(en=f"categories ({words})", ru=f"категории ({words})")


def _all_missing(column: signature.Column) -> text.Text:
    return inference_errors.message(
        "column `{name}` may have no missing values; all of them are missing",
        "в столбце `{name}` пропусков быть не может, а он пуст целиком",
        name=column.name,
    )


_EMPTY = text.Text(en="the data set has no rows", ru="в наборе данных нет строк")
