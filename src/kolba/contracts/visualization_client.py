"""Visualization, called by another service."""

from __future__ import annotations

from kolba.contracts import reports
from kolba.kit.http import client


class VisualizationClient:
    def __init__(self, http: client.ServiceClient) -> None:
        self._http = http

    async def render_report(
        self, report: reports.Report, *, file_format: str, language: str
    ) -> bytes:
        """The report as a document: `html`, `pdf` or `latex`."""
        return await self._http.raw(
            "POST",
            "/reports/render",
            query={"format": file_format, "lang": language},
            data=report.model_dump_json().encode(),
            headers={"Content-Type": "application/json"},
            timeout_seconds=60,
        )
