"""Accounts over HTTP: what an administrator does, what one does oneself, and what nobody may."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import sqlite3
import stat
import time
from typing import Any

import pytest

ONE_DATABASE = pytest.mark.parametrize("database", [{}], ids=["sqlite"], scope="module")


def test_the_first_administrator_is_made_at_the_first_start_only(start: Any, helpers: Any) -> None:
    with start(settled=False) as door:
        file = door.config.data_dir / "first-admin-password"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        name, password = file.read_text("utf-8").split()
        assert (name, len(password) >= 20) == ("admin", True)
        me = door.client.get("/me", headers=door.headers(name, password)).json()
        assert (me["group"], me["must_change_password"]) == ("admin", True)
    with start(settled=False) as door:
        assert file.read_text("utf-8").split() == [name, password]
        admin = door.choose_password(name, password)
        assert not file.exists()
        assert door.client.get("/me", headers=admin).json()["must_change_password"] is False
    with start() as door:
        assert not file.exists()
        assert door.headers("admin")


def test_a_loopback_start_makes_no_administrator_and_knows_the_local_person(start: Any) -> None:
    with start(auth={"local_user": "researcher"}) as door:
        assert not (door.config.data_dir / "first-admin-password").exists()
        me = door.client.get("/me").json()
        assert (me["name"], me["group"], me["via"]) == ("local", "researcher", "local")
        assert me["can_sign_in"] is False
        made = door.client.post("/me/tokens", json={"name": "x", "scopes": ["read"]}).json()
        shown = {"Authorization": f"Bearer {made['token']}"}
        assert door.client.get("/me", headers=shown).json()["via"] == "API token"
    with start(auth={"local_user": "client"}) as door:
        assert door.client.get("/me").json()["group"] == "client"
    # Where everybody signs in, nobody is local any more, and no token of theirs is good.
    with start() as door:
        assert door.client.get("/me").status_code == 401
        assert door.client.get("/me", headers=shown).status_code == 401
        assert door.client.get("/people/local", headers=door.admin).json()["state"] == "disabled"
        for body in ({"state": "active"}, {"group": "admin"}):
            answer = door.client.patch("/people/local", json=body, headers=door.admin)
            assert answer.status_code == 409


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x" * 65,
        "x" * 10_000,
        "a b",
        "a\u0000b",
        "a\nb",
        "\u202egro.live",
        "a\u200bb",
        "a\u2066b",
        "a/b",
        "..",
        ".hidden",
        "dash-",
        "-dash",
        "<script>",
        "a\u0301\u0301",
        "\ud800",
        "a'b",
        "=cmd",
        None,
        5,
        ["a"],
    ],
)
def test_what_is_no_name_is_refused_and_nothing_is_made(door: Any, helpers: Any, name: Any) -> None:
    before = door.client.get("/people", headers=door.admin).json()["total"]
    for path, body in (
        ("/people", {"name": name}),
        ("/auth/register", {"name": name, "password": helpers.password}),
    ):
        content = _json(body)
        headers = {**door.admin, "Content-Type": "application/json"}
        answer = door.client.post(path, content=content, headers=headers)
        assert 400 <= answer.status_code < 500, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    assert door.client.get("/people", headers=door.admin).json()["total"] == before


def _json(body: Any) -> bytes:
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    ("taken", "lookalikes"),
    [
        ("paypal", ["PayPal", "pаypal", "paypa1", "рaypal", "ｐａｙｐａｌ", "𝐩aypal"]),
        ("mary.w", ["rnary.w", "MARY.W", "mary.vv", "mаry.w"]),
        ("олег", ["oлeг", "ОЛЕГ"]),
        ("zero0", ["zeroo", "zerо0", "zerOO"]),
    ],
)
def test_a_name_that_looks_like_anothers_is_taken(
    door: Any, helpers: Any, taken: str, lookalikes: list[str]
) -> None:
    door.add(taken)
    for name in (taken, *lookalikes):
        body = {"name": name, "password": helpers.password}
        answer = door.client.post("/auth/register", json=body)
        assert (answer.status_code, helpers.slug(answer)) == (409, "person-name-taken"), name


@ONE_DATABASE
def test_names_that_would_be_believed_are_not_given(door: Any, helpers: Any) -> None:
    for name in ("local", "1ocal", "system", "Admin", "аdmin", "root", "web_master", "service"):
        body = {"name": name, "password": helpers.password}
        answer = door.client.post("/auth/register", json=body)
        assert answer.status_code in (409, 422), (name, answer.text)


@pytest.mark.parametrize(
    ("password", "means"),
    [
        ("short", "at least 10"),
        ("x" * 2000, "at most 1024"),
        ("picky-person", "not be the name"),
        ("PICKY-PERSON", "not be the name"),
        ("nosrep-ykcip", "not be the name"),
        ("qwertyuiop", "commonest"),
        ("Password123", "commonest"),
        ("aaaaaaaaaaaa", "commonest"),
    ],
)
@ONE_DATABASE
def test_a_bad_password_is_refused_with_the_reason(
    door: Any, helpers: Any, password: str, means: str
) -> None:
    body = {"name": "picky-person", "password": password}
    answer = door.client.post("/auth/register", json=body)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] == "password"
    assert means in error["message"]


@pytest.mark.parametrize(
    "extra",
    [
        {"group": "admin"},
        {"owner": "admin"},
        {"role": "admin"},
        {"balance": 10**6},
        {"state": "active"},
        {"scopes": ["people"]},
        {"via": "local"},
        {"password_hash": "x"},
    ],
)
@ONE_DATABASE
def test_nobody_says_in_a_body_what_they_are(
    door: Any, helpers: Any, extra: dict[str, Any]
) -> None:
    mine = door.add(f"modest-{next(iter(extra)).replace('_', '-')}")
    password = {"current": helpers.password, "new": "another fine password"}
    asked = [
        ("POST", "/auth/register", {"name": "pusher", "password": helpers.password}),
        ("PATCH", "/me", {"display_name": "x"}),
        ("POST", "/me/password", password),
        ("POST", "/auth/session", {"name": "pusher", "password": helpers.password}),
        ("POST", "/auth/sign-out", {}),
    ]
    for method, path, body in asked:
        answer = door.client.request(method, path, json={**body, **extra}, headers=mine)
        assert answer.status_code == 422, (path, answer.text)
    me = door.client.get("/me", headers=mine).json()
    assert (me["group"], me["display_name"]) == ("client", "")


def test_who_is_not_an_administrator_manages_nobody(door: Any, helpers: Any) -> None:
    for name, group in (("plain", "client"), ("curious", "researcher")):
        mine = door.add(name, group)
        asked = [
            ("GET", "/people", None),
            ("POST", "/people", {"name": "friend"}),
            ("GET", "/people/admin", None),
            ("PATCH", f"/people/{name}", {"group": "admin"}),
            ("POST", "/people/admin/password-reset", None),
            ("GET", "/invitations", None),
            ("POST", "/invitations", {"group": "admin"}),
            ("DELETE", "/invitations/1", None),
        ]
        for method, path, body in asked:
            answer = door.client.request(method, path, json=body, headers=mine)
            assert (answer.status_code, helpers.slug(answer)) == (403, "action-forbidden"), path
        assert door.client.get("/me", headers=mine).json()["group"] == group


def test_a_disabled_person_is_out_at_once_and_not_revived_with_old_credentials(
    door: Any, helpers: Any
) -> None:
    mine = door.add("outcast")
    tokens = door.sign_in("outcast")
    made = door.client.post("/me/tokens", json={"name": "t", "scopes": ["read"]}, headers=mine)
    programs = helpers.bearer(made.json()["token"])
    with door.browser() as browser:
        body = {"name": "outcast", "password": helpers.password}
        browser.post("/auth/session", json=body)
        everyone = [
            lambda: browser.get("/me"),
            lambda: door.client.get("/me", headers=mine),
            lambda: door.client.get("/me", headers=programs),
        ]
        assert [ask().status_code for ask in everyone] == [200, 200, 200]
        _change(door, "outcast", state="disabled")
        answers = [ask() for ask in everyone]
        assert [answer.status_code for answer in answers] == [401] * 3
        assert [helpers.slug(answer) for answer in answers] == [
            "session-over",
            "session-over",
            "api-token-refused",
        ]
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        assert door.client.post("/auth/token", data=form).status_code == 401
        again = door.client.post("/auth/session", json=body)
        assert (again.status_code, helpers.slug(again)) == (401, "wrong-credentials")
        _change(door, "outcast", state="active")
        assert [ask().status_code for ask in everyone] == [401, 401, 200]
    assert door.sign_in("outcast")


def _change(door: Any, name: str, **wanted: Any) -> Any:
    answer = door.client.patch(f"/people/{name}", json=wanted, headers=door.admin)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_who_changes_groups_has_the_new_rights_at_once(door: Any) -> None:
    mine = door.add("climber")
    assert "upload" not in door.client.get("/me", headers=mine).json()["may"]
    _change(door, "climber", group="researcher", display_name="Кто-то")
    me = door.client.get("/me", headers=mine).json()
    assert "upload" in me["may"]
    assert (me["group"], me["display_name"]) == ("researcher", "Кто-то")
    _change(door, "climber", group="client")
    assert "upload" not in door.client.get("/me", headers=mine).json()["may"]


@ONE_DATABASE
def test_an_unknown_group_or_person_is_told(door: Any, helpers: Any) -> None:
    answer = door.client.post(
        "/people", json={"name": "grouped", "group": "kings"}, headers=door.admin
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "group"
    for name in ("missing", "a%00b", "%F0%9F%92%A9", "x" * 500):
        for method, tail in (("GET", ""), ("PATCH", ""), ("POST", "/password-reset")):
            body = {"state": "active"} if method == "PATCH" else None
            answer = door.client.request(
                method, f"/people/{name}{tail}", json=body, headers=door.admin
            )
            assert (answer.status_code, helpers.slug(answer)) == (404, "unknown-person")


def test_the_last_administrator_stays_one(door: Any, helpers: Any) -> None:
    for wanted in ({"state": "disabled"}, {"group": "client"}):
        answer = door.client.patch("/people/admin", json=wanted, headers=door.admin)
        assert (answer.status_code, helpers.slug(answer)) == (409, "last-admin")
    second = door.add("second-admin", "admin")
    # Two who would each demote the other at once: one of them remains.
    asked = [("admin", second), ("second-admin", door.admin)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda one: (
                    door.client.patch(
                        f"/people/{one[0]}", json={"group": "client"}, headers=one[1]
                    ).status_code
                ),
                asked,
            )
        )
    assert sorted(answers) in ([200, 403], [200, 409])
    left = door.headers("second-admin") if answers[0] == 200 else door.admin
    demoted = "admin" if answers[0] == 200 else "second-admin"
    body = {"group": "admin"}
    assert door.client.patch(f"/people/{demoted}", json=body, headers=left).status_code == 200
    _change(door, "second-admin", group="client")


def test_a_new_password_ends_the_other_sessions(door: Any, helpers: Any) -> None:
    mine = door.add("changer")
    other = door.headers("changer")
    wrong = {"current": "not this one", "new": "another fine password"}
    answer = door.client.post("/me/password", json=wrong, headers=mine)
    assert (answer.status_code, helpers.slug(answer)) == (403, "wrong-password")
    right = {"current": helpers.password, "new": "another fine password"}
    assert door.client.post("/me/password", json=right, headers=mine).status_code == 204
    assert door.client.get("/me", headers=mine).is_success
    assert door.client.get("/me", headers=other).status_code == 401
    assert door.headers("changer", "another fine password")
    form = {"username": "changer", "password": helpers.password}
    assert door.client.post("/auth/token", data=form).status_code == 401


def test_a_password_reset_shows_a_new_one_once_and_ends_everything(door: Any, helpers: Any) -> None:
    mine = door.add("forgetful")
    made = door.client.post("/me/tokens", json={"name": "t", "scopes": ["read"]}, headers=mine)
    answer = door.client.post("/people/forgetful/password-reset", headers=door.admin)
    assert answer.headers["cache-control"] == "no-store"
    password = answer.json()["password"]
    assert answer.json()["must_change_password"] is True
    assert door.client.get("/me", headers=mine).status_code == 401
    token = helpers.bearer(made.json()["token"])
    assert door.client.get("/me", headers=token).status_code == 401
    assert door.headers("forgetful", password)
    found = door.client.get("/people/forgetful", headers=door.admin).json()
    assert "password" not in found


def test_with_a_password_that_others_have_seen_only_another_can_be_chosen(
    door: Any, helpers: Any
) -> None:
    made = door.client.post("/people", json={"name": "newcomer"}, headers=door.admin).json()
    first = door.headers("newcomer", made["password"])
    _is_only_asked_for_a_password(door, helpers, first)
    assert door.client.get("/me", headers=first).json()["may"] == []
    refused = {"current": made["password"], "new": made["password"]}
    assert door.client.post("/me/password", json=refused, headers=first).status_code == 422
    _is_only_asked_for_a_password(door, helpers, first)
    change = {"current": made["password"], "new": helpers.password}
    assert door.client.post("/me/password", json=change, headers=first).status_code == 204
    # At once, and without signing in again.
    assert door.client.get("/auth/sessions", headers=first).is_success
    assert "account" in door.client.get("/me", headers=first).json()["may"]
    reset = door.client.post("/people/newcomer/password-reset", headers=door.admin).json()
    again = door.headers("newcomer", reset["password"])
    _is_only_asked_for_a_password(door, helpers, again)
    assert door.client.post("/auth/sign-out", headers=again).status_code == 204
    assert door.client.get("/me", headers=again).status_code == 401


def _is_only_asked_for_a_password(door: Any, helpers: Any, headers: dict[str, str]) -> None:
    wish = {"name": "t", "scopes": ["read"]}
    for method, path, body in (
        ("GET", "/balance", None),
        ("GET", "/auth/sessions", None),
        ("GET", "/history", None),
        ("GET", "/scenarios", None),
        ("GET", "/models", None),
        ("PATCH", "/me", {"display_name": "x"}),
        ("POST", "/me/tokens", wish),
        ("POST", "/predict/titanic", {"rows": [{}]}),
        ("POST", "/v2/models/titanic/infer", {"inputs": []}),
    ):
        answer = door.client.request(method, path, json=body, headers=headers)
        said = (answer.status_code, helpers.slug(answer))
        assert said == (403, "password-to-be-changed"), (path, said)
    assert door.client.get("/health", headers=headers).status_code in (200, 503)


def test_a_browser_with_such_a_password_can_choose_another_and_leave(
    door: Any, helpers: Any
) -> None:
    made = door.client.post("/people", json={"name": "visitor"}, headers=door.admin).json()
    with door.browser() as browser:
        body = {"name": "visitor", "password": made["password"]}
        token = browser.post("/auth/session", json=body).json()["csrf_token"]
        assert helpers.slug(browser.get("/balance")) == "password-to-be-changed"
        assert browser.get("/auth/session").json()["csrf_token"] == token
        change = {"current": made["password"], "new": helpers.password}
        shown = {"X-CSRF-Token": token}
        refused = browser.post("/me/password", json=change)
        assert helpers.slug(refused) == "csrf-token-missing"
        assert browser.post("/me/password", json=change, headers=shown).status_code == 204
        assert browser.get("/auth/sessions").is_success
        assert browser.delete("/auth/session", headers=shown).status_code == 204


def test_people_are_listed_filtered_and_searched(door: Any) -> None:
    for number in range(3):
        door.add(f"listed-{number}", "researcher" if number else "client")
    query = {"search": "LISTED-", "sort": "-name", "limit": 2}
    found = door.client.get("/people", params=query, headers=door.admin).json()
    assert found["total"] == 3
    assert [one["name"] for one in found["items"]] == ["listed-2", "listed-1"]
    query = {"search": "listed", "group": "client"}
    found = door.client.get("/people", params=query, headers=door.admin).json()
    assert [one["name"] for one in found["items"]] == ["listed-0"]
    found = door.client.get("/people", params={"search": "%"}, headers=door.admin).json()
    assert found["total"] == 0


def test_an_old_hash_is_renewed_when_its_owner_signs_in(start: Any, helpers: Any) -> None:
    with start() as door:
        door.add("veteran")
    stronger = {"memory_kib": 16, "passes": 2, "lanes": 1}
    with start(people={"hashing": stronger}) as door:
        assert "m=8," in _hash(door)
        assert door.headers("veteran")
        assert "m=16,t=2,p=1" in _hash(door)
        assert door.headers("veteran")


def _hash(door: Any) -> str:
    with contextlib.closing(_opened(door)) as connection, connection:
        row = connection.execute("SELECT password_hash FROM people WHERE name = 'veteran'")
        return str(row.fetchone()[0])


def test_what_changes_elsewhere_counts_here_within_the_time_set(start: Any) -> None:
    """As when another process, a command or another web master, disables somebody."""
    with start(people={"fresh_seconds": 0.2}) as door:
        mine = door.add("remote")
        assert door.client.get("/me", headers=mine).is_success
        with contextlib.closing(_opened(door)) as connection, connection:
            connection.execute("UPDATE people SET state = 'disabled' WHERE name = 'remote'")
        time.sleep(0.25)
        assert door.client.get("/me", headers=mine).status_code == 401


def _opened(door: Any) -> sqlite3.Connection:
    return sqlite3.connect(door.config.data_dir / "web_master.db")
