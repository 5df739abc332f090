"""Direct routes: what is looked up at all, and what becomes of those whose client leaves."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from starlette import types

from kolba.kit import context, identity, metrics, settings
from kolba.kit.http import direct, guard, requirements


@pytest.mark.parametrize(("length", "is_looked_up"), [(2048, True), (2049, False), (10**6, False)])
def test_what_looks_for_routes_never_sees_a_path_worth_remembering_for_its_size(
    length: int, is_looked_up: bool
) -> None:
    seen: list[str] = []

    def find(path: str) -> direct.Route | None:
        seen.append(path)
        return None

    routes = direct.DirectRoutes(
        find=find,
        guard=cast(guard.Guard, None),
        authenticator=cast(identity.Authenticator, None),
        measured=cast(metrics.HttpMetrics, None),
        max_body_bytes=1000,
    )
    scope = {"type": "http", "method": "POST", "path": "/" + "a" * (length - 1)}
    assert routes.route_of(scope) is None
    assert bool(seen) == is_looked_up


async def given_up(_: direct.Call) -> direct.Reply:
    answer: asyncio.Future[direct.Reply] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.01, answer.cancel)
    return await answer


def route_to(handler: direct.Handler) -> direct.Route:
    return direct.Route(
        name="/predict/{model}", handler=handler, requirement=requirements.SIGNED_IN
    )


@pytest.fixture
def routes() -> direct.DirectRoutes:
    return direct.DirectRoutes(
        find=lambda _: None,
        guard=guard.Guard(settings.HttpSettings()),
        authenticator=identity.LocalPerson(identity.Person(name="local", groups=())),
        measured=cast(metrics.HttpMetrics, None),
        max_body_bytes=1000,
    )


SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "POST",
    "path": "/predict/x",
    "query_string": b"",
    "headers": [(b"host", b"localhost")],
    "state": {},
}


async def receive() -> types.Message:
    return {"type": "http.request", "body": b"{}", "more_body": False}


async def say_nothing(_: types.Message) -> None:
    pytest.fail("nobody is there to be answered")


async def test_a_language_is_read_and_never_remembered_for_its_size(
    routes: direct.DirectRoutes,
) -> None:
    async def answer(_: direct.Call) -> direct.Reply | None:
        spoken.append(context.current().language)
        raise asyncio.CancelledError

    spoken: list[str] = []
    route = route_to(cast(direct.Handler, answer))
    for given in (b"ru", b"ru, en;q=0.5" + b" " * 10**6, b"x" * 10**6, None):
        headers = [] if given is None else [(b"accept-language", given)]
        await routes.serve(
            route, {**SCOPE, "headers": [*SCOPE["headers"], *headers]}, receive, say_nothing
        )
    assert spoken == ["ru", "ru", "en", "en"]


async def test_a_client_that_left_is_no_failure(routes: direct.DirectRoutes) -> None:
    route = route_to(given_up)
    await routes.serve(route, SCOPE, receive, say_nothing)


async def test_a_task_that_is_to_end_ends(routes: direct.DirectRoutes) -> None:
    async def wait(_: direct.Call) -> direct.Reply:
        await asyncio.Event().wait()
        return direct.Reply(b"", "text/plain")

    route = route_to(wait)
    serving = asyncio.create_task(routes.serve(route, SCOPE, receive, say_nothing))
    await asyncio.sleep(0.01)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


class Unmeasured:
    def observe(self, **_: Any) -> None:
        pass


class Receipt:
    def __init__(self) -> None:
        self.said: list[str] = []

    def leaving(self) -> None:
        self.said.append("leaving")

    def lost(self) -> None:
        self.said.append("lost")


@pytest.mark.parametrize(("stays", "said"), [(True, ["leaving"]), (False, ["lost"])])
async def test_an_answer_to_who_has_gone_does_not_count_as_given(
    routes: direct.DirectRoutes, monkeypatch: pytest.MonkeyPatch, stays: bool, said: list[str]
) -> None:
    receipt = Receipt()
    sent: list[types.Message] = []
    messages: list[types.Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def answer(_: direct.Call) -> direct.Reply:
        return direct.Reply(b"bought", "text/plain", receipt=receipt)

    async def receive() -> types.Message:
        if messages:
            return messages.pop()
        if stays:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: types.Message) -> None:
        sent.append(message)

    monkeypatch.setattr(routes, "_metrics", Unmeasured())
    await routes.serve(route_to(answer), SCOPE, receive, send)
    assert receipt.said == said
    assert bool(sent) is stays
