"""The Open Inference Protocol and MLflow, asked of the ML service and at the door: the same paths, the same answers."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import pathlib
import re
import time
import urllib.parse
from typing import Any

import httpx2
import pytest

RECORDED = json.loads((pathlib.Path(__file__).parent / "triton.json").read_text("utf-8"))
"""What NVIDIA's `tritonclient` 2.73 sent and was answered: the whole life of a model, and refusals."""
ROW = {"Pclass": 3, "Sex": "male", "Age": 22, "SibSp": 1, "Parch": 0, "Fare": 7.25, "Embarked": "S"}
TENSOR = {"name": "X", "shape": [1, 7], "datatype": "FP32", "data": [3, 1, 22, 1, 0, 7.25, 0]}
PROBLEM = "application/problem+json"
PREDICTION_PATHS = (
    "/predict/{model}",
    "/v2/models/{model}/infer",
    "/v2/models/{model}/versions/{version}/infer",
    "/models/{model}/invocations",
    "/invocations",
    "/predict",
)
QUESTIONS_OF_V2 = (
    "/v2",
    "/v2/health/live",
    "/v2/health/ready",
    "/v2/models/{model}",
    "/v2/models/{model}/versions/{version}",
    "/v2/models/{model}/ready",
    "/v2/models/{model}/versions/{version}/ready",
    "/v2/repository/index",
    "/v2/repository/models/{model}/load",
    "/v2/repository/models/{model}/unload",
    "/ping",
    "/version",
    "/models/{model}/ping",
)


@pytest.fixture(params=["ml", "door"])
def side(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def ask(house: Any, side: str) -> httpx2.Client:
    found: httpx2.Client = getattr(house, side)
    return found


def states(client: httpx2.Client, **body: Any) -> list[str]:
    answer = client.post("/v2/repository/index", json=body or None)
    assert answer.status_code == 200, answer.text
    return [one["state"] for one in answer.json()]


def eventually(client: httpx2.Client, path: str, body: Any, status: int) -> httpx2.Response:
    """The answer, once a change has been noticed."""
    for _ in range(100):
        answer = client.post(path, json=body)
        if answer.status_code == status:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"{path} still answers {answer.status_code}")


def test_what_triton_s_client_sends_is_answered_as_it_was(house, side) -> None:
    client = ask(house, side)
    version = client.get("/v2/models/titanic").json()["versions"][0]
    for one in RECORDED:
        path = re.sub(r"/versions/\w+_\d{8}_\d{6}", f"/versions/{version}", one["path"])
        body = base64.b64decode(one["body"])
        answer = client.request(one["method"], path, content=body, headers=one["headers"])
        assert answer.status_code == one["status"], (one, answer.text)
        if answer.status_code >= 400:
            assert answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"ready": True}),
        ("/v2/models/titanic/ready", {"name": "titanic", "ready": True}),
        ("/v2/models/titanic@production/ready", None),
    ],
)
def test_health(house, side, path, expected) -> None:
    answer = ask(house, side).get(path)
    assert answer.status_code == (200 if expected else 404)
    assert expected is None or answer.json() == expected


def test_metadata(house, side) -> None:
    client = ask(house, side)
    second = house.register("titanic", "KNN")["version"]
    server = client.get("/v2").json()
    assert server["extensions"] == ["binary_tensor_data", "model_repository"]
    model = client.get("/v2/models/titanic").json()
    assert (model["name"], model["platform"]) == ("titanic", "onnx_onnxv1")
    assert model["versions"][0] == second
    assert len(model["versions"]) == 2
    assert [one["name"] for one in model["inputs"]] == list(ROW)
    assert "parameters" not in model["inputs"][0]
    assert model["outputs"][1]["shape"] == [-1, 2]
    assert client.get(f"/v2/models/titanic/versions/{model['versions'][1]}").json()["platform"]


