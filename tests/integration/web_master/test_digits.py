"""`POST /train` and `POST /fine-tune`: what they mean where nobody says anything, what they cost, who may."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from typing import Any

import pytest
from starlette import responses

from kolba.kit.db import engine
from kolba.web_master.ledger.prices import repository as prices

MNIST = {
    "id": 3,
    "name": "mnist",
    "version": 1,
    "rows": 250,
    "columns": [{"name": "image", "type": "image"}, {"name": "label", "type": "integer"}],
    "target": "label",
    "source": "mnist",
    "owner": "local",
    "size_bytes": 10,
    "sha256": "0" * 64,
    "created_at": "2026-03-14T09:15:00Z",
}
MODEL = {
    "id": 7,
    "name": "digits",
    "version": "CNN_20260314_091500",
    "family": "CNN",
    "dataset_id": 3,
    "dataset_name": "mnist",
    "dataset_version": 1,
    "run_id": 5,
    "hyperparameters": {},
    "metrics": {},
    "bundle_sha256": "b" * 64,
    "bundle_size_bytes": 1000,
    "owner": "local",
    "created_at": "2026-03-14T09:15:00Z",
    "signature": {},
    "summary": {},
}
ADMIN = {"auth": {"local_user": "admin"}, "ledger": {"follow_interval_seconds": 0.05}}


def refusal() -> responses.Response:
    body = {"type": "urn:kolba:problem:untrainable", "title": "x", "status": 422, "detail": "no"}
    return responses.JSONResponse(body, status_code=422, media_type="application/problem+json")


def slug(answer: Any) -> str:
    return str(answer.json()["type"]).removeprefix("urn:kolba:problem:")


def balance(house: Any) -> tuple[int, int]:
    found = house.client.get("/balance").json()
    return found["balance"], found["held"]


def until_balance(house: Any, wanted: tuple[int, int]) -> None:
    for _ in range(600):
        if balance(house) == wanted:
            return
        time.sleep(0.05)
    assert balance(house) == wanted


def test_train_without_a_word_collects_the_digits_and_trains_the_network(house: Any) -> None:
    answer = house.client.post("/train")
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == "/runs/5"
    assert answer.json() == {
        "run_id": 5,
        "state": "queued",
        "progress": "/progress/5",
        "run": "/runs/5",
        "report": None,
        "dataset_id": 3,
        "model_id": None,
    }
    assert len(house.storage.stored) == 1
    assert house.storage.queries[-1]["source"] == "mnist"
    [asked] = house.ml.asked
    assert (asked["dataset_id"], asked["model_type"]) == (3, "CNN")
    assert (asked["name"], asked["if_taken"]) == ("digits", "rename")
    assert asked["promote_first"] is True
    house.storage.runs[5] = {"state": "running"}
    [entry] = house.history()
    assert (entry["scenario"], entry["run_id"], entry["outcome"]) == ("train-digits", 5, "running")


def test_digits_that_are_there_are_not_collected_again(house: Any) -> None:
    house.storage.datasets = [{**MNIST, "id": 9, "rows": 100}, MNIST, {**MNIST, "id": 2}]
    assert house.client.post("/train").json()["dataset_id"] == 3
    assert house.client.post("/train", json={"limit": 100}).json()["dataset_id"] == 9
    assert house.storage.stored == []
    house.storage.datasets = [{**MNIST, "columns": []}]
    house.client.post("/train")
    assert len(house.storage.stored) == 1


def test_a_data_set_of_ones_own_a_name_and_another_family(house: Any) -> None:
    body = {"dataset_id": 3, "name": "mine", "model_type": "LogisticRegression", "seed": 1}
    assert house.client.post("/train", json=body).status_code == 202
    [asked] = house.ml.asked
    assert asked["model_type"] == "LogisticRegression"
    assert (asked["name"], asked["if_taken"], asked["seed"]) == ("mine", "refuse", 1)
    assert house.collector.infos == 0
    refused = house.client.post("/train", json={"dataset_id": 3, "limit": 1000})
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")


def test_fine_tune_without_a_word_takes_production_and_all_that_was_contributed(house: Any) -> None:
    house.storage.production = MODEL
    answer = house.client.post("/fine-tune")
    assert answer.status_code == 202, answer.text
    assert (answer.json()["dataset_id"], answer.json()["model_id"]) == (3, 7)
    assert house.storage.queries[-1]["source"] == "user-data"
    assert house.storage.queries[-1]["name"] == "user-data"
    [asked] = house.ml.asked
    assert (asked["model_id"], asked["dataset_id"], asked["promote"]) == (7, 3, True)
    result = {"model_id": 8, "promoted": True, "reason": "promoted"}
    house.storage.runs[6] = {"kind": "fine-tune", "state": "succeeded", "result": result}
    house.storage.runs[6] |= {"finished_at": "2026-03-14T09:16:00Z", "model_id": 8}
    [entry] = house.history()
    assert (entry["scenario"], entry["outcome"]) == ("fine-tune", "succeeded")
    assert entry["result"]["promoted"] is True
    assert entry["result"]["model_id"] == 8


@pytest.mark.parametrize("rows", [0, 1, 9])
def test_with_too_few_contributions_nothing_is_begun(house: Any, rows: int) -> None:
    house.storage.production = MODEL
    house.collector.rows = rows
    answer = house.client.post("/fine-tune", headers={"Accept-Language": "ru"})
    assert (answer.status_code, slug(answer)) == (422, "too-few-contributions")
    assert f"Пока прислано изображений: {rows}, нужно не меньше 10" in answer.json()["detail"]
    assert (house.storage.stored, house.ml.asked) == ([], [])
    house.collector.rows = house.storage.rows = 10
    assert house.client.post("/fine-tune").status_code == 202


def test_without_a_model_there_is_nothing_to_fine_tune(house: Any) -> None:
    answer = house.client.post("/fine-tune")
    assert (answer.status_code, slug(answer)) == (422, "nothing-to-fine-tune")
    assert "POST /train" in answer.json()["detail"]
    assert house.storage.stored == []
    named = house.client.post("/fine-tune", json={"model_id": 7, "dataset_id": 3})
    assert named.status_code == 202
    assert house.storage.stored == []


def test_what_was_collected_for_a_refused_fine_tuning_is_removed(house: Any) -> None:
    house.storage.production = MODEL
    house.ml.refusal = refusal()
    answer = house.client.post("/fine-tune")
    assert (answer.status_code, slug(answer)) == (422, "untrainable")
    assert house.storage.deleted == [3]
    house.client.post("/fine-tune", json={"dataset_id": 3})
    assert house.storage.deleted == [3]


def test_what_was_queued_before_is_answered_and_nothing_is_collected_twice(house: Any) -> None:
    """As after an answer that was lost: the key's second request finds the first one's run."""
    house.storage.production = MODEL
    house.ml.earlier_dataset = 2
    body = house.client.post("/fine-tune", headers={"Idempotency-Key": "again"}).json()
    assert (body["run_id"], body["dataset_id"]) == (6, 2)
    assert house.storage.deleted == [3]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/train", {"limit": 5}),
        ("/train", {"model": "x"}),
        ("/fine-tune", {"model_id": "x"}),
        ("/fine-tune", {"seed": -1}),
        ("/fine-tune", {"gate": False}),
    ],
)
def test_what_is_asked_is_checked(house: Any, path: str, body: dict[str, Any]) -> None:
    assert house.client.post(path, json=body).status_code == 422
    assert house.ml.asked == []


@pytest.mark.parametrize("options", [ADMIN])
def test_fine_tuning_has_a_price_of_its_own_that_is_held_and_paid(house: Any) -> None:
    house.storage.production = house.storage.model = MODEL
    assert house.client.put("/prices/runs/fine-tune", json={"price": 30}).status_code == 200
    assert house.client.put("/prices/runs/train", json={"price": 50}).status_code == 200
    quoted = house.client.get("/quote", params={"kind": "fine-tune"}).json()
    assert (quoted["price"], quoted["enough"], quoted["missing"]) == (30, False, 30)
    for path in ("/fine-tune", "/train"):
        answer = house.client.post(path)
        assert (answer.status_code, slug(answer)) == (402, "not-enough-credits")
    assert (house.storage.stored, house.ml.asked) == ([], [])

    house.client.post("/people/local/top-ups", json={"amount": 100, "memo": ""})
    house.storage.runs[6] = {"kind": "fine-tune", "state": "running"}
    assert house.client.post("/fine-tune").status_code == 202
    until_balance(house, (100, 30))
    house.storage.runs[6] = {"kind": "fine-tune", "state": "succeeded"}
    until_balance(house, (70, 0))
    house.storage.runs[5] = {"state": "failed"}
    assert house.client.post("/train").status_code == 202
    until_balance(house, (70, 0))
    house.ml.refusal = refusal()
    assert house.client.post("/fine-tune").status_code == 422
    until_balance(house, (70, 0))


def set_price(house: Any, model: str) -> None:
    url = house.config.database.url_in(house.config.data_dir, house.config.service)
    with contextlib.closing(engine.connect(url)) as database:
        price = prices.Price(
            subject="model", name=model, price=5, set_at=dt.datetime.now(dt.UTC), set_by="ada"
        )
        prices.PriceRepository(database).set(price)


RESEARCHER = {"auth": {"local_user": "researcher"}, "ledger": {"prices_fresh_seconds": 0.001}}


@pytest.mark.parametrize("options", [RESEARCHER], ids=["researcher"])
@pytest.mark.parametrize("body", [{}, {"model_id": 7, "dataset_id": 3}], ids=["usual", "named"])
def test_a_priced_model_is_not_given_away_by_fine_tuning_it(
    house: Any, body: dict[str, Any]
) -> None:
    """With a learning rate of next to nothing it would be the same, but one's own."""
    house.storage.production = house.storage.model = {**MODEL, "owner": "rosa"}
    set_price(house, "digits")
    for language, word in (("en", "fine-tune"), ("ru", "дообучить")):
        answer = house.client.post("/fine-tune", json=body, headers={"Accept-Language": language})
        assert (answer.status_code, slug(answer)) == (403, "not-for-download")
        assert word in answer.json()["detail"]
    assert (house.storage.stored, house.ml.asked) == ([], [])
    house.storage.production = house.storage.model = MODEL
    assert house.client.post("/fine-tune", json=body).status_code == 202


@pytest.mark.parametrize("options", [{"auth": {"local_user": "client"}}])
def test_a_client_contributes_and_predicts_but_does_not_train(house: Any) -> None:
    for path in ("/train", "/fine-tune"):
        answer = house.client.post(path)
        assert (answer.status_code, slug(answer)) == (403, "scenario-forbidden")
    listed = house.client.get("/scenarios").json()["items"]
    groups = {one["name"]: one["groups"] for one in listed}
    assert groups["train-digits"] == groups["fine-tune"] == ["researcher", "admin"]
