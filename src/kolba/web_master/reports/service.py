"""The rules of the report scenario."""

from __future__ import annotations

import dataclasses

from kolba.contracts import reports, runs, storage_client, visualization_client
from kolba.kit import clock, context, errors
from kolba.web_master.history import service as history_service
from kolba.web_master.reports import assembly, schemas
from kolba.web_master.scenarios import catalogue


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rendered:
    """A report as it is handed out."""

    content: bytes
    report: reports.Report


class Reports:
    def __init__(
        self,
        *,
        history: history_service.History,
        storage: storage_client.StorageClient,
        visualization: visualization_client.VisualizationClient,
        time: clock.Clock,
    ) -> None:
        self._history = history
        self._storage = storage
        self._visualization = visualization
        self._clock = time

    async def report(self, asked: schemas.ReportRequest) -> Rendered:
        """The report in the format asked for, in UTF-8 (a PDF: as it is)."""
        inputs = asked.model_dump(mode="json", exclude_none=True)
        async with self._history.recording(catalogue.REPORT, inputs) as entry:
            report = await self._assemble(asked.model_id)
            content = await self._render(report, asked)
            entry.result = {"model_id": asked.model_id, "bytes": len(content)}
        return Rendered(content=content, report=report)

    async def _assemble(self, model_id: int) -> reports.Report:
        model = await self._storage.model(model_id)
        summary = assembly.read_summary(model)
        profile = None
        if not summary.data.columns:
            profile = await self._storage.profile(model.dataset_id)
        return assembly.assemble(
            model,
            summary,
            profile=profile,
            run=await self._run_of(model.run_id) if summary.gate is not None else None,
            generated=self._clock.now(),
        )

    async def _run_of(self, run_id: int | None) -> runs.Run | None:
        """None where it was deleted, or is not shown to whoever may see the model."""
        if run_id is None:
            return None
        try:
            return await self._storage.run(run_id)
        except errors.RemoteProblem as error:
            if error.remote_status not in (403, 404):
                raise
            return None

    async def _render(self, report: reports.Report, asked: schemas.ReportRequest) -> bytes:
        if asked.format == "json":
            return report.model_dump_json().encode()
        return await self._visualization.render_report(
            report,
            file_format=asked.format,
            language=asked.lang or context.current().language,
        )
