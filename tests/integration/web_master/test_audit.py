"""What the audit log says of what was asked at the door."""

from __future__ import annotations

import contextlib
import csv
import io
import pathlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from kolba.kit.db import engine
from kolba.kit.testing import processes, servers
from kolba.web_master.audit import repository, verifying

ADMIN = pytest.mark.parametrize("options", [{"auth": {"local_user": "admin"}}], ids=["admin"])
CLIENT = pytest.mark.parametrize("options", [{"auth": {"local_user": "client"}}], ids=["client"])
FLOOD = {"auth": {"local_user": "client"}, "audit": {"refusals_per_minute": 3}}
SHOWN = ("actor", "action", "object_kind", "object_id", "outcome", "status")


@contextlib.contextmanager
def log_of(house: Any) -> Iterator[repository.AuditRepository]:
    url = house.config.database.url_in(house.config.data_dir, house.config.service)
    database = engine.connect(url)
    try:
        yield repository.AuditRepository(database)
    finally:
        database.close()


def entries(house: Any) -> list[Any]:
    with log_of(house) as log:
        assert verifying.verify(log).broken is None
        return [entry for found in log.walk() for entry in found]


def shown(house: Any) -> list[tuple[Any, ...]]:
    return [tuple(getattr(entry, name) for name in SHOWN) for entry in entries(house)]


