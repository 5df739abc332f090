from __future__ import annotations

import concurrent.futures
from typing import Any

import httpx
import pyarrow.ipc
import pytest

from kolba.contracts import sources
from kolba.kit.egress import memory

ARROW = "application/vnd.apache.arrow.stream"
ROWS = 1000


def ask(collector: httpx.Client, **query: Any) -> sources.Batch:
    answer = collector.get("/batch", params=query)
    assert answer.status_code == 200, answer.text
    return sources.Batch.model_validate(answer.json())


def test_the_missions_call_answers_the_default_source(collector: httpx.Client) -> None:
    batch = ask(collector, size=100, offset=0)
    assert (batch.source, batch.offset, batch.next_offset, batch.total) == ("people", 0, 100, ROWS)
    assert len(batch.rows) == 100
    assert not batch.done
    assert batch.rows[0] == {"id": 0, "name": "name 0", "height": None}
    assert batch.rows[1] == {"id": 1, "name": "name 1", "height": 1.1}


def test_parts_without_an_offset_follow_each_other_to_the_end(collector: httpx.Client) -> None:
    parts = [ask(collector, size=400) for _ in range(4)]
    assert [part.offset for part in parts] == [0, 400, 800, ROWS]
    assert [part.done for part in parts] == [False, False, True, True]
    assert [row["id"] for part in parts for row in part.rows] == list(range(ROWS))
    assert parts[-1].rows == []


def test_an_offset_leaves_the_cursor_alone(collector: httpx.Client) -> None:
    ask(collector, size=10, offset=500)
    assert ask(collector, size=10).offset == 0


def test_past_the_end_comes_an_empty_part(collector: httpx.Client) -> None:
    batch = ask(collector, size=10, offset=2**53)
    assert (batch.rows, batch.done, batch.total) == ([], True, ROWS)


def test_the_cursor_survives_a_restart(serve: Any, internet: memory.MemoryEgress) -> None:
    with serve() as collector:
        ask(collector, size=300)
    with serve() as collector:
        assert ask(collector, size=300).offset == 300
        assert collector.get("/info").json()["cursor"] == 600
    assert len(internet.asked) == 1


def test_reset_begins_again(collector: httpx.Client) -> None:
    ask(collector, size=300)
    assert collector.post("/reset").json() == {"source": "people", "cursor": 0}
    assert ask(collector, size=300).offset == 0


def test_parallel_calls_share_the_rows_out(
    collector: httpx.Client, internet: memory.MemoryEgress
) -> None:
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        parts = list(pool.map(lambda _: ask(collector, size=50), range(24)))
    ids = [row["id"] for part in parts for row in part.rows]
    assert sorted(ids) == list(range(ROWS))
    assert sum(part.rows == [] for part in parts) == 4
    assert len(internet.asked) == 1


def test_arrow_by_accept(collector: httpx.Client) -> None:
    answer = collector.get("/batch", params={"size": 500, "offset": 700}, headers={"Accept": ARROW})
    assert answer.headers["content-type"] == ARROW
    table = pyarrow.ipc.open_stream(answer.content).read_all()
    assert table.num_rows == 300
    assert [str(kind) for kind in table.schema.types] == ["int64", "string", "double"]
    assert (answer.headers["x-kolba-done"], answer.headers["x-kolba-total"]) == ("true", "1000")
    empty = collector.get("/batch", params={"size": 1, "offset": ROWS}, headers={"Accept": ARROW})
    assert pyarrow.ipc.open_stream(empty.content).read_all().schema == table.schema


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"size": 0}, "size"),
        ({"size": -1}, "size"),
        ({"size": 501}, "size"),
        ({"size": 10**30}, "size"),
        ({"size": "many"}, "size"),
        ({"size": "1.5"}, "size"),
        ({"offset": -1}, "offset"),
        ({"offset": 2**53 + 1}, "offset"),
        ({"offset": 10**30}, "offset"),
        ({"offset": "NaN"}, "offset"),
    ],
)
def test_a_wrong_size_or_offset_is_named(
    collector: httpx.Client, query: dict[str, Any], field: str
) -> None:
    answer = collector.get("/batch", params=query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"].endswith(field)
    assert ask(collector, size=1).offset == 0


@pytest.mark.parametrize("path", ["/batch", "/info", "/reset"])
@pytest.mark.parametrize("name", ["no such", "../people", "", "я" * 5000, "people\0"])
def test_an_unknown_source_answers_with_those_there_are(
    collector: httpx.Client, path: str, name: str
) -> None:
    method = "POST" if path == "/reset" else "GET"
    answer = collector.request(
        method, path, params={"source": name}, headers={"Accept-Language": "ru"}
    )
    assert answer.status_code == 404
    assert "people" in answer.json()["known"]
    assert "titanic" in answer.json()["detail"]
    assert answer.json()["title"] == "Такого источника нет"


def test_an_unknown_representation_is_refused(collector: httpx.Client) -> None:
    answer = collector.get("/batch", headers={"Accept": "text/csv"})
    assert answer.status_code == 406
