"""What every service's application begins with."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import fastapi
import swagger_ui_bundle
from fastapi.openapi import docs
from starlette import responses, staticfiles, types
from starlette.middleware import body_limit

import kolba
from kolba.kit import identity, metrics, settings
from kolba.kit.http import bodies, direct, guard, health, middleware, problems, requirements
from kolba.kit.tokens import opening

Lifespan = Callable[[fastapi.FastAPI], contextlib.AbstractAsyncContextManager[Mapping[str, Any]]]
"""Opens what the service needs and yields it as the requests' `state`."""


class Application(fastapi.FastAPI):
    """An application with a short way in: direct routes pass by the framework's layers altogether."""

    direct: direct.DirectRoutes | None = None

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        route = self.direct.route_of(scope) if self.direct is not None else None
        if self.direct is None or route is None:
            await super().__call__(scope, receive, send)
        else:
            await self.direct.serve(route, scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """Says of every operation what it requires."""
        if self.openapi_schema is None:
            document = super().openapi()
            for one in requirements.declared(self):
                for method in one.methods:
                    operation = document["paths"].get(one.path, {}).get(method.lower(), {})
                    operation["x-requires"] = one.requirements[-1].name
        return super().openapi()


def create(
    config: settings.ServiceSettings,
    *,
    title: str,
    routers: Sequence[fastapi.APIRouter],
    lifespan: Lifespan,
    checks: Mapping[str, health.Check] | None = None,
    own_health: bool = False,
    find_direct: direct.Find | None = None,
    explain: problems.Explain | None = None,
    requires: requirements.Requirement | None = requirements.SIGNED_IN,
    authenticator: identity.Authenticator | None = None,
    witness: middleware.Witness | None = None,
    inner: Callable[[types.ASGIApp], types.ASGIApp] | None = None,
) -> fastapi.FastAPI:
    """An application with `/health`, `/metrics`, `/docs`, problem documents, logging and limits.

    With `own_health` the service answers `/health` itself (the web master's is the whole system's). `find_direct`
    names the paths that are answered without the framework. `explain` adds to problem documents what the protocol of
    a path expects. `requires` is what every route of `routers` requires beside its own; None: each declares its own,
    and one that does not raises `RouteWithoutRequirement`. `authenticator` tells who asks; without one, internal tokens
    do. `witness` sees every request but those of direct routes. `inner` wraps the routes
    of all requests that the witness lets through.
    """
    settings.check_exposure(config)
    app = Application(
        title=title,
        version=kolba.__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    measured = metrics.HttpMetrics(config.service)
    app.state.metrics = measured
    problems.install(app, explain)
    app.include_router(_metrics_router(measured))
    if not own_health:
        app.include_router(_health_router(health.Doctor(config.service, checks or {})))
    for router in routers:
        app.include_router(router, dependencies=[requirements.needs(requires)] if requires else [])
    _add_docs(app, title)
    requirements.install(app)
    app.add_middleware(
        body_limit.RequestBodyLimitMiddleware, max_body_size=config.http.max_body_bytes
    )
    if inner is not None:
        app.add_middleware(inner)
    known = authenticator or opening.internal_tokens(config)
    _add_edge(app, config, measured, find_direct, authenticator=known, witness=witness)
    return app


def _add_edge(
    app: Application,
    config: settings.ServiceSettings,
    measured: metrics.HttpMetrics,
    find_direct: direct.Find | None,
    *,
    authenticator: identity.Authenticator,
    witness: middleware.Witness | None,
) -> None:
    shared: dict[str, Any] = {
        "guard": guard.Guard(config.http),
        "authenticator": authenticator,
        "measured": measured,
    }
    app.add_middleware(middleware.Edge, **shared, witness=witness)
    if find_direct is not None:
        limit = config.http.max_body_bytes
        app.direct = direct.DirectRoutes(find=find_direct, max_body_bytes=limit, **shared)


def _health_router(doctor: health.Doctor) -> fastapi.APIRouter:
    router = bodies.router(tags=["system"])

    @router.get("/health", dependencies=[requirements.needs(requirements.OPEN)])
    async def check_health() -> health.Health:
        """Whether the service and what it stands on are well."""
        return await doctor.examine()

    return router


def _metrics_router(measured: metrics.HttpMetrics) -> fastapi.APIRouter:
    router = bodies.router()

    @router.get(
        "/metrics",
        include_in_schema=False,
        dependencies=[requirements.needs(requirements.OPEN)],
    )
    async def render_metrics() -> responses.Response:
        return responses.Response(
            measured.render(), media_type="text/plain; version=0.0.4; charset=utf-8"
        )

    return router


def _add_docs(app: fastapi.FastAPI, title: str) -> None:
    """The OpenAPI page, from files on this machine: it works where there is no internet."""
    static = staticfiles.StaticFiles(directory=str(swagger_ui_bundle.swagger_ui_path))
    app.mount("/docs/static", static, name="docs-static")

    @app.get(
        "/docs",
        include_in_schema=False,
        dependencies=[requirements.needs(requirements.OPEN)],
    )
    async def show_docs() -> responses.HTMLResponse:
        return docs.get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=title,
            swagger_js_url="/docs/static/swagger-ui-bundle.js",
            swagger_css_url="/docs/static/swagger-ui.css",
            swagger_favicon_url="/docs/static/favicon-32x32.png",
        )
