"""`POST /finalize`, without the framework: the door of the chain."""

from __future__ import annotations

import time
from typing import Any

import orjson

from kolba.kit import context
from kolba.kit import errors as kit_errors
from kolba.kit.http import balancing, direct, lean, requirements
from kolba.pipeline import deadlines, journal, openapi, replying, timing, uploads, wire
from kolba.pipeline.postprocess import settings

SERVICE = "postprocess"
PATH = "/finalize"
REQUIREMENT = requirements.SIGNED_IN
DESCRIBED = openapi.Described(
    path=PATH,
    summary="An image becomes a digit",
    description="The whole chain: preprocess makes a tensor of the image, model answers it with probabilities, and the "
    "largest of them is the digit. `X-Deadline-Ms` says how long the answer may take; `Server-Timing` says where the "
    "time went.",
    request_body=openapi.IMAGE_BODY,
    answers={
        200: openapi.answer(
            "The digit.",
            {
                "digit": 7,
                "label": 7,
                "probability": 0.98,
                "probabilities": {"0": 0.001, "1": 0.002, "7": 0.98},
                "model": "digits",
                "version": "CNN_20260101_000000",
                "instance": "model-1",
                "instances": {
                    "postprocess": "postprocess-1",
                    "preprocess": "preprocess-1",
                    "model": "model-1",
                },
                "request_id": "4f2c…",
            },
        )
    },
)


def find(path: str) -> direct.Route | None:
    """The route of a POST to `path`."""
    return ROUTE if path == PATH else None


async def finalize(call: direct.Call) -> direct.Reply:
    """Answer one image."""
    spent = timing.Timing()
    config: settings.PostprocessSettings = call.state["settings"]
    kept: journal.Journal = call.state["journal"]
    deadline = deadlines.of(
        call.headers, usual=config.deadline_seconds, longest=config.longest_deadline_seconds
    )
    content = uploads.file_of(call.body, call.headers.get("content-type"))
    answer = await _ask(call.state["preprocess"], content, deadline, spent)
    document = _decided(answer.content, kept.instance)
    kept.answered(digit=document["digit"], model_instance=document["instance"])
    body = replying.json_of(document)
    return replying.reply(body, spent, service=SERVICE, ready=call.state["readiness"])


async def _ask(
    preprocess: balancing.Balanced,
    content: bytes,
    deadline: deadlines.Deadline,
    spent: timing.Timing,
) -> lean.Answer:
    headers = {"Content-Type": wire.BINARY, wire.DEADLINE_HEADER: deadline.header()}
    started = time.perf_counter()
    seconds = deadline.left("preprocess")
    answer = await preprocess.post("/process", content, headers, seconds=seconds)
    said = answer.headers.get("server-timing", "")
    spent.passed_on("preprocess", time.perf_counter() - started, said)
    return answer


def _decided(content: bytes, instance: str) -> dict[str, Any]:
    """The digit, from what preprocess answered. Raises `ServiceUnavailable` when that is something else."""
    try:
        found = orjson.loads(content)
        probabilities, classes = found["probabilities"], found["classes"]
        best = max(range(len(classes)), key=probabilities.__getitem__)
        return {
            "digit": best,
            "label": classes[best],
            "probability": probabilities[best],
            "probabilities": dict(zip(map(str, classes), probabilities, strict=True)),
            "model": found["model"],
            "version": found["version"],
            "instance": found["instance"],
            "instances": {SERVICE: instance, **found["instances"]},
            "request_id": context.current().request_id,
        }
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise kit_errors.ServiceUnavailable(service="preprocess") from error


ROUTE = direct.Route(name=PATH, handler=finalize, requirement=REQUIREMENT)
