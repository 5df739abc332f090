"""The visualization service's application."""

import collections.abc
import contextlib
import functools
import pathlib
import typing

import fastapi
from starlette import staticfiles

from kolba.kit.http import addresses as client_addresses
from kolba.kit.http import app as http_app
from kolba.kit.http import client
from kolba.kit.tokens import opening
from kolba.visualization import settings
from kolba.visualization.door import relay
from kolba.visualization.door import routes as door_routes
from kolba.visualization.home import addresses
from kolba.visualization.home import routes as home_routes
from kolba.visualization.home import service as home
from kolba.visualization.reports import routes as report_routes
from kolba.visualization.reports import service as reports
from kolba.visualization.ui import files, site

STATIC: typing.Final = pathlib.Path(__file__).parent / "home" / "static"


def create_app(config: settings.VisualizationSettings) -> fastapi.FastAPI:
    """The web UI, its way to the web master, and rendered reports. It keeps nothing: a restart loses nothing."""
    app = http_app.create(
        config,
        title="Kolba visualization",
        routers=[
            home_routes.router,
            report_routes.router,
            door_routes.router(max_upload_bytes=config.max_upload_bytes),
        ],
        lifespan=functools.partial(_lifespan, config),
        requires=None,
        # What is handed on to the web master may show what is good there only.
        authenticator=opening.internal_tokens(config, lenient=True),
    )
    app.mount("/static", staticfiles.StaticFiles(directory=STATIC), name="static")
    app.mount("/", site.Site(files.BUILT), name="ui")
    return app


@contextlib.asynccontextmanager
async def _lifespan(
    config: settings.VisualizationSettings, _: fastapi.FastAPI
) -> collections.abc.AsyncIterator[collections.abc.Mapping[str, typing.Any]]:
    bounds = config.rendering
    clients = client_addresses.Addresses(config.http.trusted_proxies)
    with reports.Renderer(threads=bounds.threads, seconds=bounds.timeout_seconds) as renderer:
        async with (
            client.ServiceClient(
                "web_master",
                str(config.web_master_url),
                timeout_seconds=config.front_page.timeout_seconds,
            ) as web_master,
            relay.Door(str(config.web_master_url), clients) as door,
        ):
            yield {
                "door": door,
                "renderer": renderer,
                "home": home.Home(web_master, config.front_page),
                "web_master": addresses.WebMasterAddress(
                    inside=config.web_master_url, outside=config.web_master_public_url
                ),
            }
