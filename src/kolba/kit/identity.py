"""Who is asking. The seam where sign-in goes: an `Authenticator` turns a request's headers into a `Person`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal, Protocol

from kolba.kit import errors

ADMIN = "admin"
"""The group that sees and changes everything."""
SERVICE = "service"
"""The group of Kolba's own services when they act on nobody's behalf."""

LOCAL = "local"
"""The name of the person at this machine, who need not sign in."""

Via = Literal["nothing", "local", "session", "access token", "API token", "service"]
"""How somebody showed who they are; "service": by the short-lived token that services are called with."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    name: str
    groups: tuple[str, ...] = ()
    """Every group they belong to, also by inclusion (a researcher is a client too, where the configuration says so)."""
    scopes: frozenset[str] | None = None
    """What an API token was limited to; None: whatever the groups allow."""
    via: Via = "local"
    token: str | None = None
    """The token a service was called with; calls it makes for this person carry it on."""
    refused: errors.KolbaError | None = dataclasses.field(default=None, compare=False)
    """Told where somebody is required: of nobody, what was wrong with what they showed; of somebody, what they have to
    do before anything else."""

    @property
    def is_known(self) -> bool:
        return bool(self.name)

    @property
    def is_admin(self) -> bool:
        return ADMIN in self.groups

    @property
    def is_service(self) -> bool:
        return SERVICE in self.groups

    @property
    def sees_all(self) -> bool:
        return self.is_admin or self.is_service

    def may_see(self, owner: str, shared_with: str | None) -> bool:
        """Whether an object of `owner`, shared with a group or with nobody, is theirs to read and use."""
        return (
            owner == self.name
            or self.sees_all
            or (shared_with is not None and shared_with in self.groups)
        )

    def may_change(self, owner: str) -> bool:
        """Whether an object of `owner` is theirs to change, share and delete."""
        return owner == self.name or self.sees_all


NOBODY = Person(name="", via="nothing")
"""Who has not said who they are."""
SYSTEM = Person(name="system", groups=(SERVICE,), via="service")
"""Who acts when no request does: start-up, workers, clean-up."""


class Authenticator(Protocol):
    async def authenticate(self, method: str, headers: Mapping[str, str]) -> Person:
        """The person these headers (by lower-case name) belong to; `NOBODY` where they claim nothing.

        Raises a `KolbaError` of status 401 for a claim that does not hold, and of 403 for one that a foreign page may
        have made a browser send.
        """
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class LocalPerson:
    """Everyone who reaches a service that listens on loopback only is the one person at this machine."""

    person: Person

    async def authenticate(self, method: str, headers: Mapping[str, str]) -> Person:
        return self.person
