"""The web master's application."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import fastapi

from kolba.inference.protocols import paths
from kolba.kit.http import addresses
from kolba.kit.http import app as kit_app
from kolba.kit.tokens import opening as token_opening
from kolba.web_master import house, settings
from kolba.web_master.audit import layer
from kolba.web_master.audit import routes as audit_routes
from kolba.web_master.batches import routes as batch_routes
from kolba.web_master.digits import routes as digit_routes
from kolba.web_master.gateway import routes as gateway_routes
from kolba.web_master.health import routes as health_routes
from kolba.web_master.history import routes as history_routes
from kolba.web_master.idempotency import layer as idempotency_layer
from kolba.web_master.ledger.accounts import routes as account_routes
from kolba.web_master.ledger.prices import routes as price_routes
from kolba.web_master.people import opening as people_opening
from kolba.web_master.people.accounts import routes as people_routes
from kolba.web_master.people.api_tokens import routes as api_token_routes
from kolba.web_master.people.invitations import routes as invitation_routes
from kolba.web_master.people.sessions import routes as session_routes
from kolba.web_master.predictions import routes as prediction_routes
from kolba.web_master.protocols import routes as protocol_routes
from kolba.web_master.reports import routes as report_routes
from kolba.web_master.scenarios import catalogue
from kolba.web_master.scenarios import routes as scenario_routes


def create_app(config: settings.WebMasterSettings) -> fastapi.FastAPI:
    """Raises `ValueError` when the configured scenarios are not those the code knows."""
    known = catalogue.Catalogue(config.scenarios)
    tokens = token_opening.open_tokens(config)
    door = people_opening.authenticator(config, config.people)

    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        async with contextlib.AsyncExitStack() as open_things:
            yield await house.furnish(config, known, tokens, door, open_things)

    return kit_app.create(
        config,
        title="Kolba web master",
        routers=[
            scenario_routes.router,
            digit_routes.router,
            report_routes.router,
            history_routes.router,
            session_routes.router,
            people_routes.router,
            api_token_routes.router,
            invitation_routes.router,
            account_routes.router,
            price_routes.router,
            health_routes.router,
            audit_routes.router,
            protocol_routes.router,
            batch_routes.router(max_upload_bytes=config.max_upload_bytes),
            gateway_routes.router(max_upload_bytes=config.max_upload_bytes),
        ],
        lifespan=lifespan,
        own_health=True,
        find_direct=prediction_routes.find,
        explain=paths.explain,
        requires=None,
        authenticator=door,
        inner=idempotency_layer.Layer,
        witness=layer.Layer(addresses.Addresses(config.http.trusted_proxies)),
    )
