"""The demonstration's client, against a real server."""

from __future__ import annotations

from collections.abc import Iterator

import fastapi
import pytest
from starlette import responses

from kolba.cli.demo import api
from kolba.kit.testing import servers


def build() -> fastapi.FastAPI:
    app = fastapi.FastAPI()

    @app.get("/problem")
    def refuse() -> responses.JSONResponse:
        document = {
            "title": "No",
            "detail": "That is not a number.",
            "service": "storage",
            "errors": [{"field": "batch_size", "message": "give 1 or more"}],
        }
        return responses.JSONResponse(document, 422, media_type="application/problem+json")

    @app.get("/crash")
    def crash() -> responses.PlainTextResponse:
        return responses.PlainTextResponse("<html>", 502)

    @app.get("/events")
    def tell() -> responses.Response:
        text = 'id: 1\nevent: progress\ndata: {"message": "one"}\n\n: ping\n\ndata: {"n": 2}\n\n'
        return responses.Response(text, media_type="text/event-stream")

    @app.post("/echo")
    async def echo(request: fastapi.Request) -> object:
        return await request.json()

    return app


@pytest.fixture(scope="module")
def client() -> Iterator[api.Api]:
    with servers.running(build()) as server:
        yield api.Api(server.url)


def test_json_goes_there_and_back(client: api.Api) -> None:
    assert client.post("/echo", {"имя": [1, None]}) == {"имя": [1, None]}


def test_events_are_read_until_the_stream_ends(client: api.Api) -> None:
    assert list(client.events("/events")) == [{"message": "one"}, {"n": 2}]


def test_events_that_do_not_end_in_time_are_a_refusal(client: api.Api) -> None:
    with pytest.raises(api.Refused, match="not finished"):
        list(client.events("/events", seconds=0))


def test_a_problem_is_told_with_its_fields_and_its_service(client: api.Api) -> None:
    with pytest.raises(api.Refused) as caught:
        client.get("/problem")
    assert str(caught.value) == "That is not a number.\nbatch_size: give 1 or more"
    assert caught.value.service == "storage"


def test_an_answer_that_is_no_problem_document_is_shown(client: api.Api) -> None:
    with pytest.raises(api.Refused, match=r"answered 502.*<html>"):
        client.get("/crash")


def test_no_answer_is_a_refusal_too() -> None:
    with pytest.raises(api.Refused, match="no answer"):
        api.Api(f"http://127.0.0.1:{servers.free_port()}").get("/health")
