"""What is kept of an unfinished run, and when it goes."""

from __future__ import annotations

import pathlib

import pytest

from kolba.contracts import storage_client
from kolba.storage import app

FIRST, SECOND = b"weights " * 1000, b"other weights " * 1000


@pytest.fixture
def held(storage):
    return make_held(storage)


def make_held(storage):
    """A claimed run: its path, and a token."""
    run = storage.post("/runs", json={"kind": "fine-tune", "parameters": {}, "owner": "local"})
    return f"/runs/{run.json()['id']}", claim(storage)["token"]


def claim(storage):
    claimed = storage.post("/runs/claim", json={"worker": "w", "kinds": ["train", "fine-tune"]})
    return claimed.json()


def put(storage, held, content):
    path, token = held
    return storage.put(
        f"{path}/checkpoint", content=content, headers={storage_client.LEASE_HEADER: token}
    )


def get(storage, held):
    path, token = held
    return storage.get(f"{path}/checkpoint", headers={storage_client.LEASE_HEADER: token})


def blobs(folder: pathlib.Path) -> list[bytes]:
    found = [path.read_bytes() for path in (folder / "data/blobs").rglob("*") if path.is_file()]
    return sorted(found)


def test_the_last_checkpoint_is_kept(storage, held, tmp_path):
    assert get(storage, held).status_code == 204
    assert put(storage, held, FIRST).status_code == 204
    assert get(storage, held).content == FIRST
    assert put(storage, held, SECOND).status_code == 204
    assert put(storage, held, SECOND).status_code == 204
    assert get(storage, held).content == SECOND
    assert blobs(tmp_path) == [SECOND]


def test_whoever_takes_the_run_up_next_finds_it(storage, held, watch, tmp_path):
    put(storage, held, FIRST)
    watch.advance(60)
    path, lost = held
    again = (path, claim(storage)["token"])
    assert get(storage, again).content == FIRST
    assert put(storage, (path, lost), SECOND).json()["type"].endswith("lease-lost")
    assert get(storage, (path, lost)).status_code == 409
    assert blobs(tmp_path) == [FIRST]


@pytest.mark.parametrize(
    ("end", "body"),
    [
        ("complete", {"result": {}}),
        ("fail", {"error": {"title": "x"}}),
        ("cancelled", {}),
    ],
)
def test_it_goes_when_the_run_ends(storage, held, tmp_path, end, body):
    path, token = held
    put(storage, held, FIRST)
    storage.post(f"{path}/cancel") if end == "cancelled" else None
    assert storage.post(f"{path}/{end}", json={"token": token, **body}).status_code == 200
    assert blobs(tmp_path) == []
    assert get(storage, held).status_code == 409


@pytest.mark.parametrize(
    ("end", "body"), [("release", {}), ("fail", {"error": {"title": "x"}, "retry": True})]
)
def test_it_stays_while_the_run_is_to_be_taken_up_again(storage, held, end, body):
    path, token = held
    put(storage, held, FIRST)
    assert storage.post(f"{path}/{end}", json={"token": token, **body}).status_code == 200
    assert get(storage, (path, claim(storage)["token"])).content == FIRST


def test_it_goes_with_the_last_attempt(storage, watch, tmp_path):
    held = make_held(storage)
    put(storage, held, FIRST)
    for _ in range(2):
        watch.advance(60)
        claim(storage)
    watch.advance(60)
    storage.post("/runs/claim", json={"worker": "w"})
    assert storage.get(held[0]).json()["state"] == "failed"
    assert blobs(tmp_path) == []


def test_two_runs_may_keep_the_same_bytes(storage, held, tmp_path):
    other = make_held(storage)
    put(storage, held, FIRST)
    put(storage, other, FIRST)
    storage.post(f"{held[0]}/complete", json={"token": held[1], "result": {}})
    assert get(storage, other).content == FIRST
    storage.post(f"{other[0]}/complete", json={"token": other[1], "result": {}})
    assert blobs(tmp_path) == []


def test_what_cannot_be_kept_is_refused(storage, held, tmp_path):
    assert put(storage, held, b"").status_code == 422
    assert put(storage, (held[0], "not the token"), FIRST).status_code == 409
    assert put(storage, ("/runs/999", held[1]), FIRST).status_code == 409
    assert blobs(tmp_path) == []
    assert list((tmp_path / "data/incoming").iterdir()) == []


def test_one_that_is_too_large_is_refused(make_settings, serving_storage, watch):
    config = make_settings(runs={"max_checkpoint_bytes": 2000})
    with serving_storage(config) as storage:
        held = make_held(storage)
        assert put(storage, held, b"x" * 2001).status_code == 413
        assert put(storage, held, iter([b"x" * 1001, b"x" * 1000])).status_code == 413
        assert put(storage, held, b"x" * 2000).status_code == 204


def test_what_a_killed_service_left_is_swept(make_settings, serving_storage, tmp_path, monkeypatch):
    config = make_settings()
    with monkeypatch.context() as change:
        change.setattr(app.checkpoints.Checkpoints, "forget", lambda *_: None)
        with serving_storage(config) as storage:
            held = make_held(storage)
            put(storage, held, FIRST)
            storage.post(f"{held[0]}/complete", json={"token": held[1], "result": {}})
            unfinished = make_held(storage)
            put(storage, unfinished, SECOND)
    assert blobs(tmp_path) == sorted([FIRST, SECOND])
    with serving_storage(config) as storage:
        assert get(storage, unfinished).content == SECOND
    assert blobs(tmp_path) == [SECOND]
