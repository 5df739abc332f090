"""Runs over HTTP: claims, leases, events."""

from __future__ import annotations

import concurrent.futures
import io
import threading
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest


def make_run(storage, **changes):
    body = {"kind": "train", "parameters": {"a": 1}, "owner": "local", **changes}
    answer = storage.post("/runs", json=body)
    assert answer.status_code == 201
    return answer.json()


def claim(storage, **changes):
    answer = storage.post("/runs/claim", json={"worker": "w", **changes})
    assert answer.status_code in (200, 204)
    return answer.json() if answer.content else None


def test_a_run_goes_its_way(storage, watch):
    run = make_run(storage)
    assert (run["state"], run["attempts"]) == ("queued", 0)
    held = claim(storage)
    token, path = held["token"], f"/runs/{run['id']}"
    assert held["run"]["state"] == "running"
    assert (held["run"]["attempts"], held["run"]["worker"]) == (1, "w")
    watch.advance(10)
    beat = storage.post(f"{path}/heartbeat", json={"token": token})
    assert beat.json() == {"cancel_requested": False}
    events = [
        {"type": "progress", "message": "fold 1 of 5", "fraction": 0.2},
        {"type": "metric", "data": {"name": "accuracy", "value": 0.8, "step": 1}},
    ]
    assert (
        storage.post(f"{path}/events", json={"token": token, "events": events}).status_code == 204
    )
    assert storage.get(path).json()["message"] == "fold 1 of 5"
    done = storage.post(f"{path}/complete", json={"token": token, "result": {"ok": 1}}).json()
    assert (done["state"], done["fraction"], done["result"]) == ("succeeded", 1.0, {"ok": 1})
    told = storage.get(f"{path}/events").json()
    assert told["state"] == "succeeded"
    assert [one["sequence"] for one in told["items"]] == [1, 2, 3, 4, 5]
    assert [one["type"] for one in told["items"]] == [
        "state",
        "state",
        "progress",
        "metric",
        "state",
    ]
    after = storage.get(f"{path}/events", params={"after": 3}).json()
    assert [one["sequence"] for one in after["items"]] == [4, 5]


def test_work_done_at_once_is_recorded(storage):
    run = make_run(storage, kind="infer", state="succeeded", result={"rows": 1})
    assert run["state"] == "succeeded"
    assert run["finished_at"] is not None
    assert claim(storage, kinds=["infer", "train"]) is None


def test_the_oldest_of_the_wanted_kinds_is_given(storage):
    infer, train = make_run(storage, kind="infer"), make_run(storage)
    assert claim(storage)["run"]["id"] == train["id"]
    assert claim(storage) is None
    assert claim(storage, kinds=["infer"])["run"]["id"] == infer["id"]


def test_twenty_claims_have_one_winner_each(storage):
    runs = {make_run(storage)["id"] for _ in range(15)}
    start = threading.Barrier(20)

    def take(_):
        start.wait()
        return claim(storage)

    with concurrent.futures.ThreadPoolExecutor(20) as threads:
        claims = [one for one in threads.map(take, range(20)) if one]
    while (late := claim(storage)) is not None:
        claims.append(late)
    assert len(claims) == 15
    assert {one["run"]["id"] for one in claims} == runs
    assert len({one["token"] for one in claims}) == 15


def test_a_lapsed_run_is_taken_up_again_and_its_old_worker_refused(storage, watch):
    run = make_run(storage)
    first = claim(storage, worker="first", lease_seconds=10)
    watch.advance(11)
    path, old = f"/runs/{run['id']}", {"token": first["token"]}
    assert storage.post(f"{path}/heartbeat", json=old).status_code == 409
    second = claim(storage, worker="second", lease_seconds=10)
    assert second["run"]["attempts"] == 2
    for verb, extra in (
        ("heartbeat", {}),
        ("complete", {"result": {}}),
        ("fail", {"error": {}}),
        ("release", {}),
        ("cancelled", {}),
        ("events", {"events": [{"type": "log", "message": "late"}]}),
    ):
        refused = storage.post(f"{path}/{verb}", json={**old, **extra})
        assert refused.status_code == 409
        assert refused.json()["type"] == "urn:kolba:problem:lease-lost"
    assert storage.get(path).json()["worker"] == "second"
    reasons = [one["data"].get("reason") for one in storage.get(f"{path}/events").json()["items"]]
    assert "worker first went silent" in reasons