def audit(house: Any, **query: Any) -> list[dict[str, Any]]:
    answer = house.client.get("/audit", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


# --- what is written


def test_a_change_is_announced_and_its_outcome_follows(house: Any) -> None:
    answer = house.client.delete("/datasets/3", headers={"X-Request-ID": "mine-1"})
    assert answer.status_code == 204
    delete = ("local", "DELETE /datasets/{dataset_id}", "dataset", "3")
    assert shown(house) == [(*delete, "begun", None), (*delete, "done", 204)]
    begun, done = entries(house)
    assert (begun.begun, done.begun) == (None, 1)
    assert {one.request_id for one in (begun, done)} == {"mine-1"}
    assert {one.address for one in (begun, done)} == {"127.0.0.1"}
    assert {one.via for one in (begun, done)} == {"local"}


def test_what_was_wrong_is_named(house: Any) -> None:
    """Whatever the service behind the door refused for, too."""
    assert house.client.post("/upload/dataset?name=picture", content=b"x").status_code == 415
    assert house.client.post("/scenarios/train-model", json={"dataset_id": "x"}).status_code == 422
    details = [(one.outcome, one.details) for one in entries(house) if one.outcome != "begun"]
    assert details == [
        ("refused", '{"problem":"not-text"}'),
        ("refused", '{"problem":"invalid-input"}'),
    ]


def test_what_is_made_has_its_id(house: Any) -> None:
    house.client.post("/upload/dataset?name=mine", content=b"a\n1\n")
    house.client.post("/scenarios/collect-and-store", json={"batch_size": 100})
    house.client.post("/scenarios/train-model", json={"dataset_id": 3, "model_type": "KNN"})
    done = [one[1:] for one in shown(house) if one[4] == "done"]
    assert done == [
        ("POST /upload/dataset", "dataset", "3", "done", 201),
        ("POST /scenarios/collect-and-store", "dataset", "3", "done", 201),
        ("POST /scenarios/train-model", "run", "5", "done", 202),
    ]


def test_sharing_says_with_whom(house: Any) -> None:
    house.client.patch("/datasets/3", json={"shared_with": "client"})
    assert entries(house)[-1].details == '{"name":"titanic","shared_with":"client"}'


def test_a_download_is_written_and_a_list_is_not(house: Any) -> None:
    assert house.client.get("/datasets").status_code == 200
    assert house.client.get("/datasets/3/download").content == b"a,b\n1,2\n"
    download = ("local", "GET /datasets/{dataset_id}/download", "dataset", "3", "done", 200)
    assert shown(house) == [download]


def test_predictions_are_not_written(house: Any) -> None:
    for path in ("/predict/titanic", "/invocations", "/v2/models/titanic/infer"):
        house.client.post(path, json={})
    body = {"model_id": 7, "data": "Pclass\n3"}
    assert house.client.post("/scenarios/infer-model", json=body).status_code == 200
    assert entries(house) == []


@CLIENT
def test_who_may_not_is_written_once(house: Any) -> None:
    assert house.client.patch("/datasets/3", json={}).status_code == 403
    assert house.client.get("/audit/export").status_code == 403
    assert shown(house) == [
        ("local", "PATCH /datasets/{dataset_id}", "dataset", "3", "refused", 403),
        ("local", "GET /audit/export", "audit", "", "refused", 403),
    ]
    assert [one.details for one in entries(house)] == ['{"problem":"action-forbidden"}'] * 2


def test_what_the_edge_refuses_is_written(house: Any) -> None:
    foreign = {"Origin": "http://evil.example"}
    assert house.client.delete("/datasets/3", headers=foreign).status_code == 403
    assert house.client.delete("/nothing/here", headers=foreign).status_code == 403
    (entry,) = entries(house)
    assert (entry.actor, entry.via, entry.status) == ("", "nothing", 403)
    assert entry.details == '{"problem":"foreign-origin"}'


@pytest.mark.parametrize("options", [FLOOD], ids=["client"])
def test_a_flood_of_refusals_is_counted_instead(house: Any) -> None:
    for _ in range(8):
        assert house.client.patch("/datasets/3", json={}).status_code == 403
    assert len(entries(house)) == 3


NOBODY = {"Authorization": "Bearer of nothing"}
ANYBODY_S = {
    "no name": ("POST", "/auth/session", {"json": {}}, 422),
    "another grant": ("POST", "/auth/token", {"data": {"grant_type": "magic"}}, 400),
    "another host": ("DELETE", "/datasets/3", {"headers": {**NOBODY, "Host": "evil.example"}}, 421),
    "signed out already": ("DELETE", "/auth/session", {}, 204),
    "not signed in": ("DELETE", "/datasets/3", {}, 401),
}


@pytest.mark.parametrize("options", [FLOOD], ids=["client"])
@pytest.mark.parametrize("name", ANYBODY_S)
def test_nobody_fills_the_log_whatever_they_are_answered(house: Any, name: str) -> None:
    method, path, more, status = ANYBODY_S[name]
    for _ in range(12):
        answer = house.client.request(method, path, **{"headers": NOBODY, **more})
        assert answer.status_code == status
    assert len(entries(house)) <= 6  # three announced, three outcomes


PATHS = ["/datasets/%00", "/models/" + "x" * 5000, "/aliases/%E2%80%AEgnp/%0d%0a=1", "/files/-1"]


@pytest.mark.parametrize("path", PATHS)
def test_a_hostile_path_is_made_harmless(house: Any, path: str) -> None:
    assert house.client.delete(path).status_code in (404, 422)
    for entry in entries(house):
        assert entry.object_id.isprintable()
        assert len(entry.object_id) <= 256


@pytest.mark.parametrize("options", [{"http": {"trusted_proxies": ["127.0.0.0/8"]}}])
def test_the_address_is_the_client_s(house: Any) -> None:
    house.client.delete("/datasets/3", headers={"X-Forwarded-For": "198.51.100.9, 192.0.2.7"})
    assert {one.address for one in entries(house)} == {"192.0.2.7"}


def test_the_address_is_the_peer_s_where_no_proxy_is_trusted(house: Any) -> None:
    house.client.delete("/datasets/3", headers={"X-Forwarded-For": "192.0.2.7"})
    assert {one.address for one in entries(house)} == {"127.0.0.1"}


# --- nothing is done that cannot be written


def locked(house: Any) -> sqlite3.Connection:
    """Somebody holds the database's only write lock."""
    path = house.config.data_dir / "web_master.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    return connection


@pytest.mark.parametrize("options", [{"database": {"busy_timeout_seconds": 0.1}}], ids=["hurried"])
def test_what_cannot_be_written_is_not_done(house: Any) -> None:
    with contextlib.closing(locked(house)):
        deleting = house.client.delete("/datasets/3")
        loading = house.client.get("/datasets/3/download")
    assert (deleting.status_code, loading.status_code) == (503, 503)
    assert deleting.json()["service"] == loading.json()["service"] == "database"
    assert house.storage.deleted == []
    assert entries(house) == []
    assert house.client.delete("/datasets/3").status_code == 204


@pytest.mark.parametrize("failpoint", ["audit.begun=kill", "audit.ending=kill"])
def test_a_crash_half_way_leaves_the_announcement(
    house: Any, tmp_path: pathlib.Path, failpoint: str
) -> None:
    port = servers.free_port()
    urls = {f"{name}_url": server.url for name, server in house.behind.items()}
    told = {"port": port, "data_dir": tmp_path / "crashing", "auth__local_user": "admin", **urls}
    environment = {f"KOLBA_WEB_MASTER__{name.upper()}": str(one) for name, one in told.items()}
    environment["KOLBA_WEB_MASTER__LOG__DIRECTORY"] = str(tmp_path)
    log = tmp_path / "program.log"
    doomed = processes.Program(
        "kolba.web_master", {**environment, "KOLBA_FAILPOINTS": failpoint}, port, log
    )
    doomed.start()
    with pytest.raises(processes.http.client.HTTPException):
        ask(port, "DELETE", "/datasets/3")
    assert doomed.process is not None
    assert doomed.process.wait(10) == -9
    after = processes.Program("kolba.web_master", environment, port, log)
    after.start()
    try:
        found = ask(port, "GET", "/audit?outcome=unfinished")
    finally:
        after.stop()
    assert b'"DELETE /datasets/{dataset_id}"' in found
    assert b'"total":1' in found
    assert house.storage.deleted == ([3] if failpoint.startswith("audit.ending") else [])


def ask(port: int, method: str, path: str) -> bytes:
    connection = processes.http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request(method, path)
        return connection.getresponse().read()


# --- reading it


@ADMIN
def test_reading_with_filters(house: Any) -> None:
    house.client.delete("/datasets/3")
    house.client.delete("/datasets/4")
    house.client.patch("/datasets/3", json={"description": "x"})
    newest = audit(house)
    assert [one["seq"] for one in newest] == [6, 5, 4, 3, 2, 1]
    assert newest[0]["action"] == "PATCH /datasets/{dataset_id}"
    assert [one["seq"] for one in audit(house, object="dataset/3", outcome="done")] == [6, 2]
    assert [one["seq"] for one in audit(house, object="dataset", limit=1, offset=2)] == [4]
    assert [one["seq"] for one in audit(house, action="PATCH")] == [6, 5]
    assert [one["seq"] for one in audit(house, action="P%")] == []
    assert audit(house, actor="somebody") == []
    assert len(audit(house, actor="local")) == 6
    assert audit(house, outcome="unfinished") == []
    assert len(audit(house, since=newest[3]["at"])) == 4
    assert len(audit(house, until=newest[3]["at"])) == 2


@ADMIN
@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "outcome=x",
        "since=yesterday",
        "actor=%00",
        "since=0001-01-01T00:00:00%2B14:00",
        "colour=red",
    ],
)
def test_a_wrong_question_is_told(house: Any, query: str) -> None:
    assert house.client.get(f"/audit?{query}").status_code == 422


@ADMIN
def test_the_export_has_everything_and_no_formula(house: Any) -> None:
    house.client.delete("/datasets/3")
    house.client.put("/aliases/=1+1/%E2%80%AEx", json={"version": 1})
    answer = house.client.get("/audit/export")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="audit.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    written = entries(house)
    # Its own download is in it: it was written before the first byte went out.
    assert [row["seq"] for row in rows] == [str(one.seq) for one in written]
    assert rows[0]["action"] == "DELETE /datasets/{dataset_id}"
    assert rows[0]["hash"] == written[0].hash
    assert all(not cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())
    assert all(cell.isprintable() for row in rows for cell in row.values())
    only = house.client.get("/audit/export?object=alias").text
    assert "DELETE" not in only
    assert [one.action for one in entries(house)][-1] == "GET /audit/export"
