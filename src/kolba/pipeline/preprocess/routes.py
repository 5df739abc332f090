"""`POST /process`, without the framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from kolba.kit import context
from kolba.kit.http import direct, lean, readiness, requirements
from kolba.pipeline import deadlines, journal, openapi, replying, timing, uploads, wire
from kolba.pipeline.preprocess import loader, service, settings

if TYPE_CHECKING:  # loaded with the first image
    from kolba.pipeline.preprocess import steps

SERVICE = "preprocess"
PATH = "/process"
REQUIREMENT = requirements.SIGNED_IN
DESCRIBED = openapi.Described(
    path=PATH,
    summary="An image becomes a vector of probabilities",
    description="The image is centred and scaled as MNIST's digits are, and its tensor handed to model. With "
    "`?only=tensor` the tensor itself is answered: as JSON, or as .npy where `Accept` says `application/x-npy`.",
    request_body=openapi.IMAGE_BODY,
    answers={200: openapi.answer("What model answers.", openapi.PROBABILITIES)},
)
_ONLY_TENSOR = b"only=tensor"


def find(path: str) -> direct.Route | None:
    """The route of a POST to `path`."""
    return ROUTE if path == PATH else None


async def process(call: direct.Call) -> direct.Reply:
    """Answer one image."""
    spent = timing.Timing()
    config: settings.PreprocessSettings = call.state["settings"]
    preprocess: service.Preprocess = call.state["preprocess"]
    deadline = deadlines.of(
        call.headers, usual=config.deadline_seconds, longest=config.longest_deadline_seconds
    )
    content = uploads.file_of(call.body, call.headers.get("content-type"))
    picture = await preprocess.picture(content, deadline, spent)
    if call.query and _ONLY_TENSOR in call.query.split(b"&"):
        return _tensor(call, picture, spent)
    answer = await preprocess.ask(picture, deadline, spent)
    return _answered(call, answer, spent)


def _answered(call: direct.Call, answer: lean.Answer, spent: timing.Timing) -> direct.Reply:
    kept: journal.Journal = call.state["journal"]
    document = orjson.loads(answer.content)
    document["instances"] = {SERVICE: kept.instance, "model": document["instance"]}
    document["request_id"] = context.current().request_id
    kept.answered(model_instance=document["instance"])
    ready: readiness.Readiness = call.state["readiness"]
    return replying.reply(replying.json_of(document), spent, service=SERVICE, ready=ready)


def _tensor(call: direct.Call, picture: steps.Picture, spent: timing.Timing) -> direct.Reply:
    wanted = call.headers.get("accept", "")
    as_file = wire.NPY in wanted or wire.BINARY in wanted
    steps_of = loader.load()
    return replying.reply(
        steps_of.to_npy(picture) if as_file else steps_of.to_json(picture),
        spent,
        service=SERVICE,
        ready=call.state["readiness"],
        content_type=wire.NPY if as_file else wire.JSON,
        also={"Vary": "Accept"},
    )


ROUTE = direct.Route(name=PATH, handler=process, requirement=REQUIREMENT)
