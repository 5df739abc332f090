"""One process that does all three steps, with the same code and HTTP: `python -m bench.pipeline.single BUNDLE PORT`."""

from __future__ import annotations

import contextlib
import pathlib
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import fastapi

from kolba.inference import bundles
from kolba.kit import server
from kolba.kit import settings as kit_settings
from kolba.kit.http import app as http_app
from kolba.kit.http import direct, readiness, requirements
from kolba.pipeline import deadlines, replying, timing, uploads
from kolba.pipeline.model import batching, following
from kolba.pipeline.model import loader as model_loader
from kolba.pipeline.postprocess import settings
from kolba.pipeline.preprocess import loader as image_loader

_READY = readiness.Readiness()


async def _finalize(call: direct.Call) -> direct.Reply:
    spent = timing.Timing()
    deadline = deadlines.of(call.headers, usual=5.0, longest=60.0)
    content = uploads.file_of(call.body, call.headers.get("content-type"))
    picture = image_loader.load().picture(content)
    answer = await call.state["batcher"].ask(picture.reshape(1, -1), deadline)
    found, classes = answer.probabilities[0], answer.served.network.classes
    best = int(found.argmax())
    document = {
        "digit": best,
        "label": classes[best],
        "probability": float(found[best]),
        "probabilities": dict(zip(map(str, classes), found.tolist(), strict=True)),
    }
    return replying.reply(replying.json_of(document), spent, service="single", ready=_READY)


_ROUTE = direct.Route(name="/finalize", handler=_finalize, requirement=requirements.SIGNED_IN)


def create_app(config: settings.PostprocessSettings, content: bytes) -> fastapi.FastAPI:
    network = model_loader.load().open(
        content, bundles.digest(content), max_bytes=1 << 28, batch=32
    )
    image_loader.load()
    served = following.Served(
        name="digits", version="1", model_id=1, sha256="", network=network, since=time.time()
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        yield {"batcher": batching.Batcher(lambda: served, max_batch=32, max_waiting=2048)}

    return http_app.create(
        config,
        title="All in one process",
        routers=[],
        requires=None,
        lifespan=lifespan,
        find_direct=lambda path: _ROUTE if path == "/finalize" else None,
    )


def main() -> None:
    bundle, port = pathlib.Path(sys.argv[1]).read_bytes(), int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        config = kit_settings.load(settings.PostprocessSettings, port=port, data_dir=folder)
        server.serve(create_app(config, bundle), config)


if __name__ == "__main__":
    main()
