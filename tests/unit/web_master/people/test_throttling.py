"""One contract for attempts, wherever they are counted."""

from __future__ import annotations

import concurrent.futures
import importlib.resources
import pathlib
from collections.abc import Callable, Iterator

import pytest

from kolba.kit import clock
from kolba.kit.db import engine, migrations
from kolba.web_master.people import errors, settings
from kolba.web_master.people.throttling import base, memory, repository, service

WINDOW = 60.0
Make = Callable[[], base.Attempts]


@pytest.fixture
def time() -> clock.ManualClock:
    return clock.ManualClock()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def attempts(
    request: pytest.FixtureRequest, tmp_path: pathlib.Path, time: clock.ManualClock
) -> Iterator[base.Attempts]:
    if request.param == "memory":
        yield memory.MemoryAttempts(window_seconds=WINDOW, time=time)
        return
    url = f"sqlite:///{tmp_path / 'x.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create_database()
    database = engine.connect(url)
    scripts = importlib.resources.files("kolba.web_master") / "migrations"
    migrations.upgrade(database, pathlib.Path(str(scripts)))
    yield repository.StoredAttempts(database, window_seconds=WINDOW, time=time)
    database.close()


def limits(*buckets: str, most: int = 3) -> list[base.Limit]:
    return [base.Limit(bucket=bucket, most=most) for bucket in buckets]


def test_so_many_are_let_through_and_the_window_slides(
    attempts: base.Attempts, time: clock.ManualClock
) -> None:
    for _ in range(3):
        assert attempts.take(limits("a")) is None
        time.advance(10)
    assert attempts.take(limits("a")) == pytest.approx(30)
    assert attempts.take(limits("b")) is None
    time.advance(29)
    assert attempts.take(limits("a")) == pytest.approx(1)
    time.advance(1)
    assert attempts.take(limits("a")) is None
    assert attempts.take(limits("a")) == pytest.approx(10)


def test_where_one_bucket_is_full_none_is_counted(attempts: base.Attempts) -> None:
    for _ in range(3):
        attempts.take(limits("full"))
    for _ in range(5):
        assert attempts.take(limits("full", "other")) is not None
    assert [attempts.take(limits("other")) for _ in range(3)] == [None] * 3


def test_what_is_given_back_or_cleared_does_not_count(attempts: base.Attempts) -> None:
    for _ in range(3):
        attempts.take(limits("a", "b"))
    attempts.give_back(["a", "never"])
    assert attempts.take(limits("a")) is None
    assert attempts.take(limits("a")) is not None
    assert attempts.take(limits("b")) is not None
    attempts.clear("b")
    assert [attempts.take(limits("b")) for _ in range(3)] == [None] * 3


def test_of_many_at_once_no_more_get_through(attempts: base.Attempts) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: attempts.take(limits("a", "b")), range(16)))
    assert found.count(None) == 3


def test_an_attacker_elsewhere_does_not_keep_the_owner_out(
    attempts: base.Attempts, time: clock.ManualClock
) -> None:
    guard = service.Guard(
        attempts, settings.SignInSettings(per_name_and_address=3, per_name=100, per_address=50)
    )
    for _ in range(3):
        guard.sign_in("ada", "192.0.2.9")
    with pytest.raises(errors.TooManyAttempts) as refused:
        guard.sign_in("ada", "192.0.2.9")
    assert refused.value.headers == {"Retry-After": "60"}
    guard.sign_in("ada", "192.0.2.1")
    guard.succeeded("ada", "192.0.2.1")
    for odd in ("\ud800", "x" * 10_000, "\x00"):
        guard.sign_in(odd, odd)


def test_addresses_of_one_ipv6_network_are_one_place(attempts: base.Attempts) -> None:
    guard = service.Guard(
        attempts, settings.SignInSettings(per_name_and_address=3, per_name=100, per_address=5)
    )
    for number in range(3):
        guard.sign_in("ada", f"2001:db8::{number:x}")
    with pytest.raises(errors.TooManyAttempts):
        guard.sign_in("ada", "2001:db8::ffff")
    guard.sign_in("ada", "2001:db8:0:1::1")
    for number in range(2):
        guard.register(f"2001:db8::1:{number}")
    with pytest.raises(errors.TooManyAttempts):
        guard.sign_in("bob", "2001:db8::2:1%eth0")
