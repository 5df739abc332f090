"""`GET /scenarios/report/{model_id}`."""

from __future__ import annotations

from typing import Annotated, Any, cast

import fastapi
from starlette import responses

from kolba.contracts import reports
from kolba.kit import text
from kolba.kit.http import bodies, disposition
from kolba.kit.http import requirements as kit_requirements
from kolba.web_master.access import requirements
from kolba.web_master.reports import schemas, service
from kolba.web_master.scenarios import catalogue

router = bodies.router(tags=["scenarios"])

_MEDIA_TYPES: dict[schemas.Format, str] = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "latex": "application/x-tex; charset=utf-8",
}
_EXTENSIONS: dict[schemas.Format, str] = {"pdf": "pdf", "latex": "tex"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "model": reports.Report,
        "content": {
            "text/html": {"schema": {"type": "string"}},
            "application/pdf": _BINARY,
            "application/x-tex": _BINARY,
        },
    }
}


@router.get(
    "/scenarios/report/{model_id}",
    response_class=responses.Response,
    responses=_RESPONSES,
    dependencies=[kit_requirements.needs(requirements.scenario(catalogue.REPORT))],
)
async def get_report(
    request: fastapi.Request,
    model_id: Annotated[int, fastapi.Path(ge=1, le=2**63 - 1)],
    file_format: Annotated[schemas.Format, fastapi.Query(alias="format")] = "json",
    lang: text.Language | None = None,
) -> responses.Response:
    """The report of a model: JSON, or with `format` a document in the language of `lang` or `Accept-Language`."""
    asked = schemas.ReportRequest(model_id=model_id, format=file_format, lang=lang)
    rendered = await cast(service.Reports, request.state.reports).report(asked)
    headers = {"Vary": "Accept-Language"}
    if file_format == "html":
        headers["Content-Security-Policy"] = _POLICY
    if file_format in _EXTENSIONS:
        name = reports.file_name(rendered.report, _EXTENSIONS[file_format])
        headers["Content-Disposition"] = disposition.header(name)
    return responses.Response(
        rendered.content, media_type=_MEDIA_TYPES[file_format], headers=headers
    )
