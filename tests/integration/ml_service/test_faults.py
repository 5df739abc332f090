"""Processes that are really killed: runs are taken up again or end with a reason, and the others go on."""

from __future__ import annotations

import signal
import time

import httpx
import psutil
import pytest

LONG = {
    "model_type": "RandomForest",
    "hyperparameters": {"n_estimators": 1500},
    "cross_validation_folds": 6,
}
SHORT_LEASE = {"lease_seconds": 2, "heartbeat_seconds": 0.3}


def start_long(house, dataset_id) -> int:
    run_id = house.train(dataset_id, **LONG)
    house.wait(run_id, "running")
    return run_id


def computing(worker, until) -> psutil.Process:
    (process,) = until(worker.run_processes, "a run's process")
    return process


@pytest.fixture
def until():
    def wait(condition, what, seconds=60.0):
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < deadline, f"waited in vain for {what}"
            time.sleep(0.02)
        return found

    return wait


def test_a_cancelled_run_ends_and_the_worker_goes_on(house, dataset_id, hire, until) -> None:
    worker = hire("cancelled")
    run_id = start_long(house, dataset_id)
    process = computing(worker, until)
    assert httpx.post(f"{house.ml.url}/runs/{run_id}/cancel", timeout=30).status_code == 200
    assert house.wait(run_id)["state"] == "cancelled"
    until(lambda: not process.is_running(), "the process to end")
    house.trained(dataset_id)


def test_a_queued_run_is_cancelled_at_once(house, dataset_id) -> None:
    run_id = house.train(dataset_id)
    httpx.post(f"{house.ml.url}/runs/{run_id}/cancel", timeout=30)
    assert house.run(run_id)["state"] == "cancelled"


def test_a_killed_run_is_tried_again(house, dataset_id, hire, until) -> None:
    worker = hire("killed-once")
    run_id = house.train(dataset_id, "RandomForest", hyperparameters={"n_estimators": 300})
    computing(worker, until).kill()
    run = house.wait(run_id)
    assert run["state"] == "succeeded", run
    assert run["attempts"] == 2


def test_after_three_kills_a_run_fails_with_the_reason(house, dataset_id, hire, until) -> None:
    worker = hire("killed-thrice")
    run_id = house.train(dataset_id, **LONG)
    killed = set()
    while house.run(run_id)["state"] not in ("failed", "succeeded"):
        for process in worker.run_processes():
            if process.pid not in killed:
                killed.add(process.pid)
                process.kill()
    run = house.run(run_id)
    assert run["state"] == "failed"
    assert len(killed) == 3
    assert run["error"]["type"].startswith("urn:kolba:problem:")
    house.trained(dataset_id)


def test_a_worker_killed_in_the_middle_loses_nothing(house, dataset_id, hire, until) -> None:
    first = hire("killed-worker", **SHORT_LEASE)
    run_id = house.train(dataset_id, "RandomForest", hyperparameters={"n_estimators": 400})
    computing(first, until)
    orphans = first.descendants()
    first.stop(signal.SIGKILL)
    until(
        lambda: not any(one.is_running() for one in orphans), "the nursery and its children to end"
    )
    hire("successor", **SHORT_LEASE)
    run = house.wait(run_id)
    assert run["state"] == "succeeded", run
    assert run["attempts"] == 2


def test_a_worker_that_is_told_to_stop_gives_its_run_back(house, dataset_id, hire, until) -> None:
    worker = hire("stopped")
    run_id = start_long(house, dataset_id)
    computing(worker, until)
    rest = worker.descendants()
    worker.stop(signal.SIGTERM)
    run = house.run(run_id)
    assert run["state"] == "queued"
    assert run["attempts"] == 0
    assert not any(one.is_running() for one in rest)
    httpx.post(f"{house.ml.url}/runs/{run_id}/cancel", timeout=30)


def test_a_nursery_that_dies_is_replaced(house, dataset_id, hire, until) -> None:
    worker = hire("nursery")
    house.trained(dataset_id)
    (nursery,) = worker.descendants()
    nursery.kill()
    until(lambda: [one for one in worker.descendants() if one.pid != nursery.pid], "a new nursery")
    house.trained(dataset_id)


def test_a_run_that_takes_too_much_memory_ends_with_the_reason(house, hire) -> None:
    hire("small", max_run_bytes=64_000_000)
    rows = "".join(
        f"{number * 7919 % 5003},{number * 104729 % 4999},{number * 31 % 7}\n"
        for number in range(6000)
    )
    dataset_id = house.upload("noise", "a,b,y\n" + rows)
    settings = {"n_estimators": 2000, "max_depth": None, "min_samples_leaf": 1}
    run = house.wait(
        house.train(dataset_id, "RandomForest", hyperparameters=settings, cross_validation_folds=0)
    )
    assert run["state"] == "failed"
    assert run["error"]["type"].endswith("out-of-memory")


def test_a_run_that_takes_too_long_ends_with_the_reason(house, dataset_id, hire) -> None:
    hire("hasty", max_run_seconds=0.2)
    run = house.wait(house.train(dataset_id, **LONG))
    assert run["state"] == "failed"
    assert run["error"]["type"].endswith("took-too-long")


def test_storage_away_in_the_middle_loses_nothing(house, dataset_id, hire, until) -> None:
    worker = hire("patient")
    run_id = house.train(dataset_id, "RandomForest", hyperparameters={"n_estimators": 300})
    computing(worker, until)
    house.storage.stop(signal.SIGKILL)
    time.sleep(1.0)
    house.storage.start()
    run = house.wait(run_id)
    assert run["state"] == "succeeded", run
    url = f"{house.storage.url}/runs/{run_id}/events"
    events = httpx.get(url, params={"after": 0}, timeout=30).json()["items"]
    assert [one["sequence"] for one in events] == list(range(1, len(events) + 1))
    folds = [
        one["data"]["step"]
        for one in events
        if one["data"].get("name") == "cross_validation_accuracy"
    ]
    assert folds == [1, 2, 3, 4, 5]


def test_the_language_of_who_asked_is_spoken(house, dataset_id, hire) -> None:
    hire("speaker")
    body = {"dataset_id": dataset_id, "model_type": "LogisticRegression"}
    answer = httpx.post(
        f"{house.ml.url}/train", json=body, headers={"Accept-Language": "ru"}, timeout=30
    )
    run = house.wait(answer.json()["id"])
    assert "отложенных" in run["message"]
