"""Idempotency keys of several people: each has their own, and no secret is kept to be given again."""

from __future__ import annotations

from typing import Any

import pytest

KEY = {"Idempotency-Key": "the-same"}
REPLAYED = "idempotency-replayed"


@pytest.fixture(autouse=True)
def _signed_in(world: Any) -> None:
    world.sign_in()


def test_a_key_is_its_owners(world: Any) -> None:
    made = [
        world.ask(who, "POST", f"/files?name={name}", content=b"x", headers=KEY)
        for who, name in (("anna", "a"), ("rita", "a"), ("anna", "a"), ("rita", "b"))
    ]
    assert [one.status_code for one in made] == [201, 201, 201, 422]
    assert [REPLAYED in one.headers for one in made] == [False, False, True, False]
    assert made[0].json()["owner"] == made[2].json()["owner"] == "anna"
    assert made[1].json()["owner"] == "rita"
    assert made[0].json()["id"] == made[2].json()["id"] != made[1].json()["id"]


@pytest.mark.parametrize("who", ["nobody", "expired", "signed out"])
def test_who_is_nobody_gets_no_answer_of_anybodys(world: Any, who: str) -> None:
    world.made("anna", "POST", "/files?name=a", content=b"x", headers=KEY)
    answer = world.ask(who, "POST", "/files?name=a", content=b"x", headers=KEY)
    assert (answer.status_code, REPLAYED in answer.headers) == (401, False)


def test_an_answer_is_not_given_again_to_a_token_that_may_not_ask(world: Any) -> None:
    asked: dict[str, Any] = {"json": {"rows": [world.row]}, "headers": KEY}
    world.ask("carl", "POST", "/invocations", **asked)
    answer = world.ask("reader", "POST", "/invocations", **asked)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:kolba:problem:scope-missing")


def test_a_token_is_made_once_and_its_secret_is_kept_nowhere(world: Any) -> None:
    headers = {"Idempotency-Key": "for-a-token"}
    asked: dict[str, Any] = {"json": {"name": "once", "scopes": ["read"]}, "headers": headers}
    first = world.ask("rita", "POST", "/me/tokens", **asked)
    again = world.ask("rita", "POST", "/me/tokens", **asked)
    assert (first.status_code, again.status_code) == (201, 409)
    assert again.json()["type"] == "urn:kolba:problem:idempotent-answer-not-kept"
    assert first.json()["token"] not in again.text
    named = [one["name"] for one in world.made("rita", "GET", "/me/tokens")["items"]]
    assert named.count("once") == 1
    database = next(world.folder.rglob("web_master.db"))
    kept = b"".join(path.read_bytes() for path in database.parent.glob("web_master.db*"))
    assert first.json()["token"].encode() not in kept


def test_a_top_up_is_given_once(world: Any) -> None:
    for _ in range(3):
        given = world.ask("root", "POST", "/people/rita/top-ups", json={"amount": 7}, headers=KEY)
        assert (given.status_code, given.json()["balance"]) == (201, 7)
    assert world.made("rita", "GET", "/balance")["balance"] == 7
