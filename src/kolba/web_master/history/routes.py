"""`GET /history`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, cast

import fastapi
import pydantic

from kolba.contracts import pages, scenarios
from kolba.kit import errors, text
from kolba.kit.http import bodies
from kolba.web_master.access import service as access
from kolba.web_master.history import repository, service

router = bodies.router(tags=["history"])

_Word = Annotated[str | None, pydantic.Field(max_length=256, pattern=r"^[^\x00]*$")]


class HistoryQuery(pydantic.BaseModel):
    """Which entries, in what order."""

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    scenario: _Word = None
    person: _Word = None
    outcome: Literal["running", "succeeded", "failed", "cancelled"] | None = None
    since: pydantic.AwareDatetime | None = None
    """Begun at this moment or later, such as `2026-03-14T09:00:00Z`."""
    until: pydantic.AwareDatetime | None = None
    """Begun before this moment."""
    sort: str = "-started_at"
    limit: pages.Limit = 100
    offset: pages.Offset = 0

    def chosen(self) -> repository.Filter:
        return repository.Filter(
            scenario=self.scenario,
            person=self.person,
            outcome=self.outcome,
            since=_utc("since", self.since),
            until=_utc("until", self.until),
        )


@router.get("/history")
async def list_history(
    request: fastapi.Request, query: Annotated[HistoryQuery, fastapi.Query()]
) -> pages.Page[scenarios.HistoryEntry]:
    """Every scenario run: who, when, with what inputs, outcome, duration and result."""
    cast(access.Access, request.state.access).require("history")
    history = cast(service.History, request.state.history)
    return await history.page(
        query.chosen(), sort=query.sort, limit=query.limit, offset=query.offset
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
