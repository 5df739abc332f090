"""Files and models over HTTP, and what depends on what."""

from __future__ import annotations

import hashlib

import httpx
import pytest

BUNDLE = b"PK a bundle"


def make_dataset(storage, name="d"):
    answer = storage.post("/upload/dataset", params={"name": name}, content=b"a,b\n1,2\n3,4\n")
    return answer.json()["id"]


def make_file(storage, content=BUNDLE, name="bundle.zip"):
    answer = storage.post(
        "/files",
        params={"name": name},
        content=content,
        headers={"Content-Type": "application/zip"},
    )
    assert answer.status_code == 201
    return answer.json()


def model_body(dataset_id, file, **changes):
    return {
        "name": "titanic",
        "family": "RandomForest",
        "bundle_file_id": file["id"],
        "bundle_sha256": file["sha256"],
        "dataset_id": dataset_id,
        "hyperparameters": {"n_estimators": 100},
        "metrics": {"accuracy": 0.8},
        "signature": {"columns": []},
        "summary": {"data": {}},
        "owner": "local",
        **changes,
    }


def make_model(storage, **changes):
    body = model_body(make_dataset(storage), make_file(storage), **changes)
    answer = storage.post("/models", json=body)
    assert answer.status_code == 201
    return answer.json()


def test_a_file_comes_back_as_it_went(storage):
    file = make_file(storage, name="отчёт.pdf")
    assert file["sha256"] == hashlib.sha256(BUNDLE).hexdigest()
    assert file["media_type"] == "application/zip"
    assert storage.get(f"/files/{file['id']}/download").content == BUNDLE
    assert storage.patch(f"/files/{file['id']}", json={"name": "b"}).json()["name"] == "b"
    assert storage.patch(f"/files/{file['id']}", json={"name": "../b"}).status_code == 422
    assert storage.get("/files", params={"name": "b"}).json()["total"] == 1
    assert storage.delete(f"/files/{file['id']}").status_code == 204
    assert storage.get(f"/files/{file['id']}").status_code == 404
    assert storage.post("/files", params={"name": "x"}, content=b"").status_code == 422


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_damaged_bytes_are_never_served_as_good(storage, tmp_path, size):
    file = make_file(storage, content=b"x" * size)
    kept = next(path for path in (tmp_path / "data" / "blobs").rglob("*") if path.is_file())
    kept.write_bytes(b"y" * size)
    try:
        answer = storage.get(f"/files/{file['id']}/download")
    except httpx.RemoteProtocolError:
        return
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:kolba:problem:corrupt-blob"


def test_a_model_is_registered_and_described(storage):
    model = make_model(storage)
    assert model["version"] == "RandomForest_20260101_000000"
    assert (model["dataset_name"], model["dataset_version"]) == ("d", 1)
    assert model["bundle_size_bytes"] == len(BUNDLE)
    assert storage.get(f"/models/{model['id']}").json() == model
    listed = storage.get("/models", params={"family": "RandomForest"}).json()
    assert listed["total"] == 1
    assert "summary" not in listed["items"][0]
    assert storage.get(f"/models/{model['id']}/download").content == BUNDLE
    changed = storage.patch(f"/models/{model['id']}", json={"description": "best"}).json()
    assert changed["description"] == "best"
    assert storage.patch(f"/models/{model['id']}", json={"version": "x"}).status_code == 422


def test_versions_of_one_second_are_told_apart(storage, watch):
    file, dataset = make_file(storage), make_dataset(storage)
    body = model_body(dataset, file)
    versions = [storage.post("/models", json=body).json()["version"] for _ in range(3)]
    assert versions == [f"RandomForest_20260101_000000{end}" for end in ("", "_2", "_3")]
    other = storage.post("/models", json={**body, "name": "other"}).json()
    assert other["version"] == "RandomForest_20260101_000000"
    watch.advance(1)
    assert storage.post("/models", json=body).json()["version"] == "RandomForest_20260101_000001"


def claim_run(storage):
    storage.post("/runs", json={"kind": "train", "parameters": {}, "owner": "local"})
    held = storage.post("/runs/claim", json={"worker": "w", "lease_seconds": 10}).json()
    return held["run"]["id"], held["token"]


def test_a_run_leaves_one_model_however_often_it_is_handed_in(storage, watch):
    run_id, token = claim_run(storage)
    body = model_body(make_dataset(storage), make_file(storage), run_id=run_id)
    first = storage.post("/models", json=body, headers={"Kolba-Lease": token})
    assert (first.status_code, first.json()["run_id"]) == (201, run_id)
    watch.advance(1)
    again = storage.post("/models", json={**body, "metrics": {}}, headers={"Kolba-Lease": token})
    assert again.json() == first.json()
    assert storage.get("/models", params={"run_id": run_id}).json()["total"] == 1


