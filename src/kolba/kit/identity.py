"""Who is asking. The seam where sign-in goes: an `Authenticator` turns a request's headers into a `Person`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Protocol


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    name: str
    groups: tuple[str, ...] = ()


SYSTEM = Person(name="system")
"""Who acts when no request does: start-up, workers, clean-up."""


class Authenticator(Protocol):
    def authenticate(self, headers: Mapping[str, str]) -> Person:
        """The person these headers belong to. Raises a `KolbaError` of status 401 when they belong to nobody."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class LocalPerson:
    """Everyone who reaches a service that listens on loopback only is the one person at this machine."""

    person: Person

    def authenticate(self, headers: Mapping[str, str]) -> Person:
        return self.person