def test_load_and_unload(house, side) -> None:
    client = ask(house, side)
    house.register("titanic", "KNN")
    newest, _ = client.get("/v2/models/titanic").json()["versions"]
    assert states(client) == ["UNAVAILABLE", "UNAVAILABLE"]
    assert states(client, ready=True) == []
    assert client.post("/v2/repository/models/titanic/load").json() == {
        "name": "titanic",
        "load": True,
    }
    assert states(client) == ["READY", "UNAVAILABLE"]
    assert states(client, ready=True) == ["READY"]
    assert client.post("/v2/repository/models/titanic/unload").status_code == 200
    assert states(client, ready=True) == []
    refused = client.get(f"/v2/models/titanic/versions/{newest}/ready")
    assert (refused.status_code, refused.json()["type"]) == (
        400,
        "urn:kolba:problem:model-not-ready",
    )
    assert client.post("/predict/titanic", json=ROW).json()["version"] == newest
    assert client.get("/v2/models/titanic/ready").status_code == 200


def test_one_version_is_loaded_and_unloaded(house, side) -> None:
    client = ask(house, side)
    house.register("titanic", "KNN")
    newest, oldest = client.get("/v2/models/titanic").json()["versions"]
    for version in (newest, oldest):
        answer = client.post(f"/v2/repository/models/titanic@{version}/load")
        assert answer.status_code == 200, answer.text
    assert states(client) == ["READY", "READY"]
    client.post(f"/v2/repository/models/titanic@{newest}/unload")
    assert states(client) == ["UNAVAILABLE", "READY"]
    client.post("/v2/repository/models/titanic/unload")
    assert states(client) == ["UNAVAILABLE", "UNAVAILABLE"]


def test_a_damaged_bundle_is_not_loaded(house, side, tmp_path) -> None:
    known = house.door.get("/models").json()["items"][0]["bundle_sha256"]
    files = (path for path in tmp_path.rglob("*") if path.is_file())
    blobs = [path for path in files if hashlib.sha256(path.read_bytes()).hexdigest() == known]
    assert blobs
    for path in blobs:
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-1] + b"!")
    answer = ask(house, side).post("/v2/repository/models/titanic/load")
    assert (answer.status_code, answer.json()["type"]) == (502, "urn:kolba:problem:corrupt-model")
    assert answer.json()["error"]
    assert ask(house, side).get("/v2/models/titanic/ready").status_code == 502


