"""`GET /audit` and `GET /audit/export`."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterator
from typing import Annotated, Any, cast

import fastapi
from starlette import responses

from kolba.contracts import pages
from kolba.kit import csv_files, errors, text
from kolba.kit.http import bodies, disposition
from kolba.kit.http import requirements as kit_requirements
from kolba.web_master.access import requirements
from kolba.web_master.audit import chain, repository, schemas, service

router = bodies.router(
    tags=["audit"], dependencies=[kit_requirements.needs(requirements.right("audit"))]
)


@router.get("/audit")
async def list_audit(
    request: fastapi.Request, query: Annotated[schemas.AuditQuery, fastapi.Query()]
) -> pages.Page[schemas.AuditEntry]:
    """Who did what to which object, when and from where; the newest first."""
    found, total = await asyncio.to_thread(
        _audit(request).page, _chosen(query), limit=query.limit, offset=query.offset
    )
    return pages.Page(items=[_shown(entry) for entry in found], total=total)


@router.get(
    "/audit/export",
    response_class=responses.StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def export_audit(
    request: fastapi.Request, query: Annotated[schemas.AuditFilter, fastapi.Query()]
) -> responses.StreamingResponse:
    """The log as CSV, the oldest first, hashes included."""
    entries = _audit(request).walk(_chosen(query))
    return responses.StreamingResponse(
        csv_files.lines(chain.COLUMNS, _rows(entries)),
        media_type=csv_files.MEDIA_TYPE,
        headers={"Content-Disposition": disposition.header("audit.csv")},
    )


def _rows(entries: Iterator[chain.Entry]) -> Iterator[list[csv_files.Cell]]:
    for entry in entries:
        yield [getattr(entry, name) for name in chain.COLUMNS]


def _shown(entry: chain.Entry) -> schemas.AuditEntry:
    values: dict[str, Any] = {name: getattr(entry, name) for name in chain.COLUMNS}
    return schemas.AuditEntry(**{**values, "details": json.loads(entry.details)})


def _chosen(query: schemas.AuditFilter) -> repository.Filter:
    kind, _, id_ = (query.object or "").partition("/")
    return repository.Filter(
        actor=query.actor,
        action=query.action,
        object_kind=kind or None,
        object_id=id_ or None,
        outcome=None if query.outcome == "unfinished" else query.outcome,
        unfinished=query.outcome == "unfinished",
        since=_moment("since", query.since),
        until=_moment("until", query.until),
    )


def _moment(field: str, given: dt.datetime | None) -> str | None:
    try:
        return None if given is None else chain.moment(given)
    except OverflowError:
        message = text.Text(
            en="a moment between the years 1 and 9999 in UTC",
            ru="момент между 1 и 9999 годами по UTC",
        )
        wrong = errors.FieldError(field=field, message=message)
        raise errors.InvalidInput(fields=[wrong]) from None


def _audit(request: fastapi.Request) -> service.Audit:
    return cast(service.Audit, request.state.audit)
