"""Storage's application."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import pathlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import fastapi
import structlog

from kolba.kit import bounded, clock, identity
from kolba.kit.blobs import objects
from kolba.kit.db import engine, migrations
from kolba.kit.http import app as http_app
from kolba.storage import settings
from kolba.storage.aliases import routes as alias_routes
from kolba.storage.aliases import service as aliases
from kolba.storage.catalog import shelf, uploads
from kolba.storage.datasets import routes as dataset_routes
from kolba.storage.datasets import service as datasets
from kolba.storage.datasets.ingest import limits
from kolba.storage.files import routes as file_routes
from kolba.storage.files import service as files
from kolba.storage.images import routes as image_routes
from kolba.storage.images import service as images
from kolba.storage.models import routes as model_routes
from kolba.storage.models import service as models
from kolba.storage.predictions import routes as prediction_routes
from kolba.storage.predictions import service as predictions
from kolba.storage.runs import bell, checkpoint_routes, checkpoints
from kolba.storage.runs import routes as run_routes
from kolba.storage.runs import service as runs

MIGRATIONS = pathlib.Path(__file__).parent / "migrations"
_log = structlog.get_logger("kolba.storage")


def create_app(
    config: settings.StorageSettings,
    *,
    watch: clock.Clock | None = None,
    authenticator: identity.Authenticator | None = None,
) -> fastapi.FastAPI:
    """`watch` replaces the clock, for tests, and `authenticator` who asks."""
    url = config.database.url_in(config.data_dir, config.service)
    database = engine.connect(url, config.database)
    kept = shelf.Shelf(objects.open_store(config.blobs, config.data_dir))

    async def check_database() -> str:
        await asyncio.to_thread(database.ping)
        return "ok"

    async def check_blobs() -> str:
        return await asyncio.to_thread(kept.check)

    routers = [
        dataset_routes.router,
        model_routes.router,
        alias_routes.router,
        image_routes.router,
        prediction_routes.router(max_body_bytes=config.predictions.max_body_bytes),
        run_routes.router,
        checkpoint_routes.router(max_body_bytes=config.runs.max_checkpoint_bytes),
        file_routes.router,
    ]
    return http_app.create(
        config,
        title="Kolba storage",
        routers=routers,
        lifespan=functools.partial(_lifespan, config, database, kept, watch or clock.SystemClock()),
        checks={"database": check_database, "blobs": check_blobs},
        authenticator=authenticator,
    )


@contextlib.asynccontextmanager
async def _lifespan(
    config: settings.StorageSettings,
    database: engine.Database,
    kept: shelf.Shelf,
    watch: clock.Clock,
    _: fastapi.FastAPI,
) -> AsyncIterator[Mapping[str, Any]]:
    await asyncio.to_thread(migrations.upgrade, database, MIGRATIONS)
    intake = uploads.Intake(config.data_dir / "incoming", config.upload)
    swept = await asyncio.to_thread(intake.prepare)
    if swept:
        _log.warning("swept unfinished uploads", count=swept)
    ringing = bell.Bell()
    ringing.open()
    base: dict[str, Any] = {"database": database, "shelf": kept, "watch": watch}
    shared = {**base, "groups": config.auth.groups}
    kept_checkpoints = checkpoints.Checkpoints(intake=intake, **base)
    await asyncio.to_thread(kept_checkpoints.sweep)
    known_runs = runs.Runs(
        database=database,
        bell=ringing,
        options=config.runs,
        watch=watch,
        checkpoints=kept_checkpoints,
    )
    decoding = bounded.Executor("images", threads=1, max_waiting=config.images.max_waiting)
    reaping = asyncio.create_task(_reap(known_runs, config.runs.reap_seconds))
    try:
        yield {
            "bell": ringing,
            "run_settings": config.runs,
            "runs": known_runs,
            "checkpoints": kept_checkpoints,
            "datasets": datasets.Datasets(intake=intake, bounds=_bounds(config), **shared),
            "files": files.Files(intake=intake, **shared),
            "models": models.Models(**shared),
            "aliases": aliases.Aliases(database=database, watch=watch),
            "decoding": decoding,
            "images": images.Images(limits=config.images, **base),
            "predictions": predictions.Predictions(**base),
        }
    finally:
        reaping.cancel()
        intake.close()
        decoding.close()
        database.close()


async def _reap(known: runs.Runs, seconds: float) -> None:
    """Look for lapsed leases for as long as the service lives; a failure is logged and tried again."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await asyncio.to_thread(known.reap)
        except Exception:
            _log.exception("lapsed leases could not be looked for")


def _bounds(config: settings.StorageSettings) -> limits.Limits:
    return limits.Limits(
        upload_bytes=config.upload.max_bytes,
        columns=config.tables.max_columns,
        line_bytes=config.tables.max_line_bytes,
        image_bytes=config.tables.max_image_bytes,
        rows=config.tables.max_rows,
        decoded_bytes=config.tables.max_decoded_bytes,
        threads=config.tables.threads,
        memory_bytes=config.tables.memory_bytes,
    )
