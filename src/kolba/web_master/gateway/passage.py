"""A way through the door, and the words its documentation repeats."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

from starlette import requests

from kolba.web_master.access import service as access

Service = Literal["collector", "storage", "ml_service"]
BodyKind = Literal["none", "json", "upload"]
Before = Callable[[requests.Request, Mapping[str, Any]], Awaitable[None]]
"""Given the request and the parts of its path; what it raises is answered, and nothing is handed on."""

Schema = Mapping[str, Any]
INTEGER: Schema = {"type": "integer", "minimum": 0}
TEXT: Schema = {"type": "string"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
PAGE: Mapping[str, Schema] = {"limit": INTEGER, "offset": INTEGER, "sort": TEXT}
WHO: Mapping[str, Schema] = {"owner": TEXT}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Passage:
    """One way through: the same method and path on the inside as on the outside."""

    method: str
    path: str
    service: Service
    right: access.Right
    summary: str
    answer: Any = None
    """The model of the answer, for the documentation; None: not JSON."""
    status: int = 200
    """Of success."""
    media_types: tuple[str, ...] = ()
    """Of an answer that is not JSON."""
    query: Mapping[str, Schema] = dataclasses.field(default_factory=dict)
    """The query's parameters and their JSON Schemas, for the documentation."""
    body: BodyKind = "none"
    body_schema: Any = None
    """The model of a JSON body, for the documentation."""
    before: Before | None = None
    """What is seen to before it is handed on."""
    changes_answers: bool = False
    """Whether another version may answer predictions afterwards."""
    is_repeatable: bool = True
    """Whether its service makes nothing a second time when it is asked for the same a second time."""
    uploaded: Mapping[str, Schema] | None = None
    """The JSON Schema of an upload by its media type, for the documentation; None: any file."""


CSV_AND_PARQUET = ("text/csv", "application/vnd.apache.parquet")
BYTES = ("application/octet-stream",)
