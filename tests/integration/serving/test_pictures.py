"""A digit is drawn and asked about: of the ML service and at the door, over every protocol; the history keeps it."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

import httpx2
import numpy as np
import orjson
import pytest

from kolba.inference import images
from kolba.inference.sessions import onnx

PROBLEM = "application/problem+json"


def drawing(shift: int = 0) -> np.ndarray:
    sheet = np.full((280, 280), 255, np.uint8)
    sheet[60:80, 50 + shift : 150 + shift] = 10
    sheet[60:200, 130 + shift : 150 + shift] = 10
    return sheet


FILE = images.to_png(drawing())
TEXT = base64.b64encode(FILE).decode()
URL = f"data:image/png;base64,{TEXT}"
EMPTY = images.to_png(np.full((280, 280), 255, np.uint8))


@pytest.fixture(params=["ml", "door"])
def side(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def house(build: Any) -> Any:
    made = build()
    made.register("digits", "CNN")
    return made


def expected(house: Any) -> list[float]:
    session = onnx.OnnxSession(house.bundles["CNN"].graph)
    found = session.run(images.digit_of_file(FILE)[None])
    return [float(one) for one in found.probabilities[0]]


def row_of(answer: httpx2.Response) -> tuple[int, list[float]]:
    assert answer.status_code == 200, answer.text
    found = answer.json()["predictions"][0]
    return found["label"], list(found["probabilities"].values())


def test_every_way_to_send_a_drawing_gets_the_same_answer(house: Any, side: str) -> None:
    client = getattr(house, side)
    probabilities = expected(house)
    label = int(np.argmax(probabilities))
    for path in ("/predict", "/predict/digits"):
        for asked in (
            {"content": FILE, "headers": {"Content-Type": "image/png"}},
            {"content": FILE, "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
            {"files": {"file": ("digit.png", FILE, "image/png")}},
            {"json": {"image": URL}},
            {"json": {"rows": [{"image": TEXT}]}},
            {"json": {"image": images.as_digit(drawing()).tolist()}},
        ):
            found = row_of(client.post(path, **asked))
            assert found == (label, pytest.approx(probabilities, abs=1e-6)), (path, asked)
    scored = client.post("/models/digits/invocations", json={"inputs": [TEXT]})
    assert scored.json() == {"predictions": [label]}
    tensor = {"name": "image", "datatype": "BYTES", "shape": [1], "data": [TEXT]}
    inferred = client.post("/v2/models/digits/infer", json={"inputs": [tensor]}).json()
    assert inferred["outputs"][0]["data"] == [label]
    assert inferred["outputs"][1]["data"] == pytest.approx(probabilities, abs=1e-6)
    metadata = client.get("/v2/models/digits").json()
    assert metadata["inputs"][0]["datatype"] == "BYTES"


def test_what_cannot_be_answered_says_why(house: Any, side: str) -> None:
    client = getattr(house, side)
    for content, status, slug in (
        (EMPTY, 422, "nothing-drawn"),
        (b"GIF89a", 422, "invalid-image"),
        (FILE[:200], 422, "invalid-image"),
    ):
        answer = client.post(
            "/predict",
            content=content,
            headers={"Content-Type": "image/png", "Accept-Language": "ru"},
        )
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith(PROBLEM)
        problem = answer.json()
        assert problem["type"] == f"urn:kolba:problem:{slug}"
        assert problem["errors"][0]["field"] == "image"
        assert any("а" <= letter <= "я" for letter in problem["detail"].lower())


def test_without_a_model_of_digits_one_hears_what_to_do(build: Any, side: str) -> None:
    client = getattr(build(), side)
    answer = client.post("/predict", content=FILE, headers={"Content-Type": "image/png"})
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:kolba:problem:no-digits-model"
    assert "POST /train" in answer.json()["detail"]


def recorded(house: Any, identity: str) -> dict[str, Any]:
    for _ in range(100):
        answer = house.door.get(f"/predictions/{identity}")
        if answer.status_code == 200:
            return dict(answer.json())
        time.sleep(0.1)
    raise AssertionError(f"not recorded: {answer.text}")


def test_the_history_keeps_what_was_drawn(house: Any) -> None:
    answer = house.door.post("/predict", content=FILE, headers={"Content-Type": "image/png"})
    found = recorded(house, answer.json()["prediction_id"])
    name = hashlib.sha256(FILE).hexdigest()
    assert found["input"] == {"images": 1}
    assert found["input_truncated"] is False
    assert found["images"] == [name]
    assert found["output"][0][0] == answer.json()["predictions"][0]["label"]
    assert len(orjson.dumps(found)) < 2000

    numbers = images.as_digit(drawing()).tolist()
    answer = house.door.post("/predict", json={"image": numbers})
    found = recorded(house, answer.json()["prediction_id"])
    seen = np.rint(np.array(numbers, np.float32) * 255).astype(np.uint8)
    assert found["images"] == [hashlib.sha256(images.to_png(seen)).hexdigest()]


def test_of_many_pictures_the_history_keeps_some(house: Any) -> None:
    rows = [
        {"image": base64.b64encode(images.to_png(drawing(shift))).decode()} for shift in range(20)
    ]
    answer = house.door.post("/predict/digits", json={"rows": rows})
    assert len(answer.json()["predictions"]) == 20
    found = recorded(house, answer.json()["prediction_id"])
    assert found["input"] == {"images": 20}
    assert found["input_truncated"] is True
    assert len(found["images"]) == 16


def test_a_drawing_may_be_answered_later(house: Any) -> None:
    answer = house.door.post(
        "/predict",
        content=FILE,
        headers={"Content-Type": "image/png", "Prefer": "respond-async"},
    )
    assert answer.status_code == 202, answer.text
    run = house.storage.get(f"/runs/{answer.json()['id']}").json()
    parameters = run["parameters"]
    assert base64.b64decode(parameters["body"]) == FILE
    assert parameters["prediction"]["input"] == '{"images":1}'
    refused = house.door.post(
        "/predict",
        content=EMPTY,
        headers={"Content-Type": "image/png", "Prefer": "respond-async"},
    )
    assert refused.json()["type"] == "urn:kolba:problem:nothing-drawn"


def test_rows_with_pictures_are_inferred_by_a_models_number(house: Any) -> None:
    model_id = house.storage.get("/models").json()["items"][0]["id"]
    asked = {"model_id": model_id, "data": [{"image": URL}, {"image": TEXT}]}
    answer = house.ml.post("/infer", json=asked)
    assert answer.status_code == 200, answer.text
    label = int(np.argmax(expected(house)))
    assert [one["label"] for one in answer.json()["predictions"]] == [label, label]
    refused = house.ml.post("/infer", json={"model_id": model_id, "data": [{"image": "?"}]})
    assert refused.json()["type"] == "urn:kolba:problem:invalid-image"
