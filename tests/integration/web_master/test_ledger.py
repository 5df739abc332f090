"""Credits over HTTP: balances, top-ups, prices, quotes, statements, and what runs cost."""

from __future__ import annotations

import csv
import io
import itertools
import time
from typing import Any

import pytest
from starlette import responses

PRICED = {"dataset_id": 3, "model_type": "KNN"}
ADMIN = {"auth": {"local_user": "admin"}}
MODEL = {
    "id": 7,
    "name": "titanic",
    "version": "KNN_20260314_091500",
    "family": "KNN",
    "dataset_id": 3,
    "dataset_name": "titanic",
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
AMOUNTS = [0, -1, 1.5, 1.0, 10**12 + 1, 2**63, 2**64, "100", "1e3", True, None, [1], {}]


@pytest.fixture
def options(database_url: str | None) -> dict[str, Any]:
    """Every test here runs on SQLite and on PostgreSQL, and whoever asks is an administrator."""
    ledger = {"follow_interval_seconds": 0.05}
    database = {} if database_url is None else {"database": {"url": database_url}}
    return {**ADMIN, **database, "ledger": ledger}


def give(house: Any, amount: int, memo: str = "") -> None:
    answer = house.client.post("/people/local/top-ups", json={"amount": amount, "memo": memo})
    assert answer.status_code == 201, answer.text


def put_price(house: Any, path: str, price: int) -> None:
    answer = house.client.put(f"/prices/{path}", json={"price": price})
    assert answer.status_code == 200, answer.text


def balance(house: Any) -> tuple[int, int]:
    found = house.client.get("/balance").json()
    assert found["available"] == found["balance"] - found["held"]
    return found["balance"], found["held"]


def until_balance(house: Any, wanted: tuple[int, int]) -> None:
    for _ in range(600):
        if balance(house) == wanted:
            return
        time.sleep(0.05)
    assert balance(house) == wanted


def test_a_top_up_is_seen_in_balance_transfers_and_statement(house: Any) -> None:
    assert balance(house) == (0, 0)
    give(house, 100, "=HYPERLINK(1)")
    give(house, 11)
    assert balance(house) == (111, 0)
    found = house.client.get("/balance/transfers", params={"limit": 1}).json()
    assert found["total"] == 2
    [newest] = found["items"]
    assert (newest["amount"], newest["from"], newest["to"]) == (11, "issuance", "local")
    assert (newest["kind"], newest["by"]) == ("top-up", "local")
    answer = house.client.get("/balance/statement")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "statement-local.csv" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["amount"], row["balance"]) for row in rows] == [("100", "100"), ("11", "111")]
    assert rows[0]["memo"] == "'=HYPERLINK(1)"
    for path in ("/balance", "/balance/transfers", "/balance/statement"):
        own, others = house.client.get(path), house.client.get(f"/people/local{path}")
        assert own.content == others.content


def test_transfers_are_filtered(house: Any) -> None:
    give(house, 100)
    future = {"since": "2100-01-01T00:00:00Z"}
    assert house.client.get("/balance/transfers", params=future).json()["total"] == 0
    past = {"until": "2000-01-01T00:00:00+03:00"}
    assert house.client.get("/balance/transfers", params=past).json()["total"] == 0
    assert house.client.get("/balance/transfers", params={"kind": "run"}).json()["total"] == 0
    assert house.client.get("/balance/transfers", params={"kind": "gift"}).status_code == 422
    assert house.client.get("/balance/transfers", params={"limit": 0}).status_code == 422
    assert house.client.get("/balance/statement", params={"since": "today"}).status_code == 422
    far = {"since": "0001-01-01T00:00:00+14:00"}
    assert house.client.get("/balance/statement", params=far).status_code == 422
    header_only = house.client.get("/balance/statement", params=future).text
    assert len(header_only.splitlines()) == 1


@pytest.mark.parametrize("database_url", [None])
def test_an_amount_is_a_whole_number_of_credits(house: Any) -> None:
    asked = (
        ("POST", "/people/local/top-ups", "amount"),
        ("POST", "/balance/top-ups", "amount"),
        ("PUT", "/prices/models/titanic", "price"),
        ("PUT", "/prices/runs/train", "price"),
    )
    for (method, path, field), amount in itertools.product(asked, AMOUNTS):
        answer = house.client.request(method, path, json={field: amount})
        assert answer.status_code == 422, (path, amount, answer.text)
        [wrong] = answer.json()["errors"]
        assert wrong["field"] == field
        assert "whole number" in wrong["message"]
        russian = {"Accept-Language": "ru"}
        answer = house.client.request(method, path, json={field: amount}, headers=russian)
        assert "целое число" in answer.json()["errors"][0]["message"]
    assert balance(house) == (0, 0)
    assert house.client.get("/prices").json() == {"items": []}


