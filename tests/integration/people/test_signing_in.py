"""Signing in and out over HTTP: tokens, sessions, cookies, and every way they are refused."""

from __future__ import annotations

import concurrent.futures
import time
from typing import Any

import jwt
import pytest

ONE_DATABASE = pytest.mark.parametrize("database", [{}], ids=["sqlite"], scope="module")


def test_who_signs_in_is_known_by_the_access_token(door: Any, helpers: Any) -> None:
    door.add("ada", "researcher")
    tokens = door.sign_in("ada")
    assert tokens["token_type"] == "bearer"
    assert tokens["expires_in"] == 300
    header = jwt.get_unverified_header(tokens["access_token"])
    assert header["alg"] == "EdDSA"
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert (claims["aud"], claims["exp"] - claims["iat"]) == ("kolba", 300)
    me = door.client.get("/me", headers=helpers.bearer(tokens["access_token"])).json()
    assert (me["name"], me["group"], me["via"]) == ("ada", "researcher", "access token")
    assert me["groups"] == ["researcher", "client"]
    assert "upload" in me["may"]
    assert "people" not in me["may"]


def test_a_name_is_found_in_any_case(door: Any, helpers: Any) -> None:
    door.add("CaseLess")
    assert door.sign_in("cAsElEsS")
    me = door.client.get("/me", headers=door.headers("ＣＡＳＥＬＥＳＳ")).json()
    assert me["name"] == "caseless"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"username": "nobody-here", "password": "x"}, 401, "invalid_grant"),
        ({"username": "local", "password": "None"}, 401, "invalid_grant"),
        ({"username": ".", "password": "x" * 10_000}, 401, "invalid_grant"),
        ({"username": "", "password": ""}, 400, "invalid_request"),
        ({"username": "\u202egro.live", "password": "x"}, 401, "invalid_grant"),
        ({"username": "a\x00b", "password": "x\x00"}, 401, "invalid_grant"),
        ({"username": "only"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request"),
        ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "kr_none"}, 401, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "x" * 200}, 401, "invalid_grant"),
    ],
)
def test_what_is_not_granted_says_why(
    door: Any, form: dict[str, str], status: int, error: str
) -> None:
    answer = door.client.post("/auth/token", data=form)
    assert (answer.status_code, answer.json().get("error")) == (status, error), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "extra", [{"group": "admin"}, {"role": "admin"}, {"balance": "5"}, {"username": "x" * 10_000}]
)
@ONE_DATABASE
def test_a_form_says_nothing_else(door: Any, extra: dict[str, str]) -> None:
    form = {"username": "ada", "password": "x", **extra}
    assert door.client.post("/auth/token", data=form).status_code == 422


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(door: Any) -> None:
    door.add("grace")
    bodies = []
    for name in ("grace", "gracf"):
        answer = door.client.post("/auth/token", data={"username": name, "password": "wrong"})
        body = answer.json()
        del body["request_id"]
        bodies.append((answer.status_code, body))
    assert bodies[0] == bodies[1]
    assert bodies[0][0] == 401


def test_a_refresh_token_is_good_once_and_its_reuse_ends_the_session(
    door: Any, helpers: Any
) -> None:
    door.add("refresher")
    first = door.sign_in("refresher")
    other = door.sign_in("refresher")

    def refresh(token: str) -> Any:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return door.client.post("/auth/token", data=form)

    second = refresh(first["refresh_token"])
    assert second.status_code == 200
    assert door.client.get("/me", headers=helpers.bearer(second.json()["access_token"])).is_success
    again = refresh(first["refresh_token"])
    assert (again.status_code, helpers.slug(again)) == (401, "refresh-reused")
    # Whoever has the newer ones is out too: one of the two stole them.
    assert refresh(second.json()["refresh_token"]).status_code == 401
    for tokens in (first, second.json()):
        answer = door.client.get("/me", headers=helpers.bearer(tokens["access_token"]))
        assert (answer.status_code, helpers.slug(answer)) == (401, "session-over")
    assert door.client.get("/me", headers=helpers.bearer(other["access_token"])).is_success


def test_of_many_at_once_with_one_refresh_token_one_gets_through(door: Any) -> None:
    door.add("racer")
    token = door.sign_in("racer")["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: door.client.post("/auth/token", data=form).status_code, range(8))
        )
    assert sorted(answers) == [200, *[401] * 7]


