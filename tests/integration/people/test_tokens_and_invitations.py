"""API tokens and invitations over HTTP."""

from __future__ import annotations

import concurrent.futures
from typing import Any

import pytest

ONE_DATABASE = pytest.mark.parametrize("database", [{}], ids=["sqlite"], scope="module")


def make(door: Any, headers: dict[str, str], **body: Any) -> Any:
    return door.client.post("/me/tokens", json={"name": "t", **body}, headers=headers)


def test_an_api_token_is_shown_once_and_does_what_its_scopes_say(door: Any, helpers: Any) -> None:
    mine = door.add("maker")
    answer = make(door, mine, scopes=["account", "predict"], days=30)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    assert made["token"].startswith("kolba_")
    token = helpers.bearer(made["token"])
    me = door.client.get("/me", headers=token).json()
    assert (me["via"], me["scopes"], me["may"]) == (
        "API token",
        ["account", "predict"],
        ["predict", "account"],
    )
    assert door.client.get("/balance", headers=token).is_success
    refused = door.client.get("/history", headers=token)
    assert (refused.status_code, helpers.slug(refused)) == (403, "scope-missing")
    [listed] = door.client.get("/me/tokens", headers=mine).json()["items"]
    assert "token" not in listed
    assert listed["last_used_at"] is not None


def test_a_revoked_token_is_refused_at_once_and_only_by_its_owner(door: Any, helpers: Any) -> None:
    mine, others = door.add("revoker"), door.add("meddler")
    made = make(door, mine, scopes=["read"]).json()
    token = helpers.bearer(made["token"])
    assert door.client.get("/me", headers=token).is_success
    path = f"/me/tokens/{made['id']}"
    assert door.client.delete(path, headers=others).status_code == 404
    assert door.client.get("/me", headers=token).is_success
    assert door.client.delete(path, headers=mine).status_code == 204
    answer = door.client.get("/me", headers=token)
    assert (answer.status_code, helpers.slug(answer)) == (401, "api-token-refused")
    assert door.client.delete(path, headers=mine).status_code == 404


def test_a_token_makes_no_tokens_and_changes_no_passwords(door: Any, helpers: Any) -> None:
    made = make(door, door.admin, scopes=["account", "people", "read"]).json()
    token = helpers.bearer(made["token"])
    door.add("reset-me")
    asked = [
        ("POST", "/me/password", {"current": "x", "new": "another fine password"}),
        ("PATCH", "/me", {"display_name": "x"}),
        ("POST", "/auth/sign-out", {"everywhere": True}),
        ("DELETE", "/auth/sessions/x", None),
        ("POST", "/people", {"name": "friend", "group": "admin"}),
        ("PATCH", "/people/reset-me", {"group": "admin"}),
        ("POST", "/people/reset-me/password-reset", None),
        ("POST", "/invitations", {"group": "admin"}),
        ("DELETE", "/invitations/1", None),
    ]
    for method, path, body in asked:
        answer = door.client.request(method, path, json=body, headers=token)
        assert (answer.status_code, helpers.slug(answer)) == (403, "not-with-api-token"), path
    for method, path in (("POST", "/me/tokens"), ("GET", "/me/tokens"), ("DELETE", "/me/tokens/1")):
        answer = door.client.request(method, path, headers=token)
        assert (answer.status_code, helpers.slug(answer)) == (403, "scope-missing"), path
    assert door.client.get("/people", headers=token).is_success
    door.client.delete(f"/me/tokens/{made['id']}", headers=door.admin)


@pytest.mark.parametrize(
    "body",
    [
        {"scopes": ["people"]},
        {"scopes": ["upload"]},
        {"scopes": ["tokens"]},
        {"scopes": ["nonsense"]},
        {"scopes": []},
        {"scopes": "read"},
        {},
        {"scopes": ["read"], "days": 366},
        {"scopes": ["read"], "days": 0},
        {"scopes": ["read"], "days": 2**63},
        {"scopes": ["read"], "days": "9"},
        {"scopes": ["read"], "days": 1.5},
        {"scopes": ["read"], "name": ""},
        {"scopes": ["read"], "name": "x" * 101},
        {"scopes": ["read"], "name": "a\u202eb"},
        {"scopes": ["read"], "name": "a\u0000b"},
        {"scopes": ["read"], "person": "admin"},
        {"scopes": ["read"], "token": "kolba_mine"},
    ],
)
@ONE_DATABASE
def test_a_token_that_cannot_be_is_refused(door: Any, body: dict[str, Any]) -> None:
    mine = door.client.post(
        "/auth/token", data={"username": "refused", "password": "correct horse battery"}
    )
    headers = (
        door.add("refused")
        if mine.status_code == 401
        else {"Authorization": f"Bearer {mine.json()['access_token']}"}
    )
    answer = make(door, headers, **body)
    assert answer.status_code == 422, answer.text
    assert door.client.get("/me/tokens", headers=headers).json()["total"] == 0


