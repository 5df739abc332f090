"""Train, follow, ask: what a person does with the ML service."""

from __future__ import annotations

import json
import pathlib

import httpx
import pytest

HEADER = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked"
ROW = {"Pclass": 3, "Sex": 1, "Age": 22, "SibSp": 1, "Parch": 0, "Fare": 7.25, "Embarked": 2}
pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture(scope="module")
def model_id(house, dataset_id) -> int:
    return house.trained(dataset_id, "RandomForest", hyperparameters={"n_estimators": 20})[
        "model_id"
    ]


def infer(house, model_id, data, **headers):
    body = {"model_id": model_id, "data": data}
    return httpx.post(f"{house.ml.url}/infer", json=body, headers=headers, timeout=30)


def read_events(house, run_id, **headers):
    answer = httpx.get(f"{house.ml.url}/progress/{run_id}", headers=headers, timeout=60)
    found = []
    for block in answer.text.split("\n\n"):
        parts = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "id" in parts:
            found.append((int(parts["id"]), parts["event"], json.loads(parts["data"])))
    return answer, found


@pytest.mark.parametrize("family", ["LogisticRegression", "RandomForest", "KNN"])
def test_each_family_trains_and_answers(house, dataset_id, family) -> None:
    run = house.trained(dataset_id, family)
    assert run["result"]["version"].startswith(f"{family}_")
    answer = infer(house, run["model_id"], ROW)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()["predictions"][0]["probabilities"]) == {"0", "1"}


def test_words_codes_json_and_csv_give_one_answer(house, model_id) -> None:
    words = {**ROW, "Sex": "male", "Embarked": "Q"}
    asked = [ROW, [ROW], words, f"{HEADER}\n3,1,22,1,0,7.25,2", f"{HEADER}\n3,male,22,1,0,7.25,Q\n"]
    answers = [infer(house, model_id, data).json()["predictions"] for data in asked]
    assert all(answer == answers[0] for answer in answers)


def test_a_missing_value_is_imputed(house, model_id) -> None:
    without = {name: value for name, value in ROW.items() if name != "Age"}
    answers = [
        infer(house, model_id, data) for data in (without, {**ROW, "Age": None}, {**ROW, "Age": ""})
    ]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ({**ROW, "Agee": 1}, "Agee"),
        ([ROW, {**ROW, "Sex": "femal"}], "femal"),
        (f"{HEADER},Deck\n3,1,22,1,0,7.25,2,B", "Deck"),
        (f"{HEADER}\n3,1,22,1,0,7.25", "line 2"),
        ([], "row"),
        ("", "empty"),
    ],
)
def test_rows_that_do_not_fit_are_refused_by_name(house, model_id, data, part) -> None:
    answer = infer(house, model_id, data)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert part in json.dumps(answer.json()["errors"])


def test_errors_come_in_the_readers_language(house, model_id) -> None:
    answer = infer(house, model_id, {**ROW, "Agee": 1}, **{"Accept-Language": "ru"})
    assert "нет столбца" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "body", [b'{"model_id": 1, "data": NaN}', b'{"model_id": 1, "data": ' + b"[" * 100_000]
)
def test_json_that_is_none_is_refused(house, body) -> None:
    headers = {"Content-Type": "application/json"}
    answer = httpx.post(f"{house.ml.url}/infer", content=body, headers=headers, timeout=30)
    assert answer.status_code == 400


def test_unknown_things_are_404(house) -> None:
    assert infer(house, 10**6, ROW).status_code == 404
    for path in ("/models/1000000", "/progress/1000000"):
        assert httpx.get(house.ml.url + path, timeout=30).status_code == 404
    assert httpx.post(f"{house.ml.url}/runs/1000000/cancel", timeout=30).status_code == 404


def test_the_summary_is_at_models(house, model_id) -> None:
    found = httpx.get(f"{house.ml.url}/models/{model_id}", timeout=30).json()
    assert found["summary"]["parity"]["labels_agree"] is True
    assert found["hyperparameters"]["n_estimators"] == 20
    listed = httpx.get(f"{house.ml.url}/models", params={"limit": 1}, timeout=30).json()
    assert len(listed["items"]) == 1
    assert listed["total"] >= 1


def test_families_describe_themselves(house) -> None:
    english = httpx.get(f"{house.ml.url}/families", timeout=30).json()["items"]
    russian = httpx.get(
        f"{house.ml.url}/families", headers={"Accept-Language": "ru"}, timeout=30
    ).json()["items"]
    assert {one["name"] for one in english} >= {"KNN", "LogisticRegression", "RandomForest"}
    assert english[0]["title"] != russian[0]["title"]


