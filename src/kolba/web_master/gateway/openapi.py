"""How a passage looks in `/docs`, so that a client can be generated from it."""

from __future__ import annotations

import re
from typing import Any

from kolba.web_master.gateway import passage as passage_module

_PARAMETER = re.compile(r"\{(\w+)\}")
_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


def path_parameters(passage: passage_module.Passage) -> list[str]:
    """The names in the path."""
    return _PARAMETER.findall(passage.path)


def responses(passage: passage_module.Passage) -> dict[int | str, dict[str, Any]]:
    if passage.answer is not None:
        return {passage.status: {"model": passage.answer}}
    content = dict.fromkeys(passage.media_types, _BINARY)
    return {passage.status: {"description": passage.summary, "content": content}}


def unread_parts(passage: passage_module.Passage) -> dict[str, Any]:
    """Query and body, which the door hands on unread."""
    described: dict[str, Any] = {
        "parameters": [
            {"name": name, "in": "query", "required": False, "schema": dict(schema)}
            for name, schema in passage.query.items()
        ]
    }
    if passage.body == "json":
        schema = passage.body_schema.model_json_schema()
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    if passage.body == "upload":
        described["requestBody"] = {"required": True, "content": _upload(passage)}
    return described


def _upload(passage: passage_module.Passage) -> dict[str, Any]:
    if passage.uploaded is not None:
        return {kind: {"schema": dict(schema)} for kind, schema in passage.uploaded.items()}
    file = {"type": "string", "format": "binary"}
    form = {"type": "object", "properties": {"file": file}, "required": ["file"]}
    return {"multipart/form-data": {"schema": form}, "application/octet-stream": _BINARY}
