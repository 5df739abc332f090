"""Lists of any length as files, sent while they are being read."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Literal

import orjson
import pydantic
from starlette import responses

from kolba.contracts import predictions, storage_client
from kolba.kit import csv_files
from kolba.kit.http import disposition

Format = Literal["csv", "json"]
_JSON = "application/json"
_READ_AT_ONCE = 200
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            _JSON: {"schema": {"type": "array", "items": {"type": "object"}}},
        }
    }
}

Parts = AsyncIterator[Sequence[pydantic.BaseModel]]


class Predictions:
    """The predictions in storage that the present person may see."""

    def __init__(self, storage: storage_client.StorageClient) -> None:
        self._storage = storage

    async def parts(self, chosen: Mapping[str, Any]) -> AsyncIterator[list[predictions.Prediction]]:
        """Some at a time, the newest first; `chosen` as storage's list has it. Raises `RemoteProblem`."""
        before: str | None = None
        while True:
            page = await self._storage.list_predictions(
                **chosen, before=before, limit=_READ_AT_ONCE
            )
            if page.items:
                yield page.items
            before = page.next
            if before is None:
                return


async def respond(
    parts: Parts, *, kind: type[pydantic.BaseModel], name: str, form: Format
) -> responses.Response:
    """A file of everything in `parts`, which are of `kind`. What fails at once fails before anything is sent."""
    first = await anext(parts, None) or []
    columns = list(kind.model_fields)
    content = _csv(columns, first, parts) if form == "csv" else _json(first, parts)
    headers = {
        "Content-Disposition": disposition.header(f"{name}.{form}"),
        "Cache-Control": "no-store",
    }
    media_type = csv_files.MEDIA_TYPE if form == "csv" else _JSON
    return responses.StreamingResponse(content, media_type=media_type, headers=headers)


async def _csv(
    columns: Sequence[str], first: Sequence[pydantic.BaseModel], parts: Parts
) -> AsyncIterator[str]:
    yield "".join(csv_files.lines(columns, _rows(first)))
    async for part in parts:
        yield "".join(itertools.islice(csv_files.lines(columns, _rows(part)), 1, None))


async def _json(first: Sequence[pydantic.BaseModel], parts: Parts) -> AsyncIterator[str]:
    yield "[" + ",\n".join(one.model_dump_json() for one in first)
    async for part in parts:
        yield "".join(",\n" + one.model_dump_json() for one in part)
    yield "]\n"


def _rows(part: Sequence[pydantic.BaseModel]) -> Iterator[list[csv_files.Cell]]:
    for one in part:
        yield [_cell(value) for value in one.model_dump(mode="json").values()]


def _cell(value: Any) -> csv_files.Cell:
    """What is not a single value is written as JSON."""
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, bool)):
        return value
    return orjson.dumps(value).decode()