@pytest.mark.parametrize(
    ("asked", "body", "status"),
    [
        ("GET /v2/nothing", None, 404),
        ("GET /v2/models", None, 404),
        ("GET /v2/models/nobody", None, 404),
        ("GET /v2/models/titanic/versions/none/ready", None, 404),
        ("GET /v2/models/%D0%BA%D0%BE%D0%BB%D0%B1%D0%B0%3F%23", None, 422),
        ("GET /v2/models/titanic/infer", None, 405),
        ("POST /v2", None, 405),
        ("DELETE /v2/models/titanic", None, 405),
        ("POST /v2/repository/index", b"[]", 422),
        ("POST /v2/repository/index", b'{"ready": 1}', 422),
        ("POST /v2/repository/index", b"{", 400),
        ("POST /v2/repository/models/titanic/load", b'{"parameters": []}', 422),
        ("POST /v2/repository/models/titanic/load", b'{"parameters": {"file:x": ""}}', 422),
        ("POST /v2/repository/models/titanic@none/load", None, 404),
        ("POST /v2/repository/models/nobody/unload", b"{}", 404),
        ("POST /v2/models/titanic/infer", b"{}", 422),
        ("POST /v2/models/titanic/infer", b"{NaN", 400),
        ("POST /v2/models/titanic%0A/infer", b"{}", 422),
        ("POST /v2/models/titanic/infer%0A", b"{}", 404),
    ],
)
def test_what_is_wrong_is_said_in_one_string_too(house, side, asked, body, status) -> None:
    method, path = asked.split()
    answer = ask(house, side).request(method, path, content=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    found = answer.json()
    assert found["error"]
    assert found["status"] == status
    assert found["request_id"] == answer.headers["x-request-id"]


def test_other_paths_carry_no_error_member(house, side) -> None:
    answer = ask(house, side).get("/nothing")
    assert answer.status_code == 404
    assert "error" not in answer.json()


def test_mlflow_s_questions(house, side) -> None:
    client = ask(house, side)
    for path in ("/ping", "/models/titanic/ping"):
        answer = client.get(path)
        assert (answer.status_code, answer.text) == (200, "\n")
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", client.get("/version").text)
    assert client.get("/models/nobody/ping").status_code == 404
    client.post("/v2/repository/models/titanic/unload")
    assert client.get("/models/titanic/ping").status_code == 400


def test_the_only_model_answers_where_none_is_named(house, side) -> None:
    client = ask(house, side)
    house.register("titanic", "KNN")
    answer = client.post("/invocations", json={"dataframe_records": [ROW]})
    assert (answer.status_code, len(answer.json()["predictions"])) == (200, 1)
    csv = ",".join(ROW) + "\n" + ",".join(str(value) for value in ROW.values()) + "\n"
    answer = client.post("/invocations", content=csv, headers={"Content-Type": "text/csv"})
    assert answer.status_code == 200, answer.text
    house.register("other")
    answer = eventually(client, "/invocations", {"dataframe_records": [ROW]}, 404)
    found = answer.json()
    assert found["type"] == "urn:kolba:problem:no-default-model"
    assert sorted(found["models"]) == ["other", "titanic"]
    assert "/models/{model}/invocations" in found["detail"]


def test_a_default_model_may_be_set(build, side) -> None:
    house = build(default_model="second")
    client = ask(house, side)
    answer = client.post("/invocations", json={"dataframe_records": [ROW]})
    assert (answer.status_code, answer.json()["type"]) == (
        404,
        "urn:kolba:problem:unknown-model-name",
    )
    house.register("first")
    house.register("second")
    assert client.post("/invocations", json={"dataframe_records": [ROW]}).status_code == 200


def test_no_model_at_all(build, side) -> None:
    client = ask(build(), side)
    answer = client.post("/invocations", json={"dataframe_records": [ROW]})
    assert (answer.status_code, answer.json()["models"]) == (404, [])
    assert states(client) == []
    assert client.get("/v2/health/ready").status_code == 200


def test_what_cannot_answer_is_alive_and_not_ready(build, side) -> None:
    client = ask(build(storage_away=True), side)
    assert client.get("/v2/health/live").status_code == 200
    for path in ("/v2/health/ready", "/v2/models/titanic", "/v2/models/titanic/ready"):
        answer = client.get(path)
        assert (answer.status_code, bool(answer.json()["error"])) == (503, True)
    assert client.get("/ping").status_code == 503
    assert client.post("/v2/repository/index").status_code == 503
    assert client.post("/v2/repository/index", json={"ready": True}).json() == []


QUESTIONS = {
    "/predict/titanic": {"rows": [ROW]},
    "/v2/models/titanic/infer": {"inputs": [TENSOR]},
    "/models/titanic/invocations": {"dataframe_records": [ROW]},
    "/invocations": {"dataframe_records": [ROW]},
}


@pytest.mark.parametrize("path", QUESTIONS)
def test_json_typed_with_curl_is_answered(house, side, path) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    client = ask(house, side)
    answer = client.post(path, content=json.dumps(QUESTIONS[path]), headers=form)
    assert answer.status_code == 200, answer.text
    real = urllib.parse.urlencode({"Pclass": 3})
    assert client.post(path, content=real, headers=form).status_code == 415


@pytest.mark.parametrize("path", QUESTIONS)
def test_compressed_bodies(build, side, path) -> None:
    house = build(max_body_bytes=20_000)
    house.register("titanic")
    client = ask(house, side)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    def post(content: bytes, **changed: str) -> httpx2.Response:
        return client.post(path, content=content, headers={**headers, **changed})

    body = json.dumps(QUESTIONS[path]).encode()
    assert post(gzip.compress(body)).json().keys() == client.post(path, content=body).json().keys()
    assert post(gzip.compress(b" " * 10_000_000)).status_code == 413
    assert post(body).status_code == 400
    refused = post(body, **{"Content-Encoding": "br"})
    assert (refused.status_code, refused.headers["accept-encoding"]) == (415, "gzip, deflate")
    assert ("error" in refused.json()) == path.startswith("/v2")


def test_a_deleted_model_is_noticed_at_once(build) -> None:
    """Though what is known is believed for an hour."""
    house = build(fresh_seconds=3600)
    first, second = house.register("titanic"), house.register("titanic", "KNN")
    door = house.door
    assert door.post("/predict/titanic", json=ROW).json()["version"] == second["version"]
    assert door.delete(f"/models/{second['id']}").status_code == 204
    assert door.post("/predict/titanic", json=ROW).json()["version"] == first["version"]


def test_a_moved_alias_is_noticed_at_once(build) -> None:
    """Though what is known is believed for an hour: whoever moves it through the door sees it answer."""
    house = build(fresh_seconds=3600)
    first, second = (
        house.register("titanic")["version"],
        house.register("titanic", "KNN")["version"],
    )
    door = house.door

    def answering() -> list[str]:
        tensor = door.post("/v2/models/titanic/infer", json={"inputs": [TENSOR]}).json()
        named = door.post("/predict/titanic@production", json=ROW).json()
        return [tensor["model_version"], named["version"]]

    for version in (first, second, first):
        moved = door.put("/aliases/titanic/production", json={"version": version})
        assert moved.status_code == 200, moved.text
        assert answering() == [version, version]
    assert door.post("/aliases/titanic/production/rollback").status_code == 200
    assert answering() == [second, second]
    assert door.delete("/aliases/titanic/production").status_code == 204
    assert door.post("/predict/titanic", json=ROW).json()["version"] == second
    assert door.post("/predict/titanic@production", json=ROW).status_code == 404


def test_the_history_keeps_json_typed_with_curl_as_json(house) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = house.door.post("/predict/titanic", content=json.dumps(ROW), headers=form)
    wanted = answer.json()["prediction_id"]
    for _ in range(200):
        items = house.storage.get("/predictions", params={"limit": 10}).json()["items"]
        found = [one for one in items if one["id"] == wanted]
        if found:
            break
        time.sleep(0.02)
    assert found[0]["input"] == ROW


def test_what_the_documentation_shows_can_be_tried(house, side) -> None:
    client = ask(house, side)
    version = client.get("/v2/models/titanic").json()["versions"][0]
    paths = client.get("/openapi.json").json()["paths"]
    for path in (*PREDICTION_PATHS, *QUESTIONS_OF_V2):
        assert path in paths
    for path in PREDICTION_PATHS:
        described = paths[path]["post"]
        if path == "/predict":  # by now nobody asks for the only model any more
            house.register("digits", "CNN")
        for media_type, content in described["requestBody"]["content"].items():
            if "png" in media_type or "jpeg" in media_type or "form-data" in media_type:
                continue  # files, of which nothing can be shown
            examples = [one["value"] for one in content.get("examples", {}).values()]
            for example in examples or [content["example"]]:
                body = example if isinstance(example, str) else json.dumps(example)
                answer = client.post(
                    path.format(model="titanic", version=version),
                    content=body,
                    headers={"Content-Type": media_type},
                )
                assert answer.status_code == 200, answer.text
        shown = described["responses"]["200"]["content"]["application/json"]
        assert set(shown["schema"]["required"]) <= set(shown["example"])
        for status in ("404", "415", "422", "503", "504"):
            problem = described["responses"][status]["content"][PROBLEM]["schema"]
            assert ("error" in problem["required"]) == path.startswith("/v2")


def test_a_description_is_no_route_of_its_own(house, side) -> None:
    client = ask(house, side)
    for path in PREDICTION_PATHS:
        called = path.format(model="titanic", version="v")
        answer = client.put(called, json={})
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert client.post(f"{called}%0A", json={}).status_code in (404, 422)
