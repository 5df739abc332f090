"""`POST /predict`, without the framework; `GET /model`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import fastapi
import orjson
import pydantic

from kolba.kit import context
from kolba.kit import errors as kit_errors
from kolba.kit.http import bodies, direct, requirements
from kolba.pipeline import (
    deadlines,
    errors,
    exchange,
    journal,
    loader,
    openapi,
    replying,
    timing,
    wire,
)
from kolba.pipeline.model import batching, following, settings

if TYPE_CHECKING:  # numpy comes with the first model
    from kolba.pipeline import tensors

SERVICE = "model"
PATH = "/predict"
REQUIREMENT = requirements.SIGNED_IN
DESCRIBED = openapi.Described(
    path=PATH,
    summary="A tensor becomes a vector of probabilities",
    description="One picture is answered by a vector, several by a list of them. `classes` says what each place means.",
    request_body=openapi.TENSOR_BODY,
    answers={200: openapi.answer("The probabilities.", openapi.PROBABILITIES)},
)
router = bodies.router(tags=["pipeline"], dependencies=[requirements.needs(REQUIREMENT)])


class Version(pydantic.BaseModel):
    """Which version answers here."""

    model: str
    version: str
    model_id: int
    sha256: str
    """Of the bundle, which was compared with the registered one."""
    since: dt.datetime
    instance: str


def _follower(request: fastapi.Request) -> following.Follower:
    found: following.Follower = request.state.follower
    return found


@router.get("/model")
async def show_version(
    request: fastapi.Request,
    follower: Annotated[following.Follower, fastapi.Depends(_follower)],
) -> Version:
    """Which version answers on this replica; 503 while there is none."""
    await follower.asked()
    served = follower.current()
    kept: journal.Journal = request.state.journal
    return Version(
        model=served.name,
        version=served.version,
        model_id=served.model_id,
        sha256=served.sha256,
        since=dt.datetime.fromtimestamp(served.since, dt.UTC),
        instance=kept.instance,
    )


def find(path: str) -> direct.Route | None:
    """The route of a POST to `path`."""
    return ROUTE if path == PATH else None


async def predict(call: direct.Call) -> direct.Reply:
    """Answer one tensor."""
    spent = timing.Timing()
    config: settings.ModelSettings = call.state["settings"]
    follower: following.Follower = call.state["follower"]
    deadline = deadlines.of(
        call.headers, usual=config.deadline_seconds, longest=config.longest_deadline_seconds
    )
    await follower.asked()
    follower.current()
    pictures, is_single = _pictures(call)
    if len(pictures) > config.max_images:
        raise errors.TooManyImages(images=len(pictures), limit=config.max_images)
    batcher: batching.Batcher = call.state["batcher"]
    answer = await batcher.ask(pictures, deadline)
    spent.part("model-wait", answer.waited_seconds)
    spent.part("model-run", answer.ran_seconds)
    return _answered(call, answer, spent, is_single=is_single)


def _pictures(call: direct.Call) -> tuple[tensors.Pictures, bool]:
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    read = loader.load_tensors()
    if kind == wire.BINARY:
        return read.of_bytes(call.body, call.headers)
    if kind == wire.NPY:
        return read.of_npy(call.body)
    document = _document(call.body)
    if "path" in document:
        return _left(call, document["path"])
    return read.of_json(document.get("tensor"))


def _left(call: direct.Call, name: object) -> tuple[tensors.Pictures, bool]:
    """What preprocess left in the shared volume."""
    shared: exchange.Exchange | None = call.state["exchange"]
    if shared is None:
        raise errors.NoExchange
    if not isinstance(name, str):
        raise errors.BadPath
    return loader.load_tensors().of_npy(shared.read(name))


def _document(body: bytes) -> dict[str, object]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise kit_errors.MalformedBody(reason=str(error)) from None
    return document if isinstance(document, dict) else {}


def _answered(
    call: direct.Call, answer: batching.Answer, spent: timing.Timing, *, is_single: bool
) -> direct.Reply:
    kept: journal.Journal = call.state["journal"]
    served, found = answer.served, answer.probabilities
    document = {
        "probabilities": found[0] if is_single else found,
        "classes": served.network.classes,
        "model": served.name,
        "version": served.version,
        "instance": kept.instance,
        "request_id": context.current().request_id,
    }
    kept.answered(len(found), version=served.version)
    body = replying.json_of(document)
    return replying.reply(body, spent, service=SERVICE, ready=call.state["readiness"])


ROUTE = direct.Route(name=PATH, handler=predict, requirement=REQUIREMENT)
