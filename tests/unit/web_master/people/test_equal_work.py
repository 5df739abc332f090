"""Signing in does the same work for a name that is known and for one that is not: counted, not timed."""

from __future__ import annotations

import importlib.resources
import pathlib
from collections.abc import Iterator
from typing import Any

import argon2
import pytest
import sqlalchemy

from kolba.kit import clock
from kolba.kit.db import engine, migrations
from kolba.kit.tokens import keys, published, signing
from kolba.web_master.people import errors, passwords, settings
from kolba.web_master.people.accounts import repository as accounts
from kolba.web_master.people.sessions import repository, service
from kolba.web_master.people.throttling import repository as throttling
from kolba.web_master.people.throttling import service as guarding

ORIGIN = service.Origin(address="192.0.2.1")
CONFIG = settings.PeopleSettings(hashing=settings.HashingSettings(memory_kib=8, passes=1, lanes=1))


@pytest.fixture
def database(tmp_path: pathlib.Path) -> Iterator[engine.Database]:
    made = engine.connect(f"sqlite:///{tmp_path / 'x.db'}")
    scripts = importlib.resources.files("kolba.web_master") / "migrations"
    migrations.upgrade(made, pathlib.Path(str(scripts)))
    yield made
    made.close()


@pytest.fixture
def sessions(database: engine.Database) -> service.Sessions:
    time = clock.SystemClock()
    people = accounts.PeopleRepository(database)
    hasher = passwords.Hasher(CONFIG.hashing)
    for name in ("known", "disabled"):
        new = accounts.NewAccount(
            name=name, display_name="", group="client", password_hash=hasher.hash("right password")
        )
        people.add(new, now=time.now())
    people.change("disabled", accounts.Change(state="disabled"))
    people.put_local("client", time.now())
    board = published.MemoryKeys()
    ring = keys.KeyRing("web_master", None, board, days=1)
    attempts = throttling.StoredAttempts(database, window_seconds=60, time=time)
    return service.Sessions(
        repository.SessionRepository(database),
        people,
        hasher,
        guarding.Guard(attempts, CONFIG.sign_in),
        signing.Signer(ring),
        config=CONFIG,
        belonging=lambda group: (group,),
        time=time,
    )


class Work:
    """Every statement and every hash."""

    def __init__(self, database: engine.Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        verify = argon2.PasswordHasher.verify

        def hashed(hasher: Any, kept: str, password: str) -> bool:
            self.done.append(kept.rpartition("$")[0].rpartition("$")[0])
            return verify(hasher, kept, password)

        @sqlalchemy.event.listens_for(database.engine, "before_cursor_execute")
        def asked(_: Any, __: Any, statement: str, *___: Any) -> None:
            self.done.append(statement)

        monkeypatch.setattr(argon2.PasswordHasher, "verify", hashed)

    def take(self) -> list[str]:
        done, self.done = self.done, []
        return done


def test_no_name_costs_more_or_less_than_another(
    sessions: service.Sessions, database: engine.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(database, monkeypatch)
    found = []
    asked = [
        ("known", "wrong"),
        ("unknown", "wrong"),
        ("disabled", "wrong"),
        ("disabled", "right password"),
        ("local", ""),
    ]
    for name, password in asked:
        with pytest.raises(errors.WrongCredentials):
            sessions.sign_in_program(name, password, ORIGIN)
        found.append(work.take())
    assert found[0].count("$argon2id$v=19$m=8,t=1,p=1") == 1
    assert found == [found[0]] * len(found)
