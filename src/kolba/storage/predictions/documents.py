"""Predictions as they travel: a batch's JSON into rows, rows into a page's JSON.

Every answered prediction of the house passes here, so it is read one at a time: each is checked, becomes one tuple,
and is forgotten before the next, which costs half of building the whole batch first.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
import pydantic

from kolba.contracts import predictions as contracts
from kolba.kit import errors
from kolba.kit.http import problems
from kolba.storage.predictions import pictures

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_MAX_FAULTS = 50


class Series(NamedTuple):
    """What many predictions have in common."""

    person: str
    model_id: int
    protocol: str
    model: str
    version: str
    has_images: bool


class Entry(NamedTuple):
    """What is one prediction's own, in the order of the columns."""

    id: bytes
    at: int
    rows: int
    price: int
    request_id: str
    duration_ms: float
    input: str
    input_truncated: bool
    output: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    predictions: list[tuple[Series, Entry]]
    pictures: dict[bytes, list[pictures.Picture]]
    """Those that some of the predictions were made about, by the prediction's id."""
    dropped: list[str]
    """Why pictures were left out."""


class Envelope(pydantic.BaseModel):
    """A batch whose predictions are not looked at yet."""

    predictions: list[Any] = pydantic.Field(max_length=contracts.MAX_BATCH)


def read(document: bytes) -> Batch:
    """The predictions of a `PredictionBatch`.

    Raises `MalformedBody`, or `InvalidInput` that names the faulty ones (`predictions.3.id`). A faulty picture is left
    out: no prediction is lost for it.
    """
    try:
        items = Envelope.model_validate(orjson.loads(document)).predictions
    except orjson.JSONDecodeError as error:
        raise errors.MalformedBody(reason=str(error)) from error
    except pydantic.ValidationError as error:
        raise errors.InvalidInput(fields=problems.field_errors(_faults(error))) from error
    check = contracts.Prediction.model_validate
    batch = Batch(predictions=[], pictures={}, dropped=[])
    faults: list[dict[str, Any]] = []
    for index, item in enumerate(items):
        try:
            shown = _taken_out(item, batch.dropped)
            series, entry = _split(check(item), has_images=bool(shown))
            batch.predictions.append((series, entry))
            if shown:
                batch.pictures[entry.id] = shown
        except pydantic.ValidationError as error:
            faults += _faults(error, "predictions", index)
            if len(faults) >= _MAX_FAULTS:
                break
    if faults:
        raise errors.InvalidInput(fields=problems.field_errors(faults))
    return batch


def _taken_out(item: Any, dropped: list[str]) -> list[pictures.Picture]:
    """The prediction's pictures, which are no longer in `item`: only those are checked that can be kept."""
    if not isinstance(item, dict):
        return []
    hashes, files = item.pop("images", None), item.pop("pictures", None)
    return pictures.read(hashes, files, dropped) if hashes or files else []


def microseconds(moment: dt.datetime) -> int:
    """Since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def render(series: Series, entry: Entry, images: Sequence[str] = ()) -> dict[str, Any]:
    """A `Prediction` for orjson; its input and output go on as they are kept."""
    common = series._asdict()
    del common["has_images"]
    return {
        **entry._asdict(),
        **common,
        "images": list(images),
        "id": entry.id.hex(),
        "at": _moment(entry.at),
        "input": orjson.Fragment(entry.input),
        "output": orjson.Fragment(entry.output),
    }


def page(
    found: Sequence[tuple[Series, Entry]],
    images: Mapping[bytes, Sequence[str]],
    *,
    following: bytes | None,
    total: int | None,
) -> bytes:
    """A `PredictionPage`; `following` is the id to go on before, `images` has the hashes by the predictions' ids."""
    return orjson.dumps(
        {
            "items": [render(series, entry, images.get(entry.id, ())) for series, entry in found],
            "next": following.hex() if following else None,
            "total": total,
        }
    )


def _split(one: contracts.Prediction, *, has_images: bool) -> tuple[Series, Entry]:
    shown, is_whole = _shown(one.input)
    series = Series(one.person, one.model_id, one.protocol, one.model, one.version, has_images)
    return series, Entry(
        bytes.fromhex(one.id),
        microseconds(one.at),
        one.rows,
        one.price,
        one.request_id,
        one.duration_ms,
        shown,
        one.input_truncated or not is_whole,
        _shown(one.output)[0],
    )


def _shown(value: Any) -> tuple[str, bool]:
    """`value` as JSON, and whether that is all of it.

    What is nested too deeply to be written is left out: refusing it would hold up the outbox for good.
    """
    try:
        return orjson.dumps(value).decode(), True
    except orjson.JSONEncodeError:
        return "null", False


def _moment(value: int) -> dt.datetime:
    """In UTC, where the first and the last hours of the calendar of other zones do not exist."""
    return _EPOCH + min(max(value, _FIRST), _LAST) * _MICROSECOND


_FIRST = microseconds(dt.datetime.min.replace(tzinfo=dt.UTC))
_LAST = microseconds(dt.datetime.max.replace(tzinfo=dt.UTC))


def _faults(error: pydantic.ValidationError, *where: str | int) -> list[dict[str, Any]]:
    found: Sequence[Mapping[str, Any]] = error.errors(include_url=False, include_input=False)
    return [{**one, "loc": (*where, *one["loc"])} for one in found]