def test_who_comes_back_misses_nothing_and_sees_nothing_twice(house, dataset_id) -> None:
    run_id = house.train(dataset_id)
    _, whole = read_events(house, run_id)
    sequence = [number for number, _, _ in whole]
    assert sequence == list(range(1, len(whole) + 1))
    assert whole[-1][1] == "state"
    assert whole[-1][2]["data"]["state"] == "succeeded"
    fractions = [data["fraction"] for _, kind, data in whole if kind == "progress"]
    assert fractions == sorted(fractions)
    _, rest = read_events(house, run_id, **{"Last-Event-ID": "5"})
    assert rest == whole[5:]
    ended, nothing = read_events(house, run_id, **{"Last-Event-ID": str(len(whole))})
    assert ended.status_code == 204
    assert nothing == []


@pytest.mark.parametrize("value", ["x", "-1", "1.5", "9" * 40, "٣"])
def test_a_wrong_event_id_is_refused(house, dataset_id, value) -> None:
    run_id = house.train(dataset_id)
    url = f"{house.ml.url}/progress/{run_id}"
    answer = httpx.get(url, headers={"Last-Event-ID": value.encode()}, timeout=30)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model_type": "Oracle"}, "model_type"),
        ({"hyperparameters": {"C": -1}}, "hyperparameters.C"),
        ({"hyperparameters": {"C": "1"}}, "hyperparameters.C"),
        ({"hyperparameters": {"depth": 1}}, "hyperparameters.depth"),
        ({"model_type": "KNN", "hyperparameters": {"n_neighbors": 500}}, "hyperparameters"),
        ({"target": "Nobody"}, "target"),
        ({"target": "PassengerId"}, "target"),
        ({"target": "Name"}, "target"),
        ({"target": "Age"}, "target"),
        ({"target": "Cabin"}, "target"),
        ({"features": ["Age", "Agee"]}, "features.1"),
        ({"seed": -1}, "seed"),
        ({"test_size": 0.9}, "test_size"),
        ({"name": "../../etc/passwd"}, "name"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_training_that_cannot_be_is_refused_before_it_is_queued(
    house, dataset_id, change, field
) -> None:
    before = httpx.get(f"{house.storage.url}/runs", timeout=30).json()["total"]
    body = {"dataset_id": dataset_id, "model_type": "LogisticRegression", **change}
    answer = httpx.post(f"{house.ml.url}/train", json=body, timeout=30)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert httpx.get(f"{house.storage.url}/runs", timeout=30).json()["total"] == before


def test_an_unknown_data_set_is_404(house) -> None:
    body = {"dataset_id": 10**6, "model_type": "KNN"}
    assert httpx.post(f"{house.ml.url}/train", json=body, timeout=30).status_code == 404


def test_a_constant_target_is_refused(house) -> None:
    rows = "".join(f"{number % 7},1\n" for number in range(50))
    dataset_id = house.upload("constant", "x,y\n" + rows)
    body = {"dataset_id": dataset_id, "model_type": "KNN"}
    answer = httpx.post(f"{house.ml.url}/train", json=body, timeout=30)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "target"


def test_names_in_cyrillic_work(house) -> None:
    rows = "".join(
        f"{number % 5},{'да' if number % 2 else 'нет'},{number % 2}\n" for number in range(60)
    )
    dataset_id = house.upload("Пассажиры", "Класс,Выжил ли,y\n" + rows)
    run = house.trained(dataset_id, name="Модель")
    answer = infer(house, run["model_id"], {"Класс": 2, "Выжил ли": "да"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["model"] == "Модель"


def test_a_corrupt_bundle_is_refused_by_name(house, dataset_id) -> None:
    run = house.trained(dataset_id, "LogisticRegression", seed=77)
    model = httpx.get(f"{house.ml.url}/models/{run['model_id']}", timeout=30).json()
    folder = pathlib.Path(house.folder) / "storage"
    (blob,) = [path for path in folder.rglob(f"*{model['bundle_sha256'][4:]}*") if path.is_file()]
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 1
    blob.chmod(0o600)
    blob.write_bytes(content)
    answer = infer(house, run["model_id"], ROW)
    assert answer.status_code == 502
    assert answer.json()["type"].endswith("corrupt-model")
    assert model["version"] in answer.json()["detail"]