def test_after_signing_out_nothing_of_the_session_is_good(door: Any, helpers: Any) -> None:
    door.add("leaver")
    tokens = door.sign_in("leaver")
    kept = door.sign_in("leaver")
    mine = helpers.bearer(tokens["access_token"])
    assert door.client.get("/me", headers=mine).is_success
    assert door.client.post("/auth/sign-out", headers=mine).status_code == 204
    answer = door.client.get("/me", headers=mine)
    assert (answer.status_code, helpers.slug(answer)) == (401, "session-over")
    assert "invalid_token" in answer.headers["www-authenticate"]
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert door.client.post("/auth/token", data=form).status_code == 401
    assert door.client.get("/me", headers=helpers.bearer(kept["access_token"])).is_success


def test_signing_out_everywhere_ends_all(door: Any, helpers: Any) -> None:
    door.add("everywhere")
    several = [helpers.bearer(door.sign_in("everywhere")["access_token"]) for _ in range(3)]
    for headers in several:
        assert door.client.get("/me", headers=headers).is_success
    body = {"everywhere": True}
    assert door.client.post("/auth/sign-out", json=body, headers=several[0]).status_code == 204
    assert [door.client.get("/me", headers=one).status_code for one in several] == [401] * 3


def test_sessions_are_listed_and_ended_one_by_one(door: Any, helpers: Any) -> None:
    here = door.add("lister")
    there = door.sign_in("lister")
    stranger = door.add("stranger")
    found = door.client.get("/auth/sessions", headers=here).json()
    this = [one for one in found["items"] if one["is_this"]]
    assert len(this) == 1
    assert this[0]["address"] == "127.0.0.1"
    other = jwt.decode(there["access_token"], options={"verify_signature": False})["sid"]
    path = f"/auth/sessions/{other}"
    answer = door.client.delete(path, headers=stranger)
    assert (answer.status_code, helpers.slug(answer)) == (404, "unknown-session")
    assert door.client.delete(path, headers=here).status_code == 204
    assert door.client.get("/me", headers=helpers.bearer(there["access_token"])).status_code == 401
    assert door.client.get("/me", headers=here).is_success


@pytest.mark.parametrize(
    "shown",
    [
        "Bearer",
        "Bearer x",
        "Basic YWRhOngK",
        "Bearer a.b.c",
        "Bearer kolba_unknown",
        "Bearer " + "x" * 5000,
        "ks_something",
        "\u00e9",
    ],
)
@ONE_DATABASE
def test_what_is_no_credential_is_refused_where_somebody_is_required(door: Any, shown: str) -> None:
    headers = {"Authorization": shown.encode("latin-1")}
    assert door.client.get("/me", headers=headers).status_code == 401
    assert door.client.get("/auth/registration", headers=headers).status_code == 200


def _forged(alg: str, key: Any, **changed: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": "web_master",
        "sub": "admin",
        "aud": "kolba",
        "iat": now,
        "exp": now + 60,
        "jti": "x",
        "groups": ["admin"],
        "sid": "x",
        **changed,
    }
    return jwt.encode(claims, key, algorithm=alg, headers={"typ": "at+jwt", "kid": "web_master.x"})


@ONE_DATABASE
def test_forged_access_tokens_are_refused(door: Any, helpers: Any) -> None:
    good = door.sign_in("admin")["access_token"]
    head, body, signature = good.split(".")
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
        short = _forged("HS256", "k")
    forged = [
        _forged("none", None),
        _forged("HS256", "k" * 32),
        short,
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body[:-4]}AAAA.{signature}",
    ]
    for token in forged:
        answer = door.client.get("/me", headers=helpers.bearer(token))
        assert (answer.status_code, helpers.slug(answer)) == (401, "invalid-token"), token
    assert door.client.get("/me", headers=helpers.bearer(good)).is_success


def test_a_browser_signs_in_by_a_cookie_that_scripts_cannot_read(door: Any, helpers: Any) -> None:
    door.add("browser")
    with door.browser() as browser:
        body = {"name": "browser", "password": helpers.password}
        answer = browser.post("/auth/session", json=body)
        assert answer.status_code == 201
        assert answer.headers["cache-control"] == "no-store"
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Secure" not in cookie
        token = answer.json()["csrf_token"]
        me = browser.get("/me").json()
        assert (me["name"], me["via"]) == ("browser", "session")
        assert browser.get("/auth/session").json()["csrf_token"] == token
        changed = browser.patch("/me", json={"display_name": "B"}, headers={"X-CSRF-Token": token})
        assert changed.json()["display_name"] == "B"
        out = browser.delete("/auth/session", headers={"X-CSRF-Token": token})
        assert out.status_code == 204
        assert "kolba_session" not in browser.cookies
        assert browser.get("/me").status_code == 401


