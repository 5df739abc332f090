"""Idempotency keys at the door: done once, answered alike; on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import concurrent.futures
import datetime as dt
import functools
import threading
from collections.abc import Callable
from typing import Any

import fastapi
import httpx2
import pytest
import sqlalchemy

from kolba.kit.http import bodies, direct
from kolba.kit.http import requirements as kit_requirements
from kolba.web_master import app
from kolba.web_master.idempotency import direct_routes, service

SIGNED_IN = [kit_requirements.needs(kit_requirements.SIGNED_IN)]
KEY = "Idempotency-Key"
REPLAYED = "idempotency-replayed"


class Bench:
    """Routes whose work can be counted, held up, and made to fail."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.references: list[str | None] = []
        self.statuses: list[int] = []
        """Of the next answers; then 201."""
        self.waits = 0.0
        self.lock = threading.Lock()

    async def work(self, body: bytes) -> tuple[int, dict[str, Any]]:
        with self.lock:
            self.done.append(body.decode()[:50])
            self.references.append(service.reference())
            number = len(self.done)
            status = self.statuses.pop(0) if self.statuses else 201
        await asyncio.sleep(self.waits)
        if status == 0:
            raise RuntimeError("a defect")
        return status, {"number": number}

    def router(self) -> fastapi.APIRouter:
        made = bodies.router(dependencies=SIGNED_IN)

        @made.post("/bench", max_body_size=100_000_000)
        async def bench(request: fastapi.Request) -> fastapi.responses.JSONResponse:
            size = 0
            first = b""
            async for chunk in request.stream():
                first = first or chunk
                size += len(chunk)
            status, answer = await self.work(first)
            headers = {"Location": "/bench/1", "Set-Cookie": "a=b", "X-Inside": "x"}
            if request.query_params.get("secret"):
                headers["Cache-Control"] = "no-store"
            return fastapi.responses.JSONResponse({**answer, "size": size}, status, headers)

        @made.post("/bench/long")
        async def long(request: fastapi.Request) -> fastapi.responses.Response:
            await self.work(b"")
            return fastapi.responses.Response(b"x" * 5000)

        @made.post("/bench/unread")
        async def unread() -> int:
            return (await self.work(b""))[1]["number"]

        return made

    async def direct(self, call: direct.Call) -> direct.Reply:
        async def make() -> direct.Reply:
            status, answer = await self.work(call.body)
            return direct.Reply(str(answer).encode(), "text/plain", {"Location": "/x"}, status)

        key = call.headers.get("idempotency-key")
        return await make() if key is None else await direct_routes.once(call, key, make)


@pytest.fixture(scope="session")
def bench() -> Bench:
    return Bench()


@pytest.fixture
def options(database_url: str | None) -> dict[str, Any]:
    kept = {"wait_seconds": 5, "lease_seconds": 2, "max_answer_bytes": 2000}
    database = {} if database_url is None else {"database": {"url": database_url}}
    return {"idempotency": kept, **database}


