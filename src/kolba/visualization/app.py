"""The visualization service's application."""

import collections.abc
import contextlib
import functools
import pathlib
import typing

import fastapi
from starlette import staticfiles

from kolba.kit.http import app as http_app
from kolba.kit.http import client
from kolba.visualization import settings
from kolba.visualization.home import addresses
from kolba.visualization.home import routes as home_routes
from kolba.visualization.home import service as home
from kolba.visualization.reports import routes as report_routes
from kolba.visualization.reports import service as reports

STATIC: typing.Final = pathlib.Path(__file__).parent / "home" / "static"


def create_app(config: settings.VisualizationSettings) -> fastapi.FastAPI:
    """Rendered reports and the home page. It keeps nothing: a restart loses nothing."""
    app = http_app.create(
        config,
        title="Kolba visualization",
        routers=[home_routes.router, report_routes.router],
        lifespan=functools.partial(_lifespan, config),
    )
    app.mount("/static", staticfiles.StaticFiles(directory=STATIC), name="static")
    return app


@contextlib.asynccontextmanager
async def _lifespan(
    config: settings.VisualizationSettings, _: fastapi.FastAPI
) -> collections.abc.AsyncIterator[collections.abc.Mapping[str, typing.Any]]:
    bounds = config.rendering
    with reports.Renderer(threads=bounds.threads, seconds=bounds.timeout_seconds) as renderer:
        async with client.ServiceClient(
            "web_master",
            str(config.web_master_url),
            timeout_seconds=config.front_page.timeout_seconds,
        ) as web_master:
            yield {
                "renderer": renderer,
                "home": home.Home(web_master, config.front_page),
                "web_master": addresses.WebMasterAddress(
                    inside=config.web_master_url, outside=config.web_master_public_url
                ),
            }