def test_a_cookie_without_its_token_changes_nothing(door: Any, helpers: Any) -> None:
    door.add("victim")
    with door.browser() as browser:
        body = {"name": "victim", "password": helpers.password}
        token = browser.post("/auth/session", json=body).json()["csrf_token"]
        for headers in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "0" * 64}):
            for ask in (
                lambda h: browser.patch("/me", json={"display_name": "Mallory"}, headers=h),
                lambda h: browser.post("/auth/sign-out", headers=h),
                lambda h: browser.delete("/auth/session", headers=h),
            ):
                answer = ask(headers)
                assert (answer.status_code, helpers.slug(answer)) == (403, "csrf-token-missing")
        foreign = {"X-CSRF-Token": token, "Origin": "https://evil.example"}
        answer = browser.patch("/me", json={"display_name": "Mallory"}, headers=foreign)
        assert (answer.status_code, helpers.slug(answer)) == (403, "foreign-origin")
        assert browser.get("/me").json()["display_name"] == ""
        # The cookie that is there already does not keep anybody from signing in.
        assert browser.post("/auth/session", json=body).status_code == 201


@ONE_DATABASE
def test_a_foreign_page_cannot_sign_anybody_in(door: Any, helpers: Any) -> None:
    door.add("lured")
    body = {"name": "lured", "password": helpers.password}
    answer = door.client.post(
        "/auth/session", json=body, headers={"Origin": "https://evil.example"}
    )
    assert (answer.status_code, helpers.slug(answer)) == (403, "foreign-origin")
    assert "set-cookie" not in answer.headers


@ONE_DATABASE
def test_an_old_cookie_is_refused_and_can_be_laid_down(door: Any, helpers: Any) -> None:
    old = {"Cookie": "kolba_session=ks_gone"}
    answer = door.client.get("/me", headers=old)
    assert (answer.status_code, helpers.slug(answer)) == (401, "session-over")
    answer = door.client.delete("/auth/session", headers=old)
    assert answer.status_code == 204
    assert 'kolba_session=""' in answer.headers["set-cookie"]


def test_the_cookie_is_for_https_only_where_that_is_configured(start: Any, helpers: Any) -> None:
    with start(people={"secure_cookie": True}) as door:
        body = {"name": "admin", "password": helpers.password}
        assert "Secure" in door.client.post("/auth/session", json=body).headers["set-cookie"]


def test_guessing_one_name_from_one_place_is_stopped_and_elsewhere_goes_on(
    start: Any, helpers: Any
) -> None:
    limits = {"per_name_and_address": 3, "per_address": 50, "per_name": 50}
    proxy = {"trusted_proxies": ["127.0.0.0/8"]}
    with start(people={"sign_in": limits}, http=proxy) as door:
        door.add("target")

        def guess(password: str, address: str) -> Any:
            form = {"username": "Target", "password": password}
            return door.client.post("/auth/token", data=form, headers={"X-Forwarded-For": address})

        assert [guess("wrong", "192.0.2.1").status_code for _ in range(4)] == [401, 401, 401, 429]
        refused = guess(helpers.password, "192.0.2.1")
        assert (refused.status_code, helpers.slug(refused)) == (429, "too-many-attempts")
        assert 1 <= int(refused.headers["retry-after"]) <= 300
        assert guess(helpers.password, "192.0.2.2").status_code == 200


def test_a_right_password_starts_from_zero(start: Any, helpers: Any) -> None:
    with start(people={"sign_in": {"per_name_and_address": 3}}) as door:
        door.add("clumsy")
        for _ in range(3):
            for password in ("wrong", "wrong", helpers.password):
                form = {"username": "clumsy", "password": password}
                answer = door.client.post("/auth/token", data=form)
            assert answer.status_code == 200


def test_guessing_many_names_from_one_place_is_stopped(start: Any) -> None:
    with start(people={"sign_in": {"per_address": 5}}) as door:
        statuses = [
            door.client.post("/auth/token", data={"username": f"n{i}", "password": "x"}).status_code
            for i in range(7)
        ]
    assert statuses[-1] == 429
    assert statuses[0] == 401