@pytest.fixture(autouse=True)
def _bench_in_the_house(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    vars(bench).update(vars(Bench()))
    monkeypatch.setattr(app.report_routes, "router", bench.router())
    route = direct.Route(
        name="/bench/direct", handler=bench.direct, requirement=kit_requirements.SIGNED_IN
    )
    monkeypatch.setattr(
        app.prediction_routes, "find", lambda path: route if path == "/bench/direct" else None
    )


PATHS = ["/bench", "/bench/direct"]
Send = Callable[..., httpx2.Response]


@pytest.fixture
def send(house: Any) -> Send:
    def post(path: str, key: str, body: Any = b"{}", **headers: str) -> httpx2.Response:
        answer: httpx2.Response = house.client.post(
            path, content=body, headers={KEY: key, **headers}
        )
        return answer

    return post


@pytest.mark.parametrize("path", PATHS)
def test_what_is_sent_again_is_answered_again_and_done_once(
    send: Send, bench: Bench, path: str
) -> None:
    first, second = send(path, "k-1"), send(path, '"k-1"')
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first.headers["location"] == second.headers["location"]
    assert first.headers["content-type"] == second.headers["content-type"]
    assert (REPLAYED in first.headers, second.headers[REPLAYED]) == (False, "true")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert not {"set-cookie", "x-inside"} & set(second.headers)
    assert len(bench.done) == 1


@pytest.mark.parametrize("path", PATHS)
def test_another_body_or_path_or_query_is_refused(send: Send, bench: Bench, path: str) -> None:
    send(path, "k-1")
    for answer in (
        send(path, "k-1", b"{ }"),
        send(path + "?a=1", "k-1"),
        send("/bench/unread", "k-1"),
    ):
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:kolba:problem:idempotency-key-reused"
    assert len(bench.done) == 1
    assert send(path, "k-2").status_code == 201
    assert len(bench.done) == 2


@pytest.mark.parametrize("path", PATHS)
def test_fifty_at_once_are_done_once_and_answered_alike(
    house: Any, bench: Bench, path: str
) -> None:
    bench.waits = 0.3

    async def all_at_once() -> list[httpx2.Response]:
        limits = httpx2.Limits(max_connections=50)
        async with httpx2.AsyncClient(base_url=house.server.url, limits=limits) as client:
            posts = [client.post(path, content=b"[1]", headers={KEY: "k"}) for _ in range(50)]
            return await asyncio.gather(*posts)

    answers = asyncio.run(all_at_once())
    assert {one.status_code for one in answers} == {201}
    assert len({one.content for one in answers}) == 1
    assert sum(REPLAYED in one.headers for one in answers) == 49
    assert len(bench.done) == 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("status", [500, 502, 503, 504, 0])
def test_a_failure_of_ours_may_be_tried_again_under_the_same_reference(
    send: Send, bench: Bench, path: str, status: int
) -> None:
    bench.statuses = [status]
    first = send(path, "k")
    assert first.status_code == (status or 500)
    assert send(path, "k", b"{ }").status_code == 422
    assert send(path, "k").status_code == 201
    assert len(bench.done) == 2
    assert bench.references[0] == bench.references[1] is not None
    assert send(path, "k").headers[REPLAYED] == "true"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("status", [400, 402, 403, 404, 409, 422, 429])
def test_what_was_refused_changed_nothing_and_frees_the_key(
    send: Send, bench: Bench, path: str, status: int
) -> None:
    bench.statuses = [status]
    assert send(path, "k").status_code == status
    assert send(path, "k", b"{ }").status_code == 201
    assert len(bench.done) == 2


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
@pytest.mark.parametrize("path", PATHS)
def test_a_bad_key_is_refused(send: Send, bench: Bench, path: str, key: str) -> None:
    answer = send(path, key)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == KEY
    assert bench.done == []


def test_two_keys_are_refused(house: Any, bench: Bench) -> None:
    answer = house.client.post("/bench", headers=[(KEY, "a"), (KEY, "b")])
    assert answer.status_code == 422
    assert bench.done == []


@pytest.mark.parametrize("path", PATHS)
def test_one_that_runs_too_long_is_come_back_for(
    house: Any, bench: Bench, path: str, send: Send
) -> None:
    bench.waits = 6.5
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(send, path, "k")
        while not bench.done:
            pass
        early = httpx2.post(house.server.url + path, content=b"{}", headers={KEY: "k"}, timeout=30)
        assert early.status_code == 409
        assert early.headers["retry-after"] == "1"
        assert first.result().status_code == 201
    assert send(path, "k").headers[REPLAYED] == "true"
    assert len(bench.done) == 1


def test_a_long_body_is_hashed_on_its_way(send: Send, bench: Bench) -> None:
    def parts(last: bytes) -> Any:
        yield from (b"x" * 500_000 for _ in range(20))
        yield last

    assert send("/bench", "k", parts(b"1")).json()["size"] == 10_000_001
    assert send("/bench", "k", parts(b"1")).headers[REPLAYED] == "true"
    assert send("/bench", "k", parts(b"2")).status_code == 422
    assert send("/bench", "k", parts(b"11")).status_code == 422
    assert len(bench.done) == 1


def test_the_same_form_made_anew_is_the_same(house: Any, bench: Bench) -> None:
    for boundary in ("one", "another"):
        answer = house.client.post(
            "/bench",
            files={"file": ("a.csv", b"a,b\n1,2\n")},
            headers={KEY: "k", "Content-Type": f"multipart/form-data; boundary={boundary}"},
        )
        assert answer.status_code == 201, answer.text
    assert len(bench.done) == 1


def test_a_body_that_a_route_leaves_unread_counts_too(send: Send, bench: Bench) -> None:
    assert send("/bench/unread", "k", b"a").json() == 1
    assert send("/bench/unread", "k", b"a").headers[REPLAYED] == "true"
    assert send("/bench/unread", "k", b"b").status_code == 422


@pytest.mark.parametrize(("path", "status"), [("/bench/long", 200), ("/bench?secret=1", 201)])
def test_what_is_too_long_or_too_secret_to_keep_is_not_done_again(
    send: Send, bench: Bench, path: str, status: int
) -> None:
    assert send(path, "k").status_code == status
    again = send(path, "k")
    assert again.status_code == 409
    assert again.json()["type"] == "urn:kolba:problem:idempotent-answer-not-kept"
    assert len(bench.done) == 1


def test_a_key_means_nothing_where_nothing_is_made(house: Any) -> None:
    for _ in range(2):
        answer = house.client.get("/scenarios", headers={KEY: "k"})
        assert (answer.status_code, REPLAYED in answer.headers) == (200, False)


@pytest.mark.parametrize("path", PATHS)
def test_what_a_killed_web_master_worked_on_is_taken_over(
    house: Any, bench: Bench, send: Send, path: str, execute: Any
) -> None:
    """Another instance's claim: as long as its lease runs it is waited for, then it is worked on again."""
    send(path, "k")
    lease = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1.5)
    execute(
        "update idempotency_claims set state = 'running', owner = 'gone', status = null, "
        f"lease_until = '{lease:%Y-%m-%d %H:%M:%S.%f}'"
    )
    assert send(path, "k").status_code == 201
    assert dt.datetime.now(dt.UTC) >= lease
    assert len(bench.done) == 2
    assert bench.references[0] == bench.references[1]