def test_a_heartbeat_keeps_the_lease(storage, watch):
    make_run(storage)
    held = claim(storage, lease_seconds=10)
    for _ in range(5):
        watch.advance(8)
        beat = {"token": held["token"], "lease_seconds": 10}
        assert storage.post(f"/runs/{held['run']['id']}/heartbeat", json=beat).status_code == 200
        assert claim(storage) is None


def test_after_three_lost_workers_the_run_fails_with_the_reason(storage, watch):
    run = make_run(storage)
    for attempt in (1, 2, 3):
        assert claim(storage, lease_seconds=5)["run"]["attempts"] == attempt
        watch.advance(6)
    assert claim(storage) is None
    failed = storage.get(f"/runs/{run['id']}").json()
    assert failed["state"] == "failed"
    assert failed["error"]["type"] == "urn:kolba:problem:run-attempts-exhausted"
    assert "3" in failed["error"]["detail"]


def test_a_failure_is_tried_again_only_when_that_may_help(storage):
    run = make_run(storage)
    path = f"/runs/{run['id']}"
    for state in ("queued", "queued", "failed"):
        body = {"token": claim(storage)["token"], "error": {"detail": "crash"}, "retry": True}
        assert storage.post(f"{path}/fail", json=body).json()["state"] == state
    make_run(storage)
    held = claim(storage)
    body = {"token": held["token"], "error": {"detail": "bad data"}}
    ended = storage.post(f"/runs/{held['run']['id']}/fail", json=body).json()
    assert (ended["state"], ended["error"]) == ("failed", {"detail": "bad data"})


def test_a_released_run_costs_no_attempt(storage):
    make_run(storage)
    held = claim(storage)
    back = storage.post(f"/runs/{held['run']['id']}/release", json={"token": held["token"]}).json()
    assert (back["state"], back["attempts"], back["worker"]) == ("queued", 0, None)


def test_cancelling(storage, watch):
    queued = make_run(storage)
    assert storage.post(f"/runs/{queued['id']}/cancel").json()["state"] == "cancelled"
    running = make_run(storage)
    held = claim(storage)
    path, token = f"/runs/{running['id']}", {"token": held["token"]}
    assert storage.post(f"{path}/cancelled", json=token).status_code == 409
    asked = storage.post(f"{path}/cancel").json()
    assert (asked["state"], asked["cancel_requested"]) == ("running", True)
    assert storage.post(f"{path}/heartbeat", json=token).json() == {"cancel_requested": True}
    assert storage.post(f"{path}/cancelled", json=token).json()["state"] == "cancelled"
    done = make_run(storage, state="succeeded")
    assert storage.post(f"/runs/{done['id']}/cancel").status_code == 409
    lost = make_run(storage)
    claim(storage, lease_seconds=5)
    storage.post(f"/runs/{lost['id']}/cancel")
    watch.advance(6)
    assert claim(storage) is None
    assert storage.get(f"/runs/{lost['id']}").json()["state"] == "cancelled"


def test_a_claim_waits_for_a_run(storage):
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(claim, storage, wait_seconds=20)
        time.sleep(0.3)
        run = make_run(storage)
        assert waiting.result(15)["run"]["id"] == run["id"]
    assert claim(storage, wait_seconds=0.2) is None


