"""What the audit log says of signing in, and of accounts; and that it says no secret."""

from __future__ import annotations

from typing import Any

import pytest

from kolba.kit.db import engine
from kolba.web_master import operating
from kolba.web_master.audit import repository, verifying
from kolba.web_master.people import opening

PASSWORD = "a horse and a staple"
SIGN_IN = ("POST /auth/token", "POST /auth/session")


@pytest.fixture
def administrator(house: Any) -> str:
    """The password of `ada`."""
    with operating_on(house) as database:
        people = opening.open_accounts(house.config, house.config.people, database)
        return people.add("ada", group="admin", must_change_password=False).password


def operating_on(house: Any) -> Any:
    url = house.config.database.url_in(house.config.data_dir, house.config.service)
    return operating.contextlib.closing(engine.connect(url))


def entries(house: Any) -> list[Any]:
    with operating_on(house) as database:
        log = repository.AuditRepository(database)
        assert verifying.verify(log).broken is None
        return [entry for found in log.walk() for entry in found]


def bearer(house: Any, name: str, password: str) -> dict[str, str]:
    form = {"username": name, "password": password}
    answer = house.client.post("/auth/token", data=form)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_signing_in_names_who_did_and_who_tried(house: Any, administrator: str) -> None:
    bearer(house, "ada", administrator)
    for name in ("Ada", "hunter2-typed-as-a-name"):
        form = {"username": name, "password": "wrong"}
        assert house.client.post("/auth/token", data=form).status_code == 401
    done, refused, unknown = entries(house)
    assert (done.actor, done.via, done.object_kind, done.outcome) == (
        "ada",
        "password",
        "session",
        "done",
    )
    assert (refused.outcome, refused.status) == ("refused", 401)
    assert refused.details == '{"name":"ada","problem":"wrong-credentials"}'
    assert unknown.details == '{"name":null,"problem":"wrong-credentials"}'


def test_a_refresh_is_nothing_new_unless_refused(house: Any, administrator: str) -> None:
    form = {"username": "ada", "password": administrator}
    given = house.client.post("/auth/token", data=form).json()["refresh_token"]
    again = {"grant_type": "refresh_token", "refresh_token": given}
    assert house.client.post("/auth/token", data=again).status_code == 200
    assert len(entries(house)) == 1
    assert house.client.post("/auth/token", data=again).status_code == 401
    assert entries(house)[-1].details == '{"problem":"refresh-reused"}'


def test_what_is_done_to_accounts_names_them_and_holds_no_secret(
    house: Any, administrator: str
) -> None:
    ada = bearer(house, "ada", administrator)

    def do(method: str, path: str, body: Any = None, who: Any = ada) -> Any:
        answer = house.client.request(method, path, json=body, headers=who)
        assert answer.status_code in (200, 201, 204), answer.text
        return answer.json() if answer.content else None

    secrets = [administrator, ada["Authorization"].removeprefix("Bearer ")]
    secrets += [do("POST", "/people", {"name": "bob"})["password"]]
    secrets += [do("POST", "/people/bob/password-reset")["password"]]
    do("PATCH", "/people/bob", {"group": "researcher"})
    bob = bearer(house, "bob", secrets[-1])
    do("POST", "/me/password", {"current": secrets[-1], "new": PASSWORD}, bob)
    token = do("POST", "/me/tokens", {"name": "mine", "scopes": ["predict"]}, bob)
    secrets += [PASSWORD, bob["Authorization"].removeprefix("Bearer "), token["token"]]
    do("DELETE", f"/me/tokens/{token['id']}", None, bob)
    secrets += [do("POST", "/invitations", {"note": "for eve"})["invitation"]]
    eve = {"name": "eve", "password": PASSWORD, "invitation": secrets[-1]}
    do("POST", "/auth/register", eve, {})
    do("POST", "/people/bob/top-ups", {"amount": 5})
    do("PATCH", "/people/bob", {"state": "disabled"})
    do("POST", "/auth/sign-out")

    found = entries(house)
    said = [
        (one.actor, one.action, f"{one.object_kind}/{one.object_id}")
        for one in found
        if one.outcome == "done" and one.action not in SIGN_IN
    ]
    assert said[:-1] == [
        ("ada", "POST /people", "person/bob"),
        ("ada", "POST /people/{name}/password-reset", "person/bob"),
        ("ada", "PATCH /people/{name}", "person/bob"),
        ("bob", "POST /me/password", "person/bob"),
        ("bob", "POST /me/tokens", f"token/{token['id']}"),
        ("bob", "DELETE /me/tokens/{token_id}", f"token/{token['id']}"),
        ("ada", "POST /invitations", "invitation/1"),
        ("eve", "POST /auth/register", "person/eve"),
        ("ada", "POST /people/{name}/top-ups", "person/bob"),
        ("ada", "PATCH /people/{name}", "person/bob"),
    ]
    assert said[-1][:2] == ("ada", "POST /auth/sign-out")
    details = {one.action: one.details for one in found if one.outcome == "done"}
    assert details["PATCH /people/{name}"] == '{"group":"researcher","state":"disabled"}'
    assert details["POST /me/tokens"] == '{"name":"mine","scopes":"predict"}'
    assert details["POST /people/{name}/top-ups"] == '{"amount":5}'
    assert not [one for one in secrets if one in str(found)]


def test_a_token_that_is_not_good_is_nobody_s(house: Any) -> None:
    shown = {"Authorization": "Bearer kolba_notatoken"}
    assert house.client.delete("/datasets/3", headers=shown).status_code == 401
    (entry,) = entries(house)
    assert (entry.actor, entry.via, entry.outcome, entry.status) == ("", "nothing", "refused", 401)
    assert entry.details == '{"problem":"api-token-refused"}'
