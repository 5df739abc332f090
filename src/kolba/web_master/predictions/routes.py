"""The prediction path's direct routes."""

from __future__ import annotations

import functools

from kolba.contracts import runs
from kolba.inference.protocols import exchange, paths, v2
from kolba.kit.http import direct
from kolba.web_master.access import requirements
from kolba.web_master.idempotency import direct_routes
from kolba.web_master.predictions import queueing, service

_PREDICT = requirements.right("predict")


@functools.lru_cache(maxsize=4096)
def find(path: str) -> direct.Route | None:
    """The route of a POST to `path`, if it asks for a prediction."""
    target = paths.target_of(path)
    if target is None:
        return None
    return direct.Route(
        name=target.template,
        handler=functools.partial(_answer, target),
        requirement=_PREDICT,
        explain=v2.with_error if target.protocol == "v2" else None,
    )


async def _answer(target: paths.Target, call: direct.Call) -> direct.Reply:
    key = call.headers.get("idempotency-key")
    if key is None:
        return await _answer_now(target, call)
    return await direct_routes.once(call, key, functools.partial(_answer_now, target, call))


async def _answer_now(target: paths.Target, call: direct.Call) -> direct.Reply:
    predictions: service.Predictions = call.state["predictions"]
    if queueing.is_wished(call.headers.get("prefer")):
        run = await predictions.queue(target, call.body, call.headers, call.disconnected)
        return direct.Reply(run.model_dump_json().encode(), exchange.JSON, _later(run), 202)
    encoded, receipt = await predictions.answer(target, call.body, call.headers, call.disconnected)
    return direct.Reply(encoded.body, encoded.content_type, encoded.headers, receipt=receipt)


def _later(run: runs.Run) -> dict[str, str]:
    return {"Location": f"/runs/{run.id}", "Preference-Applied": queueing.PREFERENCE}
