"""`GET /sources`."""

from __future__ import annotations

import fastapi

from kolba.collector.sources import catalogue
from kolba.contracts import sources
from kolba.kit.http import bodies

router = bodies.router(tags=["sources"])


@router.get("/sources")
async def list_sources(request: fastapi.Request) -> sources.SourceList:
    """What can be collected."""
    known: catalogue.Catalogue = request.state.catalogue
    items = [source.described() for source in known.all()]
    return sources.SourceList(items=items, default=known.default)
