"""`GET /history`, and what one has done as a file."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, cast

import fastapi
import pydantic
from starlette import responses

from kolba.contracts import pages, predictions, scenarios
from kolba.kit import errors, text
from kolba.kit.http import bodies
from kolba.kit.http import requirements as kit_requirements
from kolba.web_master.access import requirements
from kolba.web_master.history import exporting, repository, service

router = bodies.router(tags=["history"])

_Word = Annotated[str | None, pydantic.Field(max_length=256, pattern=r"^[^\x00]*$")]


class HistoryFilter(pydantic.BaseModel):
    """Which entries."""

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    scenario: _Word = None
    person: _Word = None
    outcome: Literal["running", "succeeded", "failed", "cancelled"] | None = None
    since: pydantic.AwareDatetime | None = None
    """Begun at this moment or later, such as `2026-03-14T09:00:00Z`."""
    until: pydantic.AwareDatetime | None = None
    """Begun before this moment."""

    def chosen(self) -> repository.Filter:
        return repository.Filter(
            scenario=self.scenario,
            person=self.person,
            outcome=self.outcome,
            since=_utc("since", self.since),
            until=_utc("until", self.until),
        )


class HistoryQuery(HistoryFilter):
    """Which entries, in what order."""

    sort: str = "-started_at"
    limit: pages.Limit = 100
    offset: pages.Offset = 0


class HistoryExport(HistoryFilter):
    """Which entries, as what kind of file."""

    format: exporting.Format = "csv"


class PredictionExport(pydantic.BaseModel):
    """Which predictions, as what kind of file."""

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    person: predictions.Person | None = None
    model: predictions.ModelName | None = None
    model_id: predictions.Number | None = None
    version: predictions.Version | None = None
    protocol: predictions.Protocol | None = None
    since: pydantic.AwareDatetime | None = None
    until: pydantic.AwareDatetime | None = None
    format: exporting.Format = "csv"


@router.get("/history", dependencies=[kit_requirements.needs(requirements.right("history"))])
async def list_history(
    request: fastapi.Request, query: Annotated[HistoryQuery, fastapi.Query()]
) -> pages.Page[scenarios.HistoryEntry]:
    """One's scenario runs, an administrator's view everybody's: who, when, with what inputs, outcome and result.

    `person` narrows what one may see: of another person's, only an administrator finds any.
    """
    history = cast(service.History, request.state.history)
    return await history.page(
        query.chosen(), sort=query.sort, limit=query.limit, offset=query.offset
    )


@router.get(
    "/history/export",
    response_class=responses.Response,
    responses=exporting.RESPONSES,
    dependencies=[kit_requirements.needs(requirements.right("history"))],
)
async def export_history(
    request: fastapi.Request, query: Annotated[HistoryExport, fastapi.Query()]
) -> responses.Response:
    """What `/history` shows as a file, the newest first: CSV for a spreadsheet, or a JSON array."""
    history = cast(service.History, request.state.history)
    return await exporting.respond(
        history.parts(query.chosen()),
        kind=scenarios.HistoryEntry,
        name="history",
        form=query.format,
    )


@router.get(
    "/predictions/export",
    response_class=responses.Response,
    responses=exporting.RESPONSES,
    dependencies=[kit_requirements.needs(requirements.right("predictions"))],
)
async def export_predictions(
    request: fastapi.Request, query: Annotated[PredictionExport, fastapi.Query()]
) -> responses.Response:
    """One's predictions (an administrator's view: everybody's) as a file, the newest first: CSV or a JSON array."""
    storage = cast(exporting.Predictions, request.state.past_predictions)
    chosen = query.model_dump(mode="json", exclude={"format"}, exclude_none=True)
    return await exporting.respond(
        storage.parts(chosen), kind=predictions.Prediction, name="predictions", form=query.format
    )


def _utc(field: str, moment: dt.datetime | None) -> dt.datetime | None:
    try:
        return None if moment is None else moment.astimezone(dt.UTC)
    except OverflowError:
        message = text.Text(
            en="a moment between the years 1 and 9999 in UTC",
            ru="момент между 1 и 9999 годами по UTC",
        )
        wrong = errors.FieldError(field=field, message=message)
        raise errors.InvalidInput(fields=[wrong]) from None
