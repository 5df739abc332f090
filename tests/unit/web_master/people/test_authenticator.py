"""The authenticator's short memory: what is kept, for how long, and what makes it look again."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from kolba.kit import errors, identity
from kolba.web_master.people import authentication, identifying, secret_words
from kolba.web_master.people import errors as people_errors

ADA = identity.Person(name="ada", groups=("client",), via="API token")
SHOWN = {"authorization": "Bearer kolba_x"}
LOCAL = identity.Person(name="local", groups=("researcher",))


class Register:
    """Stands in for the tables."""

    def __init__(self) -> None:
        self.looks: list[str] = []
        self.answer: identity.Person | errors.KolbaError = ADA
        self.expires = 1e12
        self.held: threading.Event | None = None
        self.reached = threading.Event()

    def by_api_token(self, token: str) -> identifying.Identified:
        answer = self.answer
        self.looks.append(token)
        self.reached.set()
        if self.held is not None:
            self.held.wait(20)
        if isinstance(answer, errors.KolbaError):
            raise answer
        return identifying.Identified(person=answer, expires=self.expires)

    by_cookie = by_access_token = by_api_token


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def register() -> Register:
    return Register()


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def door(register: Any, clock: Time) -> authentication.Authenticator:
    made = authentication.Authenticator(local=LOCAL, fresh_seconds=20, max_known=4, now=clock)
    made.connect(register)
    return made


async def test_a_known_header_is_not_looked_up_again_while_it_is_fresh(
    door: authentication.Authenticator, register: Register, clock: Time
) -> None:
    for _ in range(3):
        assert await door.authenticate("POST", SHOWN) is ADA
    assert len(register.looks) == 1
    clock.now += 19.9
    await door.authenticate("POST", SHOWN)
    assert len(register.looks) == 1
    clock.now += 0.2
    await door.authenticate("POST", SHOWN)
    assert len(register.looks) == 2


async def test_nobody_is_known_beyond_what_they_showed(
    door: authentication.Authenticator, register: Register, clock: Time
) -> None:
    register.expires = clock.now + 3
    await door.authenticate("GET", SHOWN)
    clock.now += 3
    register.answer = people_errors.ApiTokenRefused()
    found = await door.authenticate("GET", SHOWN)
    assert not found.is_known
    assert isinstance(found.refused, people_errors.ApiTokenRefused)


async def test_who_is_forgotten_is_looked_up_again(
    door: authentication.Authenticator, register: Register
) -> None:
    await door.authenticate("GET", SHOWN)
    door.forget("somebody-else")
    await door.authenticate("GET", SHOWN)
    assert len(register.looks) == 1
    door.forget("ada")
    await door.authenticate("GET", SHOWN)
    assert len(register.looks) == 2


async def test_what_was_read_before_a_change_is_not_kept(
    door: authentication.Authenticator, register: Register
) -> None:
    register.held = threading.Event()
    asked = asyncio.create_task(door.authenticate("GET", SHOWN))
    await asyncio.to_thread(register.reached.wait, 20)
    register.answer = people_errors.ApiTokenRefused()
    door.forget("ada")
    register.held.set()
    register.held = None
    assert (await asked).name == "ada"  # it was asked before the change
    assert not (await door.authenticate("GET", SHOWN)).is_known
    assert not (await door.authenticate("GET", SHOWN)).is_known


async def test_many_who_ask_at_once_share_one_look(
    door: authentication.Authenticator, register: Register
) -> None:
    found = await asyncio.gather(*(door.authenticate("GET", SHOWN) for _ in range(50)))
    assert found == [ADA] * 50
    assert len(register.looks) == 1


async def test_no_more_are_kept_than_may_be(
    door: authentication.Authenticator, register: Register
) -> None:
    for number in range(40):
        await door.authenticate("GET", {"authorization": f"Bearer kolba_{number}"})
    assert len(door._known) <= 4
    assert not door._looking


async def test_refusals_are_not_kept(
    door: authentication.Authenticator, register: Register
) -> None:
    register.answer = people_errors.ApiTokenRefused()
    assert not (await door.authenticate("GET", SHOWN)).is_known
    register.answer = ADA
    assert (await door.authenticate("GET", SHOWN)).is_known


async def test_a_database_that_is_away_makes_nobody_of_nobody(
    door: authentication.Authenticator, register: Register
) -> None:
    register.answer = errors.ServiceUnavailable(service="database")
    with pytest.raises(errors.ServiceUnavailable):
        await door.authenticate("GET", SHOWN)


async def test_the_local_person_is_who_shows_nothing_at_all(
    door: authentication.Authenticator, register: Register
) -> None:
    assert await door.authenticate("GET", {}) is LOCAL
    assert await door.authenticate("POST", {"cookie": "other=1; another_kolba_session=2"}) is LOCAL
    register.answer = people_errors.SessionOver()
    found = await door.authenticate("GET", {"cookie": "a=b; kolba_session=ks_x"})
    assert found.name == ""


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "get", "BREW"])
async def test_a_cookie_alone_changes_nothing(
    door: authentication.Authenticator, method: str
) -> None:
    cookie = {"cookie": "kolba_session=ks_x"}
    found = await door.authenticate(method, cookie)
    assert not found.is_known
    assert isinstance(found.refused, people_errors.CsrfTokenMissing)
    shown = {**cookie, "x-csrf-token": secret_words.csrf_token("ks_x")}
    assert (await door.authenticate(method, shown)).is_known
    wrong = {**cookie, "x-csrf-token": secret_words.csrf_token("ks_y")}
    assert not (await door.authenticate(method, wrong)).is_known
    assert (await door.authenticate("GET", cookie)).is_known


async def test_neither_header_passes_for_the_other(
    door: authentication.Authenticator, register: Register
) -> None:
    assert (await door.authenticate("GET", {"cookie": "kolba_session=ks_x"})).is_known
    for given in ("ks_x", "Basic ks_x"):
        found = await door.authenticate("GET", {"authorization": given})
        assert not found.is_known
