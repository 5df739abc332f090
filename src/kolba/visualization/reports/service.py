"""Rendering with bounds: a few at a time, each in a thread of its own, none for longer than allowed."""

import asyncio
import concurrent.futures
import dataclasses
import typing

from kolba.contracts import reports
from kolba.visualization import languages
from kolba.visualization.reports import composition, document, errors, html, latex, pdf

Format = typing.Literal["html", "pdf", "latex"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rendered:
    """A finished document."""

    content: bytes
    media_type: str
    file_name: str


_KINDS: typing.Final[dict[Format, tuple[str, str]]] = {
    "html": ("text/html; charset=utf-8", "html"),
    "pdf": ("application/pdf", "pdf"),
    "latex": ("application/x-tex; charset=utf-8", "tex"),
}


class Renderer:
    """Renders reports. What overruns its time keeps its thread until it ends, so that overrunning
    work cannot pile up: it makes others wait, and then fail in time too."""

    def __init__(self, *, threads: int, seconds: float) -> None:
        self._seconds = seconds
        self._pool = concurrent.futures.ThreadPoolExecutor(threads, thread_name_prefix="render")

    def __enter__(self) -> typing.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def render(self, report: reports.Report, file_format: Format, language: str) -> Rendered:
        """The report as a document. Raises `RenderingTooSlow` or `PdfUnavailable`."""
        running = asyncio.get_running_loop().run_in_executor(
            self._pool, render, report, file_format, language
        )
        try:
            return await asyncio.wait_for(running, self._seconds)
        except TimeoutError as error:
            raise errors.RenderingTooSlow(seconds=self._seconds) from error


def render(report: reports.Report, file_format: Format, language: str) -> Rendered:
    """The report as a document; the same input gives the same bytes."""
    written = composition.compose(report, languages.get(language))
    if file_format == "html":
        content = html.render(written)
    elif file_format == "latex":
        content = latex.render(written)
    else:
        content = _pdf(report, written)
    media_type, extension = _KINDS[file_format]
    return Rendered(
        content=content,
        media_type=media_type,
        file_name=reports.file_name(report, extension),
    )


def _pdf(report: reports.Report, written: document.Document) -> bytes:
    moment = report.generated or report.model.created
    try:
        return pdf.render(written, timestamp=int(moment.timestamp()))
    except ImportError as error:
        raise errors.PdfUnavailable from error
