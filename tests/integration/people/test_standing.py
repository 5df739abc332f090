"""A session that was ended at another process, in the seconds in which this one still remembers it."""

from __future__ import annotations

import concurrent.futures
import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy

from kolba.kit.db import engine
from kolba.web_master.people import errors, models, opening
from kolba.web_master.people.accounts import repository as accounts
from kolba.web_master.people.api_tokens import repository as api_tokens
from kolba.web_master.people.invitations import repository as invitations
from kolba.web_master.people.sessions import repository as sessions
from kolba.web_master.people.standing import repository as standing

LASTING = [
    ("POST", "/me/tokens", {"name": "t", "scopes": ["read"], "days": 365}),
    ("POST", "/invitations", {"group": "admin"}),
    ("POST", "/people", {"name": "friend", "group": "admin"}),
    ("PATCH", "/people/standing-friend", {"group": "admin"}),
    ("POST", "/people/admin/password-reset", None),
]


@contextlib.contextmanager
def database(door: Any) -> Iterator[engine.Database]:
    """As a process of the operator has it."""
    with contextlib.closing(
        engine.connect(door.config.database.url_in(door.config.data_dir, door.config.service))
    ) as opened:
        yield opened


def reset(door: Any, name: str) -> str:
    """`kolba user reset-password`; the password."""
    with database(door) as opened:
        rules = opening.open_accounts(door.config, door.config.people, opened)
        return rules.reset_password(name).password


@pytest.mark.parametrize("by", ["program", "browser"])
def test_it_makes_nothing_that_outlasts_it(door: Any, helpers: Any, by: str) -> None:
    name = f"standing-{by}"
    stolen = door.add(name, "admin")
    if not door.client.get("/people/standing-friend", headers=door.admin).is_success:
        door.add("standing-friend")
    with contextlib.ExitStack() as stack:
        client = door.client
        if by == "browser":
            client = stack.enter_context(door.browser())
            body = {"name": name, "password": helpers.password}
            stolen = {"X-CSRF-Token": client.post("/auth/session", json=body).json()["csrf_token"]}
        assert client.get("/me", headers=stolen).is_success
        first = reset(door, name)
        for method, path, body in LASTING:
            answer = client.request(method, path, json=body, headers=stolen)
            assert (answer.status_code, helpers.slug(answer)) == (401, "session-over"), path
    assert door.client.get("/people/friend", headers=door.admin).status_code == 404
    friend = door.client.get("/people/standing-friend", headers=door.admin).json()
    assert friend["group"] == "client"
    assert door.client.get("/invitations", headers=door.admin).json()["items"] == []
    again = door.choose_password(name, first)
    assert door.client.get("/me/tokens", headers=again).json()["items"] == []


NOW = dt.datetime(2026, 3, 14, tzinfo=dt.UTC)


def deeds(opened: engine.Database, asker: standing.Asker) -> dict[str, Callable[[], Any]]:
    """What outlasts a session, as the repositories do it."""
    kept = accounts.PeopleRepository(opened)
    new = accounts.NewAccount(
        name="friend-of-a-thief", display_name="", group="admin", password_hash="x"
    )
    when = {"created_at": NOW, "expires_at": NOW + dt.timedelta(days=1)}
    return {
        "token": lambda: api_tokens.ApiTokenRepository(opened).add(
            asker, "t", scopes=["read"], secret_sha256="1", most=9, **when
        ),
        "invitation": lambda: invitations.InvitationRepository(opened).add(
            secret_sha256="2", group="admin", note="", asker=asker, **when
        ),
        "account": lambda: kept.add(new, now=NOW, asker=asker),
        "group": lambda: kept.change(asker.name, accounts.Change(group="admin"), asker=asker),
        "reset": lambda: kept.reset_password(
            "admin", "x", must_change_password=False, now=NOW, asker=asker
        ),
    }


@pytest.mark.parametrize("deed", ["token", "invitation", "account", "group", "reset"])
def test_it_makes_nothing_also_where_it_ends_while_it_is_served(
    door: Any, helpers: Any, deed: str
) -> None:
    """The session was there when the request was read; ending it is committed while its deed waits."""
    name = f"standing-{deed}"
    mine = door.add(name)
    found = door.client.get("/auth/sessions", headers=mine).json()["items"]
    asker = standing.Asker(name=name, session=found[0]["id"])
    with database(door) as opened, concurrent.futures.ThreadPoolExecutor(1) as pool:
        with opened.writing() as session:
            mine_all = sqlalchemy.delete(models.Session).where(models.Session.person == name)
            session.execute(mine_all)
            done = pool.submit(deeds(opened, asker)[deed])
            assert not concurrent.futures.wait([done], timeout=0.5).done
        with pytest.raises(errors.SessionOver):
            done.result()
    person = door.client.get(f"/people/{name}", headers=door.admin).json()
    assert person["group"] == "client"
    assert door.headers("admin")


def test_a_session_that_stands_makes_them(door: Any) -> None:
    made = door.client.post("/me/tokens", json=LASTING[0][2], headers=door.admin)
    assert made.status_code == 201
    door.client.delete(f"/me/tokens/{made.json()['id']}", headers=door.admin)


def test_a_reset_is_not_undone_by_a_change_that_had_begun(door: Any) -> None:
    """The former password was right when it was looked at; hashing the new one takes a while."""
    door.add("standing-still")
    with database(door) as opened:
        kept = accounts.PeopleRepository(opened)
        before = kept.find("standing-still")
        assert before is not None
        password = reset(door, "standing-still")
        now = dt.datetime.now(dt.UTC)
        assert not kept.set_password(before, "thief's", now=now, keep=None)
        assert kept.set_password(kept.find("standing-still"), "own", now=now, keep=None)
    assert password


def test_no_session_begins_with_a_password_that_is_being_changed(door: Any) -> None:
    """It was right when it was looked at."""
    door.add("standing-before")
    with database(door) as opened, concurrent.futures.ThreadPoolExecutor(1) as pool:
        before = accounts.PeopleRepository(opened).find("standing-before")
        assert before is not None
        kept = sessions.SessionRepository(opened)
        new = sessions.NewSession(
            id="s1",
            kind=models.BROWSER,
            address="",
            agent="",
            created_at=NOW,
            expires_at=NOW + dt.timedelta(days=1),
        )
        with opened.writing() as session:
            is_mine = models.Person.name == "standing-before"
            changed = sqlalchemy.update(models.Person).where(is_mine)
            session.execute(changed.values(password_changed_at=NOW))
            began = pool.submit(kept.begin, new, of=before, most=9)
            assert not concurrent.futures.wait([began], timeout=0.5).done
        assert not began.result()
