"""Passwords: what is a good one, and how it is kept (Argon2id)."""

from __future__ import annotations

import base64
import contextlib
import secrets
import threading
from collections.abc import Iterator

import argon2

from kolba.kit import errors, text
from kolba.web_master.people import errors as people_errors
from kolba.web_master.people import names, settings

SHORTEST = 10
LONGEST = 1024
_COMMONEST = frozenset(
    """
    1234567890 12345678910 0123456789 0987654321 1111111111 0000000000 1q2w3e4r5t 1qaz2wsx3edc qwertyuiop
    qwerty12345 qwerty1234 qwerty123456 asdfghjkl1 zxcvbnm123 password12 password123 password1234 password12345
    passw0rd123 p@ssw0rd123 iloveyou12 iloveyou123 letmein123 welcome123 welcome1234 administrator admin12345
    admin123456 changeme123 football123 baseball123 superman123 princess123 sunshine123 1234qwerasdf qazwsxedcrfv
    abcdefghij abc1234567 a123456789 aa12345678 q1w2e3r4t5 йцукенгшщз йцукен12345 пароль1234 пароль12345 kolbakolba
    """.split()  # noqa: SIM905 - one to a line would be longer than this file
)

_SHORT = text.Text(
    en=f"a password has at least {SHORTEST} characters", ru=f"в пароле не меньше {SHORTEST} знаков"
)
_LONG = text.Text(
    en=f"a password has at most {LONGEST} characters", ru=f"в пароле не больше {LONGEST} знаков"
)
_NAME = text.Text(en="a password must not be the name", ru="пароль не должен совпадать с именем")
_COMMON = text.Text(
    en="this is one of the commonest passwords, which are tried first; choose another",
    ru="это один из самых частых паролей, их пробуют первыми; выберите другой",
)
_UNKEPT = text.Text(en="a password cannot hold this character", ru="в пароле недопустимый знак")


def check(password: str, *, name: str, field: str = "password") -> None:
    """Raises `InvalidInput` that says what a good password is."""
    message = _fault(password, name)
    if message is not None:
        raise errors.InvalidInput(fields=[errors.FieldError(field=field, message=message)])


def _fault(password: str, name: str) -> text.Text | None:
    if len(password) < SHORTEST:
        return _SHORT
    if len(password) > LONGEST:
        return _LONG
    if not _is_encodable(password):
        return _UNKEPT
    lowered = password.casefold()
    if names.canonical(password) == name or lowered in (name * 2, name[::-1]):
        return _NAME
    if lowered in _COMMONEST or len(set(lowered)) < 3:
        return _COMMON
    return None


def _is_encodable(password: str) -> bool:
    try:
        password.encode()
    except UnicodeEncodeError:
        return False
    return True


class Hasher:
    """Hashes and compares, a few at a time. Its methods block: call them from a thread."""

    def __init__(self, config: settings.HashingSettings) -> None:
        self._argon2 = argon2.PasswordHasher(
            time_cost=config.passes,
            memory_cost=config.memory_kib,
            parallelism=config.lanes,
            type=argon2.Type.ID,
        )
        self._turns = threading.BoundedSemaphore(config.at_a_time)
        self._admitted = threading.BoundedSemaphore(config.at_a_time + config.max_waiting)
        self._nobodys = _of_nobody(config)

    def hash(self, password: str) -> str:
        """Raises `TooBusy`."""
        with self._turn():
            return self._argon2.hash(password)

    def matches(self, kept: str | None, password: str) -> bool:
        """Whether it is the password; where none is kept, as much work is done for nothing. Raises `TooBusy`."""
        is_one = self._compare(kept or self._nobodys, password)
        return is_one and kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether it was hashed with other figures than are set now."""
        return self._argon2.check_needs_rehash(kept)

    def _compare(self, kept: str, password: str) -> bool:
        if len(password) > LONGEST or not _is_encodable(password):
            password = ""  # as much work as for any other
        with self._turn():
            try:
                return self._argon2.verify(kept, password)
            except argon2.exceptions.VerificationError:
                return False

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._admitted.acquire(blocking=False):
            raise people_errors.TooBusy
        try:
            with self._turns:
                yield
        finally:
            self._admitted.release()


def _of_nobody(config: settings.HashingSettings) -> str:
    """A hash as any other, of no password that anybody knows."""
    salt, content = (
        base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (16, 32)
    )
    figures = f"m={config.memory_kib},t={config.passes},p={config.lanes}"
    return f"$argon2id$v={argon2.low_level.ARGON2_VERSION}${figures}${salt}${content}"
