"""Who a request is of, before anybody has found out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import fastapi
import pytest
from starlette import types

from kolba.kit import context, errors, identity, metrics, settings
from kolba.kit.http import direct, guard, middleware, requirements

SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "POST",
    "path": "/predict/x",
    "query_string": b"",
    "headers": [(b"host", b"localhost")],
    "state": {},
    "app": fastapi.FastAPI(),
}


class Watcher:
    """An authenticator that sees as whom it works."""

    def __init__(self, person: identity.Person | None) -> None:
        self.seen: list[identity.Person] = []
        self._person = person

    async def authenticate(self, method: str, headers: Mapping[str, str]) -> identity.Person:
        self.seen.append(context.current().person)
        if self._person is None:
            raise errors.ServiceUnavailable(service="database")
        return self._person


class Unmeasured:
    def observe(self, **_: Any) -> None:
        pass


MEASURED = cast(metrics.HttpMetrics, Unmeasured())


async def receive() -> types.Message:
    return {"type": "http.request", "body": b"{}", "more_body": False}


async def through_the_edge(watcher: Watcher) -> None:
    async def app(_: types.Scope, __: types.Receive, send: types.Send) -> None:
        watcher.seen.append(context.current().person)

    async def send(_: types.Message) -> None:
        watcher.seen.append(context.current().person)

    edge = middleware.Edge(
        app, guard=guard.Guard(settings.HttpSettings()), authenticator=watcher, measured=MEASURED
    )
    await edge(SCOPE, receive, send)


async def directly(watcher: Watcher) -> None:
    async def answer(_: direct.Call) -> direct.Reply:
        watcher.seen.append(context.current().person)
        return direct.Reply(b"", "text/plain", {})

    routes = direct.DirectRoutes(
        find=lambda _: None,
        guard=guard.Guard(settings.HttpSettings()),
        authenticator=watcher,
        measured=MEASURED,
        max_body_bytes=1000,
    )
    route = direct.Route(name="/x", handler=answer, requirement=requirements.OPEN)

    async def send(_: types.Message) -> None:
        pass

    await routes.serve(route, SCOPE, receive, send)


ANN = identity.Person(name="ann")


@pytest.mark.parametrize("ask", [through_the_edge, directly])
@pytest.mark.parametrize("person", [ANN, None], ids=["found", "not found"])
async def test_until_it_is_known_who_asks_it_is_nobody(ask: Any, person: Any) -> None:
    """Not the system, which sees everything."""
    watcher = Watcher(person)
    await ask(watcher)
    first, *then = watcher.seen
    assert first == identity.NOBODY
    assert not first.sees_all
    assert set(then) <= {ANN if person else identity.NOBODY}


def test_what_no_request_does_the_system_does() -> None:
    assert context.bound() is None
    assert context.current().person == identity.SYSTEM
    with context.acting_as(ANN):
        assert context.current().person == ANN
