"""The web master's application."""

from __future__ import annotations

import contextlib
import importlib.resources
import pathlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import fastapi

from kolba.contracts import collector_client, ml_client, storage_client, visualization_client
from kolba.inference.protocols import paths
from kolba.kit import clock
from kolba.kit.db import engine, migrations
from kolba.kit.http import app as kit_app
from kolba.kit.http import client
from kolba.web_master import settings
from kolba.web_master.access import service as access
from kolba.web_master.batches import routes as batch_routes
from kolba.web_master.batches import service as batch_service
from kolba.web_master.gateway import routes as gateway_routes
from kolba.web_master.health import routes as health_routes
from kolba.web_master.health import service as health_service
from kolba.web_master.history import cutting
from kolba.web_master.history import repository as history_repository
from kolba.web_master.history import routes as history_routes
from kolba.web_master.history import service as history_service
from kolba.web_master.predictions import opening
from kolba.web_master.predictions import routes as prediction_routes
from kolba.web_master.protocols import routes as protocol_routes
from kolba.web_master.reports import routes as report_routes
from kolba.web_master.reports import service as report_service
from kolba.web_master.scenarios import catalogue
from kolba.web_master.scenarios import routes as scenario_routes
from kolba.web_master.scenarios import service as scenario_service


def create_app(config: settings.WebMasterSettings) -> fastapi.FastAPI:
    """Raises `ValueError` when the configured scenarios are not those the code knows."""
    known = catalogue.Catalogue(config.scenarios)

    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        async with contextlib.AsyncExitStack() as open_things:
            database = open_things.enter_context(_database(config))
            services = await _services(config, open_things)
            predictions = await open_things.enter_async_context(
                opening.open_path(
                    config.predictions,
                    database=database,
                    storage=storage_client.StorageClient(services["storage"]),
                    ml=ml_client.MlClient(services["ml_service"]),
                )
            )
            yield {**_state(config, known, database, services), "predictions": predictions}

    return kit_app.create(
        config,
        title="Kolba web master",
        routers=[
            scenario_routes.router,
            report_routes.router,
            history_routes.router,
            health_routes.router,
            protocol_routes.router,
            batch_routes.router(max_upload_bytes=config.max_upload_bytes),
            gateway_routes.router(max_upload_bytes=config.max_upload_bytes),
        ],
        lifespan=lifespan,
        own_health=True,
        find_direct=prediction_routes.find,
        explain=paths.explain,
    )


@contextlib.contextmanager
def _database(config: settings.WebMasterSettings) -> Iterator[engine.Database]:
    url = config.database.url_in(config.data_dir, config.service)
    database = engine.connect(url, config.database)
    try:
        scripts = importlib.resources.files("kolba.web_master") / "migrations"
        migrations.upgrade(database, pathlib.Path(str(scripts)))
        yield database
    finally:
        database.close()


async def _services(
    config: settings.WebMasterSettings, open_things: contextlib.AsyncExitStack
) -> dict[str, client.ServiceClient]:
    """The clients of every service there is, open as long as `open_things` is."""
    addresses = {
        "collector": config.collector_url,
        "storage": config.storage_url,
        "ml_service": config.ml_service_url,
        "worker": config.worker_url,
        "visualization": config.visualization_url,
    }
    return {
        name: await open_things.enter_async_context(client.ServiceClient(name, address))
        for name, address in addresses.items()
        if address is not None
    }


def _state(
    config: settings.WebMasterSettings,
    known: catalogue.Catalogue,
    database: engine.Database,
    services: Mapping[str, client.ServiceClient],
) -> Mapping[str, Any]:
    """What the routes find in `request.state`."""
    time = clock.SystemClock()
    limits = cutting.Limits(
        characters=config.history.max_characters, items=config.history.max_items
    )
    storage = storage_client.StorageClient(services["storage"])
    history = history_service.History(
        history_repository.HistoryRepository(database), storage, limits=limits, time=time
    )
    history.mark_interrupted(older_than_seconds=config.history.interrupted_after_seconds)
    return {
        "access": access.Access(config.rights),
        "services": services,
        "ui_url": config.ui_url,
        "history": history,
        "doctor": health_service.SystemDoctor(
            services, own=history.ping, timeout_seconds=config.health_timeout_seconds
        ),
        "scenarios": scenario_service.Scenarios(
            known=known,
            history=history,
            collector=collector_client.CollectorClient(services["collector"]),
            storage=storage,
            ml=ml_client.MlClient(services["ml_service"]),
            limits=limits,
        ),
        "batches": batch_service.BatchPredictions(
            known=known,
            history=history,
            storage=storage,
            ml=ml_client.MlClient(services["ml_service"]),
        ),
        "reports": report_service.Reports(
            known=known,
            history=history,
            storage=storage,
            visualization=visualization_client.VisualizationClient(services["visualization"]),
            time=time,
        ),
    }