@pytest.fixture
def execute(house: Any) -> Any:
    def run(statement: str) -> list[Any]:
        config = house.config
        made = sqlalchemy.create_engine(config.database.url_in(config.data_dir, config.service))
        with made.begin() as connection:
            result = connection.execute(sqlalchemy.text(statement))
            found = list(result) if result.returns_rows else []
        made.dispose()
        return found

    return run


def test_an_old_key_is_new_again(send: Send, bench: Bench, execute: Any) -> None:
    send("/bench", "k")
    execute("update idempotency_claims set expires_at = '2026-01-01 00:00:00'")
    assert send("/bench", "k", b"{ }").status_code == 201
    assert len(set(bench.references)) == 2


def test_the_audit_log_tells_a_repetition_from_a_deed(send: Send, execute: Any) -> None:
    for _ in range(2):
        send("/bench", "k")
    found = execute("select details from audit_entries where outcome = 'done' order by seq")
    assert ["replayed" in details for (details,) in found] == [False, True]


def test_collecting_that_left_nothing_may_be_tried_again(house: Any) -> None:
    """The source broke, so that nothing was stored: that is known, and the key is new."""
    for breaking, status in ((100, 502), (None, 201)):
        house.collector.fails_at = breaking
        answer = house.client.post(
            "/scenarios/collect-and-store", json={"batch_size": 100}, headers={KEY: "k"}
        )
        assert answer.status_code == status, answer.text
    assert len(house.storage.stored) == 1


def test_collecting_that_may_have_left_something_is_not_repeated(house: Any, execute: Any) -> None:
    """As after a kill when storage had kept it and the answer was not."""
    post = functools.partial(
        house.client.post, "/scenarios/collect-and-store", json={"batch_size": 100}
    )
    assert post(headers={KEY: "k"}).status_code == 201
    execute("update idempotency_claims set state = 'failed', status = null")
    for _ in range(2):
        answer = post(headers={KEY: "k"})
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:kolba:problem:idempotent-deed-unknown"
    assert len(house.storage.stored) == 1
    assert post(headers={KEY: "another"}).status_code == 201