@pytest.mark.parametrize("database_url", [None])
def test_what_is_no_json_is_refused(house: Any) -> None:
    headers = {"Content-Type": "application/json"}
    for number in (b"NaN", b"Infinity", b"-Infinity", b"01", b"0x10", b"1_000"):
        body = b'{"amount": %b}' % number
        answer = house.client.post("/people/local/top-ups", content=body, headers=headers)
        assert answer.status_code == 400, number
    assert balance(house) == (0, 0)


@pytest.mark.parametrize("database_url", [None])
def test_nothing_else_is_taken_from_a_body(house: Any) -> None:
    for extra in ("balance", "person", "owner", "role", "held", "by", "kind"):
        body = {"amount": 5, extra: 10}
        assert house.client.post("/people/local/top-ups", json=body).status_code == 422, extra
    assert balance(house) == (0, 0)


@pytest.mark.parametrize("database_url", [None])
def test_a_memo_is_one_line_of_text(house: Any) -> None:
    for memo in ("a\0b", "a\nb", "x" * 501, 5):
        body = {"amount": 5, "memo": memo}
        assert house.client.post("/people/local/top-ups", json=body).status_code == 422, memo


def test_who_is_not_there_gets_nothing(house: Any) -> None:
    for name in ("eve", "LOCAL", "local%00", "x" * 10_000, "income", "issuance"):
        answer = house.client.post(f"/people/{name}/top-ups", json={"amount": 5})
        assert (answer.status_code, answer.json()["type"]) == (
            404,
            "urn:kolba:problem:unknown-person",
        ), name
        for path in ("balance", "balance/transfers", "balance/statement"):
            assert house.client.get(f"/people/{name}/{path}").status_code == 404


@pytest.mark.parametrize("options", [{}])
def test_who_is_no_administrator_gives_nothing_and_sees_only_their_own(house: Any) -> None:
    """A researcher here."""
    refused = [
        ("POST", "/people/local/top-ups", {"amount": 5}),
        ("GET", "/people/local/balance", None),
        ("GET", "/people/local/balance/transfers", None),
        ("GET", "/people/local/balance/statement", None),
        ("PUT", "/prices/models/titanic", {"price": 5}),
        ("DELETE", "/prices/models/titanic", None),
        ("PUT", "/prices/runs/train", {"price": 5}),
        ("DELETE", "/prices/runs/train", None),
    ]
    for method, path, body in refused:
        answer = house.client.request(method, path, json=body)
        assert answer.status_code == 403, (path, answer.text)
    for path in ("/balance", "/balance/transfers", "/balance/statement", "/quote?kind=train"):
        assert house.client.get(path).status_code == 200
    assert balance(house) == (0, 0)


@pytest.mark.parametrize("database_url", [None])
def test_nobody_tops_up_for_themselves_unless_it_is_on(house: Any) -> None:
    answer = house.client.post("/balance/top-ups", json={"amount": 5})
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:kolba:problem:top-ups-off")
    assert balance(house) == (0, 0)


@pytest.mark.parametrize("options", [{"ledger": {"top_up_provider": "demo", "top_up_cap": 100}}])
def test_topping_up_for_oneself_has_a_cap(house: Any) -> None:
    assert house.client.post("/balance/top-ups", json={"amount": 60}).status_code == 201
    answer = house.client.post("/balance/top-ups", json={"amount": 41})
    assert answer.status_code == 409
    assert (answer.json()["cap"], answer.json()["balance"]) == (100, 60)
    assert house.client.post("/balance/top-ups", json={"amount": 40}).status_code == 201
    assert balance(house) == (100, 0)


def test_prices_are_set_changed_and_removed(house: Any) -> None:
    put_price(house, "models/titanic", 5)
    put_price(house, "models/titanic", 6)
    put_price(house, "runs/train", 10)
    found = house.client.get("/prices").json()["items"]
    assert [(one["subject"], one["name"], one["price"], one["per"]) for one in found] == [
        ("model", "titanic", 6, "row"),
        ("run", "train", 10, "run"),
    ]
    assert house.client.delete("/prices/models/titanic").status_code == 204
    assert house.client.delete("/prices/models/titanic").status_code == 404
    assert house.client.put("/prices/runs/dance", json={"price": 1}).status_code == 422
    assert house.client.put("/prices/models/a%00b", json={"price": 1}).status_code == 422


