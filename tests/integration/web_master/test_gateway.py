"""The way through: what passes, what does not, and what happens when either side goes away."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from kolba.kit.testing import servers
from kolba.web_master.gateway import table


def eventually(holds: Callable[[], Any], seconds: float = 10.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)
    return found


# --- plain passages


def test_a_list_is_asked_for_with_its_query(house: Any) -> None:
    answer = house.client.get("/datasets?limit=5&name=%D1%8F%26b&sort=-created_at")
    assert answer.status_code == 200
    assert answer.json()["total"] == 1
    assert house.storage.queries[-1] == {"limit": "5", "name": "я&b", "sort": "-created_at"}


def test_only_harmless_headers_go_in(house: Any) -> None:
    sent = {
        "Cookie": "a=b",
        "X-Forwarded-For": "1.2.3.4",
        "If-None-Match": '"x"',
        "X-Request-ID": "mine-1",
    }
    house.client.get("/datasets", headers=sent)
    got = house.storage.headers[-1]
    assert got["if-none-match"] == '"x"'
    assert got["x-request-id"] == "mine-1"
    assert got["accept-encoding"] == house.client.headers["accept-encoding"]
    for name in ("authorization", "cookie", "x-forwarded-for"):
        assert name not in got
    assert got["host"] == house.behind["storage"].url.removeprefix("http://")


def test_only_harmless_headers_come_out(house: Any) -> None:
    answer = house.client.get("/datasets/3/download")
    assert answer.text == "a,b\n1,2\n"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''%D1%8F.csv"
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["etag"] == '"x"'
    assert answer.headers["content-length"] == "8"
    for name in ("set-cookie", "x-inside"):
        assert name not in answer.headers
    assert len(answer.headers.get_list("x-request-id")) == 1


def test_a_change_and_a_deletion_pass(house: Any) -> None:
    changed = house.client.patch("/datasets/3", json={"description": "новое"})
    assert changed.json()["description"] == "новое"
    deleted = house.client.delete("/datasets/3")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert house.storage.deleted == [3]


def test_the_owners_404_comes_in_the_readers_language(house: Any) -> None:
    answer = house.client.get("/datasets/9", headers={"Accept-Language": "ru"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:kolba:problem:unknown-dataset"
    assert answer.json()["detail"] == "нет"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "service"),
    [("/datasets", "storage"), ("/families", "ml_service"), ("/sources", "collector")],
)
def test_a_service_that_is_down_is_named(house: Any, path: str, service: str) -> None:
    house.behind[service].kill()
    answer = house.client.get(path)
    assert answer.status_code == 503
    assert answer.json()["service"] == service
    assert answer.headers["retry-after"] == "1"


def test_it_works_again_once_the_service_is_back(house: Any) -> None:
    assert house.client.get("/datasets").status_code == 200
    port = house.behind["storage"].port
    house.behind["storage"].kill()
    assert house.client.get("/datasets").status_code == 503
    with servers.running(house.storage.app(), port=port):
        assert house.client.get("/datasets").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/datasets/..%2f..%2fruns",
        "/datasets/%2e%2e",
        "/datasets/3%00",
        "/datasets/3%3Fx=1/profile",
        "/datasets/-1",
        "/datasets/0",
        "/datasets/99999999999999999999",
        "/datasets/3.5",
        "/datasets/%D9%A3%D9%A3/x",
        "/models/1%0d%0aX:%20y/download",
        "/progress/..%2Fx",
        "/progress/5?last_event_id=1%0d%0aX:y",
        "/scenarios/report/..%2f1",
    ],
)
def test_a_tricky_id_reaches_nobody(house: Any, path: str) -> None:
    answer = house.client.get(path)
    assert answer.status_code in (404, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert house.storage.queries == []
    assert house.client.get("/health/live").status_code == 200


def test_what_is_not_in_the_table_does_not_pass(house: Any) -> None:
    for method, path in (
        ("POST", "/datasets"),
        ("POST", "/runs"),
        ("POST", "/runs/claim"),
        ("POST", "/runs/1/complete"),
        ("GET", "/batch"),
        ("POST", "/reset"),
        ("PUT", "/runs/1/checkpoint"),
    ):
        answer = house.client.request(method, path)
        assert answer.status_code in (404, 405, 422), (method, path)
    assert house.storage.recorded == []


def test_a_download_that_breaks_off_is_seen_to_be_broken(house: Any) -> None:
    with (
        pytest.raises(httpx2.RemoteProtocolError),
        house.client.stream("GET", "/datasets/4/download") as answer,
    ):
        assert b"".join(answer.iter_bytes())


# --- uploads


def test_an_upload_above_the_body_limit_streams_through(house: Any) -> None:
    def body() -> Iterator[bytes]:
        for _ in range(300):
            yield b"x" * 100_000

    answer = house.client.post(
        "/upload/dataset?name=big", content=body(), headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 201, answer.text
    assert house.storage.received == 30_000_000
    assert house.storage.largest <= 1 << 20


@pytest.mark.parametrize("options", [{"max_upload_bytes": 1_000_000}])
@pytest.mark.parametrize("chunked", [True, False])
def test_an_upload_over_its_own_limit_is_refused(house: Any, chunked: bool) -> None:
    data = b"x" * 3_000_000
    answer = house.client.post(
        "/upload/dataset?name=big", content=iter([data]) if chunked else data
    )
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:kolba:problem:body-too-large"
    eventually(lambda: house.storage.stored == [])


def test_the_owners_early_refusal_of_an_upload_is_passed_on(house: Any) -> None:
    answer = house.client.post("/upload/dataset?name=picture", content=b"\x89PNG" * 3_000_000)
    assert answer.status_code == 415
    assert answer.json()["type"] == "urn:kolba:problem:not-text"


def test_a_person_who_leaves_breaks_the_upload_off(house: Any) -> None:
    with socket.create_connection(("127.0.0.1", house.server.port)) as caller:
        caller.sendall(
            b"POST /upload/dataset?name=half HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Content-Length: 1000000\r\n\r\n" + b"x" * 200_000
        )
        eventually(lambda: house.storage.received >= 200_000)
    eventually(lambda: house.storage.broken_off == 1)
    assert house.storage.stored == []


def test_storage_that_dies_in_the_middle_of_an_upload_is_named(house: Any) -> None:
    def body() -> Iterator[bytes]:
        yield b"x" * 100_000
        eventually(lambda: house.storage.received)
        house.behind["storage"].kill()
        yield b"x" * 100_000

    answer = house.client.post("/upload/dataset?name=half", content=body())
    assert answer.status_code == 503
    assert answer.json()["service"] == "storage"


# --- progress


def read_events(house: Any, *, headers: Any = None, path: str = "/progress/5") -> str:
    with house.client.stream("GET", path, headers=headers or {}) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        return "".join(answer.iter_text())


def ids(stream: str) -> list[int]:
    return [int(line[4:]) for line in stream.splitlines() if line.startswith("id: ")]


def test_progress_passes_through(house: Any) -> None:
    assert ids(read_events(house)) == [1, 2, 3]
    assert house.ml.seen_event_ids == [None]


def test_progress_goes_on_after_the_last_event_seen(house: Any) -> None:
    assert ids(read_events(house, headers={"Last-Event-ID": "2"})) == [3]
    assert ids(read_events(house, path="/progress/5?last_event_id=1")) == [2, 3]
    assert house.ml.seen_event_ids == ["2", "1"]


def test_a_stream_whose_source_dies_ends_and_nothing_is_missed(house: Any) -> None:
    """It ends as if it were done, which makes a browser ask again with the last event it saw."""
    house.ml.breaks = True
    seen = ids(read_events(house))
    house.ml.breaks = False
    house.ml.last_event = 6
    seen += ids(read_events(house, headers={"Last-Event-ID": str(seen[-1])}))
    assert seen == [1, 2, 3, 4, 5, 6]


def test_a_browser_that_comes_back_too_early_is_asked_to_come_again(house: Any) -> None:
    """An error would make its event source give up for good."""
    house.behind["ml_service"].kill()
    browser = {"Accept": "text/event-stream", "Last-Event-ID": "2"}
    assert read_events(house, headers=browser) == "retry: 1000\n\n"
    answer = house.client.get("/progress/5")
    assert answer.status_code == 503
    assert answer.json()["service"] == "ml_service"


def test_a_reader_who_leaves_closes_the_call_behind(house: Any) -> None:
    house.ml.stays_open = True
    with house.client.stream("GET", "/progress/5") as answer:
        chunks = answer.iter_bytes()
        next(chunks)
        assert house.ml.open_streams == 1
    eventually(lambda: house.ml.open_streams == 0)


def test_who_comes_back_after_the_end_is_told_to_stop_asking(house: Any) -> None:
    """To a browser's event source, 204 means that there will be no more."""
    answer = house.client.get("/progress/204", headers={"Last-Event-ID": "3"})
    assert (answer.status_code, answer.content) == (204, b"")


def test_an_unknown_runs_progress_is_the_owners_404(house: Any) -> None:
    answer = house.client.get("/progress/404")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:kolba:problem:unknown-run"


# --- documentation


def test_every_passage_is_documented_with_its_types(house: Any) -> None:
    document = house.client.get("/openapi.json").json()
    for passage in table.PASSAGES:
        described = document["paths"][passage.path][passage.method.lower()]
        assert described["summary"] == passage.summary
        answer = described["responses"][str(passage.status)]
        if passage.answer is not None:
            assert "$ref" in answer["content"]["application/json"]["schema"]
        names = [one["name"] for one in described.get("parameters", [])]
        assert set(passage.query) <= set(names)
        assert len(names) == len(set(names))
        assert ("requestBody" in described) == (passage.body != "none")
    operations = [
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    ]
    assert len(operations) == len(set(operations))
    assert house.client.get("/docs").status_code == 200


def test_a_body_where_none_is_wanted_never_mixes_with_the_next_request(house: Any) -> None:
    for _ in range(3):
        sent = house.client.post("/runs/5/cancel", content=b"GET /families?x= HTTP/1.1\r\n")
        assert sent.status_code == 200, sent.text
        assert house.client.get("/families").status_code == 200
