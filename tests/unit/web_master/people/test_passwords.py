"""Passwords: the work that a look costs, whoever is asked for; and how much of it at a time."""

from __future__ import annotations

import concurrent.futures
import threading
from typing import Any

import argon2
import pytest

from kolba.kit import errors
from kolba.web_master.people import errors as people_errors
from kolba.web_master.people import passwords, settings

CHEAP = settings.HashingSettings(memory_kib=8, passes=1, lanes=1)


class Counting:
    """Counts the hashes that are made, with their figures."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[tuple[int, int, int]] = []
        verify = argon2.PasswordHasher.verify

        def counted(hasher: Any, kept: str, password: str) -> bool:
            figures = argon2.extract_parameters(kept)
            self.made.append((figures.memory_cost, figures.time_cost, figures.parallelism))
            return verify(hasher, kept, password)

        monkeypatch.setattr(argon2.PasswordHasher, "verify", counted)


def test_an_unknown_name_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = passwords.Hasher(CHEAP)
    kept = hasher.hash("correct horse battery")
    counting = Counting(monkeypatch)
    assert hasher.matches(kept, "correct horse battery")
    assert not hasher.matches(kept, "wrong")
    assert not hasher.matches(None, "wrong")
    assert not hasher.matches(None, "nobody's password")
    assert not hasher.matches(kept, "x" * 5000)
    assert not hasher.matches(None, "\ud800")
    assert counting.made == [(8, 1, 1)] * 6


def test_nobodys_hash_is_one_of_the_configured_figures() -> None:
    config = settings.HashingSettings(memory_kib=64, passes=2, lanes=2)
    kept = passwords._of_nobody(config)
    found = argon2.extract_parameters(kept)
    assert (found.memory_cost, found.time_cost, found.parallelism) == (64, 2, 2)
    assert found.type is argon2.Type.ID
    with pytest.raises(argon2.exceptions.VerifyMismatchError):
        argon2.PasswordHasher().verify(kept, "x")


def test_a_hash_of_other_figures_is_outdated() -> None:
    kept = passwords.Hasher(CHEAP).hash("correct horse battery")
    assert kept.startswith("$argon2id$")
    assert not passwords.Hasher(CHEAP).is_outdated(kept)
    stronger = passwords.Hasher(CHEAP.model_copy(update={"passes": 2}))
    assert stronger.is_outdated(kept)
    assert stronger.matches(kept, "correct horse battery")


def test_a_flood_waits_and_what_is_too_much_is_told_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hasher = passwords.Hasher(CHEAP.model_copy(update={"at_a_time": 2, "max_waiting": 3}))
    kept = hasher.hash("correct horse battery")
    lock, go_on, full = threading.Lock(), threading.Event(), threading.Event()
    running: list[int] = []
    most: list[int] = []

    def slow(*_: Any) -> bool:
        with lock:
            running.append(1)
            most.append(len(running))
            if len(running) == 2:
                full.set()
        go_on.wait(20)
        with lock:
            running.pop()
        return True

    monkeypatch.setattr(argon2.PasswordHasher, "verify", slow)

    def ask(_: int) -> str:
        try:
            hasher.matches(kept, "x")
        except people_errors.TooBusy as error:
            if error.headers["Retry-After"]:
                go_on_when_all_came()
                return "busy"
        return "done"

    refused: list[int] = []

    def go_on_when_all_came() -> None:
        with lock:
            refused.append(1)
            if len(refused) == 4:
                go_on.set()

    with concurrent.futures.ThreadPoolExecutor(9) as pool:
        answers = list(pool.map(ask, range(9)))
    assert sorted(answers) == ["busy"] * 4 + ["done"] * 5
    assert max(most) == 2
    assert full.is_set()


@pytest.mark.parametrize(
    "password", ["correct horse battery", "пароль с пробелами", "q" * 5 + "w" * 5 + "!"]
)
def test_a_good_password_passes(password: str) -> None:
    passwords.check(password, name="ada")


@pytest.mark.parametrize(
    "password", ["", "123456789", "1234567890", "AdaAdaAdaAda"[:6] * 2, "\ud800" * 12]
)
def test_a_bad_one_does_not(password: str) -> None:
    with pytest.raises(errors.InvalidInput):
        passwords.check(password, name="adaada")
