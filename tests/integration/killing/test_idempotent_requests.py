"""A web master that dies in the midst of an idempotent request: sent again, it makes nothing a second time."""

from __future__ import annotations

import contextlib
import signal
from typing import Any

import httpx2
import pytest

TRAINING = {"dataset_id": 1, "model_type": "LogisticRegression"}
ROW = {"Pclass": 3, "Sex": "male", "Age": 22, "SibSp": 1, "Parch": 0, "Fare": 7.25, "Embarked": "S"}
REQUESTS: dict[str, dict[str, Any]] = {
    "train": {"url": "/scenarios/train-model", "json": TRAINING},
    "predict-batch": {
        "url": "/batch-predictions",
        "json": {"dataset_id": 1, "model": "passengers"},
    },
    "predict": {
        "url": "/predict/passengers",
        "json": {"rows": [ROW]},
        "headers": {"Prefer": "respond-async"},
    },
}
CASES = [
    ("train", "idempotency.claimed"),
    ("train", "idempotency.worked"),
    ("train", "idempotency.kept"),
    ("predict-batch", "idempotency.worked"),
    ("predict", "idempotency.worked"),
]


def runs(house: Any) -> list[int]:
    answer = httpx2.get(f"{house.storage.url}/runs", params={"limit": 1000})
    return [one["id"] for one in answer.json()["items"]]


def send(house: Any, kind: str, key: str) -> httpx2.Response:
    request = REQUESTS[kind]
    headers = {**request.get("headers", {}), "Idempotency-Key": key}
    url = house.web_master.url + request["url"]
    return httpx2.post(url, json=request["json"], headers=headers, timeout=30)


@pytest.mark.parametrize(("kind", "step"), CASES)
def test_sent_again_it_is_made_once(house: Any, kind: str, step: str) -> None:
    before = runs(house)
    house.web_master.stop()
    house.web_master.start(KOLBA_FAILPOINTS=f"{step}=kill")
    with contextlib.suppress(httpx2.TransportError):
        pytest.fail(f"it was answered: {send(house, kind, f'{kind}-{step}')}")
    assert house.web_master.wait() == -signal.SIGKILL
    house.web_master.start()
    answers = [send(house, kind, f"{kind}-{step}") for _ in range(2)]
    assert [one.status_code for one in answers] == [202, 202]
    assert answers[0].content == answers[1].content
    [made] = set(runs(house)) - set(before)
    assert str(made) in answers[0].headers["location"]
    is_first_replayed = "idempotency-replayed" in answers[0].headers
    assert is_first_replayed == (step == "idempotency.kept")


def test_what_another_service_made_is_looked_for_by_a_person_and_not_made_twice(house: Any) -> None:
    """An upload is given no reference: once it may have been kept, it is not sent again under its key."""
    asked = {"params": {"name": "kept"}, "content": b"a,b\n1,2\n"}
    headers = {"Content-Type": "text/csv", "Idempotency-Key": "upload-once"}
    house.web_master.stop()
    house.web_master.start(KOLBA_FAILPOINTS="idempotency.worked=kill")
    url = f"{house.web_master.url}/upload/dataset"
    with contextlib.suppress(httpx2.TransportError):
        pytest.fail(f"it was answered: {httpx2.post(url, headers=headers, timeout=30, **asked)}")
    assert house.web_master.wait() == -signal.SIGKILL
    house.web_master.start()
    for language, word in (("en", "Look whether it was"), ("ru", "Посмотрите")):
        again = {**headers, "Accept-Language": language}
        answer = httpx2.post(url, headers=again, timeout=30, **asked)
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:kolba:problem:idempotent-deed-unknown"
        assert word in answer.json()["detail"]
    listed = httpx2.get(f"{house.storage.url}/datasets", params={"name": "kept"}).json()
    assert listed["total"] == 1
    headers["Idempotency-Key"] = "another"
    assert httpx2.post(url, headers=headers, timeout=30, **asked).status_code == 201
