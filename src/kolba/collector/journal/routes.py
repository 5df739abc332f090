"""`GET /journal`."""

from __future__ import annotations

from typing import Annotated, Literal

import fastapi

from kolba.collector.journal import repository, service
from kolba.contracts import pages, sources
from kolba.kit.http import bodies

router = bodies.router(tags=["journal"])
Text = Annotated[str | None, fastapi.Query(max_length=255)]


@router.get("/journal")
def list_journal(
    request: fastapi.Request,
    *,
    limit: pages.Limit = 50,
    offset: pages.Offset = 0,
    sort: str = "-at",
    source: Text = None,
    action: sources.JournalAction | None = None,
    outcome: Literal["ok", "failed"] | None = None,
    person: Text = None,
    request_id: Text = None,
) -> pages.Page[sources.JournalEntry]:
    """Your downloads and accesses: when, what, how much, how long, how it went. Administrators see everybody's."""
    journal: service.Journal = request.state.journal
    wanted = repository.Filter(
        source=source, action=action, outcome=outcome, person=person, request_id=request_id
    )
    found, total = journal.page(wanted, sort=sort, limit=limit, offset=offset)
    items = [sources.JournalEntry.model_validate(row, from_attributes=True) for row in found]
    return pages.Page(items=items, total=total)
