"""The two forms in which a contribution comes: JSON, and a form with a file."""

from __future__ import annotations

from typing import Any

import fastapi
import pydantic
from fastapi import exceptions
from starlette import datastructures

from kolba.collector.contributions import errors, pictures, service
from kolba.contracts import contributions as contracts
from kolba.kit import errors as kit_errors

_TOLD = ("label", "predicted", "prediction_id", "was_wrong")
_FILE = "file"
BODIES = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": contracts.Contribute.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [_FILE, "label"],
                    "properties": {
                        _FILE: {"type": "string", "format": "binary"},
                        "label": {"type": "integer", "minimum": 0, "maximum": 9},
                        "predicted": {"type": "integer", "minimum": 0, "maximum": 9},
                        "prediction_id": {"type": "string"},
                        "was_wrong": {"type": "boolean"},
                    },
                }
            },
        },
    }
}


async def read(request: fastapi.Request) -> tuple[pictures.Sent, service.Told]:
    """What is contributed. Raises `WrongForm`, `MalformedBody`, `InvalidInput`."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given == "multipart/form-data":
        return await _read_form(request)
    if given in ("", "application/json"):
        return await _read_json(request)
    raise errors.WrongForm(given=given[:100])


async def _read_json(request: fastapi.Request) -> tuple[pictures.Sent, service.Told]:
    try:
        document = await request.json()
    except ValueError as error:
        raise kit_errors.MalformedBody(reason=str(error)) from None
    asked = _valid(document, strict=True)
    return pictures.Sent(image=asked.image, field="image"), _told(asked)


async def _read_form(request: fastapi.Request) -> tuple[pictures.Sent, service.Told]:
    async with request.form(max_files=1, max_fields=len(_TOLD) + 1) as form:
        file = form.get(_FILE)
        if not isinstance(file, datastructures.UploadFile):
            raise errors.no_image()
        content = await file.read()
        # What a page's form leaves empty is not given.
        fields = {name: value for name, value in form.multi_items() if name != _FILE and value}
    asked = _valid({**fields, "image": ""}, strict=False)
    return pictures.Sent(image=content, field=_FILE), _told(asked)


def _valid(document: Any, *, strict: bool) -> contracts.Contribute:
    try:
        return contracts.Contribute.model_validate(document, strict=strict)
    except pydantic.ValidationError as error:
        raise exceptions.RequestValidationError(error.errors()) from None


def _told(asked: contracts.Contribute) -> service.Told:
    return service.Told(**{name: getattr(asked, name) for name in _TOLD})
