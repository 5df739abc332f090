"""From a Parquet file with an image column to what a network learns from: pixels, class indices, their signature."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sklearn import model_selection

from kolba.contracts import reports
from kolba.inference import errors as inference_errors
from kolba.inference import images, signature
from kolba.inference.images import errors as image_errors
from kolba.kit import errors as kit_errors
from kolba.kit import text
from kolba.ml_service.training import columns, errors, job, table, targets

SHAPE = images.SHAPE
WIDTH = SHAPE[0] * SHAPE[1]
SPLIT = "split"
TRAIN, TEST = "train", "test"
_VALIDATION_SHARE = 0.05
_MOST_VALIDATION = 5000
_FAULTS_NAMED = 5
_MISSING = text.Text("there is no image", "изображения нет")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    pixels: npt.NDArray[np.uint8]
    """`[N, 784]`, 0 paper … 255 ink."""
    labels: npt.NDArray[np.int64]
    """`[N]`, indices of `signature.classes`."""
    is_test: npt.NDArray[np.bool_] | None
    """`[N]`: the data set's own split, where it has one."""
    signature: signature.Signature
    described: tuple[reports.ColumnPart, ...]
    dropped: tuple[reports.DroppedColumn, ...]
    class_counts: tuple[reports.ValueCount, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Indices of rows; no row is in two of them."""

    train: npt.NDArray[np.int64]
    validation: npt.NDArray[np.int64]
    """What the best epoch is chosen by."""
    held_out: npt.NDArray[np.int64]
    """What the figures are measured on."""
    is_given: bool
    """Whether the data set said which rows are held out."""


def has_images(path: pathlib.Path, features: Sequence[str] | None) -> bool:
    """Whether there is an image column to learn from."""
    schema = pq.read_schema(path)
    return any(
        columns.is_image(one.type) and (features is None or one.name in features) for one in schema
    )


def read(
    path: pathlib.Path, request: job.Job, *, classes: tuple[signature.Class, ...] | None = None
) -> Images:
    """Read a data set of images.

    `classes`: those of an earlier model, in its order; other labels are then refused. Raises `errors.Untrainable` that
    names the field of the request to change, and the rows whose images cannot be used.
    """
    whole = pq.ParquetFile(path, pre_buffer=False).read(use_threads=False)
    if request.target not in whole.column_names:
        raise targets.unknown_column("target", request.target, whole.column_names)
    image = image_column(whole.schema, request)
    target = columns.look_at(request.target, whole.column(request.target))
    if classes is None:
        table.check_target(target, request, folds=1)
        classes = table.class_values(target)
    labels = _labels(target, classes)
    found = [
        target if name == request.target else columns.look_at(name, whole.column(name))
        for name in whole.column_names
    ]
    is_test = _own_split(whole)
    return Images(
        pixels=_pixels(image, whole.column(image)),
        labels=labels,
        is_test=is_test,
        signature=_signature(found, image, request, classes),
        described=tuple(columns.describe(one) for one in found),
        dropped=_dropped(found, image, request, is_split=is_test is not None),
        class_counts=_class_counts(labels, classes),
    )


def divide(whole: Images, request: job.Job) -> Split:
    """The data set's own split where it has one, else the share `test_size`, class by class.

    Raises `errors.Untrainable` where a class has too few images.
    """
    rows = np.arange(len(whole.labels))
    if whole.is_test is None:
        _check_counts(whole, rows, fewest=4)
        learned, held_out = model_selection.train_test_split(
            rows, test_size=request.test_size, stratify=whole.labels, random_state=request.seed
        )
    else:
        learned, held_out = rows[~whole.is_test], rows[whole.is_test]
    _check_counts(whole, learned, fewest=3)
    classes = len(whole.signature.classes)
    share = min(_MOST_VALIDATION, max(classes, round(len(learned) * _VALIDATION_SHARE)))
    train, validation = model_selection.train_test_split(
        learned, test_size=share, stratify=whole.labels[learned], random_state=request.seed
    )
    return Split(
        train=train,
        validation=validation,
        held_out=held_out,
        is_given=whole.is_test is not None,
    )


def ink(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """What a graph reads: `[N, 784]`, 0 paper … 1 ink."""
    return np.divide(pixels, 255, dtype=np.float32)


def image_column(schema: pa.Schema, request: job.Job) -> str:
    """Raises `errors.Untrainable` where there is none, or more than one and `features` does not choose."""
    found: list[str] = [one.name for one in schema if columns.is_image(one.type)]
    if request.features is not None:
        found = [name for name in found if name in request.features]
    if len(found) == 1:
        return found[0]
    if found:
        raise errors.untrainable(
            "features",
            "the data set has several image columns ({names}); choose one by `features`",
            "в наборе данных несколько столбцов с изображениями ({names}); выберите один через `features`",
            names=", ".join(found[:10]),
        )
    raise errors.untrainable(
        "dataset_id",
        "the data set has no image column; it has {names}",
        "в наборе данных нет столбца с изображениями; есть {names}",
        names=", ".join(schema.names[:30]),
    )


def _pixels(name: str, chunks: pa.ChunkedArray) -> npt.NDArray[np.uint8]:
    """All images, or the rows of those that cannot be used."""
    pixels = np.zeros((len(chunks), WIDTH), np.uint8)
    faults: list[tuple[int, text.Text]] = []
    row = 0
    for chunk in chunks.chunks:
        for value in _files(chunk):
            row += 1
            if value is None:
                faults.append((row, _MISSING))
                continue
            try:
                pixels[row - 1] = np.round(images.digit_of_file(value) * 255)
            except image_errors.ImageError as error:
                faults.append((row, error.message))
    if faults:
        raise _unusable(name, faults, len(pixels))
    return pixels


def _files(chunk: pa.Array) -> Iterator[bytes | None]:
    """The files; Hugging Face keeps them in the field `bytes`."""
    if pa.types.is_struct(chunk.type):
        chunk = pc.struct_field(chunk, "bytes")
    return (one.as_py() for one in chunk)


def _unusable(name: str, faults: Sequence[tuple[int, text.Text]], rows: int) -> errors.Untrainable:
    named = faults[:_FAULTS_NAMED]
    said = text.Text(
        en="; ".join(f"row {row}: {reason.en}" for row, reason in named),
        ru="; ".join(f"строка {row}: {reason.ru}" for row, reason in named),
    )
    message = inference_errors.message(
        "{faults} of {rows} images in column `{name}` cannot be used: {said}{more}",
        "из {rows} изображений в столбце `{name}` не годятся {faults}: {said}{more}",
        faults=len(faults),
        rows=rows,
        name=name,
        said=said,
        more="; …" if len(faults) > len(named) else "",
    )
    return errors.Untrainable(fields=[kit_errors.FieldError(field="dataset_id", message=message)])


def _labels(target: columns.Column, classes: tuple[signature.Class, ...]) -> npt.NDArray[np.int64]:
    """Raises `errors.Untrainable` that names the first row whose label is none of `classes`."""
    names = [table.class_name(one) for one in classes]
    places = pc.index_in(_words(target), value_set=pa.array(names, pa.string()))
    found: npt.NDArray[np.int64] = pc.fill_null(places, -1).to_numpy().astype(np.int64)
    strange = np.flatnonzero(found < 0)
    if len(strange):
        row = int(strange[0])
        raise errors.untrainable(
            "dataset_id",
            "the label in row {row} is {label}, none of {classes} (so it is in {count} rows)",
            "метка в строке {row} — {label}, а не одна из {classes} (таких строк: {count})",
            label=repr(target.values[row].as_py())[:100],
            row=row + 1,
            count=len(strange),
            classes=", ".join(names[:30]),
        )
    return found


def _words(target: columns.Column) -> pa.Array:
    """Labels as `table.class_name` writes classes: a text `7` is the class 7."""
    if target.kind == "number" and not any(float(one) % 1 for one, _ in target.counts):
        return target.values.cast(pa.int64()).cast(pa.string())
    if target.kind in ("integer", "number", "boolean", "text"):
        return target.values.cast(pa.string())
    return pa.nulls(target.rows, pa.string())


def _own_split(whole: pa.Table) -> npt.NDArray[np.bool_] | None:
    """Which rows are `test`, where `split` says `train` or `test` of every row, and both occur."""
    if SPLIT not in whole.column_names:
        return None
    split = columns.look_at(SPLIT, whole.column(SPLIT))
    if split.kind != "text" or split.missing or {one for one, _ in split.counts} != {TRAIN, TEST}:
        return None
    is_test: npt.NDArray[np.bool_] = pc.equal(split.values, TEST).to_numpy(zero_copy_only=False)
    return is_test


def _check_counts(whole: Images, rows: npt.NDArray[np.int64], *, fewest: int) -> None:
    counts = np.bincount(whole.labels[rows], minlength=len(whole.signature.classes))
    for one, count in zip(whole.signature.classes, counts.tolist(), strict=True):
        if count < fewest:
            raise errors.untrainable(
                "dataset_id",
                "there are {count} images of class `{name}` to learn from; at least {fewest} are needed",
                "изображений класса `{name}` для обучения: {count}; нужно хотя бы {fewest}",
                name=table.class_name(one),
                count=count,
                fewest=fewest,
            )


def _signature(
    found: Sequence[columns.Column],
    image: str,
    request: job.Job,
    classes: tuple[signature.Class, ...],
) -> signature.Signature:
    return signature.Signature(
        columns=(signature.Column(name="image", kind="image", shape=SHAPE, required=True),),
        target=request.target,
        classes=classes,
        ignored=tuple(one.name for one in found if one.name not in (image, request.target)),
    )


def _class_counts(
    labels: npt.NDArray[np.int64], classes: tuple[signature.Class, ...]
) -> tuple[reports.ValueCount, ...]:
    counts = np.bincount(labels, minlength=len(classes)).tolist()
    return tuple(
        reports.ValueCount(value=table.class_name(one), count=count)
        for one, count in zip(classes, counts, strict=True)
    )


def _dropped(
    found: Sequence[columns.Column], image: str, request: job.Job, *, is_split: bool
) -> tuple[reports.DroppedColumn, ...]:
    return tuple(
        reports.DroppedColumn(
            name=one.name, reason=SPLIT if is_split and one.name == SPLIT else "not_chosen"
        )
        for one in found
        if one.name not in (image, request.target)
    )
