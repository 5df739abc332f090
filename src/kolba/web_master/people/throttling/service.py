"""The rules of guessing."""

from __future__ import annotations

import ipaddress
import math

from kolba.web_master.people import errors, settings
from kolba.web_master.people.throttling import base


class Guard:
    """Strict to who guesses one name from one place; generous to a name from anywhere, or its owner would be kept out
    by whoever likes to.
    """

    def __init__(self, attempts: base.Attempts, limits: settings.SignInSettings) -> None:
        self._attempts = attempts
        self._limits = limits

    def sign_in(self, name: str, address: str) -> None:
        """Count an attempt. Raises `TooManyAttempts`."""
        both, alone, place = _buckets(name, address)
        self._take(
            base.Limit(bucket=both, most=self._limits.per_name_and_address),
            base.Limit(bucket=alone, most=self._limits.per_name),
            base.Limit(bucket=place, most=self._limits.per_address),
        )

    def register(self, address: str) -> None:
        """Count an attempt. Raises `TooManyAttempts`."""
        self._take(base.Limit(bucket=_place(address), most=self._limits.per_address))

    def succeeded(self, name: str, address: str) -> None:
        """It was the right password: that attempt does not count, nor do those before it from here."""
        both, alone, place = _buckets(name, address)
        self._attempts.clear(both)
        self._attempts.give_back([alone, place])

    def not_made(self, name: str, address: str) -> None:
        """The attempt could not be looked at."""
        self._attempts.give_back(_buckets(name, address))

    def _take(self, *limits: base.Limit) -> None:
        seconds = self._attempts.take(limits)
        if seconds is not None:
            raise errors.TooManyAttempts(max(1, math.ceil(seconds)))


_ONES_OWN = 64
"""Bits of an IPv6 address that are a network's: whoever has one has all addresses within it."""


def _buckets(name: str, address: str) -> tuple[str, str, str]:
    address = _network(address)
    return f"name and address\n{name}\n{address}", f"name\n{name}", _place(address)


def _place(address: str) -> str:
    return f"address\n{_network(address)}"


def _network(address: str) -> str:
    """Of an IPv6 address, its network, which nobody can change as they like."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    if read.version == 4:
        return address
    # By the number: an address may name an interface, which no network can.
    return str(ipaddress.IPv6Network((int(read), _ONES_OWN), strict=False))