def test_events_are_waited_for(storage):
    run = make_run(storage)
    held = claim(storage)
    path = f"/runs/{run['id']}/events"
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        query = {"after": 2, "wait_seconds": 20}
        waiting = threads.submit(storage.get, path, params=query)
        time.sleep(0.3)
        event = {"type": "log", "message": "привет"}
        storage.post(path, json={"token": held["token"], "events": [event]})
        assert waiting.result(15).json()["items"][0]["message"] == "привет"
    nothing = storage.get(path, params={"after": 3, "wait_seconds": 0.2}).json()
    assert nothing == {"items": [], "state": "running"}


def test_many_waiting_requests_hold_no_thread(storage):
    """Sixty long polls wait, and everything else is answered meanwhile."""
    run = make_run(storage)
    with concurrent.futures.ThreadPoolExecutor(60) as threads:
        query = {"after": 1, "wait_seconds": 20}
        polls = [
            threads.submit(storage.get, f"/runs/{run['id']}/events", params=query)
            for _ in range(60)
        ]
        time.sleep(0.5)
        assert storage.get("/health").status_code == 200
        held = claim(storage)
        assert held["run"]["id"] == run["id"]
        for poll in polls:
            assert poll.result(15).json()["items"][0]["data"]["state"] == "running"


def test_a_long_list_of_events_is_read_in_parts(storage):
    run = make_run(storage)
    held = claim(storage)
    path = f"/runs/{run['id']}"
    events = [{"type": "log", "message": str(i)} for i in range(1000)]
    storage.post(f"{path}/events", json={"token": held["token"], "events": events})
    storage.post(f"{path}/complete", json={"token": held["token"], "result": {}})
    first = storage.get(f"{path}/events").json()
    assert (len(first["items"]), first["state"]) == (1000, "running")
    rest = storage.get(f"{path}/events", params={"after": 1000}).json()
    assert ([one["sequence"] for one in rest["items"]], rest["state"]) == (
        [1001, 1002, 1003],
        "succeeded",
    )


def test_a_batch_of_events_sent_again_is_kept_once(storage, watch):
    run = make_run(storage)
    path = f"/runs/{run['id']}/events"

    def send(token, first, *messages):
        events = [{"type": "progress", "message": one, "fraction": 0.5} for one in messages]
        body = {"token": token, "events": events, "first": first}
        assert storage.post(path, json=body).status_code == 204

    def told():
        items = storage.get(path).json()["items"]
        assert [one["sequence"] for one in items] == list(range(1, len(items) + 1))
        return [one["message"] for one in items if one["type"] == "progress"]

    token = claim(storage, lease_seconds=10)["token"]
    send(token, 1, "a", "b")
    send(token, 1, "a", "b")
    assert told() == ["a", "b"]
    send(token, 2, "b", "c")
    send(token, 1, "a")
    assert told() == ["a", "b", "c"]
    assert storage.get(f"/runs/{run['id']}").json()["message"] == "c"
    watch.advance(20)
    token = claim(storage, lease_seconds=10)["token"]
    send(token, 1, "anew")
    assert told() == ["a", "b", "c", "anew"]
    refused = storage.post(path, json={"token": token, "events": [], "first": 0})
    assert refused.status_code == 422


def test_only_a_finished_run_is_deleted(storage):
    run = make_run(storage)
    path = f"/runs/{run['id']}"
    assert storage.delete(path).status_code == 409
    storage.patch(path, json={"description": "проба"})
    storage.post(f"{path}/cancel")
    assert storage.delete(path).status_code == 204
    assert storage.get(path).status_code == 404
    assert storage.get(f"{path}/events").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/runs/999", None),
        ("DELETE", "/runs/999", None),
        ("POST", "/runs/999/cancel", None),
        ("GET", "/runs/999/events", None),
    ],
)
def test_an_unknown_run_is_said_so(storage, method, path, body):
    answer = storage.request(method, path, json=body)
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:kolba:problem:unknown-run"


