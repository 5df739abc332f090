"""`POST /reports/render`: a report object in, a document out."""

import typing

import fastapi
from starlette import requests, responses

from kolba.contracts import reports
from kolba.kit import context
from kolba.kit.http import bodies, disposition, requirements
from kolba.visualization.reports import html, service

router = bodies.router(tags=["reports"], dependencies=[requirements.needs(requirements.SIGNED_IN)])

_SHOWN: typing.Final = frozenset({"html", "pdf"})


@router.post("/reports/render", response_class=responses.Response)
async def render_report(
    report: reports.Report,
    request: requests.Request,
    file_format: typing.Annotated[service.Format, fastapi.Query(alias="format")] = "html",
    lang: typing.Literal["en", "ru"] | None = None,
) -> responses.Response:
    """The report as HTML, PDF or LaTeX tables, in English or Russian (`lang`, else
    `Accept-Language`)."""
    language = lang or context.current().language
    renderer: service.Renderer = request.state.renderer
    rendered = await renderer.render(report, file_format, language)
    headers = {
        "Content-Disposition": disposition.header(
            rendered.file_name, "inline" if file_format in _SHOWN else "attachment"
        ),
        "Content-Language": language,
        "Vary": "Accept-Language",
    }
    if file_format == "html":
        headers["Content-Security-Policy"] = html.policy()
    return responses.Response(rendered.content, media_type=rendered.media_type, headers=headers)
