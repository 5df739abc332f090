"""The collector's application."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import pathlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import fastapi

from kolba.collector import settings
from kolba.collector.batches import routes as batch_routes
from kolba.collector.batches import service as batches
from kolba.collector.contributions import routes as contribution_routes
from kolba.collector.contributions import service as contributions
from kolba.collector.journal import routes as journal_routes
from kolba.collector.journal import service as journal
from kolba.collector.sources import catalogue, library
from kolba.collector.sources import routes as source_routes
from kolba.kit import bounded
from kolba.kit.blobs import objects
from kolba.kit.db import engine, migrations
from kolba.kit.egress import client
from kolba.kit.http import app as http_app

MIGRATIONS = pathlib.Path(__file__).parent / "migrations"


def create_app(
    config: settings.CollectorSettings, *, egress: client.Egress | None = None
) -> fastapi.FastAPI:
    """`egress` replaces the way out, for tests."""
    url = config.database.url_in(config.data_dir, config.service)
    database = engine.connect(url, config.database)
    way_out = egress or client.HttpEgress(config.egress.policy(config.max_source_bytes))

    async def check_database() -> str:
        await asyncio.to_thread(database.ping)
        return "ok"

    return http_app.create(
        config,
        title="Kolba collector",
        routers=[
            source_routes.router,
            batch_routes.router,
            contribution_routes.router,
            journal_routes.router,
        ],
        lifespan=functools.partial(_lifespan, config, database, way_out),
        checks={"database": check_database},
    )


@contextlib.asynccontextmanager
async def _lifespan(
    config: settings.CollectorSettings,
    database: engine.Database,
    egress: client.Egress,
    _: fastapi.FastAPI,
) -> AsyncIterator[Mapping[str, Any]]:
    await asyncio.to_thread(migrations.upgrade, database, MIGRATIONS)
    book = journal.Journal(database)
    kept = contributions.Contributions(
        database=database,
        blobs=objects.open_store(config.blobs, config.data_dir),
        book=book,
        limits=config.contributions,
    )
    known = catalogue.build_catalogue(config, egress, kept)
    shelf = library.Library(
        config.data_dir / "tables",
        book=book,
        max_columns=config.max_columns,
        stand_in_seconds=config.stand_in_seconds,
    )
    await asyncio.to_thread(shelf.clear)
    # A small file can unpack to 16 million pixels: one at a time, whatever is sent at once.
    looking = bounded.Executor(
        "contributions", threads=1, max_waiting=config.contributions.max_waiting
    )
    try:
        yield {
            "looking": looking,
            "journal": book,
            "catalogue": known,
            "contributions": kept,
            "batches": batches.Batches(
                known=known, shelf=shelf, book=book, database=database, limits=config.batches
            ),
        }
    finally:
        await asyncio.to_thread(looking.close)
        await shelf.close()
        database.close()