def test_only_who_holds_a_run_registers_its_model(storage, watch):
    run_id, token = claim_run(storage)
    body = model_body(make_dataset(storage), make_file(storage), run_id=run_id)
    other = {**body, "run_id": run_id + 1}
    strangers = [
        storage.post("/models", json=body),
        storage.post("/models", json=body, headers={"Kolba-Lease": "another"}),
        storage.post("/models", json=other, headers={"Kolba-Lease": token}),
    ]
    watch.advance(20)
    late = storage.post("/models", json=body, headers={"Kolba-Lease": token})
    for refused in (*strangers, late):
        assert refused.status_code == 409
        assert refused.json()["type"] == "urn:kolba:problem:lease-lost"
    assert storage.get("/models").json()["total"] == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"bundle_sha256": "0" * 64}, "bundle_sha256"),
        ({"bundle_file_id": 999}, "bundle_file_id"),
        ({"dataset_id": 999}, "dataset_id"),
        ({"name": "../x"}, "name"),
        ({"family": "a/b"}, "family"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(storage, change, field):
    body = {**model_body(make_dataset(storage), make_file(storage)), **change}
    answer = storage.post("/models", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert storage.get("/models").json()["total"] == 0


def test_what_a_model_needs_cannot_be_deleted(storage):
    model = make_model(storage)
    refused = storage.delete(f"/datasets/{model['dataset_id']}")
    assert refused.status_code == 409
    assert refused.json()["dependents"] == [
        {"kind": "model", "id": model["id"], "name": f"titanic {model['version']}"}
    ]
    file = storage.get("/files").json()["items"][0]
    assert storage.delete(f"/files/{file['id']}").status_code == 409
    assert storage.delete(f"/models/{model['id']}").status_code == 204
    assert storage.get(f"/files/{file['id']}").status_code == 404
    assert storage.delete(f"/datasets/{model['dataset_id']}").status_code == 204


@pytest.mark.parametrize("kind", ["infer", "predict"])
def test_what_an_unfinished_run_needs_cannot_be_deleted(storage, kind):
    model = make_model(storage)
    dataset = make_dataset(storage, "other")
    body = {"kind": "train", "parameters": {}, "owner": "local", "dataset_id": dataset}
    train = storage.post("/runs", json=body).json()
    infer = storage.post(
        "/runs",
        json={"kind": kind, "parameters": {}, "owner": "local", "model_id": model["id"]},
    ).json()
    refused = storage.delete(f"/datasets/{dataset}")
    assert refused.status_code == 409
    assert refused.json()["dependents"][0]["id"] == train["id"]
    assert storage.delete(f"/models/{model['id']}").status_code == 409
    storage.post(f"/runs/{train['id']}/cancel")
    storage.post(f"/runs/{infer['id']}/cancel")
    assert storage.delete(f"/datasets/{dataset}").status_code == 204
    assert storage.get(f"/runs/{train['id']}").json()["dataset_id"] is None
    assert storage.delete(f"/models/{model['id']}").status_code == 204


def test_nan_and_rubbish_in_json_are_refused(storage):
    headers = {"Content-Type": "application/json"}
    for body in (b'{"name": NaN}', b"[" * 100_000, b"{", b'{"metrics": {"a": Infinity}}'):
        assert storage.post("/models", content=body, headers=headers).status_code in (400, 422)
    assert storage.get("/health").json()["status"] == "ok"


def test_a_nul_in_a_text_is_refused(storage):
    model = make_model(storage)
    answer = storage.patch(f"/models/{model['id']}", json={"description": "a\x00b"})
    assert answer.status_code in (200, 422)


def test_a_model_names_the_one_it_was_tuned_from(storage):
    parent = make_model(storage)
    child = make_model(storage, parent_model_id=parent["id"])
    assert (parent["parent_model_id"], child["parent_model_id"]) == (None, parent["id"])
    found = storage.get("/models", params={"parent_model_id": parent["id"]}).json()
    assert [one["id"] for one in found["items"]] == [child["id"]]
    assert storage.delete(f"/models/{parent['id']}").status_code == 204
    assert storage.get(f"/models/{child['id']}").json()["parent_model_id"] == parent["id"]
    body = model_body(make_dataset(storage), make_file(storage), parent_model_id=parent["id"])
    refused = storage.post("/models", json=body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "parent_model_id"
