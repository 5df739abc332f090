"""Signing in and out, as it is asked for and answered."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from kolba.web_master.people import fields
from kolba.web_master.people.sessions import repository


class TokenForm(fields.Body):
    """OAuth 2 (RFC 6749), 4.3 and 6."""

    grant_type: str = "password"
    """`password` or `refresh_token`."""
    username: fields.GivenName | None = None
    password: fields.Password | None = None
    refresh_token: fields.GivenName | None = None
    scope: fields.GivenName = ""
    """Not used: a session may whatever its person may."""
    client_id: fields.GivenName | None = None
    """Not used."""
    client_secret: fields.GivenName | None = None
    """Not used."""


class Tokens(fields.Answer):
    access_token: str
    """For `Authorization: Bearer …`; good for `expires_in` seconds."""
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - RFC 6749, 7.1
    expires_in: int
    refresh_token: str
    """Good once, for the next pair. A second use ends the session."""


class SignIn(fields.Body):
    name: fields.GivenName
    password: fields.Password


class BrowserSession(fields.Answer):
    id: str
    name: str
    csrf_token: str
    """For `X-CSRF-Token`, in every request that changes something."""


class SignOut(fields.Body):
    everywhere: bool = False
    """End all your sessions. API tokens go on; they are revoked one by one."""


class Session(fields.Answer):
    id: str
    kind: Literal["browser", "program"]
    is_this: bool
    """Whether this request belongs to it."""
    address: str
    """Where it began."""
    agent: str
    created_at: dt.datetime
    last_used_at: dt.datetime
    """To a minute."""
    expires_at: dt.datetime


class Sessions(fields.Answer):
    items: list[Session]
    total: int


def session(found: repository.Session, *, this: str | None) -> Session:
    return Session(
        id=found.id,
        kind="browser" if found.kind == "browser" else "program",
        is_this=found.id == this,
        address=found.address,
        agent=found.agent,
        created_at=found.created_at,
        last_used_at=found.last_used_at,
        expires_at=found.expires_at,
    )