def test_a_quote_says_what_it_costs_and_whether_it_is_enough(house: Any) -> None:
    give(house, 100)
    put_price(house, "models/titanic", 2)
    put_price(house, "runs/train", 30)
    put_price(house, "runs/predict-batch", 7)

    def quote(**asked: Any) -> Any:
        return house.client.get("/quote", params=asked).json()

    assert quote(kind="train") == {
        "price": 30,
        "balance": 100,
        "available": 100,
        "enough": True,
        "missing": 0,
    }
    assert quote(kind="prediction", model="titanic@production", rows=50)["enough"]
    dear = quote(kind="prediction", model="titanic", rows=51)
    assert (dear["price"], dear["enough"], dear["missing"]) == (102, False, 2)
    assert quote(kind="prediction", model="titanic")["price"] == 2
    assert quote(kind="prediction", model="iris", rows=10**12)["price"] == 0
    # Its 250 rows, and one thousand of them begun.
    assert quote(kind="predict-batch", model="titanic", dataset_id=3)["price"] == 507
    assert quote(kind="predict-batch", model="iris", rows=1001)["price"] == 14
    for wrong in (
        {"kind": "prediction"},
        {"kind": "dance"},
        {"kind": "prediction", "model": "titanic", "rows": 0},
        {"kind": "prediction", "model": "titanic", "rows": 1.5},
        {"kind": "prediction", "model": "a\0b"},
    ):
        assert house.client.get("/quote", params=wrong).status_code == 422, wrong
    unknown = {"kind": "predict-batch", "model": "titanic", "dataset_id": 9}
    assert house.client.get("/quote", params=unknown).status_code == 404
    assert balance(house) == (100, 0)


@pytest.mark.parametrize(("state", "left"), [("succeeded", 70), ("failed", 100)])
def test_a_training_is_held_for_and_then_paid_or_given_back(
    house: Any, state: str, left: int
) -> None:
    give(house, 100)
    put_price(house, "runs/train", 30)
    house.storage.runs[5] = {"state": "running"}
    assert house.client.post("/scenarios/train-model", json=PRICED).status_code == 202
    assert balance(house) == (100, 30)
    house.storage.runs[5] = {"state": state}
    until_balance(house, (left, 0))
    found = house.client.get("/balance/transfers", params={"kind": "run"}).json()["items"]
    assert [one["amount"] for one in found] == ([-30] if state == "succeeded" else [])


def test_a_training_that_is_too_dear_does_not_begin(house: Any) -> None:
    give(house, 29)
    put_price(house, "runs/train", 30)
    answer = house.client.post("/scenarios/train-model", json=PRICED)
    assert answer.status_code == 402
    said = answer.json()
    assert (said["balance"], said["available"], said["price"]) == (29, 29, 30)
    assert said["type"] == "urn:kolba:problem:not-enough-credits"
    assert balance(house) == (29, 0)
    [entry] = house.history()
    assert entry["outcome"] == "failed"
    assert entry["result"]["problem"]["status"] == 402


def test_a_training_that_is_refused_gives_back_at_once(house: Any) -> None:
    give(house, 100)
    put_price(house, "runs/train", 30)
    house.ml.refusal = responses.JSONResponse(
        {"type": "urn:kolba:problem:unknown-family", "status": 422, "detail": "no"}, 422
    )
    assert house.client.post("/scenarios/train-model", json=PRICED).status_code == 422
    assert balance(house) == (100, 0)


def test_an_inference_is_paid_by_the_row_as_it_is_delivered(house: Any) -> None:
    house.storage.model = MODEL
    give(house, 20)
    put_price(house, "models/titanic", 2)
    asked = {"model_id": 7, "data": [{"Pclass": 3}] * 8}
    assert house.client.post("/scenarios/infer-model", json=asked).status_code == 200
    assert balance(house) == (4, 0)
    [recorded] = house.storage.recorded
    [paid] = house.client.get("/balance/transfers", params={"kind": "run"}).json()["items"]
    assert (paid["amount"], paid["reference"]) == (-16, recorded["reference"])
    answer = house.client.post("/scenarios/infer-model", json=asked)
    assert (answer.status_code, answer.json()["price"]) == (402, 16)
    assert "predictions" not in answer.json()
    assert balance(house) == (4, 0)


def test_a_model_does_not_work_for_who_cannot_pay_a_row(house: Any) -> None:
    house.storage.model = MODEL
    put_price(house, "models/titanic", 2)
    give(house, 1)
    asked = {"model_id": 7, "data": [{"Pclass": 3}]}
    answer = house.client.post("/scenarios/infer-model", json=asked)
    assert (answer.status_code, answer.json()["price"]) == (402, 2)
    assert house.storage.recorded == []


@pytest.mark.parametrize("options", [{**ADMIN, "ledger": {"follow_interval_seconds": 1000}}])
def test_a_run_is_paid_before_it_can_be_deleted(house: Any) -> None:
    give(house, 100)
    put_price(house, "runs/train", 30)
    house.storage.runs[5] = {"state": "running"}
    house.client.post("/scenarios/train-model", json=PRICED)
    house.storage.runs[5] = {"state": "succeeded"}
    assert balance(house) == (100, 30)
    house.client.delete("/runs/5")
    assert balance(house) == (70, 0)