@pytest.mark.parametrize(
    ("change", "field"),
    [({"dataset_id": 9}, "dataset_id"), ({"model_id": 9}, "model_id"), ({"kind": "x"}, "kind")],
)
def test_a_run_about_nothing_is_refused(storage, change, field):
    body = {"kind": "train", "parameters": {}, "owner": "local", **change}
    answer = storage.post("/runs", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_lists_are_filtered(storage):
    make_run(storage, owner="a")
    make_run(storage, owner="b", kind="infer")
    assert storage.get("/runs", params={"owner": "a"}).json()["total"] == 1
    assert storage.get("/runs", params={"kind": "infer", "state": "queued"}).json()["total"] == 1
    assert storage.get("/runs", params={"state": "odd"}).status_code == 422
    ids = [one["id"] for one in storage.get("/runs", params={"sort": "id"}).json()["items"]]
    assert ids == sorted(ids)


def parquet(rows: int = 3) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"a": list(range(rows))}), file)
    return file.getvalue()


def leave(storage, run_id, token, content=None):
    return storage.post(
        "/datasets",
        params={"name": "answers", "run_id": run_id},
        content=content or parquet(),
        headers={"Content-Type": "application/vnd.apache.parquet", "Kolba-Lease": token},
    )


def test_a_run_leaves_one_data_set_however_often_it_is_handed_in(storage):
    make_run(storage, kind="predict", owner="ada")
    held = claim(storage, kinds=["predict"])
    run_id, token = held["run"]["id"], held["token"]
    first = leave(storage, run_id, token)
    assert first.status_code == 201, first.text
    assert (first.json()["run_id"], first.json()["owner"]) == (run_id, "ada")
    assert leave(storage, run_id, token, parquet(5)).json()["id"] == first.json()["id"]
    found = storage.get("/datasets", params={"run_id": run_id}).json()
    assert (found["total"], found["items"][0]["rows"]) == (1, 3)
    storage.post(f"/runs/{run_id}/complete", json={"token": token, "result": {}})
    assert storage.delete(f"/runs/{run_id}").status_code == 204
    assert storage.get(f"/datasets/{first.json()['id']}").json()["run_id"] is None


def test_only_who_holds_a_run_leaves_its_data_set(storage, watch):
    make_run(storage, kind="predict")
    held = claim(storage, kinds=["predict"])
    run_id, token = held["run"]["id"], held["token"]
    assert leave(storage, run_id, "another").json()["type"].endswith("lease-lost")
    watch.advance(20)
    late = leave(storage, run_id, token)
    assert (late.status_code, late.json()["type"]) == (409, "urn:kolba:problem:lease-lost")
    assert storage.get("/datasets").json()["total"] == 0


def test_lists_cut_what_is_very_long(storage):
    long = {"body": "x" * 100_000, "rows": list(range(10_000)), "deep": {"a": [["y" * 300]]}}
    run = make_run(storage, kind="predict", parameters=long)
    assert storage.get(f"/runs/{run['id']}").json()["parameters"] == long
    (listed,) = storage.get("/runs").json()["items"]
    assert listed["parameters"]["body"] == "x" * 200 + "…"
    assert listed["parameters"]["rows"] == [*range(20), "…"]
    assert listed["parameters"]["deep"] == {"a": [["y" * 200 + "…"]]}


def test_runs_are_asked_for_by_their_numbers(storage):
    made = [make_run(storage)["id"] for _ in range(3)]
    asked = f"{made[0]},{made[2]},999999"
    found = storage.get("/runs", params={"ids": asked, "sort": "id"}).json()
    assert [one["id"] for one in found["items"]] == [made[0], made[2]]
    assert found["total"] == 2
    assert storage.get("/runs", params={"ids": asked, "state": "failed"}).json()["items"] == []


@pytest.mark.parametrize("ids", ["", "1,", "one", "-1", "1;2", "9" * 19, ",".join(["1"] * 201)])
def test_numbers_that_are_none_are_refused(storage, ids):
    assert storage.get("/runs", params={"ids": ids}).status_code == 422