def test_a_name_is_given_to_one_token_and_there_is_a_most(start: Any, helpers: Any) -> None:
    with start(people={"max_api_tokens": 2}) as door:
        mine = door.add("hoarder")
        assert make(door, mine, scopes=["read"]).status_code == 201
        twice = make(door, mine, scopes=["read"])
        assert (twice.status_code, helpers.slug(twice)) == (409, "api-token-name-taken")
        assert make(door, mine, scopes=["read"], name="u").status_code == 201
        more = make(door, mine, scopes=["read"], name="v")
        assert (more.status_code, helpers.slug(more)) == (409, "too-many-api-tokens")


def test_losing_a_right_takes_it_from_ones_tokens(door: Any, helpers: Any) -> None:
    mine = door.add("demoted", "admin")
    token = helpers.bearer(make(door, mine, scopes=["people"]).json()["token"])
    assert door.client.get("/people", headers=token).is_success
    door.client.patch("/people/demoted", json={"group": "client"}, headers=door.admin)
    assert door.client.get("/people", headers=token).status_code == 403


def register(door: Any, name: str, invitation: Any = None, **more: Any) -> Any:
    body = {"name": name, "password": "correct horse battery", **more}
    if invitation is not None:
        body["invitation"] = invitation
    return door.client.post("/auth/register", json=body)


def invite(door: Any, **body: Any) -> Any:
    answer = door.client.post("/invitations", json=body, headers=door.admin)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_an_invitation_is_good_once_for_its_group(start: Any, helpers: Any) -> None:
    with start(people={"registration": "invitation"}) as door:
        assert door.client.get("/auth/registration").json() == {"registration": "invitation"}
        for wrong in (None, "ki_wrong", "", "x" * 128):
            answer = register(door, "guest", wrong)
            assert (answer.status_code, helpers.slug(answer)) == (403, "invitation-refused")
        made = invite(door, group="researcher", note="for a guest")
        # What cannot be registered does not use it up.
        assert register(door, "no name", made["invitation"]).status_code == 422
        assert register(door, "guest", made["invitation"], group="admin").status_code == 422
        answer = register(door, "guest", made["invitation"])
        assert (answer.status_code, answer.json()["group"]) == (201, "researcher")
        assert register(door, "another", made["invitation"]).status_code == 403
        [listed] = door.client.get("/invitations", headers=door.admin).json()["items"]
        assert (listed["used_by"], "invitation" in listed) == ("guest", False)
        assert door.headers("guest")


def test_of_many_at_once_with_one_invitation_one_gets_in(door: Any) -> None:
    invitation = invite(door, group="researcher")["invitation"]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda n: register(door, f"racer-{n}", invitation).status_code, range(6))
        )
    assert sorted(answers) == [201, *[403] * 5]


def test_a_withdrawn_invitation_is_not_good(door: Any) -> None:
    made = invite(door, group="client")
    path = f"/invitations/{made['id']}"
    assert door.client.delete(path, headers=door.admin).status_code == 204
    assert door.client.delete(path, headers=door.admin).status_code == 404
    assert register(door, "withdrawn", made["invitation"]).status_code == 403


@pytest.mark.parametrize(
    "body", [{"days": 0}, {"days": -1}, {"days": 1e9}, {"group": "kings"}, {"used_by": "x"}]
)
@ONE_DATABASE
def test_an_invitation_that_cannot_be_is_refused(door: Any, body: dict[str, Any]) -> None:
    answer = door.client.post("/invitations", json=body, headers=door.admin)
    assert answer.status_code == 422


def test_a_closed_house_registers_nobody(start: Any, helpers: Any) -> None:
    with start(people={"registration": "closed"}) as door:
        invitation = invite(door)["invitation"]
        for given in (None, invitation):
            answer = register(door, "outsider", given)
            assert (answer.status_code, helpers.slug(answer)) == (403, "registration-closed")


def test_who_registers_comes_into_the_default_group(door: Any) -> None:
    answer = register(door, "newcomer", display_name="New Comer")
    assert answer.status_code == 201
    assert answer.json() == {
        "name": "newcomer",
        "display_name": "New Comer",
        "group": "client",
    }
    assert door.headers("newcomer")


def test_registering_is_limited_by_address(start: Any) -> None:
    with start(people={"sign_in": {"per_address": 3}}) as door:
        statuses = [register(door, f"flood-{n}").status_code for n in range(4)]
    assert statuses == [201, 201, 201, 429]


@pytest.mark.parametrize("asked", ["/people", "/people/x/password-reset", "/me/tokens"])
def test_no_secret_is_kept_where_a_key_would_replay_it(start: Any, asked: str) -> None:
    with start() as door:
        door.add("x")
        bodies = {
            "/people": {"name": "y"},
            "/people/x/password-reset": None,
            "/me/tokens": {"name": "t", "scopes": ["read"]},
        }
        headers = {**door.admin, "Idempotency-Key": "one"}
        first = door.client.post(asked, json=bodies[asked], headers=headers).json()
        secret = first.get("password") or first["token"]
        folder = door.config.data_dir
        kept = b"".join(path.read_bytes() for path in folder.glob("web_master.db*"))
        assert secret.encode() not in kept
